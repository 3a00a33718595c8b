"""The solver beside the greedy roster, and conflicts: proven, smallest, in words."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from vigil.engines.roster import LEAD, Model, Person, Post, Problem, Rules, Span, Staffing, plan
from vigil.engines.roster.conflicts import counted
from vigil.engines.roster.exact import _Trial, prove, solve
from vigil.engines.roster.greedy import first_roster
from vigil.engines.roster.planning import assembled
from vigil.engines.roster.problem_file import read_problem

from .problems import faults, local, problems

pytest.importorskip("ortools")
IMPOSSIBLE = Path(__file__).resolve().parents[4] / "tools/bench/roster/5d-12p-impossible.toml"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_the_solver_costs_no_more_keeps_the_rules_and_its_bound_holds(problem: Problem) -> None:
    greedy = first_roster(Model(problem))
    cost = greedy.cost().total
    solved = solve(greedy, seconds=0.6)
    assert solved.board.cost().total <= cost
    assert solved.bound <= solved.board.cost().total
    assert faults(assembled(solved.board)) == []
    if not solved.board.cost().unmet:
        assert solved.impossible is None
        assert counted(greedy.model) is None


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_a_smallest_conflict_cannot_hold_and_without_any_one_part_it_can(problem: Problem) -> None:
    model = Model(problem)
    found = prove(model, seconds=20)
    trial = _Trial(model, 20)
    from vigil.engines.roster.atoms import atoms_of

    if found is None:
        assert trial.feasible(atoms_of(model)) is True
        return
    assert found.minimal
    assert trial.feasible(found.keys) is False
    for key in found.keys:
        assert trial.feasible(found.keys - {key}) is True
    assert (counted(model) is None) or trial.feasible(counted(model).keys) is False  # type: ignore[union-attr]


def test_twelve_people_cannot_cover_five_days_and_the_words_say_which_nights() -> None:
    problem = read_problem(IMPOSSIBLE.read_bytes())
    by_counting = plan(problem).impossible
    assert by_counting is not None
    assert str(by_counting.phrase) == (
        "12 people cannot cover this: leads on nights of 30/4 and 1/5 (4 places, at most 3 can be filled); "
        "with at most 1 nights running and the leave of p04."
    )
    by_solver = prove(Model(problem), seconds=20)
    assert by_solver is not None
    assert by_solver.minimal
    assert str(by_solver.phrase).startswith("12 people cannot cover this: leads on nights of 30/4 and 1/5; with")
    assert {(atom.code, atom.quality) for atom in by_solver.atoms if atom.code == "need"} == {("need", LEAD)}


def test_what_counting_cannot_see_the_solver_proves() -> None:
    """One person leads and has the skill; each alone could be met, both together only by two people where there is
    room for one.
    """
    people = (Person("lead", lead=True), Person("net", skills=frozenset({"net"})))
    post = Post("desk", ("watch",), staffing=Staffing(1, leads=1, skills={"net": 1}))
    problem = Problem(Span(local(0, 6), local(0, 14)), (post,), people)
    assert counted(Model(problem)) is None
    made = plan(problem, solver_s=1)
    assert made.impossible is not None
    assert made.impossible.minimal
    assert made.bound == made.cost.total
    assert len(made.impossible.atoms) == 2
    eased = replace(problem, people=(*people, Person("both", lead=True, skills=frozenset({"net"}))))
    assert plan(eased, solver_s=1).complete


def test_a_fixed_assignment_can_be_what_makes_it_impossible() -> None:
    from vigil.engines.roster import Assignment

    people = (Person("a"), Person("b"))
    problem = Problem(
        Span(local(0, 6), local(0, 22)),
        (Post("desk", ("watch",)),),
        people,
        Rules(),
        fixed=(Assignment("a", "desk@2026-04-29T06:00"), Assignment("b", "desk@2026-04-29T06:00")),
    )
    found = prove(Model(problem), seconds=10)
    assert found is not None
    assert found.minimal
    assert {atom.code for atom in found.atoms} == {"need", "rest", "fixed"}
    assert "a fixed to desk@2026-04-29T06:00" in str(found.phrase)

"""Plans: hard rules never broken, searching never makes it worse, wishes and carried shares count, reasons are
given.
"""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from vigil.engines.roster import (
    LEAD,
    Assignment,
    Carried,
    Model,
    Person,
    Post,
    Problem,
    Rules,
    Span,
    Staffing,
    Wish,
    check_move,
    evaluated,
    judged,
    plan,
    steps,
    violations,
)
from vigil.engines.roster.board import NONE, Board
from vigil.engines.roster.greedy import first_roster
from vigil.engines.roster.search import improve
from vigil.kernel.errors import Refused

from .problems import FIRST, faults, local, problems, small

SRC = Path(__file__).resolve().parents[4] / "src"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_no_plan_breaks_a_hard_rule_and_its_tables_agree(problem: Problem) -> None:
    made = plan(problem, spent=steps(1500))
    assert faults(made) == []
    assert made.violations == ()
    again = evaluated(problem, made.assignments)
    alone = judged(Model(problem), made.assignments)
    assert (alone.violations, alone.unfilled) == (again.violations, again.unfilled)
    assert (alone.cost, alone.fairness) == (again.cost, again.fairness)
    assert (again.cost, again.posts, again.unfilled) == (made.cost, made.posts, made.unfilled)
    assert bool(made.unfilled) == bool(made.cost.unmet)
    assert (not made.unfilled) == (not made.posts)
    assert made.impossible is None or made.unfilled


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_searching_never_makes_a_roster_dearer_and_reckons_right(problem: Problem) -> None:
    board = first_roster(Model(problem))
    before = board.cost().total
    saved = improve(board, steps(1000), seed=3)
    assert saved >= 0
    assert board.cost().total == before - saved
    assert Board(board.model, board.pairs()).cost() == board.cost()


def test_the_same_seed_gives_the_same_roster() -> None:
    problem = small(7, 4, staffing=Staffing(2, leads=1))
    assert plan(problem, seed=5).assignments == plan(problem, seed=5).assignments


def test_greedy_and_search_work_where_the_solver_cannot_be_imported() -> None:
    code = (
        "import sys\nsys.modules['ortools'] = None\n"
        "from datetime import datetime, UTC\nfrom vigil.engines.roster import *\n"
        "from vigil.kernel.errors import Unavailable\n"
        "people = tuple(Person(f'p{i}') for i in range(6))\n"
        "window = Span(datetime(2026, 4, 29, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))\n"
        "problem = Problem(window, (Post('d', ('w',)),), people)\n"
        "assert plan(problem).complete\n"
        "try:\n    plan(problem, solver_s=1)\nexcept Unavailable as error:\n    print(error.code)\n"
        "assert not any(name.startswith(('ortools.', 'django')) for name in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("roster.solver", "")


def test_leave_is_kept_and_a_wish_is_granted_when_it_costs_nobody_much() -> None:
    night = Span(local(1, 22), local(2, 6))
    people = (
        Person("away", leave=(Span(local(0), local(3)),)),
        Person("tired", wishes=(Wish(night, weight=5),)),
        Person("owl", wishes=(Wish(night, avoid=False, weight=5),)),
        *(Person(f"p{i}") for i in range(4)),
    )
    made = plan(small(people=7, days=3).__class__(Span(local(0), local(3)), (Post("desk", ("watch",)),), people))
    assert made.complete
    assert not [one for one in made.placed if one.person == "away"]
    [at_night] = [one.person for one in made.placed if one.slot == "desk@2026-04-30T22:00"]
    assert at_night == "owl"


def test_who_stood_many_nights_before_stands_fewer_now_and_a_newcomer_owes_nothing() -> None:
    people = (Person("worn", carried=Carried(6, 3, 60)), Person("fresh", carried=Carried(0, 0, 0)), Person("new"),
              *(Person(f"p{i}", carried=Carried(3, 1, 30)) for i in range(3)))  # fmt: skip
    made = plan(Problem(Span(local(0), local(6)), (Post("desk", ("watch",)),), people, holidays=frozenset({FIRST})))
    nights = {row.person: row.nights for row in made.fairness}
    fair = {row.person: row.fair_nights for row in made.fairness}
    assert nights["worn"] == 0
    assert nights["fresh"] >= 2
    assert fair["worn"] < fair["new"] < fair["fresh"]


def test_joins_and_leaves_are_whole_days_and_fixed_assignments_stay_with_their_faults_told() -> None:
    people = (Person("early", leaves=FIRST), Person("late", joins=date(2026, 4, 30)), *small(5).people)
    fixed = (
        Assignment("early", "desk@2026-04-30T06:00"),
        Assignment("p0", "desk@2026-04-29T06:00"),
        Assignment("p0", "desk@2026-04-29T14:00"),
    )
    made = plan(Problem(Span(local(0), local(2)), (Post("desk", ("watch",)),), people, fixed=fixed))
    assert set(fixed) <= set(made.assignments)
    assert sorted(one.code for one in made.violations) == ["dates", "rest"]
    rest = next(one for one in made.violations if one.code == "rest")
    assert str(rest.phrase) == "p0 has 0 h of rest before 14:00 29/04/2026; 11 h are needed."
    assert [one for one in made.placed if one.fixed and str(one.why) == "Fixed beforehand."]


def test_a_need_that_stays_open_says_how_many_each_rule_keeps_out() -> None:
    people = (
        Person("a", lead=True, leave=(Span(local(0), local(1)),)),
        Person("b"),
        Person("c"),
        Person("d", lead=True),
    )
    made = plan(
        Problem(Span(local(0, 6), local(0, 22)), (Post("desk", ("watch",), staffing=Staffing(1, leads=1)),), people)
    )
    one = next(one for one in made.unfilled if one.quality == LEAD)
    assert dict(one.excluded)["leave"] == 1
    assert dict(one.excluded) == {"leave": 1, "rest": 1, "lead": 1, "there": 1}
    assert "on leave: 1" in str(one.why)
    assert "may not lead: 1" in str(one.why)
    assert made.impossible is not None
    assert "leads on 29/4" in str(made.impossible.phrase)


def test_a_dragged_shift_is_checked_before_it_is_dropped() -> None:
    problem = small(6, 3)
    made = plan(problem)
    model = Model(problem)
    taken = next(one for one in made.placed if one.slot == "desk@2026-04-29T14:00").assignment
    morning = next(one for one in made.placed if one.slot == "desk@2026-04-29T06:00").assignment
    moved = check_move(model, made.assignments, left=taken, taken=Assignment(morning.person, taken.slot))
    assert [one.code for one in moved.violations] == ["rest"]
    assert not moved.allowed
    assert moved.opens == ()
    changed = [*(one for one in made.assignments if one != taken), Assignment(morning.person, taken.slot)]
    after, alone = evaluated(model, changed), judged(model, changed)
    assert after.cost.total - made.cost.total == moved.points
    assert (alone.violations, alone.unfilled) == (after.violations, after.unfilled)
    assert (alone.cost, alone.fairness) == (after.cost, after.fairness)
    dropped = check_move(model, made.assignments, left=taken)
    assert dropped.allowed
    assert [(one.slot, one.missing) for one in dropped.opens] == [(taken.slot, 1)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_the_board_bars_exactly_what_the_checker_finds(problem: Problem) -> None:
    model = Model(problem)
    board = first_roster(model)
    assignments = [
        Assignment(model.people[p].id, model.tasks[t].slot.id, model.tasks[t].kind) for p, t in board.pairs()
    ]
    for p in range(len(model.people)):
        for task in model.tasks[:6]:
            if board.mask[p] >> task.index & 1:
                continue
            more = Assignment(model.people[p].id, task.slot.id, task.kind)
            found = [one for one in violations(model, [*assignments, more]) if one.code != "full"]
            assert bool(found) == bool(board.bar(p, task.index)), (more, found)
            cost = board.cost().total + board.delta([(p, NONE, task.index)])
            assert cost == Board(model, [*board.pairs(), (p, task.index)]).cost().total


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fixed": (Assignment("nobody", "desk@2026-04-29T06:00"),)}, "roster.unknown_person"),
        ({"fixed": (Assignment("p0", "desk@2026-04-29T07:00"),)}, "roster.unknown_slot"),
        ({"people": (Person("a"), Person("a"))}, "roster.twice"),
        ({"people": (Person("a", posts=frozenset({"moon"})),)}, "roster.unknown_post"),
        ({"posts": (Post("d", staffing=Staffing(-1)),)}, "roster.count"),
        ({"posts": (Post("d", staffing=Staffing(1, leads=2)),)}, "roster.count_more"),
        ({"posts": (Post("d", pattern="none"),)}, "roster.pattern"),
        ({"rules": Rules(rest_h=-1)}, "roster.value"),
        ({"people": tuple(Person(f"p{i}") for i in range(2001))}, "roster.bounds"),
        ({"window": Span(local(0), local(400))}, "roster.bounds"),
        ({"zone": "Moon/Far"}, "roster.value"),
    ],
)
def test_a_problem_that_cannot_be_is_refused_with_its_fault(change: dict[str, object], code: str) -> None:
    from dataclasses import replace

    with pytest.raises(Refused) as refused:
        plan(replace(small(), **change))  # type: ignore[arg-type]
    assert refused.value.code == code

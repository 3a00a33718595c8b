"""Planning: from a problem to a plan. Greedy and local search always; the solver where it is asked for."""

from collections.abc import Iterable, Sequence

from vigil.engines.roster.board import Board
from vigil.engines.roster.checks import pairs, violations
from vigil.engines.roster.conflicts import counted
from vigil.engines.roster.coverage import coverage
from vigil.engines.roster.fairness import fairness
from vigil.engines.roster.greedy import first_roster
from vigil.engines.roster.model import Model
from vigil.engines.roster.patterns import left_open
from vigil.engines.roster.plan import Impossible, Judged, Plan
from vigil.engines.roster.problem import Assignment, Problem
from vigil.engines.roster.reasons import placed, unfilled
from vigil.engines.roster.search import Spent, effort, improve, steps
from vigil.kernel.phrases import N_, Phrase, phrase


def plan(
    problem: Problem | Model, *, spent: Spent | None = None, seed: int = 0, solver_s: float = 0, workers: int = 2
) -> Plan:
    """A roster for the problem.

    `spent`: the effort of the local search (default: a number of steps that grows with the problem, so that the same
    problem and seed give the same roster). `solver_s`: seconds for the solver, which starts from that roster; 0:
    without.
    Raises: Refused for a bad problem, Unavailable `roster.solver` where the solver is asked for and not installed.
    """
    model = problem if isinstance(problem, Model) else Model(problem)
    board = first_roster(model)
    improve(board, spent or steps(effort(model)), seed)
    impossible = counted(model) if board.cost().unmet else None
    if solver_s <= 0:
        return assembled(board, impossible=impossible)
    from vigil.engines.roster.exact import solve

    found = solve(board, seconds=solver_s, workers=workers, seed=seed, known=impossible)
    return assembled(found.board, method="solver", bound=found.bound, impossible=found.impossible)


def evaluated(problem: Problem | Model, assignments: Iterable[Assignment]) -> Plan:
    """A roster that somebody else made (by hand, or changed since), with the same tables: holes, violations, cost,
    fairness.
    """
    model = problem if isinstance(problem, Model) else Model(problem)
    return assembled(Board(model, pairs(model, assignments)), method="given")


def judged(model: Model, assignments: Iterable[Assignment]) -> Judged:
    """As `evaluated`, without reasons and coverage: a fraction of the work, for who compares many rosters."""
    board = Board(model, pairs(model, assignments))
    given = [Assignment(model.people[p].id, model.tasks[t].slot.id, model.tasks[t].kind) for p, t in board.pairs()]
    return Judged(
        violations=violations(model, given), unfilled=unfilled(board), cost=board.cost(), fairness=fairness(board)
    )


def assembled(
    board: Board, *, method: str = "greedy", bound: int | None = None, impossible: Impossible | None = None
) -> Plan:
    """The plan that a board stands for."""
    model = board.model
    given = placed(board)
    assignments = [one.assignment for one in given]
    holes = coverage(model.problem.needs(), model.problem.presences(assignments), model.problem.window)
    return Plan(
        problem=model.problem,
        placed=given,
        unfilled=unfilled(board),
        posts=holes.posts,
        functions=holes.functions,
        violations=violations(model, assignments),
        cost=board.cost(),
        fairness=fairness(board),
        method=method,
        bound=bound,
        impossible=impossible,
        remarks=tuple(_remarks(model)),
    )


def _remarks(model: Model) -> Sequence[Phrase]:
    return [
        phrase(N_("{post}: no shift of its pattern covers {start} to {end}."),
               post=hole.post, start=hole.span.start, end=hole.span.end)
        for hole in left_open(model.problem)
    ]  # fmt: skip

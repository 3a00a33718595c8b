"""The optional solver (OR-Tools CP-SAT): better rosters from a given one, a bound, and proof that none can exist.

Nothing else of the engine needs it, and it is imported only when something here is called.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, gcd
from typing import Any

from vigil.engines.roster.atoms import Key, atoms_of, conflict
from vigil.engines.roster.board import Board
from vigil.engines.roster.cost import Price
from vigil.engines.roster.limits import Limit, limits
from vigil.engines.roster.model import Model, Task
from vigil.engines.roster.plan import Impossible
from vigil.engines.roster.search import effort, improve
from vigil.kernel.errors import Unavailable
from vigil.kernel.phrases import N_

_SMALL = 5_000  # variables: above, one worker does the bound and the local search the rest
_ALWAYS = frozenset({"post", "skill", "overlap"})


@dataclass(frozen=True, slots=True)
class Solved:
    """The best board known, what no roster can undercut, and the proof where gaps cannot be avoided."""

    board: Board
    bound: int
    impossible: Impossible | None
    optimal: bool


def cp_sat() -> Any:
    """The solver's module. Raises: Unavailable `roster.solver`."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        raise Unavailable(
            "roster.solver",
            N_("The solver is not installed; `make solver` installs it. Without it, plan without --solver."),
        ) from None
    return cp_model


def solve(board: Board, *, seconds: float, workers: int = 2, seed: int = 0, known: Impossible | None = None) -> Solved:
    """Start from `board` and look for a better one for at most so many seconds, a third of them for a proof where it
    has gaps.
    """
    impossible = None
    if board.cost().unmet:
        impossible = prove(board.model, seconds=seconds / 3, known=known) or known
        seconds *= 2 / 3
    return _optimise(board, seconds, workers, seed, impossible)


def _optimise(board: Board, seconds: float, workers: int, seed: int, impossible: Impossible | None) -> Solved:
    cp = cp_sat()
    model = board.model
    made = cp.CpModel()
    x = _variables(made, model, model.fixed, lambda codes: False)
    for p, group in _limits(model, x, whole=True):
        _limit(made, x, p, group, model.fixed)
    cost: list[Any] = []
    total = board.cost().total  # no place is left open more often than the roster at hand could pay for
    start = set(board.pairs())
    for (p, t), var in x.items():
        made.AddHint(var, (p, t) in start)
    for task in model.tasks:
        on = [p for p in range(len(model.people)) if (p, task.index) in x]
        made.Add(sum(x[p, task.index] for p in on) <= task.room)
        for j, want in enumerate(task.wants):
            short = made.NewIntVar(0, min(want.n, total // want.weight), "")
            fit = [x[p, task.index] for p in on if want.quality is None or want.quality in model.qualities[p]]
            made.Add(short + sum(fit) >= want.n)
            made.AddHint(short, max(0, want.n - board.have[task.index][j]))
            cost.append(want.weight * short)
    cost += _wishes(made, board, x)
    # Parts of a step cost parts of a point, so the solver counts in such parts.
    scale = model.step // _unit(model, model.step, lambda task: task.load)
    made.Minimize(scale * sum(cost) + sum(_shares(made, board, x, scale)))
    solver = cp.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.1, seconds)
    solver.parameters.num_workers = max(1, workers if len(x) < _SMALL else workers - 1)
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    # Measured: presolve turns the needs into clauses that the relaxation no longer sees, and the bound falls by half.
    solver.parameters.cp_model_presolve = False
    solver.parameters.symmetry_level = 0
    solver.parameters.add_lp_constraints_lazily = False
    solver.parameters.root_lp_iterations = 1_000_000
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(solver.Solve, made)
        board = _meanwhile(board, running, seed)
        status = running.result()
    bound = max(0, ceil(solver.BestObjectiveBound() / scale - 1e-6)) if status != cp.UNKNOWN else 0
    if status in (cp.OPTIMAL, cp.FEASIBLE):
        found = Board(model, sorted(pair for pair, var in x.items() if solver.Value(var)))
        if found.cost().total < board.cost().total:
            board = found
    return Solved(board, min(bound, board.cost().total), impossible, status == cp.OPTIMAL)


def _meanwhile(board: Board, running: Future[Any], seed: int) -> Board:
    """The local search goes on, in rounds, while the solver works (it leaves Python's lock alone)."""
    own = Board(board.model, board.pairs())
    size = effort(board.model) // 4
    while not running.done():
        seed += 1
        improve(own, lambda done: 1.0 if running.done() else done / size, seed, gentle=True)
    return own


def _variables(
    made: Any, model: Model, fixed: Iterable[tuple[int, int]], free: Callable[[tuple[str, ...]], bool]
) -> dict[tuple[int, int], Any]:
    """A 0/1 variable where somebody may take a task; `free` says whether the rules that bar it are switched off."""
    kept = set(fixed)
    x = {}
    for task in model.tasks:
        bars = model.bars[task.index]
        for p in range(len(model.people)):
            if p not in bars or (p, task.index) in kept or free(bars[p]):
                x[p, task.index] = made.NewBoolVar("")
    for pair in kept:
        made.Add(x[pair] == 1)
    return x


def _limits(model: Model, x: Iterable[tuple[int, int]], *, whole: bool = False) -> Iterable[tuple[int, Limit]]:
    """Everybody's limits; with `whole`, where every rule holds, without those that another one implies."""
    of_person: dict[int, list[int]] = {}
    for p, t in x:
        of_person.setdefault(p, []).append(t)
    for p, tasks in of_person.items():
        found = limits(model, p, tasks)
        rests = [set(one.amounts) for one in found if one.code == "rest"] if whole else []
        for group in found:
            if group.code != "overlap" or not any(set(group.amounts) <= rest for rest in rests):
                yield p, group


def _limit(made: Any, x: dict[tuple[int, int], Any], p: int, group: Limit, fixed: Iterable[tuple[int, int]]) -> None:
    """At most so much of the group, beside what is fixed and breaks it already."""
    kept = set(fixed)
    taken = sum(amount for t, amount in group.amounts if (p, t) in kept)
    terms = [(x[p, t], amount) for t, amount in group.amounts if (p, t) not in kept]
    left = max(0, group.most - taken)
    if left == 1 and all(amount == 1 for _, amount in terms):
        made.AddAtMostOne(var for var, _ in terms)
    elif sum(amount for _, amount in terms) > left:
        made.Add(sum(amount * var for var, amount in terms) <= left)


def _wishes(made: Any, board: Board, x: dict[tuple[int, int], Any]) -> list[Any]:
    model, cost = board.model, []
    for p in range(len(model.people)):
        cost += [points * x[p, t] for t, points in model.avoid[p].items() if (p, t) in x]
        for j, (points, tasks) in enumerate(model.prefer[p]):
            missed = made.NewBoolVar("")
            made.Add(missed + sum(x[p, t] for t in tasks if (p, t) in x) >= 1)
            made.AddHint(missed, not board.met[p][j])
            cost.append(points * missed)
    return cost


def _shares(made: Any, board: Board, x: dict[tuple[int, int], Any], scale: int) -> list[Any]:
    """A convex price, bought step by step: each step is dearer than the one before, so the cheap ones go first by
    themselves.
    """
    model, cost = board.model, []
    of_person: dict[int, list[int]] = {p: [] for p in range(len(model.people))}
    for p, t in x:
        of_person[p].append(t)
    for prices, amounts, size in _measures(board):
        unit = _unit(model, prices[0].step, size) if prices else 1
        for p, tasks in of_person.items():
            price, mine = prices[p], [t for t in tasks if size(model.tasks[t])]
            width = price.step // unit
            bought = []
            for k in range(-(-_most(model, p, mine, size) // price.step)):
                step = made.NewIntVar(0, width, "")
                made.AddHint(step, max(0, min(width, amounts[p] // unit - k * width)))
                bought.append(step)
                cost.append(scale // width * price.rise(k) * step)
            made.Add(sum(bought) == sum(size(model.tasks[t]) // unit * x[p, t] for t in mine))
            cost.append(scale * price.base)
    return cost


Measure = tuple[list[Price], list[int], Callable[[Task], int]]


def _measures(board: Board) -> tuple[Measure, ...]:
    model = board.model
    return (
        (model.price_nights, board.nights, lambda task: int(task.night > 0)),
        (model.price_holidays, board.holidays, lambda task: int(task.holiday)),
        (model.price_hours, board.load, lambda task: task.load),
    )


def _unit(model: Model, step: int, size: Callable[[Task], int]) -> int:
    """The largest amount that divides the step and every task's amount."""
    return gcd(step, *(size(task) for task in model.tasks))


def _most(model: Model, p: int, tasks: list[int], size: Callable[[Task], int]) -> int:
    """More than this nobody can stand: all of it, or what does not clash, in time order."""
    total = sum(size(model.tasks[t]) for t in tasks)
    fixed = sum(size(model.tasks[t]) for person, t in model.fixed if person == p)
    end, chain = -1, 0
    for task in sorted((model.tasks[t] for t in tasks), key=lambda one: one.end):
        if task.start >= end:
            chain, end = chain + 1, task.end
    largest = max((size(model.tasks[t]) for t in tasks), default=0)
    return min(total, chain * largest + fixed)


# -- proof that gaps cannot be avoided ---------------------------------------------------------------------------------


def prove(model: Model, *, seconds: float, known: Impossible | None = None) -> Impossible | None:
    """A smallest set of rules and needs that contradict one another; None where a roster without a gap exists or
    time ran out.

    Starts from what counting found, else from what the solver's own refutation used; then drops whatever can be
    dropped.
    """
    trial = _Trial(model, seconds)
    keys = list(atoms_of(model))
    core = [key for key in keys if known is not None and key in known.keys]
    if not core or trial.feasible(core) is not False:
        core = trial.core(keys)
    if not core:
        return None
    kept, minimal = _minimised(core, trial)
    return conflict(model, kept, minimal=minimal, method="solver")


def _minimised(core: list[Key], trial: "_Trial") -> tuple[list[Key], bool]:
    """Drop in halves, then one by one, needs before rules; whether every single one was shown to be needed."""
    order = sorted(core, key=lambda key: key[0] != "need")
    kept, size, sure = order, max(1, len(order) // 2), True
    while True:
        i = 0
        while i < len(kept):
            rest = kept[:i] + kept[i + size :]
            verdict = trial.feasible(rest) if rest else True
            if verdict is False:
                kept = rest
            else:
                i += size
                sure = sure and (size > 1 or verdict is True)
        if size == 1:
            return kept, sure
        size = max(1, size // 2)


class _Trial:
    """Whether some of the rules and needs can hold together."""

    def __init__(self, model: Model, seconds: float) -> None:
        self.model = model
        self.left = seconds
        self.cp = cp_sat()

    def feasible(self, keys: Iterable[Key]) -> bool | None:
        """None: time ran out."""
        return self._solve(set(keys))[0]

    def core(self, keys: list[Key]) -> list[Key]:
        """What the solver's refutation of all of them used; empty where they can hold, or where it found no end."""
        verdict, used = self._solve(set(keys), assume=True)
        if verdict is not False:
            verdict, used = self._solve(set(keys))[0], keys
        return (used or keys) if verdict is False else []

    def _solve(self, keys: set[Key], *, assume: bool = False) -> tuple[bool | None, list[Key]]:
        if self.left <= 0:
            return None, []
        model, made = self.model, self.cp.CpModel()
        fixed = [(p, t) for p, t in model.fixed if ("fixed", p, t) in keys]
        needed = {task.index for task in model.tasks for j in range(len(task.wants)) if ("need", task.index, j) in keys}
        needed |= {t for _, t in fixed}
        x = _variables(made, model, fixed, lambda codes: False)
        for pair in self._freed(keys):
            if pair not in x:
                x[pair] = made.NewBoolVar("")
        x = {(p, t): var for (p, t), var in x.items() if t in needed}
        for p, group in _limits(model, x):
            if group.code == "overlap" or (group.code,) in keys:
                _limit(made, x, p, group, fixed)
        literals: dict[int, Key] = {}
        for t in needed:
            task = model.tasks[t]
            on = [p for p in range(len(model.people)) if (p, t) in x]
            made.Add(sum(x[p, t] for p in on) <= task.room)
            for j, want in enumerate(task.wants):
                key: Key = ("need", t, j)
                if key in keys:
                    fit = [x[p, t] for p in on if want.quality is None or want.quality in model.qualities[p]]
                    held = made.Add(sum(fit) >= want.n)
                    if assume:
                        literal = made.NewBoolVar("")
                        held.OnlyEnforceIf(literal)
                        literals[literal.Index()] = key
                        made.AddAssumption(literal)
        solver = self.cp.CpSolver()
        solver.parameters.max_time_in_seconds = self.left
        solver.parameters.num_workers = 1
        status = solver.Solve(made)
        self.left -= solver.WallTime()
        if status == self.cp.INFEASIBLE:
            used = {literals[i] for i in solver.SufficientAssumptionsForInfeasibility()} if assume else set()
            rules = [key for key in keys if key[0] != "need"]
            return False, [*used, *rules] if used else []
        return (True if status in (self.cp.OPTIMAL, self.cp.FEASIBLE) else None), []

    def _freed(self, keys: set[Key]) -> Iterable[tuple[int, int]]:
        """Whoever is barred only by rules that are switched off here."""
        for task in self.model.tasks:
            for p, codes in self.model.bars[task.index].items():
                if all(code not in _ALWAYS and not _holds(code, p, keys) for code in codes):
                    yield p, task.index


def _holds(code: str, p: int, keys: set[Key]) -> bool:
    return (code, p) in keys or (code,) in keys

"""A person's rules as limits: of these tasks at most so many (or so many minutes)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vigil.engines.roster.model import Model, Task


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of the tasks' amounts; `code` is the rule (`overlap`, `rest`, `nights`, `shifts_7d`,
    `hours_7d`).
    """

    code: str
    amounts: tuple[tuple[int, int], ...]
    most: int


def limits(model: Model, p: int, tasks: Sequence[int]) -> list[Limit]:
    """Every limit on person p over these tasks; those that cannot bind are left out."""
    mine = [model.tasks[t] for t in sorted(tasks)]
    work = [task for task in mine if task.work]
    found = [*_cliques("overlap", mine, 0)]
    if model.rest:
        found += _cliques("rest", work, model.rest)
    return [*found, *_nights(model, p, work), *_sevens(model, p, work)]


def _cliques(code: str, tasks: Sequence[Task], rest: int) -> Iterable[Limit]:
    """For each start, all that hold (with their rest) at that instant: pairwise exclusive, and every exclusion is in
    one.
    """
    instants = sorted({task.start for task in tasks})
    groups = [
        frozenset(task.index for task in tasks if task.start <= instant < task.end + rest) for instant in instants
    ]
    after = [*groups[1:], frozenset[int]()]
    kept = [one for one, following in zip(groups, after, strict=False) if not one <= following]  # no groups: none
    return [Limit(code, tuple((t, 1) for t in sorted(group)), 1) for group in kept if len(group) > 1]


def _nights(model: Model, p: int, work: Sequence[Task]) -> Iterable[Limit]:
    most = model.rules.max_nights
    if most is None:
        return []
    earlier = {one.night for one in model.earlier[p] if one.night}
    nights = {task.night for task in work if task.night}
    found = []
    for first in sorted({night - k for night in nights for k in range(most + 1)}):
        run = range(first, first + most + 1)
        taken = sum(night in earlier for night in run)
        group = tuple((task.index, 1) for task in work if task.night in run)
        if len({model.tasks[t].night for t, _ in group}) + taken > most:
            found.append(Limit("nights", group, most - taken))
    return found


def _sevens(model: Model, p: int, work: Sequence[Task]) -> Iterable[Limit]:
    found = []
    days = {task.day for task in work}
    firsts = sorted({day - k for day in days for k in range(7)})
    for code, most in (("shifts_7d", model.rules.max_shifts_7d), ("hours_7d", _minutes(model.rules.max_hours_7d))):
        if most is None:
            continue
        before: tuple[tuple[int, int], ...] = ()
        for first in firsts:
            seven = range(first, first + 7)
            taken = sum(
                (1 if code == "shifts_7d" else one.end - one.start) for one in model.earlier[p] if one.day in seven
            )
            group = tuple(
                (task.index, 1 if code == "shifts_7d" else task.minutes) for task in work if task.day in seven
            )
            if sum(amount for _, amount in group) + taken > most and (taken or not set(group) <= set(before)):
                found.append(Limit(code, group, max(0, most - taken)))
                before = group
    return found


def _minutes(hours: float | None) -> int | None:
    return None if hours is None else int(hours * 60)

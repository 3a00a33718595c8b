"""Proof by counting that a roster is impossible, without a solver: in a stretch of time more places than people can
fill.

For a group (everybody at a post, who may lead, who has a skill) and a stretch of shifts, each person can take at
most so
many; where the sum is less than the places, no roster exists. The shortest such stretch is told, with the rules it
takes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from vigil.engines.roster.atoms import Key, atoms_of, conflict
from vigil.engines.roster.coverage import ON_SITE
from vigil.engines.roster.model import Model, Task
from vigil.engines.roster.plan import Impossible

T = TypeVar("T")
_DAY = 24 * 60
_STRETCHES = (0, _DAY, 2 * _DAY, 3 * _DAY, 4 * _DAY, 5 * _DAY, 7 * _DAY)
_ALWAYS = frozenset({"post", "skill", "overlap"})
_MOST_STEPS = 3_000_000


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Places: (task, want) pairs that only people with `quality` can fill."""

    quality: str | None
    places: tuple[tuple[Task, int], ...]

    @property
    def demand(self) -> int:
        """How many people it takes."""
        return sum(task.wants[j].n for task, j in self.places)


def counted(model: Model) -> Impossible | None:
    """The proof, or None where counting shows nothing (which proves nothing)."""
    keys = frozenset(key for key in atoms_of(model) if key[0] not in ("need", "fixed"))
    steps = 0
    for stretch in sorted(_stretches(model), key=lambda one: (_length(one), len(one.places), one.demand)):
        steps += len(stretch.places) * len(model.people)
        if steps > _MOST_STEPS:
            return None
        if _capacity(model, stretch, keys) < stretch.demand:
            return _told(model, stretch, keys)
    return None


def _length(stretch: _Stretch) -> int:
    first, last = stretch.places[0][0], stretch.places[-1][0]
    return last.start - first.start


def _stretches(model: Model) -> Iterable[_Stretch]:
    """By sort of place: each post, all posts; by time: one start, one to seven days from each start, everything;
    nights alone too.
    """
    seen = set()
    for quality, sort in _sorts(model):
        for chosen in (sort, [place for place in sort if place[0].night]):
            for first in sorted({task.start for task, _ in chosen}):
                for length in (*_STRETCHES, 10**9):
                    places = tuple(place for place in chosen if first <= place[0].start < first + max(length, 1))
                    key = (quality, tuple((task.index, j) for task, j in places))
                    if key not in seen:
                        seen.add(key)
                        yield _Stretch(quality, places)


def _sorts(model: Model) -> Iterable[tuple[str | None, list[tuple[Task, int]]]]:
    places = [(task, j) for task in model.tasks for j in range(len(task.wants)) if task.work or task.kind == ON_SITE]
    for quality in sorted({task.wants[j].quality for task, j in places}, key=lambda one: one or ""):
        whole = [(task, j) for task, j in places if task.wants[j].quality == quality]
        posts = sorted({task.slot.post for task, _ in whole})
        for post in posts:
            yield quality, [(task, j) for task, j in whole if task.slot.post == post]
        if len(posts) > 1:
            yield quality, whole


def _capacity(model: Model, stretch: _Stretch, keys: frozenset[Key]) -> int:
    """How many of the places people can fill at most: the sum of what each can take."""
    return sum(
        _most(model, p, stretch, keys)
        for p in range(len(model.people))
        if stretch.quality is None or stretch.quality in model.qualities[p]
    )


def _most(model: Model, p: int, stretch: _Stretch, keys: frozenset[Key]) -> int:
    tasks = [task for task, _ in stretch.places if _free(model.bars[task.index].get(p, ()), p, keys)]
    if not tasks:
        return 0
    rest = model.rest if ("rest",) in keys and all(task.work for task in tasks) else 0
    most, until = 0, -1
    for task in sorted(tasks, key=lambda one: one.end):
        if task.start >= until:
            most, until = most + 1, task.end + rest
    if not all(task.work for task in tasks):
        return most
    rules = model.rules
    nights = sorted({task.night for task in tasks})
    if ("nights",) in keys and rules.max_nights is not None and nights[0]:
        most = min(most, _by_runs(nights, rules.max_nights))
    if ("shifts_7d",) in keys and rules.max_shifts_7d is not None:
        days = tasks[-1].day - min(task.day for task in tasks) + 1
        most = min(most, -(-days // 7) * rules.max_shifts_7d)
    return most


def _by_runs(nights: Sequence[int], most: int) -> int:
    """How many of the nights one person can stand with at most so many running."""
    total, start = 0, 0
    for i in range(1, len(nights) + 1):
        if i == len(nights) or nights[i] != nights[i - 1] + 1:
            run = i - start
            total += run - run // (most + 1)
            start = i
    return total


def _free(codes: tuple[str, ...], p: int, keys: frozenset[Key]) -> bool:
    return not any(code in _ALWAYS or (code,) in keys or (code, p) in keys for code in codes)


def _told(model: Model, stretch: _Stretch, keys: frozenset[Key]) -> Impossible:
    """Without the places and rules that the count does not need."""

    def short(of: _Stretch, by: frozenset[Key]) -> bool:
        return _capacity(model, of, by) < of.demand

    places = _without(
        list(stretch.places), lambda kept: bool(kept) and short(replace(stretch, places=tuple(kept)), keys)
    )
    stretch = replace(stretch, places=tuple(places))
    rules = _without(sorted(keys, key=str), lambda kept: short(stretch, frozenset(kept)))
    needs: list[Key] = [("need", task.index, j) for task, j in stretch.places]
    counts = (stretch.demand, _capacity(model, stretch, frozenset(rules)))
    return conflict(model, [*needs, *rules], minimal=False, method="counting", counts=counts)


def _without(items: list[T], still: Callable[[list[T]], bool]) -> list[T]:
    """Drop one after another, from the end, whatever is not needed."""
    for i in range(len(items) - 1, -1, -1):
        if still(items[:i] + items[i + 1 :]):
            items = items[:i] + items[i + 1 :]
    return items

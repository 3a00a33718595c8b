"""Coverage as interval arithmetic: what was needed, who was there, and every gap to the minute.

Spans are half-open and kept in UTC, so that a clock that is put forward or back neither loses nor gains a minute.
Nothing
here walks minute by minute; a test that does is the oracle.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

ON_SITE, ON_CALL, BACKUP = KINDS = ("on_site", "on_call", "backup")
LEAD = "lead"
_MINUTE = timedelta(minutes=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until before `end`; aware instants, turned into UTC.

    Raises: ValueError for a naive instant or an end that is not after its start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware instants")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("a span ends after it starts")

    @property
    def minutes(self) -> int:
        """Whole minutes, a part of a minute counted as one."""
        return -((self.start - self.end) // _MINUTE)

    def overlaps(self, other: "Span") -> bool:
        """Whether both hold at some instant."""
        return self.start < other.end and other.start < self.end

    def within(self, other: "Span") -> bool:
        """Whether every instant of this one is in `other`."""
        return other.start <= self.start and self.end <= other.end

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat(), "minutes": self.minutes}


@dataclass(frozen=True, slots=True)
class Need:
    """At least `at_least` people of `kind` at `post` over `span`; with `quality`, people who have it (LEAD or a
    skill).
    """

    post: str
    span: Span
    at_least: int = 1
    kind: str = ON_SITE
    quality: str | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody at a post over a span: as planned, or as it was (a check-in)."""

    person: str
    post: str
    span: Span
    kind: str = ON_SITE
    qualities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hole:
    """A span over which `missing` people were missing. `post` is empty where a whole function is meant, `function`
    where a post.
    """

    span: Span
    missing: int
    post: str = ""
    function: str = ""
    kind: str = ON_SITE
    quality: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**self.span.to_json(), "missing": self.missing, "post": self.post, "function": self.function,
                "kind": self.kind, "quality": self.quality}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coverage:
    """The gaps per post and per function, and how much was asked and covered (in minutes of the needs' union)."""

    posts: tuple[Hole, ...]
    functions: tuple[Hole, ...]
    needed_minutes: dict[str, int] = field(default_factory=dict)
    gap_minutes: dict[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether something was needed and nothing is missing: an empty set is never complete."""
        return bool(self.needed_minutes) and not self.posts and not self.functions


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as few spans, in order; spans that touch become one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def intersect(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """The instants that are in both."""
    one, two, found = union(first), union(second), []
    i = j = 0
    while i < len(one) and j < len(two):
        start, end = max(one[i].start, two[j].start), min(one[i].end, two[j].end)
        if start < end:
            found.append(Span(start, end))
        if one[i].end < two[j].end:
            i += 1
        else:
            j += 1
    return found


def subtract(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """The instants of `first` that are not in `second`."""
    taken, left, j = union(second), [], 0
    for span in union(first):
        start = span.start
        while j < len(taken) and taken[j].end <= start:
            j += 1
        k = j
        while k < len(taken) and taken[k].start < span.end:
            if taken[k].start > start:
                left.append(Span(start, taken[k].start))
            start = max(start, taken[k].end)
            k += 1
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def gaps(needed: Iterable[Span], actual: Iterable[Span], window: Span | None = None) -> list[Span]:
    """The instants that were needed (inside `window`, where one is given) and not covered, exactly."""
    asked = intersect(needed, [window]) if window else needed
    return subtract(asked, actual)


def to_the_minute(spans: Iterable[Span]) -> list[Span]:
    """Grown outwards to whole minutes: a minute that was missed in part was missed."""
    return union(Span(_whole(span.start), _whole(span.end + _MINUTE - _TICK)) for span in spans)


def _whole(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def depths(presences: Iterable[tuple[str, Span]]) -> list[tuple[Span, int]]:
    """How many different people were there, as spans in order; nobody is left out of it."""
    of_person: dict[str, list[Span]] = defaultdict(list)
    for person, span in presences:
        of_person[person].append(span)
    steps: dict[datetime, int] = defaultdict(int)
    for spans in of_person.values():
        for span in union(spans):
            steps[span.start] += 1
            steps[span.end] -= 1
    return _levels(steps)


def shortfalls(
    needs: Iterable[tuple[Span, int]], presences: Iterable[tuple[str, Span]], window: Span | None = None
) -> list[tuple[Span, int]]:
    """Where fewer were there than needed and how many were missing, to the minute.

    Needs that overlap do not add up: at each instant the largest counts. In a minute the worst instant counts.
    """
    asked = list(needs)
    present = depths(presences)
    steps: dict[datetime, int] = defaultdict(int)
    for level in range(1, max((n for _, n in asked), default=0) + 1):
        wanted = [span for span, n in asked if n >= level]
        for span in to_the_minute(gaps(wanted, [span for span, n in present if n >= level], window)):
            steps[span.start] += 1
            steps[span.end] -= 1
    return _levels(steps)


def _levels(steps: dict[datetime, int]) -> list[tuple[Span, int]]:
    result: list[tuple[Span, int]] = []
    depth, since = 0, None
    for instant in sorted(steps):
        if not steps[instant]:
            continue
        if since is not None and depth:
            result.append((Span(since, instant), depth))
        depth, since = depth + steps[instant], instant
    return result


def coverage(needs: Iterable[Need], presences: Iterable[Presence], window: Span | None = None) -> Coverage:
    """Every gap, per post (each kind and quality by itself) and per function.

    A function has a gap where it was needed on site and nobody was at any of its posts. The same call serves for the
    plan
    and for what was: only the presences differ.
    """
    asked = list(needs)
    there = list(presences)
    posts: list[Hole] = []
    kept: dict[tuple[str, str, str | None], list[Need]] = defaultdict(list)
    for need in asked:
        kept[need.post, need.kind, need.quality].append(need)
    at_post: dict[tuple[str, str], list[Presence]] = defaultdict(list)
    for presence in there:
        at_post[presence.post, presence.kind].append(presence)
    for (post, kind, quality), wanted in kept.items():
        fit = [(p.person, p.span) for p in at_post[post, kind] if quality is None or quality in p.qualities]
        short = shortfalls([(need.span, need.at_least) for need in wanted], fit, window)
        posts.extend(Hole(span, missing, post, kind=kind, quality=quality) for span, missing in short)
    functions, needed_minutes, gap_minutes = _by_function(asked, at_post, window)
    return Coverage(tuple(sorted(posts, key=_order)), tuple(functions), needed_minutes, gap_minutes)


def _by_function(
    needs: Sequence[Need], at_post: dict[tuple[str, str], list[Presence]], window: Span | None
) -> tuple[list[Hole], dict[str, int], dict[str, int]]:
    wanted: dict[str, list[Span]] = defaultdict(list)
    posts: dict[str, set[str]] = defaultdict(set)
    for need in needs:
        if need.kind == ON_SITE and need.at_least > 0:
            for function in need.functions:
                wanted[function].append(need.span)
                posts[function].add(need.post)
    holes: list[Hole] = []
    needed_minutes: dict[str, int] = {}
    gap_minutes: dict[str, int] = {}
    for function, spans in wanted.items():
        asked = intersect(spans, [window]) if window else union(spans)
        there = [presence.span for post in posts[function] for presence in at_post[post, ON_SITE]]
        missed = to_the_minute(subtract(asked, there))
        holes.extend(Hole(span, 1, function=function) for span in missed)
        if asked:
            needed_minutes[function] = sum(span.minutes for span in asked)
            gap_minutes[function] = sum(span.minutes for span in missed)
    return holes, needed_minutes, gap_minutes


def _order(hole: Hole) -> tuple[Span, str, str, str]:
    return hole.span, hole.post, hole.kind, hole.quality or ""

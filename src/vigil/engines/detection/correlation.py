"""Stage two: correlations over the matches of rules (Sigma specification 2.1, "Correlation Rules").

A correlation has, for every group, the events that matched its rules, in the order of their own time. An event closes a
correlation when the events of its group in the span that ends with it meet the condition. What is found is the set of
closing events, and so it does not depend on the order in which events arrive: what came late is put where it belongs,
and every event whose span it lies in is asked again. Conditions that more events can only help are told at once; the
others ("fewer than", averages, "and not") when nothing can arrive any more that would change them, `lateness` later.

Shapes: times are seconds since 1970 (UTC); a group is the tuple of the values of `group_by` as text.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from statistics import median
from typing import Any, Final

OPERATORS: Final = {"lt": lt, "lte": le, "gt": gt, "gte": ge, "eq": eq, "neq": ne}
KINDS: Final = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
)
_GROWING: Final = frozenset({"event_count", "value_count"})

Expression = str | tuple[str, tuple["Expression", ...]]
"""A rule's reference, or ("and" | "or" | "not", parts)."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation rule. `rules`: ids; `aliases[name][rule]`: the field that stands for the name there."""

    id: str
    title: str
    level: str
    kind: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    span_s: float
    operator: str = "gte"
    count: float = 1
    fields: tuple[str, ...] = ()
    percentile: float = 50
    expression: Expression | None = None
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    tags: tuple[str, ...] = ()
    generate: bool = False
    path: str = ""

    @property
    def grows(self) -> bool:
        """Whether another event can only make the condition true, never false."""
        if self.kind in ("temporal", "temporal_ordered"):
            return self.expression is None or not _has_not(self.expression)
        return self.kind in _GROWING and self.operator in ("gt", "gte")

    def field_of(self, name: str, rule: str) -> str:
        """The field that `name` means in the events of that rule."""
        for alias, mapping in self.aliases:
            if alias == name:
                return dict(mapping).get(rule, name)
        return name


def _has_not(expression: Expression) -> bool:
    return not isinstance(expression, str) and (expression[0] == "not" or any(_has_not(part) for part in expression[1]))


@dataclass(frozen=True, slots=True, order=True)
class Matched:
    """An event that matched a rule: its time, its id, the rule's id; `values`: the fields that a correlation reads."""

    at: float
    event: str
    rule: str
    values: tuple[tuple[str, str], ...] = field(compare=False, default=())

    def value(self, name: str) -> str | None:
        """The value of a field; None where it has none."""
        return dict(self.values).get(name)


@dataclass(frozen=True, slots=True, order=True)
class Closed:
    """A correlation whose condition is met by the span that ends with `event`."""

    at: float
    correlation: str
    group: tuple[str, ...]
    event: str
    events: tuple[str, ...] = field(compare=False, default=())


def meets(correlation: Correlation, window: Sequence[Matched]) -> bool:
    """Whether the events of one group within one span (in the order of time) meet the condition."""
    kind = correlation.kind
    if kind in ("temporal", "temporal_ordered"):
        return _temporal(correlation, window)
    if kind == "event_count":
        measured: float = len(window)
    elif kind == "value_count":
        told = {tuple(one.value(correlation.field_of(name, one.rule)) for name in correlation.fields) for one in window}
        measured = len([values for values in told if None not in values])
    else:
        numbers = _numbers(correlation, window)
        if not numbers:
            return False
        measured = _measured(kind, numbers, correlation.percentile)
    return bool(OPERATORS[correlation.operator](measured, correlation.count))


def _measured(kind: str, numbers: list[float], percentile: float) -> float:
    if kind == "value_sum":
        return sum(numbers)
    if kind == "value_avg":
        return sum(numbers) / len(numbers)
    if kind == "value_median":
        return median(numbers)
    ordered = sorted(numbers)
    at = (len(ordered) - 1) * percentile / 100
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _numbers(correlation: Correlation, window: Iterable[Matched]) -> list[float]:
    found = []
    for one in window:
        for name in correlation.fields[:1]:
            try:
                found.append(float(one.value(correlation.field_of(name, one.rule)) or ""))
            except ValueError:
                continue
    return [number for number in found if number == number and abs(number) != float("inf")]


def _temporal(correlation: Correlation, window: Sequence[Matched]) -> bool:
    seen = {one.rule for one in window}
    if correlation.kind == "temporal_ordered":
        wanted = _named(correlation.expression) if correlation.expression is not None else list(correlation.rules)
        at = 0
        for one in window:
            if at < len(wanted) and one.rule == wanted[at]:
                at += 1
        return at == len(wanted)
    if correlation.expression is not None:
        return _holds(correlation.expression, seen)
    return seen >= set(correlation.rules)


def _named(expression: Expression) -> list[str]:
    if isinstance(expression, str):
        return [expression]
    return [name for part in expression[1] for name in _named(part)]


def _holds(expression: Expression, seen: set[str]) -> bool:
    if isinstance(expression, str):
        return expression in seen
    word, parts = expression
    if word == "not":
        return not _holds(parts[0], seen)
    return (all if word == "and" else any)(_holds(part, seen) for part in parts)


def slowly(correlation: Correlation, events: Iterable[Matched]) -> set[Closed]:
    """What a correlation finds in all events of all groups: the obvious way, which the other must equal."""
    groups: dict[tuple[str, ...], list[Matched]] = defaultdict(list)
    for event in events:
        group = group_of(correlation, event)
        if event.rule in correlation.rules and group is not None:
            groups[group].append(event)
    found = set()
    for group, several in groups.items():
        for last in several:
            window = sorted(one for one in several if last.at - correlation.span_s <= one.at <= last.at)
            if meets(correlation, window):
                found.add(Closed(last.at, correlation.id, group, last.event))
    return found


def group_of(correlation: Correlation, event: Matched) -> tuple[str, ...] | None:
    """The group of an event; None where a field of it is missing: such an event belongs to no group."""
    values = [event.value(correlation.field_of(name, event.rule)) for name in correlation.group_by]
    return None if None in values else tuple(value for value in values if value is not None)


@dataclass
class _Group:
    """The events of a group, in the order of time, which of them have been told as closing, and the newest's time."""

    events: list[Matched] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    newest: float = float("-inf")

    def state(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "newest": None if self.newest == float("-inf") else self.newest,
            "events": [[one.at, one.event, one.rule, list(map(list, one.values))] for one in self.events],
            "told": sorted(self.told),
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "_Group":
        """What `state` gave."""
        events = [
            Matched(at, event, rule, tuple((name, value) for name, value in values))
            for at, event, rule, values in state["events"]
        ]
        newest = state["newest"]
        return cls(events, set(state["told"]), float("-inf") if newest is None else float(newest))


Place = tuple[str, tuple[str, ...]]
"""A correlation's id and a group of it."""
Fetch = Callable[[Place], Mapping[str, Any] | None]


class Correlator:
    """Keeps the state of correlations, group by group.

    `lateness_s`: how long after the newest event *of its group* an older one still counts; what is older when it
    arrives is left out, and counted in `too_late`. A source whose clock or line is behind holds up, and loses, nothing.
    `fetch` gives the state of a group that is not in memory, where somebody keeps them; None where there is none.
    """

    def __init__(
        self, correlations: Sequence[Correlation], lateness_s: float = 900, fetch: Fetch | None = None
    ) -> None:
        self._all = {one.id: one for one in correlations}
        self._by_rule: dict[str, list[Correlation]] = defaultdict(list)
        for one in correlations:
            for rule in one.rules:
                self._by_rule[rule].append(one)
        self._lateness = lateness_s
        self._fetch = fetch
        self._groups: dict[Place, _Group] = {}
        self.touched: set[Place] = set()
        self.too_late = 0

    def add(self, events: Iterable[Matched]) -> list[Closed]:
        """Take events in any order; what is closed by them, or by time passing, in the order of time."""
        found: list[Closed] = []
        waiting = list(events)
        while waiting:
            closed: list[Closed] = []
            places: set[Place] = set()
            for event in waiting:
                closed += self._take(event, places)
            for place in places:
                group = self._groups[place]
                closed += self._settled(place, group, group.newest - self._lateness)
                self._forget(place, group, group.newest - self._lateness)
            found += closed
            waiting = [self._as_event(one) for one in closed if one.correlation in self._by_rule]
        return sorted(found)

    def finish(self, places: Iterable[Place] | None = None) -> list[Closed]:
        """Nothing more will come (to these groups; to any, for None): what waited for that."""
        found: list[Closed] = []
        asked = list(self._groups if places is None else places)
        while asked:
            closed: list[Closed] = []
            for place in asked:
                if place[0] in self._all and (group := self._group(place)).events:
                    closed += self._settled(place, group, float("inf"))
            found += closed
            reached: set[Place] = set()
            for one in closed:
                if one.correlation in self._by_rule:
                    found += self._take(self._as_event(one), reached)
            asked = list(reached)
        return sorted(found)

    def let_go(self, before: float) -> list[Closed]:
        """Events come in the order of time, and this is the time: groups out of reach are settled and dropped."""
        over = [
            place
            for place, group in self._groups.items()
            if group.newest + self._all[place[0]].span_s + self._lateness < before
        ]
        found = self.finish(over)
        for place in over:
            del self._groups[place]
            self.touched.discard(place)
        return found

    def _as_event(self, closed: Closed) -> Matched:
        names = self._all[closed.correlation].group_by
        return Matched(
            closed.at,
            f"{closed.correlation}:{closed.event}",
            closed.correlation,
            tuple(zip(names, closed.group, strict=True)),
        )

    def _group(self, place: Place) -> _Group:
        group = self._groups.get(place)
        if group is None:
            kept = self._fetch(place) if self._fetch is not None else None
            group = self._groups[place] = _Group.of(kept) if kept is not None else _Group()
        self.touched.add(place)
        return group

    def _take(self, event: Matched, places: set[Place]) -> list[Closed]:
        found: list[Closed] = []
        for correlation in self._by_rule.get(event.rule, ()):
            key = group_of(correlation, event)
            if key is None:
                continue
            place = (correlation.id, key)
            group = self._group(place)
            if event.at < group.newest - self._lateness:
                self.too_late += 1
                continue
            group.newest = max(group.newest, event.at)
            at = bisect_left(group.events, event)
            if at < len(group.events) and group.events[at] == event:
                continue  # the same event again changes nothing
            insort(group.events, event)
            places.add(place)
            if correlation.grows:
                found += self._asked(correlation, key, group, event.at, event.at + correlation.span_s)
        return found

    def _asked(
        self, correlation: Correlation, key: tuple[str, ...], group: _Group, start: float, stop: float
    ) -> list[Closed]:
        found = []
        first = bisect_left(group.events, start, key=lambda one: one.at)
        last = bisect_right(group.events, stop, key=lambda one: one.at)
        for one in group.events[first:last]:
            if one.event in group.told:
                continue
            low = bisect_left(group.events, one.at - correlation.span_s, key=lambda other: other.at)
            high = bisect_right(group.events, one.at, key=lambda other: other.at)
            window = group.events[low:high]
            if meets(correlation, window):
                group.told.add(one.event)
                found.append(
                    Closed(one.at, correlation.id, key, one.event, tuple(dict.fromkeys(w.event for w in window)))
                )
        return found

    def _settled(self, place: Place, group: _Group, until: float) -> list[Closed]:
        """Tell what had to wait and is older than `until`."""
        correlation = self._all[place[0]]
        if correlation.grows:
            return []
        waiting = [one for one in group.events if one.at < until and one.event not in group.told]
        if not waiting:
            return []
        found = self._asked(correlation, place[1], group, waiting[0].at, waiting[-1].at)
        group.told.update(one.event for one in waiting)
        return found

    def _forget(self, place: Place, group: _Group, until: float) -> None:
        """Drop what no span can reach any more."""
        kept = bisect_left(group.events, until - self._all[place[0]].span_s, key=lambda one: one.at)
        if kept:
            gone = {one.event for one in group.events[:kept]}
            del group.events[:kept]
            group.told -= gone - {one.event for one in group.events}

    def waits(self, place: Place) -> bool:
        """Whether something in the group will be told by time alone."""
        correlation, group = self._all[place[0]], self._groups[place]
        return not correlation.grows and any(one.event not in group.told for one in group.events)

    def group_state(self, place: Place) -> dict[str, Any]:
        """Plain values of one group, from which `fetch` lets another go on."""
        return self._groups[place].state()

    def state(self) -> dict[str, Any]:
        """Plain values of everything in memory, from which `restore` goes on."""
        return {
            "too_late": self.too_late,
            "groups": [[number, list(key), group.state()] for (number, key), group in self._groups.items()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`; what belongs to a correlation that is no more is left behind."""
        self.too_late = int(state["too_late"])
        self._groups = {
            (number, tuple(key)): _Group.of(kept) for number, key, kept in state["groups"] if number in self._all
        }

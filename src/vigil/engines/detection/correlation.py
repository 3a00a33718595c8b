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
from collections.abc import Iterable, Mapping, Sequence
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
    """The events of a group, in the order of time, and which of them have been told as closing."""

    events: list[Matched] = field(default_factory=list)
    told: set[str] = field(default_factory=set)


class Correlator:
    """Keeps the state of correlations. `lateness_s`: how long after the newest event an older one still counts.

    What is older than that when it arrives is left out, and counted in `too_late`.
    """

    def __init__(self, correlations: Sequence[Correlation], lateness_s: float = 900) -> None:
        self._all = {one.id: one for one in correlations}
        self._by_rule: dict[str, list[Correlation]] = defaultdict(list)
        for one in correlations:
            for rule in one.rules:
                self._by_rule[rule].append(one)
        self._lateness = lateness_s
        self._groups: dict[str, dict[tuple[str, ...], _Group]] = defaultdict(dict)
        self._newest = float("-inf")
        self.too_late = 0

    def add(self, events: Iterable[Matched]) -> list[Closed]:
        """Take events in any order; what is closed by them, or by time passing, in the order of time."""
        found: list[Closed] = []
        waiting = list(events)
        while waiting:
            closed: list[Closed] = []
            for event in waiting:
                closed += self._take(event)
            closed += self._settle(self._newest - self._lateness)
            found += closed
            waiting = [self._as_event(one) for one in closed if one.correlation in self._by_rule]
        return sorted(found)

    def finish(self) -> list[Closed]:
        """Nothing more will come: what waited for that."""
        found = self._settle(float("inf"))
        waiting = [self._as_event(one) for one in found if one.correlation in self._by_rule]
        while waiting:
            more = [closed for event in waiting for closed in self._take(event)] + self._settle(float("inf"))
            found += more
            waiting = [self._as_event(one) for one in more if one.correlation in self._by_rule]
        return sorted(found)

    def _as_event(self, closed: Closed) -> Matched:
        names = self._all[closed.correlation].group_by
        return Matched(
            closed.at,
            f"{closed.correlation}:{closed.event}",
            closed.correlation,
            tuple(zip(names, closed.group, strict=True)),
        )

    def _take(self, event: Matched) -> list[Closed]:
        found: list[Closed] = []
        if event.at < self._newest - self._lateness:
            self.too_late += 1
            return found
        self._newest = max(self._newest, event.at)
        for correlation in self._by_rule.get(event.rule, ()):
            key = group_of(correlation, event)
            if key is None:
                continue
            group = self._groups[correlation.id].setdefault(key, _Group())
            at = bisect_left(group.events, event)
            if at < len(group.events) and group.events[at] == event:
                continue  # the same event again changes nothing
            insort(group.events, event)
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

    def _settle(self, until: float) -> list[Closed]:
        """Tell what had to wait and is older than `until`; forget what no span can reach any more."""
        found: list[Closed] = []
        for number, groups in self._groups.items():
            correlation = self._all[number]
            for key, group in list(groups.items()):
                if not group.events or group.events[0].at >= until:
                    continue
                if not correlation.grows:
                    settled = [one for one in group.events if one.at < until and one.event not in group.told]
                    if settled:
                        found += self._asked(correlation, key, group, settled[0].at, settled[-1].at)
                        group.told.update(one.event for one in settled)
                kept = bisect_left(group.events, until - correlation.span_s, key=lambda one: one.at)
                gone = {one.event for one in group.events[:kept]}
                del group.events[:kept]
                group.told -= gone - {one.event for one in group.events}
                if not group.events:
                    del groups[key]
        return found

    def state(self) -> dict[str, Any]:
        """Plain values from which `restore` goes on; to be kept with the position up to which events were taken."""
        return {
            "newest": None if self._newest == float("-inf") else self._newest,
            "too_late": self.too_late,
            "groups": [
                [
                    number,
                    list(key),
                    [[one.at, one.event, one.rule, list(map(list, one.values))] for one in group.events],
                    sorted(group.told),
                ]
                for number, groups in self._groups.items()
                for key, group in groups.items()
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`; what belongs to a correlation that is no more is left behind."""
        self._newest = float("-inf") if state["newest"] is None else float(state["newest"])
        self.too_late = int(state["too_late"])
        self._groups.clear()
        for number, key, events, told in state["groups"]:
            if number in self._all:
                kept = [
                    Matched(at, event, rule, tuple((n, v) for n, v in values)) for at, event, rule, values in events
                ]
                self._groups[number][tuple(key)] = _Group(kept, set(told))

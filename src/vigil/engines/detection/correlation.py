"""Stage two: correlations over the matches of rules (Sigma specification 2.1, "Correlation Rules").

A correlation has, for every group, the events that matched its rules, in the order of their own time. An event closes a
correlation when the events of its group in the span that ends with it meet the condition. What is found is the set of
closing events, and so it does not depend on the order in which events arrive: what came late is put where it belongs,
and every event whose span it lies in is asked again. Conditions that more events can only help are told at once; the
others ("fewer than", averages, "and not") when nothing can arrive any more that would change them, `lateness` later.

Shapes: times are seconds since 1970 (UTC); a group is the tuple of the values of `group_by` as text.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from statistics import median
from typing import Final

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

    @property
    def ordered(self) -> Sequence[str]:
        """The rules in the order in which they must have been seen, where that matters."""
        return self.rules if self.expression is None else named(self.expression)

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
        for known, value in self.values:
            if known == name:
                return value
        return None


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
        wanted, at = correlation.ordered, 0
        for one in window:
            if at < len(wanted) and one.rule == wanted[at]:
                at += 1
        return at == len(wanted)
    if correlation.expression is not None:
        return holds(correlation.expression, seen)
    return seen >= set(correlation.rules)


def named(expression: Expression) -> list[str]:
    """The rules that an expression names, from left to right."""
    if isinstance(expression, str):
        return [expression]
    return [name for part in expression[1] for name in named(part)]


def holds(expression: Expression, seen: Container[str]) -> bool:
    """Whether it is true where these rules were seen."""
    if isinstance(expression, str):
        return expression in seen
    word, parts = expression
    if word == "not":
        return not holds(parts[0], seen)
    return (all if word == "and" else any)(holds(part, seen) for part in parts)


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


def as_event(correlation: Correlation, closed: Closed) -> Matched:
    """A closing event as what other correlations ask for: its group's values under the names of `group_by`."""
    return Matched(
        closed.at,
        f"{closed.correlation}:{closed.event}",
        closed.correlation,
        tuple(zip(correlation.group_by, closed.group, strict=True)),
    )

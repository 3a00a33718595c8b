"""Which events of a group close a correlation, asked of many that follow one another: what a span has beside the span
before it is counted, and the rest not looked at anew.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence

from vigil.engines.detection.correlation import OPERATORS, Correlation, Matched, holds, meets


def closing(
    correlation: Correlation, events: Sequence[Matched], first: int, last: int, told: Container[str]
) -> Iterator[tuple[int, int, int]]:
    """Those of `events[first:last]` (in the order of time) that close it and whose ids are not among `told`: the place
    of each, and the stretch of events that its span is.
    """
    if first >= last:
        return
    low = bisect_left(events, events[first].at - correlation.span_s, key=lambda one: one.at)
    counted = _counted(correlation)
    holds_on = _asked(correlation, events, low, counted)
    high = low
    for at in range(first, last):
        one = events[at]
        while high < len(events) and events[high].at <= one.at:
            counted.add(events[high])
            high += 1
        while events[low].at < one.at - correlation.span_s:
            counted.remove(events[low])
            low += 1
        if one.event not in told and holds_on(low, high):
            yield at, low, high


class _Counted:
    """How often each key stands in the span; what has none is not counted."""

    def __init__(self, key: Callable[[Matched], object | None]) -> None:
        self._key = key
        self.many: Counter[object] = Counter()

    def add(self, one: Matched) -> None:
        key = self._key(one)
        if key is not None:
            self.many[key] += 1

    def remove(self, one: Matched) -> None:
        key = self._key(one)
        if key is not None:
            self.many[key] -= 1
            if not self.many[key]:
                del self.many[key]


def _counted(correlation: Correlation) -> _Counted:
    if correlation.kind == "value_count":

        def told(one: Matched) -> object | None:
            values = tuple(one.value(correlation.field_of(name, one.rule)) for name in correlation.fields)
            return None if None in values else values

        return _Counted(told)
    if correlation.kind in ("temporal", "temporal_ordered"):
        return _Counted(lambda one: one.rule)
    return _Counted(lambda one: None)


def _asked(
    correlation: Correlation, events: Sequence[Matched], start: int, counted: _Counted
) -> Callable[[int, int], bool]:
    """Whether the span from one place to another meets the condition."""
    kind, compares = correlation.kind, OPERATORS[correlation.operator]
    if kind == "event_count":
        return lambda low, high: bool(compares(high - low, correlation.count))
    if kind == "value_count":
        return lambda low, high: bool(compares(len(counted.many), correlation.count))
    if kind == "temporal":
        if correlation.expression is not None:
            expression = correlation.expression
            return lambda low, high: holds(expression, counted.many)  # type: ignore[arg-type]
        return lambda low, high: all(rule in counted.many for rule in correlation.rules)
    if kind == "temporal_ordered":
        return _one_after_another(correlation, events, start, counted)
    return lambda low, high: meets(correlation, events[low:high])


def _one_after_another(
    correlation: Correlation, events: Sequence[Matched], start: int, counted: _Counted
) -> Callable[[int, int], bool]:
    places: dict[str, list[int]] = defaultdict(list)
    for place in range(start, len(events)):
        places[events[place].rule].append(place)
    wanted = correlation.ordered

    def holds_on(low: int, high: int) -> bool:
        if any(rule not in counted.many for rule in wanted):
            return False
        at = low
        for rule in wanted:
            of_rule = places[rule]
            next_one = bisect_left(of_rule, at)
            if next_one == len(of_rule) or of_rule[next_one] >= high:
                return False
            at = of_rule[next_one] + 1
        return True

    return holds_on

"""Correlations as events arrive: the state of each group, and what new events close in it.

What is found is what `correlation.slowly` finds in all of them; the tests hold the one against the other.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vigil.engines.detection.closing import closing
from vigil.engines.detection.correlation import Closed, Correlation, Matched, as_event, group_of

_MOST_EVIDENCE: Final = 200
_LEAST_KEPT: Final = 1_000
_MOST_KEPT: Final = 5_000


@dataclass
class _Group:
    """The events of a group, in the order of time, which of them have been told as closing, and the newest's time.

    `floor`: up to when events were dropped because there were too many.
    """

    events: list[Matched] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    newest: float = float("-inf")
    floor: float = float("-inf")

    def state(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "newest": None if self.newest == float("-inf") else self.newest,
            "events": [[one.at, one.event, one.rule, list(map(list, one.values))] for one in self.events],
            "told": sorted(self.told),
            "floor": None if self.floor == float("-inf") else self.floor,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "_Group":
        """What `state` gave."""
        events = [
            Matched(at, event, rule, tuple((name, value) for name, value in values))
            for at, event, rule, values in state["events"]
        ]
        newest, floor = state["newest"], state.get("floor")
        low = float("-inf")
        return cls(
            events, set(state["told"]), low if newest is None else float(newest), low if floor is None else float(floor)
        )


def most_kept(correlation: Correlation) -> int:
    """How many events of a group are kept in a flood: twice what a count asks for, so that it goes on to hold."""
    if correlation.kind == "event_count" and correlation.grows:
        return max(_LEAST_KEPT, 2 * int(correlation.count))
    return _MOST_KEPT


Place = tuple[str, tuple[str, ...]]
"""A correlation's id and a group of it."""
Fetch = Callable[[Place], Mapping[str, Any] | None]


class Correlator:
    """Keeps the state of correlations, group by group.

    `lateness_s`: how long after the newest event *of its group* an older one still counts; what is older when it
    arrives is left out, and counted in `too_late`. A source whose clock or line is behind holds up, and loses, nothing.
    `fetch` gives the state of a group that is not in memory, where somebody keeps them; None where there is none.
    `bounded`: of a group in a flood only the newest events are kept (`most_kept`); what is older is then too late.
    """

    def __init__(
        self,
        correlations: Sequence[Correlation],
        lateness_s: float = 900,
        fetch: Fetch | None = None,
        *,
        bounded: bool = False,
    ) -> None:
        self._all = {one.id: one for one in correlations}
        self._by_rule: dict[str, list[Correlation]] = defaultdict(list)
        for one in correlations:
            for rule in one.rules:
                self._by_rule[rule].append(one)
        self._lateness = lateness_s
        self._fetch = fetch
        self._bounded = bounded
        self._groups: dict[Place, _Group] = {}
        self.touched: set[Place] = set()
        self.too_late = 0

    def add(self, events: Iterable[Matched]) -> list[Closed]:
        """Take events in any order; what is closed by them, or by time passing, in the order of time."""
        found: list[Closed] = []
        waiting = list(events)
        while waiting:
            closed: list[Closed] = []
            places: dict[Place, list[float]] = {}
            for event in waiting:
                self._take(event, places)
            for place, starts in places.items():
                group = self._groups[place]
                until = group.newest - self._lateness
                closed += self._reached(place, group, starts) + self._settled(place, group, until)
                self._forget(place, group, until)
            found += closed
            waiting = [as_event(self._all[one.correlation], one) for one in closed if one.correlation in self._by_rule]
        return sorted(found)

    def over(self, at: float) -> list[Closed]:
        """Where events come in the order of time and stand at `at`: groups that none can reach any more are told and
        forgotten, so that memory does not grow with their number.
        """
        places = [place for place, group in self._groups.items() if group.newest + self._all[place[0]].span_s < at]
        found = self.finish(places)
        for place in places:
            del self._groups[place]
            self.touched.discard(place)
        return found

    @property
    def groups(self) -> int:
        """How many are in memory."""
        return len(self._groups)

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
            reached: dict[Place, list[float]] = {}
            for one in closed:
                if one.correlation in self._by_rule:
                    self._take(as_event(self._all[one.correlation], one), reached)
            for place, starts in reached.items():
                found += self._reached(place, self._groups[place], starts)
            asked = list(reached)
        return sorted(found)

    def _group(self, place: Place) -> _Group:
        group = self._groups.get(place)
        if group is None:
            kept = self._fetch(place) if self._fetch is not None else None
            group = self._groups[place] = _Group.of(kept) if kept is not None else _Group()
        self.touched.add(place)
        return group

    def _take(self, event: Matched, places: dict[Place, list[float]]) -> None:
        """Put it into its groups; `places`: those that have something new, and at which times."""
        for correlation in self._by_rule.get(event.rule, ()):
            key = group_of(correlation, event)
            if key is None:
                continue
            place = (correlation.id, key)
            group = self._group(place)
            if event.at < group.newest - self._lateness or event.at <= group.floor:
                self.too_late += 1
                continue
            group.newest = max(group.newest, event.at)
            at = bisect_left(group.events, event)
            if at < len(group.events) and group.events[at] == event:
                continue  # the same event again changes nothing
            group.events.insert(at, event)
            places.setdefault(place, []).append(event.at)

    def _reached(self, place: Place, group: _Group, starts: list[float]) -> list[Closed]:
        """Ask the events in whose spans new ones lie, where more events can only help."""
        correlation = self._all[place[0]]
        if not correlation.grows:
            return []
        found: list[Closed] = []
        starts.sort()
        first, stop = starts[0], starts[0] + correlation.span_s
        for start in starts[1:]:
            if start > stop:
                found += self._asked(place, group, first, stop)
                first = start
            stop = start + correlation.span_s
        return found + self._asked(place, group, first, stop)

    def _asked(self, place: Place, group: _Group, start: float, stop: float) -> list[Closed]:
        found = []
        events = group.events
        first = bisect_left(events, start, key=lambda one: one.at)
        last = bisect_right(events, stop, key=lambda one: one.at)
        for at, low, high in closing(self._all[place[0]], events, first, last, group.told):
            one = events[at]
            group.told.add(one.event)
            evidence = tuple(dict.fromkeys(other.event for other in events[max(low, high - _MOST_EVIDENCE) : high]))
            found.append(Closed(one.at, place[0], place[1], one.event, evidence))
        return found

    def _settled(self, place: Place, group: _Group, until: float) -> list[Closed]:
        """Tell what had to wait and is older than `until`."""
        correlation = self._all[place[0]]
        if correlation.grows:
            return []
        waiting = [one for one in group.events if one.at < until and one.event not in group.told]
        if not waiting:
            return []
        found = self._asked(place, group, waiting[0].at, waiting[-1].at)
        group.told.update(one.event for one in waiting)
        return found

    def _forget(self, place: Place, group: _Group, until: float) -> None:
        """Drop what no span can reach any more."""
        correlation = self._all[place[0]]
        kept = bisect_left(group.events, until - correlation.span_s, key=lambda one: one.at)
        most = most_kept(correlation)
        if self._bounded and len(group.events) - kept > most:
            kept = len(group.events) - most * 9 // 10  # not one by one
            group.floor = group.events[kept - 1].at
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

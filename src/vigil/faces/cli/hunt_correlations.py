"""Correlations over the matches of a hunt. All events are known, so they are taken in the order of their own time and
nothing is late; a correlation that asks for others runs when those are done.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from vigil.engines.detection.correlation import Closed, Correlation, Matched, as_event
from vigil.engines.detection.correlator import Correlator
from vigil.engines.detection.findings import LEVELS
from vigil.faces.cli.hunt_matches import MatchFiles, in_order

_PORTION: Final = 20_000
_MOST_GROUPS: Final = 1_000


@dataclass
class Met:
    """How often a correlation was met: its closing events by file and by group, the first and last time."""

    correlation: Correlation
    files: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    first: str = ""
    last: str = ""

    @property
    def many(self) -> int:
        """How many closing events there are."""
        return self.files.total()

    def take(self, closed: Closed, file: str) -> None:
        """One more."""
        self.files[file] += 1
        group = " · ".join(closed.group)
        if group and (group in self.groups or len(self.groups) < _MOST_GROUPS):
            self.groups[group] += 1
        at = datetime.fromtimestamp(closed.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.first, self.last = self.first or at, max(self.last, at)
        self.first = min(self.first, at)


def correlated(
    correlations: Sequence[Correlation], files: Sequence[Path], folder: Path, file_of: Callable[[str], str]
) -> list[Met]:
    """Those that were met, the gravest and most frequent first. `files`: the matches; `file_of`: an event's file."""
    met = {one.id: Met(one) for one in correlations}
    asked_for = {rule for one in correlations for rule in one.rules}
    known = list(files)
    for number, layer in enumerate(_layers(correlations)):
        more = MatchFiles(folder, f"closed{number}")
        for closed in _closed(layer, in_order(known)):
            met[closed.correlation].take(closed, file_of(closed.event))
            if closed.correlation in asked_for:
                more.add([as_event(met[closed.correlation].correlation, closed)])
        known += more.close()
    grave = {level: n for n, level in enumerate(LEVELS)}
    found = [one for one in met.values() if one.many]
    return sorted(
        found,
        key=lambda one: (grave.get(one.correlation.level, len(LEVELS)), -one.many, one.correlation.title),
    )


def _layers(correlations: Sequence[Correlation]) -> Iterator[list[Correlation]]:
    """Each after those that it asks for."""
    waiting = {one.id: one for one in correlations}
    while waiting:
        ready = [one for one in waiting.values() if not any(rule in waiting for rule in one.rules)]
        for one in ready:
            del waiting[one.id]
        if not ready:
            return  # they ask for one another
        yield ready


def _closed(correlations: Sequence[Correlation], matches: Iterator[Matched]) -> Iterator[Closed]:
    correlator, swept = Correlator(correlations, lateness_s=0), 1_000
    while portion := list(islice(matches, _PORTION)):
        yield from correlator.add(portion)
        if correlator.groups > 2 * swept:
            yield from correlator.over(portion[-1].at)
            swept = max(1_000, correlator.groups)
    yield from correlator.finish()


def with_what_they_ask_for(correlations: Iterable[Correlation], levels: Sequence[str] | None) -> list[Correlation]:
    """Correlations of these levels, and those that only feed them."""
    known = {one.id: one for one in correlations}
    found: dict[str, Correlation] = {}
    waiting = [one for one in known.values() if levels is None or one.level in levels]
    while waiting:
        one = waiting.pop()
        if one.id not in found:
            found[one.id] = one
            waiting += [known[rule] for rule in one.rules if rule in known]
    return [one for one in known.values() if one.id in found]

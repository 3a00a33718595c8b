"""Chosen rules and indicators over what was kept: file by file to hits, and to what correlations wait for.

The same matcher, the same reading of matches and the same correlator as for what comes in, so that a hunt finds what
would have been found then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from vigil.adapters.event_store import batches_of, pieces, whole_events
from vigil.domain.detection.actions.taking import Hit
from vigil.domain.detection.rule_book import LoadedRules, Ours
from vigil.engines.detection.correlation import Matched
from vigil.engines.detection.correlator import Correlator
from vigil.engines.detection.entities import HOSTS, OUTSIDERS, shown
from vigil.engines.detection.indicators import FIELDS
from vigil.engines.detection.matching import Matcher
from vigil.workers.event_reading import Finding
from vigil.workers.second_stage import LATENESS_S, hit_of

MOST_EVIDENCE: Final = 100
_LONGEST_REACH: Final = timedelta(days=7)


@dataclass
class Piece:
    """What came of some events."""

    events: int = 0
    hits: list[Hit] = field(default_factory=list)
    matched: list[Matched] = field(default_factory=list)


class Past:
    """What is looked for, in [since, until) by the events' own time. Not to be shared by threads."""

    def __init__(self, loaded: LoadedRules, organisation: UUID, since: datetime, until: datetime) -> None:
        self._loaded, self._organisation = loaded, organisation
        self.since, self.until = since, until
        self._matcher = Matcher(loaded.plan)
        self._fields = _fields(self._matcher, self.ours)
        spans = sum(one.span_s for one in self.ours.correlations)
        self.reaches_back_to = since - min(_LONGEST_REACH, timedelta(seconds=spans))

    @property
    def ours(self) -> Ours:
        """What runs."""
        return self._loaded.ours[self._organisation]

    def over(self, path: Path, source: UUID) -> Iterator[Piece]:
        """A file, piece by piece. Raises: `event_store.DAMAGED`."""
        shows = MOST_EVIDENCE
        for table in pieces(path, self._fields, self.reaches_back_to, self.until):
            made = Piece(table.num_rows)
            for batch, log, part in batches_of(table, None) if table.num_rows else ():
                found = Finding(
                    self._loaded, self._organisation, source, self.ours, log, batch,
                    part["_id"].to_pylist(), part["_at"].combine_chunks(),
                )  # fmt: skip
                hits, pending = found.of_rules(self._matcher.match(batch, log, only=self.ours.matched))
                for _, tlp, indicators in self.ours.indicators:
                    hits += found.of_indicators(indicators, tlp)
                made.hits += [hit for hit in hits if hit.at >= self.since]
                made.matched += [
                    Matched(one.at.timestamp(), one.event, one.rule, tuple((name, said) for name, said in one.values))
                    for one in pending
                ]
            if made.hits and shows > 0 and self._fields is not None:
                made.hits = _evidenced(path, made.hits, shows)
                shows -= len(made.hits)
            yield made

    def correlated(self, events: Iterator[list[Matched]]) -> Iterator[list[Hit]]:
        """What correlations make of matches that come in the order of time."""
        correlator = Correlator(self.ours.correlations, LATENESS_S, bounded=True)
        for several in events:
            closed = correlator.add(several) + correlator.over(several[-1].at)
            yield self._told(closed)
        yield self._told(correlator.finish())

    def _told(self, closed: Sequence[Any]) -> list[Hit]:
        return [
            hit_of(self._organisation, self.ours, one)
            for one in closed
            if one.correlation in self.ours.correlated and self.since <= datetime.fromtimestamp(one.at, UTC)
        ]


def _fields(matcher: Matcher, ours: Ours) -> frozenset[str] | None:
    read = matcher.fields
    if "" in read:
        return None
    wanted = {name.lower() for name in (*read, *OUTSIDERS, *HOSTS)}
    wanted.update(name.lower() for names in ours.feeds.values() for name in names)
    if ours.indicators:
        wanted.update(FIELDS)
    return frozenset(wanted)


def _evidenced(path: Path, hits: list[Hit], most: int) -> list[Hit]:
    """The hits with the fields of their whole events; rules read only some."""
    ids = list(dict.fromkeys(hit.event for hit in hits[:most]))
    told: dict[str, dict[str, Any]] = {}
    for batch, _, part in batches_of(whole_events(path, ids), None):
        events = part["_id"].to_pylist()
        told.update({events[row]: fields for row, fields in shown(batch, range(len(events))).items()})
    return [replace(hit, shown=told.get(hit.event, hit.shown)) for hit in hits]

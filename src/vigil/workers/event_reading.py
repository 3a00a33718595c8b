"""Frames of the spool to what is committed and kept: matches become hits, events become tables, faults are counted."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from vigil.adapters.event_store import as_table
from vigil.adapters.log_sources import WINDOWS, Remembered, Sorter, WindowsBlocks, hosts, times
from vigil.adapters.log_sources.blocks import BEHIND
from vigil.adapters.spool import Frame
from vigil.domain.detection.actions.committing import SourceRead
from vigil.domain.detection.actions.taking import Hit
from vigil.domain.detection.models import AlertKind, PendingMatch
from vigil.domain.detection.rule_book import LoadedRules, Ours
from vigil.domain.detection.titles import title_of_indicator
from vigil.engines.detection.entities import entities, entity_names, shown, technique_of, values_of
from vigil.engines.detection.indicators import IndicatorSet
from vigil.engines.detection.matching import Matcher, More
from vigil.engines.detection.terms import Source
from vigil.kernel.clock import VIETNAM

log = logging.getLogger(__name__)

NO_EVENT: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a line that is no event may raise: a field that is a number where the format knows an object, and the like."""
_SAMPLES: Final = 5
_AHEAD_S: Final = 600
_MOST_SENDERS: Final = 64
_HEAD: Final = 4096
_JSON: Final = frozenset({"auto", "json", "windows"})
_MOST_STATE: Final = 200_000
States = Mapping[str, Mapping[str, Any]]
"""What is remembered of each sender of a source (an address, or a file): the header of its table, its format."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What must be known of a source to read it. `given`: what its logs are, where somebody said so."""

    organisation: UUID
    given: Source | None = None
    format: str = "auto"


@dataclass
class EventsRead:
    """What came of frames."""

    reads: dict[UUID, SourceRead] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    pending: list[PendingMatch] = field(default_factory=list)
    tables: dict[tuple[date, UUID], list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    gave_up: Counter[int] = field(default_factory=Counter)

    def reject(self, line: Frame, why: Exception) -> None:
        """A line that cannot be taken, though its format could be read."""
        read = self.reads.setdefault(line.source, SourceRead(line.source))
        read.rejected += 1
        read.bytes += len(line.data)
        if read.last_received_at is None:
            read.last_received_at = datetime.fromtimestamp(line.received_at, UTC)
        if len(read.samples) < _SAMPLES:
            read.samples.append(_sample(why, line.data))

    @property
    def events(self) -> int:
        """How many were read."""
        return sum(read.events for read in self.reads.values())


class EventReader:
    """Reads for one version of the rule book. Not to be shared by threads."""

    def __init__(self, rules: LoadedRules) -> None:
        self._rules = rules
        self._matcher = Matcher(rules.plan)
        self._remembered = Remembered()

    def read(
        self,
        frames: Sequence[Frame],
        facts: Mapping[UUID, SourceFacts],
        states: Mapping[UUID, States],
        now: datetime,
    ) -> EventsRead:
        """Everything in the frames. `states`: as the last reading left them."""
        made = EventsRead()
        by_source: dict[UUID, list[Frame]] = defaultdict(list)
        for frame in frames:
            by_source[frame.source].append(frame)
        for source, several in by_source.items():
            known = facts.get(source)
            if known is None:
                log.warning("%s: %d frames of a source that is no more", source, len(several))
                continue
            self._source(source, known, several, states.get(source, {}), now, made)
        return made

    def _source(
        self,
        source: UUID,
        known: SourceFacts,
        frames: Sequence[Frame],
        states: States,
        now: datetime,
        made: EventsRead,
    ) -> None:
        read = made.reads[source] = SourceRead(source)
        turns = _Turns(Sorter(None, known.given, known.format, now=now.astimezone(VIETNAM)), states)
        blocks = self._blocks(known)
        lines: list[bytes] = []
        places: list[tuple[str, float]] = []
        for frame in frames:
            first = len(lines)
            _told(frame, lines, places)
            add = turns.of(frame.sender)
            left: Iterable[int] = range(first, len(lines))
            if blocks is not None and WindowsBlocks.are_in(frame.data[:_HEAD]):
                block = blocks.read(frame.data + BEHIND)
                for group in block.groups:
                    blocks.add(group, group.numbers + first)
                left = (block.left[: np.searchsorted(block.left, len(lines) - first)] + first).tolist()
            for number in left:
                line = lines[number]
                if not line:
                    continue
                try:
                    add(line, number)
                except NO_EVENT as error:
                    read.rejected += 1
                    if len(read.samples) < _SAMPLES:
                        read.samples.append(_sample(error, line))
            read.bytes += len(frame.data)
        read.state = turns.changed()
        received = max(frame.received_at for frame in frames)
        read.last_received_at = datetime.fromtimestamp(received, UTC)
        read.lag_s = max(0.0, now.timestamp() - min(frame.received_at for frame in frames))
        ours = self._rules.ours.get(known.organisation, Ours())
        many: Counter[int] = Counter()
        for log, batch, numbers, more in _batches(turns.sorter, blocks, known.given or WINDOWS):
            placed = [_place(places[n], n, many) for n in numbers]
            self._batch(source, known, ours, log, batch, placed, [lines[n] for n in numbers], made, more)
            read.events += batch.num_rows

    def _blocks(self, known: SourceFacts) -> WindowsBlocks | None:
        """For who may send Windows events in lines of JSON."""
        if known.format not in _JSON or (known.given is not None and known.given.product != "windows"):
            return None
        return WindowsBlocks(None, remembered=self._remembered)

    def _batch(
        self,
        source: UUID,
        known: SourceFacts,
        ours: Ours,
        log: Source,
        batch: pa.RecordBatch,
        places: Sequence[tuple[str, float]],
        lines: Sequence[bytes],
        made: EventsRead,
        more: More | None,
    ) -> None:
        ids = [place for place, _ in places]
        received = pa.array([int(when * 1e6) for _, when in places], pa.timestamp("us", "UTC"))
        at = sane_times(times(batch, log), received)
        read = made.reads[source]
        newest = pc.max(at).as_py()
        if newest is not None and (read.last_event_at is None or newest > read.last_event_at):
            read.last_event_at = newest
        table = as_table(
            batch, log, ids=ids, at=at, received=received, host=hosts(batch, log),
            raw=[line.decode("utf-8", "replace") for line in lines],
        )  # fmt: skip
        days = pc.strftime(received, "%Y-%m-%d").to_pylist()
        for day in sorted(set(days)):
            part = table if days.count(day) == len(days) else table.filter(pa.array([one == day for one in days]))
            made.tables[date.fromisoformat(day), source].append(part)
        found = Finding(self._rules, known.organisation, source, ours, log, batch, ids, at)
        matches = self._matcher.match(batch, log, only=ours.matched, more=more)
        hits, pending = found.of_rules(matches)
        made.hits += hits
        made.pending += pending
        for tlp, indicators in ((tlp, one) for _, tlp, one in ours.indicators):
            made.hits += found.of_indicators(indicators, tlp)


class _Turns:
    """One sorter for the senders of a source, who take turns; each goes on where it stood."""

    def __init__(self, sorter: Sorter, states: States) -> None:
        self.sorter = sorter
        self._before = states
        self._states: dict[str, Mapping[str, Any]] = dict(states)
        self._sender: str | None = None

    def of(self, sender: str) -> Callable[[bytes, int], bool]:
        """Where this sender's lines go."""
        if sender != self._sender:
            self._put_by()
            self.sorter.begin(sender)
            known = self._states.pop(sender, None)
            if known:
                try:
                    self.sorter.restore(dict(known))
                except ValueError:
                    log.warning("%s: what was remembered of its format cannot be used", sender)
                    self.sorter.begin(sender)
            self._sender = sender
        return self.sorter.add_line

    def changed(self) -> dict[str, Mapping[str, Any]] | None:
        """What is to be remembered, if that is not what was; of so many senders, those that came last."""
        self._put_by()
        kept = dict(list(self._states.items())[-_MOST_SENDERS:])
        return kept if kept != self._before else None

    def _put_by(self) -> None:
        if self._sender is not None:
            state = self.sorter.state()
            if (state.get("last") or state.get("readers")) and (kept := _bounded(state)) is not None:
                self._states[self._sender] = kept


def _bounded(state: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """As it can be kept: without NUL, and not without bounds, which senders would choose."""
    said = orjson.dumps(state)
    if len(said) > _MOST_STATE:
        return None
    kept: Mapping[str, Any] = orjson.loads(said.replace(b"\\u0000", b"?")) if b"\\u0000" in said else state
    return kept


def _place(place: tuple[str, float], number: int, many: Counter[int]) -> tuple[str, float]:
    """Of several events in one line, each has an id of its own."""
    many[number] += 1
    return place if many[number] == 1 else (f"{place[0]}.{many[number]}", place[1])


def _sample(error: Exception, line: bytes) -> str:
    return f"{error}: {line[:200].decode('utf-8', 'replace')}"[:300].replace("\0", "?")


def sane_times(at: pa.Array, received: pa.Array) -> pa.Array:
    """Events' own times; that of receipt where there is none, or one more than ten minutes ahead of it.

    A clock that runs ahead would make what comes after it in the same group too late for correlations.
    """
    ahead = pc.add(received, pa.scalar(_AHEAD_S * 1_000_000, pa.duration("us")))
    return pc.if_else(pc.fill_null(pc.greater(at, ahead), True), received, at)


def _told(frame: Frame, lines: list[bytes], places: list[tuple[str, float]]) -> None:
    """The lines of a frame, and the id and the time of receipt of each."""
    before = f"{frame.stream}-{frame.segment:012x}-"
    at, received = frame.offset, frame.received_at
    for line in frame.data.split(b"\n"):
        lines.append(line)
        places.append((f"{before}{at:x}", received))
        at += len(line) + 1


def _batches(
    sorter: Sorter, blocks: WindowsBlocks | None, windows: Source
) -> Iterator[tuple[Source, pa.RecordBatch, list[int], More | None]]:
    for log, columns in sorter.columns.items():
        for batch, numbers in columns.batches():
            yield log, batch, numbers, None
    for cut in blocks.taken() if blocks is not None else ():
        yield windows, cut.batch, cut.numbers.tolist(), cut.more


@dataclass(frozen=True, slots=True)
class Finding:
    """Matches in one batch of one source to hits; also for batches that were kept, in a hunt through the past."""

    rules: LoadedRules
    organisation: UUID
    source: UUID | None
    ours: Ours
    log: Source
    batch: pa.RecordBatch
    ids: Sequence[str]
    at: pa.Array

    def of_rules(self, matches: pa.RecordBatch) -> tuple[list[Hit], list[PendingMatch]]:
        """Hits of rules that raise alerts, and what correlations wait for."""
        hits: list[Hit] = []
        pending: list[PendingMatch] = []
        numbers, rows = matches.column(0).to_pylist(), matches.column(1).to_pylist()
        alerting = [row for number, row in zip(numbers, rows, strict=True) if number in self.ours.alerting]
        named, told = self._named(alerting), shown(self.batch, alerting)
        times = self._times(rows)
        for number, row in zip(numbers, rows, strict=True):
            rule, known = self.rules.plan.rules[number], self.ours.rules[number]
            if number in self.ours.alerting:
                hits.append(
                    Hit(
                        organisation=self.organisation,
                        kind=AlertKind.RULE,
                        key=known.uid,
                        title=rule.title,
                        level=rule.level,
                        entity=named[row],
                        at=times[row],
                        event=self.ids[row],
                        rule=known.pk,
                        source=self.source,
                        techniques=technique_of(rule.tags),
                        shown=told[row],
                    )
                )
            if known.uid in self.ours.feeds:
                values = values_of(self.batch, row, self.ours.feeds[known.uid])
                pending.append(
                    PendingMatch(
                        organisation_id=self.organisation,
                        rule=known.uid,
                        event=self.ids[row],
                        at=times[row],
                        values=[list(one) for one in values],
                    )
                )
        return hits, pending

    def of_indicators(self, indicators: IndicatorSet, tlp: str) -> list[Hit]:
        """Hits of indicators that were valid at the event's time."""
        sightings = indicators.match(self.batch)
        if not sightings.num_rows:
            return []
        rows = sightings.column(1).to_pylist()
        times = self._times(rows)
        valid = [
            (one, row)
            for number, row in zip(sightings.column(0).to_pylist(), rows, strict=True)
            if (one := indicators.indicators[number]).valid_at(times[row])
        ]
        rows = [row for _, row in valid]
        named, told = self._named(rows), shown(self.batch, rows)
        return [
            Hit(
                organisation=self.organisation,
                kind=AlertKind.INDICATOR,
                key=f"{one.kind}:{one.value}",
                title=title_of_indicator(one.kind, one.source, one.value),
                level="high",
                entity=named[row],
                at=times[row],
                event=self.ids[row],
                source=self.source,
                tlp=one.tlp.lower() or tlp,
                shown=told[row],
            )
            for one, row in valid
        ]

    def _named(self, rows: Sequence[int]) -> dict[int, str]:
        several = list(dict.fromkeys(rows))
        return dict(zip(several, entities(self.batch, several, entity_names(self.log)), strict=True))

    def _times(self, rows: Sequence[int]) -> dict[int, datetime]:
        several = list(dict.fromkeys(rows))
        return dict(zip(several, self.at.take(pa.array(several, pa.int64())).to_pylist(), strict=True))

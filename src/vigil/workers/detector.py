"""The detector: reads the spool, finds, keeps, commits. Killed at any instant it loses nothing and tells nothing twice.

For a span of the spool: events to Parquet (under a name that says where the span begins), then position, counts, alerts
and pending matches in one transaction; then the second stage, whose memory is committed with what it found and took.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pyarrow as pa
from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from vigil.adapters.event_store import EventStore
from vigil.adapters.event_store.store import written
from vigil.adapters.spool import Frame, Position, SpoolReader
from vigil.domain.detection.actions.committing import Span, take_batch
from vigil.domain.detection.actions.taking import Within
from vigil.domain.detection.lateness import correlation_lag
from vigil.domain.detection.models import Alert, LogSource, ReadingState, SpoolPosition
from vigil.domain.detection.rule_book import LoadedRules, Runs, current_version, empty, load, told_loaded
from vigil.engines.detection.terms import Source
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.errors import Conflict
from vigil.workers.bad_records import sifted
from vigil.workers.event_reading import EventReader, EventsRead, SourceFacts, States
from vigil.workers.second_stage import second_stage, with_something_to_do

log = logging.getLogger(__name__)

NAME: Final = "detector"
EVERY_S: Final = 0.1
ROUND_S: Final = 2.0
POLL_S: Final = 0.3
_MOST_BYTES: Final = 8_000_000
_MOST_EVENTS: Final = 16_000
"""Of large events so many are read at once, in up to twice the bytes: a commit costs the same for few as for many."""
_AGAIN_S: Final = 30.0
_PASSES_BY: Final = (OperationalError, InterfaceError, IntegrityError, OSError, MemoryError)
"""What is no record's fault: the disk, the database, another who was first. The next round reads the same again."""


@dataclass
class Detector:
    """One of `of` detectors that share the spool. `runs`, `within`: what runs for whom, how soon to be taken."""

    spool: Path
    store: EventStore
    plans: Path
    lists: Path
    runs: Runs
    within: Within
    number: int = 0
    of: int = 1
    keep_days: int = 90
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._reader = SpoolReader(self.spool)
        self._rules: LoadedRules = empty()
        self._events = EventReader(self._rules)
        self._loading: threading.Thread | None = None
        self._loaded: LoadedRules | None = None
        self._fault = ""
        self._again = 0.0
        self._begun: set[str] = set()
        self._at_once: dict[str, int] = {}
        self._tidied = 0.0

    def close(self) -> None:
        """Let another read what this one read."""
        self._reader.close()

    def round(self) -> str:
        """Read what is there, for about two seconds; returns how much that was."""
        until = time.monotonic() + ROUND_S
        events = alerts = 0
        while True:
            self._refresh()
            if self._rules.version < 0:
                return "waits for the rules"
            read = 0
            for stream in self._streams():
                if self.stop.is_set():
                    break
                many, raised = self._span(stream)
                read, alerts = read + many, alerts + raised
            raised, more = self._correlated()
            alerts += raised
            events += read
            if time.monotonic() >= until or self.stop.is_set():
                break
            if not read and not more and self.stop.wait(POLL_S):
                break
        self._tidy()
        lag = round(correlation_lag(clock.now()).total_seconds())
        return f"{events} events, {alerts} new alerts" + (f", matches wait {lag} s for correlations" if lag else "")

    def _correlated(self) -> tuple[int, bool]:
        """Take what waits for correlations, each organisation in turn; returns new alerts, and whether more waits.

        Until nothing waits, or for half as long as a round: reading is not always ahead, nor does it stand still.
        """
        alerts, until = 0, time.monotonic() + ROUND_S / 2
        left = with_something_to_do(clock.now())
        self._know(set(left))
        while left:
            taken = {
                one: second_stage(one, ours, self.within, clock.now(), self._newest)
                for one in left
                if (ours := self._rules.ours.get(one)) is not None
            }
            alerts += sum(one.alerts for one in taken.values())
            left = [organisation for organisation, one in taken.items() if one.more]
            if self.stop.is_set() or time.monotonic() >= until:
                break
        return alerts, bool(left)

    def _newest(self) -> bool:
        return current_version() == self._rules.version

    def _streams(self) -> list[str]:
        mine = (name for name in self._reader.streams() if _turn(name) % self.of == self.number)
        return [name for name in mine if self._reader.claim(name)]

    def _refresh(self) -> None:
        """Take up a new version of the rule book: compiled beside the reading, but for the first."""
        if self._loading is not None and not self._loading.is_alive():
            self._loading = None
            if self._loaded is not None:
                self._rules, self._loaded = self._loaded, None
                self._events = EventReader(self._rules)
                told_loaded(self._rules, clock.now(), self._rules.fault)
            elif self._fault:
                told_loaded(self._rules, clock.now(), self._fault)
        due = time.monotonic() >= self._again
        if self._loading is None and due and current_version() != self._rules.version:
            self._loading = threading.Thread(target=self._load, name="rules", daemon=True)
            self._loading.start()
            if self._rules.version < 0:
                self._loading.join()
                self._refresh()

    def _know(self, organisations: set[UUID]) -> None:
        """Whoever's first source this is has rules that run, too."""
        if organisations <= self._rules.ours.keys():
            return
        self._rules = load(
            runs=self.runs, plans=self.plans, lists=self.lists, now=clock.now(), kept=self._rules, also=organisations
        )  # fmt: skip
        self._events = EventReader(self._rules)
        told_loaded(self._rules, clock.now(), self._rules.fault)

    def _load(self) -> None:
        from django.db import connections

        try:
            kept = self._rules if self._rules.version >= 0 else None
            self._loaded, self._fault = load(
                runs=self.runs, plans=self.plans, lists=self.lists, now=clock.now(), kept=kept
            ), ""  # fmt: skip
        except Exception as error:
            log.exception("the rules cannot be loaded")
            self._loaded, self._fault = None, type(error).__name__
            self._again = time.monotonic() + _AGAIN_S
        finally:
            connections.close_all()

    def _span(self, stream: str) -> tuple[int, int]:
        """Read once from a stream; returns the events and the new alerts."""
        row = SpoolPosition.objects.filter(stream=stream).first()
        after = Position(stream, row.segment, row.offset) if row is not None else None
        first = self._first(stream, after)
        if first is None:
            return 0, 0
        if stream not in self._begun:
            self.store.remove_from(stream, _name(first), row.updated_at if row is not None else None)
            self._begun.add(stream)
        batch = self._reader.read(stream, after, self._at_once.get(stream, _MOST_BYTES))
        if after is not None and batch.position == after and not batch.torn:
            return 0, 0
        if not batch.frames and not batch.torn and (after is None or batch.position.segment == after.segment):
            return 0, 0
        now = clock.now()
        sources = {frame.source for frame in batch.frames}
        facts = _facts(sources)
        self._know({one.organisation for one in facts.values()})
        states = dict(ReadingState.objects.filter(stream=stream, source__in=sources).values_list("source", "state"))
        unknown = [len(frame.data) for frame in batch.frames if frame.source not in facts]
        span = Span(
            stream,
            (after.segment, after.offset) if after is not None else None,
            (batch.position.segment, batch.position.offset),
            batch.torn,
            self._reader.waiting(stream, batch.position),
            len(unknown),
            sum(unknown),
        )
        reading = _Reading(self, span, facts, states, _name(first), now)
        try:
            made, fresh = reading.whole(batch.frames)
        except Conflict:
            log.warning("%s: another process reads this stream too", stream)
            return 0, 0
        self._reader.release(stream, batch.position)
        held = sum(len(frame.data) for frame in batch.frames)
        self._at_once[stream] = min(2 * _MOST_BYTES, max(_MOST_BYTES, held * _MOST_EVENTS // max(1, made.events)))
        return made.events, len(fresh)

    def _first(self, stream: str, after: Position | None) -> Position | None:
        """From where it is read; None while there is nothing. After an older database came back, what was read and
        removed since cannot be read again: what is kept of it stays, and no file of it may be replaced.
        """
        begins = self._reader.begins(stream, after)
        if begins is None or after is None:
            return None if begins is None else Position(stream, 0, 0)
        if (begins.segment, begins.offset) <= (after.segment, after.offset):
            return after
        if stream not in self._begun:
            log.warning("%s: read up to segment %d, and there is none before %d", stream, after.segment, begins.segment)
        return begins

    def _tidy(self) -> None:
        """Once a minute, and by the first detector alone: few files of many, days that are over removed."""
        if self.number or time.monotonic() - self._tidied < 60:
            return
        if not self._tidied:
            self.store.mend()
        self._tidied = time.monotonic()
        before = {
            row.stream: _name(Position(row.stream, row.segment, row.offset)) for row in SpoolPosition.objects.all()
        }
        self.store.merge(before)
        self.store.drop_before((clock.now() - timedelta(days=self.keep_days)).date())


@dataclass(frozen=True, slots=True)
class _Reading:
    """Frames of one span to what is kept and committed."""

    detector: Detector
    span: Span
    facts: Mapping[UUID, SourceFacts]
    states: Mapping[UUID, States]
    name: str
    now: datetime

    def whole(self, frames: Sequence[Frame]) -> tuple[EventsRead, list[Alert]]:
        """All of them, but for lines that nothing else can be read for. Raises: Conflict, and what may pass by."""
        try:
            return self._taken(self._read(frames))
        except (Conflict, *_PASSES_BY):
            raise
        except Exception:
            log.exception("%s: what came cannot be read as it is", self.name)
        found = sifted(frames, self._fault_of)
        made = self._read(found.good)
        for line, why in found.bad:
            if line.source in self.facts:
                made.reject(line, why)
        return self._taken(made)

    def _read(self, frames: Sequence[Frame]) -> EventsRead:
        return self.detector._events.read(frames, self.facts, self.states, self.now)

    def _taken(self, made: EventsRead) -> tuple[EventsRead, list[Alert]]:
        for (day, source), tables in made.tables.items():
            self.detector.store.write(self.name, day, source, tables)
        return made, self._committed(made)

    def _committed(self, made: EventsRead) -> list[Alert]:
        return take_batch(
            span=self.span, reads=made.reads.values(), hits=made.hits, pending=made.pending,
            within=self.detector.within, actor=worker(NAME), now=self.now,
        )  # fmt: skip

    def _fault_of(self, frames: Sequence[Frame]) -> Exception | None:
        """Why these cannot be read; nothing of the attempt stays."""
        try:
            made = self._read(frames)
            for tables in made.tables.values():
                written(tables, pa.BufferOutputStream())
            with transaction.atomic():
                self._committed(made)
                transaction.set_rollback(True)
        except (Conflict, *_PASSES_BY):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this record's
            return error
        return None


def _turn(stream: str) -> int:
    """Which detector's turn a stream is, before the division: the number at the end of its name."""
    tail = stream[len(stream.rstrip("0123456789")) :]
    return int(tail) if tail else 0


def _name(position: Position) -> str:
    return f"{position.stream}-{position.segment:012x}-{position.offset:010x}"


def _facts(sources: set[UUID]) -> dict[UUID, SourceFacts]:
    return {row.pk: facts_of(row) for row in LogSource.objects.filter(pk__in=sources)}


def facts_of(row: LogSource) -> SourceFacts:
    """What must be known of a source to read it."""
    given = Source(category=row.category, product=row.product, service=row.service)
    return SourceFacts(row.organisation_id, given if given != Source() else None, row.format or "auto")

"""Running a search: from the newest day back, some files at once, until everything is read or the time is up.

Only files of the sources that are given are ever named to DuckDB (`event_store/sandbox.py`). Results are the newest
events among what was read; whether that was everything is said.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from vigil.adapters.event_search.conditions import condition
from vigil.adapters.event_search.language import Query
from vigil.adapters.event_store import DAMAGED, EventStore, Footer, footer_of
from vigil.adapters.event_store.sandbox import opened, quoted
from vigil.kernel.errors import Unavailable
from vigil.kernel.phrases import N_

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LIMIT_S: Final = 10.0
MOST_ROWS: Final = 1_000
LONGEST_LINE: Final = 4_000
AHEAD: Final = timedelta(minutes=10)
_HOUR_US: Final = 3_600_000_000
_FILES: Final = 48
_BYTES: Final = 200_000_000
_AT_ONCE: Final = 2
_PATIENCE_S: Final = 3.0
_running = threading.BoundedSemaphore(_AT_ONCE)

Cursor = tuple[int, str]
"""The time (in microseconds since 1970) and the id of the last event that was shown; what is older comes next."""


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event as a list shows it. `day`: of its receipt (UTC); `raw` is cut after `LONGEST_LINE` characters."""

    id: str
    source: UUID
    day: date
    at: datetime
    host: str
    product: str
    category: str
    service: str
    raw: str

    @property
    def cursor(self) -> Cursor:
        """Where the page after it begins."""
        return int((self.at - _EPOCH) / timedelta(microseconds=1)), self.id


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class FoundPage:
    """What a search found. `hours` counts by the hour (UTC) in which events say they were.

    `complete`: everything was read; else the time was up when `back_to` had been reached. `damaged`: files left out.
    """

    events: list[FoundEvent] = field(default_factory=list)
    after: Cursor | None = None
    hours: dict[datetime, int] = field(default_factory=dict)
    complete: bool = True
    back_to: date | None = None
    files: int = 0
    damaged: int = 0
    took_s: float = 0.0

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self.hours.values())


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Files that are read at once."""

    day: date
    paths: dict[str, UUID]
    columns: frozenset[str]
    newest: datetime | None


class EventSearch:
    """Over one store."""

    def __init__(self, store: EventStore, *, limit_s: float = LIMIT_S) -> None:
        self._store, self._limit_s = store, limit_s

    def find(
        self,
        query: Query,
        sources: Collection[UUID],
        since: datetime,
        until: datetime,
        *,
        now: datetime,
        most: int = 50,
        after: Cursor | None = None,
        count: bool = True,
    ) -> FoundPage:
        """The newest events of these sources in [since, until) that the query finds, older than `after`.

        Without `count` it ends as soon as the page is full. Raises: Unavailable `search.busy`.
        """
        if not _running.acquire(timeout=_PATIENCE_S):
            raise Unavailable("search.busy", N_("Others search just now; try again in a moment."))
        try:
            return _Run(self._store, query, since, until, min(most, MOST_ROWS), after, count, self._limit_s).over(
                sources, now
            )
        finally:
            _running.release()


class _Run:
    def __init__(
        self, store: EventStore, query: Query, since: datetime, until: datetime, most: int, after: Cursor | None,
        count: bool, limit_s: float,
    ) -> None:  # fmt: skip
        self._store, self._query, self._since, self._until = store, query, since, until
        self._most, self._after, self._count = most, after, count
        self._found = FoundPage()
        self._begun = time.monotonic()
        self._end = self._begun + limit_s

    def over(self, sources: Collection[UUID], now: datetime) -> FoundPage:
        found = self._found
        last: date | None = None
        for chosen in self._files(sources, now):
            if last is not None and chosen.day != last:
                found.back_to = last
                if self._full_before(chosen.day):
                    break
            last = chosen.day
            if not self._read(chosen):
                found.complete = False
                break
        else:
            found.back_to = last
        more = len(found.events) > self._most
        found.events = found.events[: self._most]
        found.after = found.events[-1].cursor if more else None
        found.took_s = time.monotonic() - self._begun
        return found

    def _full_before(self, day: date) -> bool:
        """Whether nothing that was received on this day or before could come into the page."""
        if self._count or len(self._found.events) <= self._most:
            return False
        latest = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + AHEAD
        return self._found.events[self._most].at >= latest

    def _files(self, sources: Collection[UUID], now: datetime) -> Iterator[_Chosen]:
        """Days, the newest first; what is held is not merged while it is read."""
        days = self._store.days(sources, self._since - AHEAD, now + AHEAD)
        for n, (day, _) in enumerate(days):
            if n and days[n - 1][0] == day:
                continue  # the first of a day takes the others along
            several = [other for other_day, other in days[n:] if other_day == day]
            with ExitStack() as held:
                for one in several:
                    held.enter_context(self._store.held(day, one))
                files = [(path, one) for one in several for path in self._store.files_of(day, one)]
                yield from self._chosen(day, files)

    def _chosen(self, day: date, files: Sequence[tuple[Path, UUID]]) -> Iterator[_Chosen]:
        paths: dict[str, UUID] = {}
        footers: list[Footer] = []
        size = 0
        for path, source in files:
            try:
                footer, more = footer_of(path), path.stat().st_size
            except FileNotFoundError:
                continue
            except DAMAGED:
                self._found.damaged += 1
                continue
            if not footer.may_hold(self._since, self._until):
                continue
            if paths and (len(paths) >= _FILES or size + more > _BYTES):
                yield _of(day, paths, footers)
                paths, footers, size = {}, [], 0
            paths[str(path)] = source
            footers.append(footer)
            size += more
        if paths:
            yield _of(day, paths, footers)

    def _read(self, chosen: _Chosen) -> bool:
        """Whether there was time for it. Where one file fails, each is read by itself."""
        import duckdb

        try:
            self._ask(chosen)
        except duckdb.InterruptException:
            return False
        except duckdb.Error:
            if len(chosen.paths) == 1:
                self._found.damaged += 1
                return True
            return all(
                self._read(_Chosen(chosen.day, {path: source}, chosen.columns, chosen.newest))
                for path, source in chosen.paths.items()
            )
        return True

    def _ask(self, chosen: _Chosen) -> None:
        import duckdb

        left = self._end - time.monotonic()
        if left <= 0:
            raise duckdb.InterruptException("the time is up")
        columns = self._columns(chosen)
        where, given = condition(self._query, columns)
        files = ", ".join(quoted(path) for path in chosen.paths)
        table = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false, filename = true)"
        first, last = _us(self._since), _us(self._until)
        where = f'{where} AND "_at" >= make_timestamptz({first}) AND "_at" < make_timestamptz({last})'
        with opened([Path(path) for path in chosen.paths]) as connection:
            timer = threading.Timer(left, connection.interrupt)
            timer.start()
            try:
                hours: list[tuple[int, int]] = []
                if self._count:
                    hour = f'epoch_us("_at") // {_HOUR_US}'
                    said = f"SELECT {hour}, count(*) FROM {table} WHERE {where} GROUP BY 1"  # noqa: S608
                    hours = connection.execute(said, given).fetchall()
                    if not hours:
                        self._found.files += len(chosen.paths)
                        return
                rows = self._rows(connection, table, where, given, chosen) if self._reaches(chosen) else []
            finally:
                timer.cancel()
                timer.join()
        for number, many in hours:
            at = _EPOCH + timedelta(hours=number)
            self._found.hours[at] = self._found.hours.get(at, 0) + many
        self._found.files += len(chosen.paths)
        merged = sorted([*self._found.events, *rows], key=lambda one: one.cursor, reverse=True)
        self._found.events = merged[: self._most + 1]

    def _columns(self, chosen: _Chosen) -> frozenset[str]:
        if len(chosen.paths) > 1:
            return chosen.columns
        (path,) = chosen.paths
        return frozenset(footer_of(Path(path)).columns)

    def _reaches(self, chosen: _Chosen) -> bool:
        """Whether one of them may come into the page."""
        events = self._found.events
        return len(events) <= self._most or chosen.newest is None or chosen.newest >= events[-1].at

    def _rows(
        self, connection: "DuckDBPyConnection", table: str, where: str, given: list[str], chosen: _Chosen
    ) -> list[FoundEvent]:
        values: list[object] = list(given)
        if self._after is not None:
            where = f'{where} AND (epoch_us("_at") < ? OR (epoch_us("_at") = ? AND "_id" < ?))'
            values += [self._after[0], *self._after]
        said = (
            f'SELECT "_id", epoch_us("_at"), "_host", "_product", "_category", "_service", '  # noqa: S608
            f'left("_raw", {LONGEST_LINE}), filename FROM {table} WHERE {where} '
            f'ORDER BY "_at" DESC, "_id" DESC LIMIT {self._most + 1}'
        )
        found = connection.execute(said, values).fetchall()
        return [
            FoundEvent(event, chosen.paths[path], chosen.day, _at(us), *(text or "" for text in others))
            for event, us, *others, path in found
        ]


def _of(day: date, paths: dict[str, UUID], footers: Sequence[Footer]) -> _Chosen:
    times = [one.last for one in footers]
    newest = None if None in times else max(at for at in times if at is not None)
    return _Chosen(day, dict(paths), frozenset().union(*(one.columns for one in footers)), newest)


def _at(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def _us(at: datetime) -> int:
    return int((at - _EPOCH) / timedelta(microseconds=1))

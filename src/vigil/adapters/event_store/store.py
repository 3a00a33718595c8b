"""Files of events below a folder: `day=2026-04-30/source=<id>/<batch>.parquet`, each whole or not there.

A batch is named by where it begins in the spool. Who reads the spool again after a crash writes the same names, and
what was written beyond the position that counts is removed first: an event is kept once.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from vigil.adapters.event_store.beyond import PARTS, STATISTICS, Beyond
from vigil.adapters.event_store.placing import placed
from vigil.adapters.event_store.tables import common, joined
from vigil.kernel.files import sync_folder

log = logging.getLogger(__name__)

SMALL: Final = 32_000_000
TOGETHER: Final = 24
_MERGED: Final = "merged-"
_DRAFT_S: Final = 3600
_BEFORE: Final = timedelta(hours=1)
_ROWS: Final = 16_384
_AT_ONCE: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the store."""

    path: Path
    day: date
    source: UUID

    @property
    def size(self) -> int:
        """In bytes; 0 when it is gone meanwhile."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


@dataclass(frozen=True, slots=True)
class Found:
    """A kept event: whose it is, and its columns that have a value."""

    source: UUID
    columns: dict[str, object]


class EventStore:
    """Everything below one folder. Written by who detects, read by anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, batch: str, day: date, source: UUID, tables: Sequence[pa.Table]) -> int:
        """Keep events durably under the batch's name; returns the bytes. Writing a batch again replaces it."""
        place = self._folder / f"day={day.isoformat()}" / f"source={source}"
        fresh = [folder for folder in (place, place.parent, self._folder) if not folder.exists()]
        place.mkdir(parents=True, exist_ok=True)
        for folder in fresh:
            sync_folder(folder.parent)
        return placed(place / f"{batch}.parquet", lambda draft: written(tables, draft))

    def remove_from(self, stream: str, batch: str, since: datetime | None = None) -> int:
        """Remove what is kept of a stream from this batch on: what was written and never came to count, or counts no
        more since an older database came back. Returns the files that went or were written anew.

        `since`: when the position was kept (None: nobody knows); merged files of long before hold nothing of it.
        """
        gone, before = 0, []
        for path in self._folder.glob(f"day=*/source=*/{stream}-*.parquet"):
            if path.stem >= batch:
                path.unlink(missing_ok=True)
                gone += 1
            else:
                before.append(path)
        beyond = Beyond.batch(batch)
        last = max((path.stem for path in before), default="")
        gone += sum(_rewritten(path, beyond) for path in before if path.stem == last)  # it may reach beyond
        for place in self._places():
            day = _day(place.parent.name)
            old = since is not None and day is not None and day < _day_of(since - timedelta(days=1))
            gone += _taken_back(place, beyond, since - _BEFORE if old and since is not None else None)
        return gone

    def files(self, sources: Iterable[UUID], since: datetime, until: datetime) -> list[Stored]:
        """Files that may hold what these sources sent in [since, until), the newest day first.

        Days are those of receipt (UTC).
        """
        wanted = {f"source={source}" for source in sources}
        found = []
        first, last = _day_of(since), _day_of(until - timedelta(microseconds=1))
        if not self._folder.is_dir():
            return []
        for folder in sorted(self._folder.iterdir(), reverse=True):
            day = _day(folder.name)
            if day is None or not first <= day <= last:
                continue
            for place in sorted(folder.iterdir()):
                if place.name in wanted:
                    source = UUID(place.name.removeprefix("source="))
                    found += [Stored(path, day, source) for path in sorted(place.glob("*.parquet"), reverse=True)]
        return found

    def days(self, sources: Iterable[UUID], since: datetime, until: datetime) -> list[tuple[date, UUID]]:
        """Days and sources of which something is kept that was received then, the newest first."""
        return list(dict.fromkeys((one.day, one.source) for one in self.files(sources, since, until)))

    def files_of(self, day: date, source: UUID) -> list[Path]:
        """What is kept of a source's day, the newest names first."""
        return sorted((self._folder / f"day={day.isoformat()}" / f"source={source}").glob("*.parquet"), reverse=True)

    @contextmanager
    def held(self, day: date, source: UUID) -> Iterator[None]:
        """Within this, files of a source's day are not merged: who reads them all reads each event once."""
        try:
            descriptor = os.open(self._folder / f"day={day.isoformat()}" / f"source={source}", os.O_RDONLY)
        except FileNotFoundError:
            yield
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def seek(
        self, sources: Iterable[UUID], event: str, since: datetime, until: datetime, limit_s: float = 5.0
    ) -> "Found | None":
        """An event by its id alone, received on the days of [since, until); None where it is kept no more.

        Files that are damaged are passed over. Raises: TimeoutError.
        """
        end = time.monotonic() + limit_s
        for stored in reversed(self.files(sources, since, until)):
            if time.monotonic() > end:
                raise TimeoutError(event)
            try:
                table = pq.read_table(stored.path, filters=[("_id", "=", event)], partitioning=None, use_threads=False)
            except (OSError, pa.ArrowException):
                continue
            if table.num_rows:
                row: dict[str, object] = table.to_pylist()[0]
                return Found(stored.source, {name: value for name, value in row.items() if value is not None})
        return None

    def find(self, source: UUID, day: date, event: str) -> dict[str, object] | None:
        """One event by its id; None where it is kept no more. Raises: OSError, pa.ArrowInvalid for a damaged file."""
        place = self._folder / f"day={day.isoformat()}" / f"source={source}"
        for path in place.glob("*.parquet"):
            try:
                table = pq.read_table(path, filters=[("_id", "=", event)], partitioning=None)
            except FileNotFoundError:  # merged with others since it was listed
                continue
            if table.num_rows:
                row: dict[str, object] = table.to_pylist()[0]
                return {name: value for name, value in row.items() if value is not None}
        return None

    def merge(self, before: dict[str, str], at_most: int = 4) -> int:
        """Make few files of many small ones; returns how many merges were made.

        `before[stream]`: the name of the batch that is read next; only what lies before it is final.
        """
        made = 0
        for place in self._places():
            with _alone(place) as alone:
                for size in (SMALL // 64, SMALL) if alone else ():
                    small = [
                        path for path in sorted(place.glob("*.parquet")) if _final(path, before) and _under(path, size)
                    ]
                    while len(small) >= TOGETHER and made < at_most:
                        parts, small = small[:TOGETHER], small[TOGETHER:]
                        self._merged(place, parts)
                        made += 1
        return made

    def _merged(self, place: Path, parts: Sequence[Path]) -> None:
        placed(
            place / f"{_MERGED}{parts[0].stem.removeprefix(_MERGED)}-{uuid4().hex[:8]}.parquet",
            lambda draft: _joined(parts, draft),
        )
        for path in parts:
            path.unlink(missing_ok=True)

    def mend(self) -> int:
        """Finish what a crash left: drafts, and parts whose merged file is there. To be called by who alone merges."""
        gone = 0
        for place in self._places():
            for path in place.glob(".*"):  # a young one may be another detector's, which writes it now
                if time.time() - path.stat().st_mtime > _DRAFT_S:
                    path.unlink(missing_ok=True)
            for path in place.glob(f"{_MERGED}*.parquet"):
                try:
                    told = (pq.read_schema(path).metadata or {}).get(PARTS, b"[]")
                except (OSError, pa.ArrowInvalid):
                    continue
                for name in json.loads(told):
                    if (place / Path(name).name).exists():
                        (place / Path(name).name).unlink()
                        gone += 1
        return gone

    def drop_before(self, day: date) -> int:
        """Remove whole days older than `day`; returns the files."""
        gone = 0
        for place in self._places():
            kept = _day(place.parent.name)
            if kept is not None and kept < day:
                for path in place.iterdir():
                    path.unlink(missing_ok=True)
                    gone += 1
                place.rmdir()
                if not any(place.parent.iterdir()):
                    place.parent.rmdir()
        return gone

    def _places(self) -> Iterator[Path]:
        if self._folder.is_dir():
            for folder in sorted(self._folder.iterdir()):
                if _day(folder.name) is not None:
                    yield from sorted(folder.iterdir())


def _day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()  # a reader's own day is another one for some hours


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name.removeprefix("day="))
    except ValueError:
        return None


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Whether nobody holds the folder (`EventStore.held`); nobody will while this lasts."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _changed_since(path: Path, when: datetime) -> bool:
    try:
        return path.stat().st_mtime >= when.timestamp()
    except OSError:
        return True


def _taken_back(place: Path, beyond: Beyond, changed: datetime | None) -> int:
    """Merged files of a folder (of those that changed since then) that were written anew, or went.

    Who reads them, or merges, is waited for.
    """

    def concerned() -> list[Path]:
        paths = sorted(place.glob(f"{_MERGED}*.parquet"))
        return [one for one in paths if (changed is None or _changed_since(one, changed)) and _may_hold(beyond, one)]

    if not concerned():
        return 0
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return sum(_rewritten(path, beyond) for path in concerned())  # some may be merged with others by now
    finally:
        os.close(descriptor)


def _rewritten(path: Path, beyond: Beyond) -> bool:
    try:
        return beyond.may_be_in(path) and beyond.taken_from(path) > 0
    except (OSError, pa.ArrowException):
        log.exception("%s: damaged; whether it holds what is read again cannot be seen", path.name)
        return False


def _may_hold(beyond: Beyond, path: Path) -> bool:
    try:
        return beyond.may_be_in(path)
    except (OSError, pa.ArrowException):
        return True


def _final(path: Path, before: dict[str, str]) -> bool:
    if path.name.startswith(_MERGED):
        return True
    stream = path.stem.rsplit("-", 2)[0]
    return path.stem < before.get(stream, "")


def _under(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size < size
    except OSError:
        return False


def written(tables: Sequence[pa.Table], where: Any) -> None:
    """Tables as one file. Raises: OSError; pa.ArrowException where they do not fit together."""
    pq.write_table(joined(tables), where, compression="zstd", write_statistics=STATISTICS)


def _joined(parts: Sequence[Path], draft: Path) -> None:
    """Files as one, which tells their names; so much at once as fits into memory, however large they are."""
    schemas, counts = [], []
    for path in parts:
        with pq.ParquetFile(path) as file:
            schemas.append(file.schema_arrow)
            counts.append(file.metadata.num_rows)
    kept = set(common(zip((one.names for one in schemas), counts, strict=True)))
    whole = pa.unify_schemas(schemas, promote_options="default")
    schema = pa.schema([one for one in whole if one.name in kept], whole.metadata)
    names = json.dumps([path.name for path in parts]).encode()
    schema = schema.with_metadata({**(schema.metadata or {}), PARTS: names})
    with pq.ParquetWriter(draft, schema, compression="zstd", write_statistics=STATISTICS) as writer:
        held: list[pa.Table] = []
        for path in parts:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                columns = [name for name in file.schema_arrow.names if name in kept]
                for batch in file.iter_batches(_ROWS, columns=columns, use_threads=False):
                    held.append(pa.Table.from_batches([batch]))
                    if sum(one.nbytes for one in held) > _AT_ONCE:
                        _add(writer, held, schema)
        if held:
            _add(writer, held, schema)


def _add(writer: pq.ParquetWriter, held: list[pa.Table], schema: pa.Schema) -> None:
    whole = pa.concat_tables([schema.empty_table(), *held], promote_options="default")
    writer.write_table(whole.select(schema.names).cast(schema))
    held.clear()

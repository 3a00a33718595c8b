"""Pieces of logs to portions: record batches of events with the same fields, and where each event stands.

A piece is a file, or a stretch of one that several processes share. One bad record is counted, and the rest goes on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
from evtx import PyEvtxParser

from vigil.adapters.log_sources.lines import inner_suffix, is_compressed, lines, opened
from vigil.adapters.log_sources.shapes import Sorter, several
from vigil.engines.detection.terms import Source

WINDOW: Final = 20_000
_STRETCH: Final = 64_000_000
_MOST_WHOLE: Final = 256_000_000
_SAMPLES: Final = 5
_HEAD, _CHUNK, _MOST_CHUNKS = 4096, 65536, 65535
_LOGS: Final = (".evtx", ".json", ".jsonl", ".ndjson", ".log")


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or the lines of it that begin in [start, stop)."""

    path: Path
    start: int = 0
    stop: int | None = None


@dataclass
class Tally:
    """What became of the records of a file."""

    read: int = 0
    rejected: int = 0
    samples: list[str] = field(default_factory=list)

    def reject(self, why: str) -> None:
        """One that is no event."""
        self.rejected += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(why[:300])


@dataclass(frozen=True, slots=True)
class Portion:
    """Events with the same fields. `places[row]`: the file (an index into `files`), the number within the piece."""

    batch: pa.RecordBatch
    source: Source
    files: tuple[Path, ...]
    places: list[tuple[int, int]]


def pieces(places: Iterable[Path]) -> list[Piece]:
    """What there is to read below the places; large files of lines in stretches. Raises: OSError."""
    found = []
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and (path == place or inner_suffix(path) in _LOGS):
                found += _stretches(path)
    return found


def _stretches(path: Path) -> list[Piece]:
    size = path.stat().st_size
    if path.suffix.lower() == ".evtx" or is_compressed(path) or size <= _STRETCH or _first(path) == b"[":
        return [Piece(path)]
    starts = list(range(0, size, _STRETCH))
    return [Piece(path, start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]


def _first(path: Path) -> bytes:
    with opened(path) as stream:
        return stream.read(4096).lstrip()[:1]


def portions(
    given: Iterable[Piece], wanted: frozenset[str] | None, tallies: dict[Path, Tally], source: Source | None = None
) -> Iterator[Portion]:
    """The events of the pieces. `tallies` fills as they are read: a file that cannot be read is a rejection in it."""
    sorter = Sorter(wanted, source)
    files: list[Path] = []
    places: list[tuple[int, int]] = []
    for piece in given:
        tally = tallies.setdefault(piece.path, Tally())
        files.append(piece.path)
        for n, event in enumerate(_events(piece, tally)):
            try:
                sorter.add(event, len(places))
            except ValueError as error:
                tally.reject(str(error))
                continue
            places.append((len(files) - 1, n))
            tally.read += 1
            if len(places) >= WINDOW:
                yield from _taken(sorter, files, places)
                places, files = [], [piece.path]
    yield from _taken(sorter, files, places)


def _taken(sorter: Sorter, files: list[Path], places: list[tuple[int, int]]) -> Iterator[Portion]:
    known = tuple(files)
    for source, columns in sorter.columns.items():
        for batch, numbers in columns.batches():
            yield Portion(batch, source, known, [places[number] for number in numbers])


def _events(piece: Piece, tally: Tally) -> Iterator[Any]:
    try:
        if piece.path.suffix.lower() == ".evtx":
            yield from _windows_file(piece.path, tally)
        elif not piece.start and _first(piece.path) == b"[":
            yield from _array(piece.path)
        else:
            for line in lines(piece.path, piece.start, piece.stop, lambda: tally.reject("a line that is too long")):
                try:
                    event = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    tally.reject(f"{error}: {line[:80]!r}")
                    continue
                if type(event) is dict and "Records" not in event:
                    yield event
                else:
                    yield from several(event)
    except (OSError, EOFError, ValueError, pa.ArrowInvalid) as error:
        tally.reject(f"{piece.path.name}: {error}")


def _array(path: Path) -> Iterator[Any]:
    with opened(path) as stream:
        data = stream.read(_MOST_WHOLE + 1)
    if len(data) > _MOST_WHOLE:
        raise ValueError("one JSON array larger than 256 MB; write one event a line")
    for event in orjson.loads(data):
        yield from several(event)


def _windows_file(path: Path, tally: Tally) -> Iterator[Any]:
    for why in _faults(path):
        tally.reject(why)
    try:
        records = iter(PyEvtxParser(str(path)).records_json())
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    while True:
        try:
            record: Any = next(records)
        except StopIteration:
            return
        except RuntimeError as error:
            tally.reject(str(error))
            continue
        try:
            yield orjson.loads(record["data"])
        except orjson.JSONDecodeError as error:
            tally.reject(f"record {record.get('event_record_id')}: {error}")


def _faults(path: Path) -> Iterator[str]:
    """Stretches of 64 KiB that should be there and are none: the parser passes over them without a word."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        size = path.stat().st_size
        if not head.startswith(b"ElfFile\x00"):
            return  # the parser says that it is none
        many = max(int.from_bytes(head[42:44], "little"), 1 if size > _HEAD else 0)
        for number in range(min(many, _MOST_CHUNKS)):
            stream.seek(_HEAD + number * _CHUNK)
            magic = stream.read(8)
            if magic != b"ElfChnk\x00":
                yield f"chunk {number + 1} of {many} is {'damaged' if len(magic) == 8 else 'missing'}"

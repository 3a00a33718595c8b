"""Pieces of logs to portions: record batches of events with the same fields, and where each event stands.

A piece is a file, or a stretch of one that several processes share. One bad record is counted, and the rest goes on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
from evtx import PyEvtxParser

from vigil.adapters.log_sources.formats.lines import reads_json
from vigil.adapters.log_sources.lines import is_compressed, lines, opened
from vigil.adapters.log_sources.names import is_log, plain
from vigil.adapters.log_sources.shapes import Sorter, several
from vigil.engines.detection.terms import Source

WINDOW: Final = 20_000
_STRETCH: Final = 64_000_000
_MOST_WHOLE: Final = 256_000_000
_SAMPLES: Final = 5
_HEAD, _CHUNK, _MOST_CHUNKS = 4096, 65536, 65535
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_BRACE, _JSON, _SPACE = 0x7B, (b"{", b"["), b" \t\r\xef\xbb\xbf"
_STAMP: Final = re.compile(rb"\[\d{9,11}(?:\.\d+)?\] ?[A-Za-z]")


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
            if path.is_file() and (path == place or is_log(path)):
                found += _stretches(path)
    return found


def _stretches(path: Path) -> list[Piece]:
    size = path.stat().st_size
    # what begins with a header (Zeek, IIS) is read from its beginning
    if (
        path.suffix.lower() == ".evtx"
        or is_compressed(path)
        or size <= _STRETCH
        or _is_array(path)
        or _first(path) == b"#"
    ):
        return [Piece(path)]
    starts = list(range(0, size, _STRETCH))
    return [Piece(path, start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]


def _first(path: Path) -> bytes:
    return _head_of(path).lstrip()[:1]


def _head_of(path: Path) -> bytes:
    with opened(path) as stream:
        return stream.read(4096)


def portions(
    given: Iterable[Piece],
    wanted: frozenset[str] | None,
    tallies: dict[Path, Tally],
    source: Source | None = None,
    format: str = "auto",
    *,
    now: datetime | None = None,
) -> Iterator[Portion]:
    """The events of the pieces. `tallies` fills as they are read: a file that cannot be read is a rejection in it.

    `format`, `now`: see `Sorter`.
    """
    sorter = Sorter(wanted, source, format, now=now)
    files: list[Path] = []
    places: list[tuple[int, int]] = []
    for piece in given:
        tally = tallies.setdefault(piece.path, Tally())
        files.append(piece.path)
        sorter.begin(piece.path.name)
        for n, event in enumerate(_events(piece, tally, reads_json(format))):
            try:
                if type(event) is not bytes:
                    sorter.add(event, len(places))
                elif not sorter.add_line(event, len(places)):
                    continue
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


def _events(piece: Piece, tally: Tally, json: bool) -> Iterator[Any]:
    """Events that were read, and lines that are none of JSON."""
    try:
        if piece.path.suffix.lower() == ".evtx":
            yield from _windows_file(piece.path, tally)
        elif not piece.start and json and _is_array(piece.path):
            yield from _array(piece.path)
        elif not piece.start and _is_no_text(piece.path):
            tally.reject("no text in UTF-8")
        else:
            for line in lines(piece.path, piece.start, piece.stop, lambda: tally.reject("a line that is too long")):
                if not json or (line[0] != _BRACE and line.lstrip(_SPACE)[:1] not in _JSON):
                    yield line
                    continue
                try:
                    event = orjson.loads(line if line[0] == _BRACE else line.lstrip(_SPACE))
                except orjson.JSONDecodeError as error:
                    if line[0] == _BRACE:
                        tally.reject(f"{error}: {line[:80]!r}")
                    else:
                        yield line
                    continue
                if type(event) is dict and "Records" not in event:
                    yield event
                else:
                    yield from several(event)
    except (OSError, EOFError, ValueError, pa.ArrowInvalid) as error:
        tally.reject(f"{piece.path.name}: {error}")


def _is_array(path: Path) -> bool:
    """Whether one JSON array fills the file: `[1777507200] unbound[...` is none, nor an array a line."""
    head = _head_of(path).lstrip()
    if head[:1] != b"[":
        return False
    first, _, more = head.partition(b"\n")
    if not more.strip() or not first.rstrip().endswith(b"]"):
        return _STAMP.match(head) is None
    return False


def _is_no_text(path: Path) -> bool:
    """Whether it is something binary without an ending, or in UTF-16; a hole of NUL in a log is no reason."""
    head = _head_of(path)
    return head[:2] in _MARKS or (not Path(plain(path)).suffix and head.count(0) * 10 > len(head) and head[:1] != b"\0")


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

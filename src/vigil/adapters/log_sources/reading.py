"""Pieces of logs to portions: record batches of events with the same fields, and where each event stands.

A piece is a file, or a stretch of one that several processes share. One bad record is counted, and the rest goes on.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from evtx import PyEvtxParser

from vigil.adapters.log_sources.blocks import BEHIND
from vigil.adapters.log_sources.compression import is_compressed
from vigil.adapters.log_sources.formats.lines import reads_json
from vigil.adapters.log_sources.layouts import Places
from vigil.adapters.log_sources.lines import MOST_LINE, blocks, lines, opened
from vigil.adapters.log_sources.names import is_log, plain
from vigil.adapters.log_sources.shapes import WINDOWS, Sorter, several
from vigil.adapters.log_sources.windows_blocks import More, Remembered, WindowsBlocks
from vigil.engines.detection.terms import Source

WINDOW: Final = 20_000
_BITS, _LOW = 40, (1 << 40) - 1
_TOO_LONG: Final = "a line that is too long"
_STRETCH: Final = 64_000_000
_LAST: Final = 128_000_000
_BYTES_OF_BLOCKS: Final = 72_000_000
"""A stretch and a little: one batch of each layout, not one and a small one."""
_MOST_WHOLE: Final = 256_000_000
_SAMPLES: Final = 5
_HEAD, _CHUNK, _MOST_CHUNKS = 4096, 65536, 65535
_WINDOWS_FILE: Final = b"ElfFile\x00"
_MOST_UNPACKED: Final = 1 << 30
_PART: Final = 1 << 20
_NO_TEXT: Final = "no text in UTF-8"
_ARCHIVE: Final = "an archive; unpack it first"
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
    """What became of the records of a file. `unread`: (parts of) it could not be read at all."""

    read: int = 0
    rejected: int = 0
    unread: bool = False
    samples: list[str] = field(default_factory=list)

    def reject(self, why: str) -> None:
        """One that is no event."""
        self.rejected += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(why[:300])

    def give_up(self, why: str) -> None:
        """It, or the rest of it, cannot be read."""
        self.reject(why)
        self.unread = True


@dataclass(frozen=True, slots=True)
class Portion:
    """Events with the same fields. `places[row]`: the file (an index into `files`), the number within the piece.

    `more(rows)`: those rows (None: all) with every field that is wanted, where `batch` has not all of them.
    """

    batch: pa.RecordBatch
    source: Source
    files: tuple[Path, ...]
    places: Sequence[tuple[int, int]]
    more: More | None = None


class _Places(Sequence[tuple[int, int]]):
    """Places that are told when somebody asks."""

    def __init__(self, files: Places, numbers: Places) -> None:
        self._files, self._numbers = files, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return list(zip(self._files[row].tolist(), self._numbers[row].tolist(), strict=True))
        return int(self._files[row]), int(self._numbers[row])


def pieces(places: Iterable[Path]) -> list[Piece]:
    """What there is to read below the places; large files of lines in stretches. Raises: OSError."""
    found = []
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and (path == place or is_log(path)):
                found += _stretches(path)
    return found


def passed_over(places: Sequence[Path]) -> list[Path]:
    """Files below the places that `pieces` does not take, for their names are none of logs. Raises: OSError."""
    named = {place for place in places if place.is_file()}
    return [
        path
        for place in places
        if not place.is_file()
        for path in sorted(place.rglob("*"))
        if path not in named and path.is_file() and not is_log(path)
    ]


def _stretches(path: Path) -> list[Piece]:
    size = path.stat().st_size
    if size <= _STRETCH or _is_whole(path):
        return [Piece(path)]
    end = max(0, size - _LAST) // _STRETCH * _STRETCH  # from here on shorter ones, that none is waited for long
    starts = [*range(0, end, _STRETCH), *range(end, size, _STRETCH // 4)]
    return [Piece(path, start, stop) for start, stop in zip(starts, [*starts[1:], None], strict=True)]


def _is_whole(path: Path) -> bool:
    """Whether it is read from its beginning only, as what begins with a header (Zeek, IIS); or cannot be read."""
    try:
        return is_compressed(path) or _of_windows(path) or _is_array(path) or _first(path) == b"#"
    except OSError:
        return True  # who reads it tells why


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
    first: frozenset[str] | None = None,
    remembered: Remembered | None = None,
) -> Iterator[Portion]:
    """The events of the pieces. `tallies` fills as they are read: a file that cannot be read is a rejection in it.

    `format`, `now`: see `Sorter`. `first`: fields that are enough to begin with (see `Portion.more`). `remembered`:
    see `WindowsBlocks`; for who reads one piece after another.
    """
    reading = _Reading(wanted, first, source, format, now, remembered)
    for piece in given:
        yield from reading.piece(piece, tallies.setdefault(piece.path, Tally()))
    yield from reading.taken()


class _Reading:
    """Piece after piece, until there is enough for a portion."""

    def __init__(
        self,
        wanted: frozenset[str] | None,
        first: frozenset[str] | None,
        source: Source | None,
        format: str,
        now: datetime | None,
        remembered: Remembered | None,
    ) -> None:
        self._json = reads_json(format)
        self._sorter = Sorter(wanted, source, format, now=now)
        self._source = source or WINDOWS
        empty = self._source.product == "windows"
        self._blocks = WindowsBlocks(wanted, first, empty_is_missing=empty, remembered=remembered)
        self._begin()

    def _begin(self, *files: Path) -> None:
        self._files: list[Path] = [*files]
        self._places: list[tuple[int, int]] = []

    def piece(self, piece: Piece, tally: Tally) -> Iterator[Portion]:
        """The portions that are full by its end."""
        self._files.append(piece.path)
        self._sorter.begin(piece.path.name)
        if self._in_blocks(piece):
            try:
                yield from self._by_blocks(piece, tally)
            except (OSError, EOFError, ValueError, pa.ArrowInvalid) as error:
                tally.give_up(f"{piece.path.name}: {error}")
            return
        for n, event in enumerate(_events(piece, tally, self._json)):
            yield from self._take(event, n, tally)

    def _take(self, event: Any, n: int, tally: Tally) -> Iterator[Portion]:
        try:
            add = self._sorter.add_line if type(event) is bytes else self._sorter.add
            if not add(event, len(self._places)):
                return
        except ValueError as error:
            tally.reject(str(error))
            return
        self._places.append((len(self._files) - 1, n))
        tally.read += 1
        if len(self._places) >= WINDOW:
            yield from self.taken()

    def taken(self) -> Iterator[Portion]:
        """What was read and not yet given."""
        known, places = tuple(self._files), self._places
        for source, columns in self._sorter.columns.items():
            for batch, numbers in columns.batches():
                yield Portion(batch, source, known, [places[number] for number in numbers])
        for cut in self._blocks.taken():
            packed = cut.numbers
            yield Portion(cut.batch, self._source, known, _Places(packed >> _BITS, packed & _LOW), cut.more)
        self._begin(*self._files[-1:])

    def _in_blocks(self, piece: Piece) -> bool:
        """Whether it looks like lines of JSON, of Windows' events."""
        if not self._json:
            return False
        try:
            head = _head_of(piece.path)
            return WindowsBlocks.are_in(head) and not _is_array(piece.path) and not _is_no_text(piece.path)
        except (OSError, EOFError, ValueError, pa.ArrowInvalid):
            return False

    def _by_blocks(self, piece: Piece, tally: Tally) -> Iterator[Portion]:
        told = 0
        too_long = partial(tally.reject, _TOO_LONG)
        for data in blocks(piece.path, piece.start, piece.stop, too_long, BEHIND):
            block = self._blocks.read(data)
            places = list(zip(block.left.tolist(), block.starts[block.left].tolist(), block.ends[block.left].tolist()))  # noqa: B905
            several = [0]
            for before, (line, start, stop) in enumerate(places):
                many = 0
                if stop - start > MOST_LINE:
                    too_long()
                elif (text := data[start:stop]).strip():
                    for event in _decoded((text,), tally):
                        yield from self._take(event, told + line - before + several[-1] + many, tally)
                        many += 1
                several.append(several[-1] + many)
            file = (len(self._files) - 1) << _BITS
            for group in block.groups:
                left = np.searchsorted(block.left, group.numbers)
                numbers = told + group.numbers - left + np.array(several)[left]
                self._blocks.add(group, file | numbers)
                tally.read += len(numbers)
            told += len(block.ends) - len(block.left) + several[-1]
            if self._blocks.waiting >= _BYTES_OF_BLOCKS:
                yield from self.taken()


def _events(piece: Piece, tally: Tally, json: bool) -> Iterator[Any]:
    """Events that were read, and lines that are none of JSON."""
    try:
        if not piece.start and (_of_windows(piece.path) or piece.path.suffix.lower() == ".evtx"):
            yield from _windows_file(piece.path, tally)
        elif not piece.start and json and _is_array(piece.path):
            yield from _array(piece.path)
        elif not piece.start and _is_no_text(piece.path):
            tally.give_up(_NO_TEXT)
        elif not piece.start and _is_archive(piece.path):
            tally.give_up(_ARCHIVE)
        else:
            found = lines(piece.path, piece.start, piece.stop, partial(tally.reject, _TOO_LONG))
            yield from _decoded(found, tally) if json else found
    except (OSError, EOFError, ValueError, pa.ArrowInvalid) as error:
        tally.give_up(f"{piece.path.name}: {error}")


def _decoded(lines: Iterable[bytes], tally: Tally) -> Iterator[Any]:
    for line in lines:
        if line[0] != _BRACE and line.lstrip(_SPACE)[:1] not in _JSON:
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


def _is_archive(path: Path) -> bool:
    head = _head_of(path)
    return head[:4] == b"PK\x03\x04" or head[:6] == b"7z\xbc\xaf\x27\x1c" or head[257:262] == b"ustar"


def _of_windows(path: Path) -> bool:
    """Whether it is an event log of Windows, whatever its name says, compressed or not."""
    return _head_of(path).startswith(_WINDOWS_FILE)


def _array(path: Path) -> Iterator[Any]:
    with opened(path) as stream:
        data = stream.read(_MOST_WHOLE + 1)
    if len(data) > _MOST_WHOLE:
        raise ValueError("one JSON array larger than 256 MB; write one event a line")
    for event in orjson.loads(data):
        yield from several(event)


def _windows_file(path: Path, tally: Tally) -> Iterator[Any]:
    if not is_compressed(path):
        yield from _windows_records(path, tally)
        return
    with NamedTemporaryFile(prefix="vigil-unpacked-") as unpacked:
        try:
            with opened(path) as stream:
                while part := stream.read(_PART):
                    if unpacked.tell() + len(part) > _MOST_UNPACKED:
                        tally.give_up("an event log of Windows larger than a gigabyte; unpack it first")
                        break
                    unpacked.write(part)
        except OSError as error:
            tally.give_up(f"{path.name}: {error}")  # what stands before the damage is read
        unpacked.flush()
        yield from _windows_records(Path(unpacked.name), tally)


def _windows_records(path: Path, tally: Tally) -> Iterator[Any]:
    for why in _faults(path):
        tally.give_up(why)
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
        if not head.startswith(_WINDOWS_FILE):
            return  # the parser says that it is none
        many = max(int.from_bytes(head[42:44], "little"), 1 if size > _HEAD else 0)
        for number in range(min(many, _MOST_CHUNKS)):
            stream.seek(_HEAD + number * _CHUNK)
            magic = stream.read(8)
            if magic != b"ElfChnk\x00":
                yield f"chunk {number + 1} of {many} is {'damaged' if len(magic) == 8 else 'missing'}"

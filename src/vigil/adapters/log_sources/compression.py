"""Compressed bytes, told by what they begin with, decompressed as they are read: what stands before damage is given.

gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878) and LZ4 frames; several members one behind another. The end of a file
that is still being written, or was cut off, costs what stands behind it and nothing else.
"""

import bz2
import lzma
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

_MAGIC: Final = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_BZIP: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")  # "BZh" alone may begin a line of a log
_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
MOST_MAGIC: Final = 10
_ENDINGS: Final = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4"})
_READ: Final = {"gzip": 1 << 16, "bz2": 1 << 14, "xz": 1 << 14}
_ARROW: Final = 1 << 16
_FINE: Final = 64
_ARROWS: Final = (OSError, EOFError, ValueError, pa.ArrowException)
_MOST_MEMORY: Final = 1 << 28
"""Of a dictionary of xz; its strongest usual setting needs a quarter."""
_TEXT: Final = frozenset(range(32, 256)) | frozenset(b"\t\n\r\f\b\x1b")
CUT_OFF: Final = "its compression is cut off"
DAMAGED: Final = "its compression is damaged"
BEHIND: Final = "more behind its compressed part"


def has_compressed_name(path: Path) -> bool:
    """Whether the name says that it is compressed."""
    return path.suffix.lower() in _ENDINGS


def compression_of(head: bytes) -> str | None:
    """Which compression begins so; None: none that is known. What both Zstandard and LZ4 may skip is Zstandard's."""
    if _BZIP.match(head):
        return "bz2"
    if _SKIPPABLE.match(head):
        return "zstd"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, whatever its name says. Raises: OSError."""
    with path.open("rb") as stream:
        return compression_of(stream.read(MOST_MAGIC)) is not None


def decompressed(stream: IO[bytes], name: str = "", *, by_name: bool = False) -> IO[bytes]:
    """What is in an open file that was read nothing of; itself where it is not compressed.

    `by_name`: what has no such name is not looked into, whatever it begins with. `name`: where it says that something
    is compressed which is neither that nor text, that is damage. Raises: OSError, also while reading, behind everything
    that could be read.
    """
    if by_name and not has_compressed_name(Path(name)):
        return stream
    head = cast("Any", stream).peek(MOST_MAGIC)[:256]
    kind = compression_of(head)
    if kind == "zstd" and name.lower().endswith(".lz4"):
        kind = "lz4"
    if kind is None:
        if head and has_compressed_name(Path(name)) and not _TEXT.issuperset(head):
            raise OSError(DAMAGED)
        return stream
    return cast("IO[bytes]", (_Members if kind in _READ else _ByArrow)(stream, kind))


class _Reader(ABC):
    """Reads on until there is as much as was asked for. What fails is told once everything before it was given."""

    def __init__(self, stream: IO[bytes], kind: str) -> None:
        self._stream, self._kind = stream, kind
        self._fault: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        """So many bytes (all for a negative number), fewer at the end only. Raises: OSError."""
        parts, have = [], 0
        while self._fault is None and (size < 0 or have < size):
            try:
                part = self._more(_ARROW if size < 0 else min(_ARROW, size - have))
            except OSError as error:
                self._fault = error
                break
            if not part:
                break
            parts.append(part)
            have += len(part)
        if self._fault is not None and not have and size:
            raise self._fault
        return b"".join(parts)

    @abstractmethod
    def _more(self, most: int) -> bytes:
        """At most so many bytes; none: the end. Raises: OSError."""

    def seekable(self) -> bool:
        """It can only be read on."""
        return False

    def close(self) -> None:
        """With the file below it."""
        self._stream.close()

    def __enter__(self) -> "_Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Members(_Reader):
    def __init__(self, stream: IO[bytes], kind: str) -> None:
        super().__init__(stream, kind)
        self._raw = b""
        self._one = self._new()

    def _new(self) -> Any:
        made: dict[str, Callable[[], Any]] = {
            "gzip": _Gzip, "bz2": bz2.BZ2Decompressor, "xz": partial(lzma.LZMADecompressor, memlimit=_MOST_MEMORY),
        }  # fmt: skip
        return made[self._kind]()

    def _more(self, most: int) -> bytes:
        while True:
            if self._one.eof and not self._another():
                return b""
            if self._one.needs_input and not self._raw:
                self._raw = self._stream.read(_READ[self._kind])
                if not self._raw:
                    raise OSError(CUT_OFF)
            given, self._raw = self._raw, b""
            try:
                part: bytes = self._one.decompress(given, most)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
                raise OSError(DAMAGED) from error
            if part:
                return part

    def _another(self) -> bool:
        """Whether one more member follows; zeros behind the last are padding."""
        behind = self._one.unused_data.lstrip(b"\0")
        while len(behind) < MOST_MAGIC and (more := self._stream.read(_READ[self._kind])):
            behind = (behind + more).lstrip(b"\0")
        if not behind:
            return False
        if compression_of(behind) != self._kind:
            raise OSError(BEHIND)
        self._one, self._raw = self._new(), behind
        return True


class _Gzip:
    """As the decompressors of bz2 and lzma; up to the very byte that is damaged everything is given."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(31)
        self._fault: zlib.error | None = None

    @property
    def eof(self) -> bool:
        return self._one.eof

    @property
    def needs_input(self) -> bool:
        return self._fault is None and not self._one.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._one.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        if self._fault is not None:
            raise self._fault
        data = self._one.unconsumed_tail + data
        before = self._one.copy()
        try:
            return self._one.decompress(data, most)
        except zlib.error as error:
            self._fault = error
            return self._finely(before, data)

    @staticmethod
    def _finely(one: Any, data: bytes) -> bytes:
        parts, at = [], 0
        for at in range(0, len(data), _FINE):
            before = one.copy()
            try:
                parts.append(one.decompress(data[at : at + _FINE]))
            except zlib.error:
                break
        else:
            return b"".join(parts)
        for n in range(at, min(at + _FINE, len(data))):
            try:
                parts.append(before.decompress(data[n : n + 1]))
            except zlib.error:
                break
        return b"".join(parts)


class _ByArrow(_Reader):
    def __init__(self, stream: IO[bytes], kind: str) -> None:
        super().__init__(stream, kind)
        self._through, self._given = self._begun(), 0
        self._rest: bytes | None = None
        self._why: OSError | None = None

    def _begun(self) -> Any:
        return pa.input_stream(pa.PythonFile(self._stream, mode="r"), compression=self._kind)

    def _more(self, most: int) -> bytes:
        if self._rest is not None:
            given, self._rest = self._rest[:most], self._rest[most:]
            if not given and self._why is not None:
                raise self._why
            return given
        try:
            part: bytes = self._through.read(most)
        except _ARROWS as error:
            self._why = OSError(CUT_OFF if "runcated" in str(error) else DAMAGED)
            self._rest = self._before_damage()
            return self._more(most)
        self._given += len(part)
        return part

    def _before_damage(self) -> bytes:
        """Between what was given and the damage: read once more from the beginning, at last byte by byte."""
        parts: list[bytes] = []
        try:
            self._stream.seek(0)
            self._again = self._begun()  # the first one stays: forgotten, it would close the file
            at = 0
            while at < self._given and (part := self._again.read(min(_ARROW, self._given - at))):
                at += len(part)
            while len(parts) < _ARROW and (part := self._again.read(1)):
                parts.append(part)
        except _ARROWS:
            pass
        return b"".join(parts)

    def close(self) -> None:
        self._through.close()
        super().close()

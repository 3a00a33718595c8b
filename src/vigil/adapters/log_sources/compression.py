"""Compressed bytes, told by what they begin with, decompressed as they are read: what stands before damage is given.

gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878) and LZ4 frames; several members one behind another. The end of a file
that is still being written, or was cut off, costs what stands behind it and nothing else.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa

_MAGIC: Final = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
MOST_MAGIC: Final = 6
_ENDINGS: Final = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4"})
_READ: Final = {"gzip": 1 << 16, "bz2": 1 << 14, "xz": 1 << 14}
_ARROW: Final = 1 << 16
_FINE: Final = 64
_TEXT: Final = frozenset(range(32, 256)) | frozenset(b"\t\n\r\f\b\x1b")
CUT_OFF: Final = "its compression is cut off"
DAMAGED: Final = "its compression is damaged"
BEHIND: Final = "more behind its compressed part"


def has_compressed_name(path: Path) -> bool:
    """Whether the name says that it is compressed."""
    return path.suffix.lower() in _ENDINGS


def compression_of(head: bytes) -> str | None:
    """Which compression begins so; None: none that is known."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, whatever its name says. Raises: OSError."""
    with path.open("rb") as stream:
        return compression_of(stream.read(MOST_MAGIC)) is not None


def decompressed(stream: IO[bytes], name: str = "") -> IO[bytes]:
    """What is in an open file that was read nothing of; itself where it is not compressed.

    `name`: where it says that something is compressed which is neither that nor text, that is damage. Raises: OSError,
    also while reading, behind everything that could be read.
    """
    head = cast("Any", stream).peek(MOST_MAGIC)[:256]
    kind = compression_of(head)
    if kind is None:
        if head and has_compressed_name(Path(name)) and not _TEXT.issuperset(head):
            raise OSError(DAMAGED)
        return stream
    return cast("IO[bytes]", (_Members if kind in _READ else _ByArrow)(stream, kind))


class _Reader:
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

    def _more(self, most: int) -> bytes:
        raise NotImplementedError

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
        self._raw, self._ended = b"", False
        self._one = self._new()

    def _new(self) -> Any:
        made: dict[str, Callable[[], Any]] = {
            "gzip": _Gzip, "bz2": bz2.BZ2Decompressor, "xz": lzma.LZMADecompressor,
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
        parts = []
        for n in range(0, len(data), _FINE):
            try:
                parts.append(one.decompress(data[n : n + _FINE]))
            except zlib.error:
                break
        return b"".join(parts)


class _ByArrow(_Reader):
    def __init__(self, stream: IO[bytes], kind: str) -> None:
        super().__init__(stream, kind)
        self._through = pa.input_stream(pa.PythonFile(stream, mode="r"), compression=kind)

    def _more(self, most: int) -> bytes:
        try:
            part: bytes = self._through.read(most)
        except (OSError, EOFError, ValueError, pa.ArrowException) as error:
            raise OSError(CUT_OFF if "runcated" in str(error) else DAMAGED) from error
        return part

    def close(self) -> None:
        self._through.close()
        super().close()

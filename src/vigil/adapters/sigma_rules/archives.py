"""A release archive of rules that somebody hands in (.zip, .tar.gz): opened as what a stranger sends.

Nothing is written. An archive that would lead out of its folder, lies too deep, or unpacks to more than a rule set ever
has is refused; links and what is no rule are left out.
"""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from vigil.adapters.sigma_rules.folders import ENDINGS, MOST_BYTES

MOST_MEMBERS: Final = 50_000
MOST_UNPACKED: Final = 200_000_000
MOST_DEEP: Final = 16
_FAULTS: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
    UnicodeError, OverflowError,
)  # fmt: skip


def archive_texts(
    data: bytes, *, most_members: int = MOST_MEMBERS, most_unpacked: int = MOST_UNPACKED
) -> list[tuple[str, bytes]]:
    """Name and bytes of every rule, by name. Raises: ValueError with the reason."""
    read = _zip if data[:2] == b"PK" else _tar if data[:2] == b"\x1f\x8b" else None
    if read is None:
        raise ValueError("neither .zip nor .tar.gz")
    try:
        return sorted(read(data, _Room(most_members, most_unpacked)))
    except _FAULTS as error:
        raise ValueError(" ".join(f"{type(error).__name__}: {error}".split())[:200]) from error


class _Room:
    """What may still come."""

    def __init__(self, members: int, unpacked: int) -> None:
        self._most_members, self._most_bytes = members, unpacked
        self._members = self._bytes = 0

    def takes(self, name: str, size: int) -> None:
        """A member. Raises: ValueError."""
        self._members, self._bytes = self._members + 1, self._bytes + size
        if self._members > self._most_members:
            raise ValueError(f"more than {self._most_members} files")
        if self._bytes > self._most_bytes:
            raise ValueError(f"unpacks to more than {self._most_bytes} bytes")
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
            raise ValueError(f"a path that leads out of it: {name[:100]!r}")
        if len(path.parts) > MOST_DEEP:
            raise ValueError(f"folders more than {MOST_DEEP} deep")


def _zip(data: bytes, room: _Room) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for member in archive.infolist():
            room.takes(member.filename, member.file_size)
        for member in archive.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind in (0, stat.S_IFREG) and member.filename.lower().endswith(ENDINGS):
                with archive.open(member) as stream:
                    yield member.filename, stream.read(MOST_BYTES + 1)


def _tar(data: bytes, room: _Room) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=BytesIO(data), mode="r:gz") as archive:
        for member in archive:
            room.takes(member.name, member.size)
            if member.isreg() and member.name.lower().endswith(ENDINGS):
                stream = archive.extractfile(member)
                yield member.name, stream.read(MOST_BYTES + 1) if stream else b""

"""Segments: the files of a stream, by number, and what must be fsynced when one begins or goes."""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from vigil.adapters.spool.frames import MARK_BYTES

_STREAM: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,62}")
_SEGMENT: Final = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{16})\.frames")


class Segment(NamedTuple):
    """One file of a stream."""

    number: int
    mark: bytes
    path: Path

    def size(self) -> int:
        """In bytes; 0 where it has been removed since it was listed."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def checked_stream(stream: str) -> str:
    """The name, if it is one. Raises: ValueError."""
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"not a name of a stream: {stream!r}")
    return stream


def streams_in(folder: Path) -> list[str]:
    """The streams of a spool, sorted."""
    try:
        return sorted(path.name for path in folder.iterdir() if _STREAM.fullmatch(path.name) and path.is_dir())
    except FileNotFoundError:
        return []


def segments_in(folder: Path) -> list[Segment]:
    """The segments of a stream, oldest first."""
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    found = [
        Segment(int(match[1], 16), bytes.fromhex(match[2]), folder / name)
        for name in names
        if (match := _SEGMENT.fullmatch(name))
    ]
    return sorted(found)


def begun(folder: Path, number: int, *, sync: bool) -> tuple[int, Segment]:
    """A new, empty segment, on disk with its name before anything is written to it. Raises: OSError."""
    mark = os.urandom(MARK_BYTES)
    path = folder / f"{number:012x}.{mark.hex()}.frames"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if sync:
            os.fsync(descriptor)
            fsync_folder(folder)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, Segment(number, mark, path)


def fsync_folder(folder: Path) -> None:
    """What was created or removed in it survives a power loss. Raises: OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

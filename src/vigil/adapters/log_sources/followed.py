"""One file that is followed: how far it was read, and by what it is known again under another name.

A file is known by device and inode, which may be given to another one later, and by what was read of it: a hash of its
first bytes and of the last ones before the place that was reached. So a copy of it is known too, also a compressed one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from vigil.adapters.log_sources.compression import has_compressed_name
from vigil.adapters.log_sources.lines import opened
from vigil.adapters.log_sources.opening import opened_where

HEAD: Final = 256
TAIL: Final = 64


@dataclass(slots=True)
class Followed:
    """`path`: the name under which it was found; `old`: it has that name no longer; `size`: when last looked at.

    `skipping`: in the middle of a line that is too long.
    """

    path: str
    device: int
    inode: int
    offset: int = 0
    head: str = ""
    head_bytes: int = 0
    tail: str = ""
    old: bool = False
    size: int = 0
    skipping: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> "Followed":
        """Raises: ValueError where it is none of `as_json`."""
        try:
            one = cls(**value)
        except TypeError as error:
            raise ValueError("no cursor of a followed file") from error
        numbers = (one.device, one.inode, one.offset, one.head_bytes, one.size)
        if not all(type(number) is int for number in numbers) or not 0 <= one.head_bytes <= HEAD or one.offset < 0:
            raise ValueError("no cursor of a followed file")
        return one

    def is_in(self, stream: IO[bytes]) -> bool:
        """Whether what was read of it stands in there, at the same places."""
        if not self.offset:
            return True
        head = _exactly(stream, self.head_bytes)
        if _hash(head) != self.head:
            return False
        at = max(self.offset - TAIL, 0)
        known = head[at : self.offset]
        if at > len(head) and not _forward(stream, len(head), at):
            return False
        return _hash(known + _exactly(stream, self.offset - at - len(known))) == self.tail

    def rest(self, path: Path, allowed: Callable[[Path], bool] | None = None) -> tuple[IO[bytes], bytes]:
        """The stream after what was read of it, and the last bytes before. Raises: OSError."""
        stream = opened(path, by_name=True) if allowed is None else opened_where(path, allowed)
        at = max(self.offset - TAIL, 0)
        _forward(stream, 0, at)
        return stream, _exactly(stream, self.offset - at)

    def reached(self, offset: int, before: bytes, path: Path) -> None:
        """So far it was read now; `before` are the last bytes before that place."""
        self.offset, self.tail = offset, _hash(before[-TAIL:])
        if self.head_bytes < HEAD:
            with opened(path, by_name=True) as stream:
                head = _exactly(stream, min(HEAD, offset))
            self.head, self.head_bytes = _hash(head), len(head)


def is_same(one: Followed, path: Path) -> bool:
    """Whether the file at `path` holds what was read of it. Raises: OSError."""
    if not has_compressed_name(path) and path.stat().st_size < one.offset:
        return False
    with opened(path, by_name=True) as stream:
        return one.is_in(stream)


def copies(one: Followed, beside: Sequence[Path]) -> Iterator[Path]:
    """Files that hold what was read of it and may hold more: copies, also compressed ones."""
    if not one.offset:
        return
    for path in sorted(beside, key=has_compressed_name):
        try:
            if is_same(one, path):
                yield path
        except (OSError, EOFError, ValueError):
            continue


def _exactly(stream: IO[bytes], many: int) -> bytes:
    parts = []
    while many > 0 and (part := stream.read(many)):
        parts.append(part)
        many -= len(part)
    return b"".join(parts)


def _forward(stream: IO[bytes], at: int, to: int) -> bool:
    """Go on from one place to a later one, reading what cannot be passed over otherwise (compressed)."""
    if stream.seekable():
        stream.seek(to)
        return True
    while at < to and (part := stream.read(min(1_000_000, to - at))):
        at += len(part)
    return at == to


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()

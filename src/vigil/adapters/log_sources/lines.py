"""Lines of a file, compressed or not, in bounded memory: what is too long is left out and counted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from vigil.adapters.log_sources.compression import decompressed

MOST_LINE: Final = 4_000_000
_BLOCK: Final = 4_000_000


def opened(path: Path, *, by_name: bool = False) -> IO[bytes]:
    """The bytes, decompressed as they are read (`by_name`: see `decompressed`).

    Raises: OSError (also for what is damaged), later while reading too.
    """
    stream = path.open("rb")
    try:
        return decompressed(stream, path.name, by_name=by_name)
    except BaseException:
        stream.close()
        raise


def blocks(
    path: Path, start: int, stop: int | None, too_long: Callable[[], None], behind: bytes = b""
) -> Iterator[bytes]:
    """The lines that begin in [start, stop) of the bytes (all for None), whole, many at a time, `behind` after them.

    The very last may be without its end. A line longer than `MOST_LINE` may be left out, which is told.
    """
    with opened(path) as stream:
        if start:
            stream.seek(start - 1)
        # `dropping`: up to the next line break nothing is wanted, be it a line too long or the end of the piece before
        carry, at, dropping = b"", max(start - 1, 0), start > 0
        while block := stream.read(_BLOCK):
            data, base = carry + block, at - len(carry)
            at += len(block)
            if dropping:
                end = data.find(b"\n")
                if end < 0:
                    carry = b""
                    continue
                data, base, dropping = data[end + 1 :], base + end + 1, False
            if stop is not None and stop <= base:
                return
            if stop is not None and (last := data.find(b"\n", stop - 1 - base)) >= 0:
                yield data[: last + 1] + behind
                return
            end = data.rfind(b"\n") + 1
            if end:
                yield b"".join((memoryview(data)[:end], behind))
            carry = data[end:]
            if len(carry) > MOST_LINE:
                too_long()
                carry, dropping = b"", True
        if carry and not dropping and (stop is None or at - len(carry) < stop):
            yield carry + behind


def lines(path: Path, start: int, stop: int | None, too_long: Callable[[], None]) -> Iterator[bytes]:
    """The lines that begin in [start, stop) of the bytes (all for None), without their ends and without empty ones."""
    for block in blocks(path, start, stop, too_long):
        for line in block.split(b"\n"):
            if len(line) > MOST_LINE:
                too_long()
            elif line.strip():
                yield line

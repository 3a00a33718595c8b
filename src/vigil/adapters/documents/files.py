"""The bytes of a file or stream, refused before they fill the memory."""

from pathlib import Path
from typing import BinaryIO

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import DEFAULT_LIMITS, Limits


def bytes_of_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """What is in a file. Raises Refused `document.too_large` without reading it; OSError as `open` does."""
    with path.open("rb") as stream:
        size = path.stat().st_size
        if size > limits.bytes:
            raise refusals.too_large(size, limits.bytes)
        return bytes_of_stream(stream, limits)


def bytes_of_stream(stream: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """What comes out of a stream. Raises Refused `document.too_large` once it is more than is taken."""
    data = stream.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise refusals.too_large(len(data), limits.bytes)
    return data

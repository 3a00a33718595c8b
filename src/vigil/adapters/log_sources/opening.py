"""A file that is opened only where it may be: between a look at a path and its opening somebody may put a link."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from vigil.adapters.log_sources.compression import decompressed


def opened_where(path: Path, allowed: Callable[[Path], bool]) -> IO[bytes]:
    """As `lines.opened`, once what was opened is known to be the file at an allowed place, wherever links led.

    A file that is followed grows, so that only its name says whether it is compressed.

    Raises: PermissionError where it is not, or is no file; OSError.
    """
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # a pipe would hold us for ever
    try:
        held = os.fstat(stream.fileno())
        real = Path(os.path.realpath(path, strict=True))
        there = os.lstat(real)
        same = (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)
        if not stat.S_ISREG(held.st_mode) or not same or not allowed(real):
            raise PermissionError(f"{path.name} is not where it may be read")
        return decompressed(stream, path.name, by_name=True)
    except BaseException:
        stream.close()
        raise

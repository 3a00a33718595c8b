"""One program alone on a data folder: a lock that the kernel holds (flock(2)) and that ends with its processes.

The file stays and only names who holds the lock; nothing has to be cleared away after a kill -9.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

_ENDING_S: Final = 5.0


class AlreadyHeld(Exception):
    """Somebody else holds it; `pid` is 0 where it cannot be told who."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(pid)


def hold(path: Path, *, ending_s: float = _ENDING_S) -> int:
    """Lock `path` for this process and those that it forks; returns the descriptor, to be kept open.

    The forked of a killed program end a moment after it: where the one that is named is gone, they are waited for
    so long. Raises: AlreadyHeld; OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + ending_s
    try:
        while not _locked(descriptor):
            pid = _named(descriptor)
            if (pid and _runs(pid)) or time.monotonic() >= until:
                raise AlreadyHeld(pid)
            time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named(descriptor: int) -> int:
    said = os.pread(descriptor, 20, 0).strip()
    return int(said) if said.isdigit() else 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True

"""A private folder for the pages of a scan: in memory where there is such a place, always removed.

A process that is killed cannot tidy up. So each folder holds a lock that dies with its process, and whoever
makes a folder first removes those whose lock is free.
"""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it is private (0700, unguessable name)
_YOUNG_S = 120
_PREFIX = "vigil-scan-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """An empty folder that only this user can open (mode 0700), removed with all it holds at the end."""
    parent = _IN_MEMORY if _is_usable(_IN_MEMORY) else Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_usable(parent: Path) -> bool:
    try:
        free = shutil.disk_usage(parent).free
    except OSError:
        return False
    return free > 500_000_000


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    age_s = time.time() - folder.stat().st_mtime
    if age_s < _YOUNG_S:
        return False  # it may just be about to take its lock
    if not (folder / ".lock").exists():
        return True
    with (folder / ".lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True

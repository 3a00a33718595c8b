"""A private folder for the pages of a scan: in memory only, for a scan may be secret; always removed.

A process that is killed cannot tidy up. So each folder holds a lock that dies with its process, and whoever
makes a folder first removes those whose lock is free.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vigil.adapters.documents import refusals

_IN_MEMORY = (Path("/dev/shm"), Path(f"/run/user/{os.getuid()}"))  # noqa: S108 - what is made there is private (0700)
_ROOM_BYTES = 100_000_000
_YOUNG_S = 120
_PREFIX = "vigil-scan-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """An empty folder that only this user can open (mode 0700), removed with all it holds at the end.

    Raises: Unavailable `document.no_memory_folder`: nothing of a scan is ever written to a disk to be read.
    """
    parent = next((place for place in _IN_MEMORY if _is_usable(place)), None)
    if parent is None:
        raise refusals.no_memory_folder(_ROOM_BYTES)
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
    return free > _ROOM_BYTES


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

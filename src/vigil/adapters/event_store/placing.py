"""Files that are there whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from vigil.kernel.files import sync_folder


def placed(path: Path, write: Callable[[Path], None]) -> int:
    """Write a file durably under a name that nobody reads, then give it its own; returns its bytes."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        write(draft)
    except BaseException:  # also a full disk: what is half written would only take the room that is left
        draft.unlink(missing_ok=True)
        raise
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    draft.chmod(0o600)
    draft.replace(path)
    sync_folder(path.parent)
    return size

"""Writing a file so that it is whole or not there: a draft of its own, fsynced, then put in place."""

import os
from pathlib import Path
from uuid import uuid4


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def place_new_file(path: Path, content: bytes) -> bool:
    """Write `content` to `path` (mode 0600) unless it is there already; returns whether it was written."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)  # the first to come wins; nobody's file is overwritten
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_folder(path.parent)
    return True


def place_file(path: Path, content: bytes) -> None:
    """Write `content` to `path` (mode 0600), durably, in place of whatever was there."""
    _draft(path, content).replace(path)
    sync_folder(path.parent)

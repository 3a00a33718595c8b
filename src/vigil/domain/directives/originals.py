"""The originals store: bytes as they arrived, by SHA-256, fsynced (file and folder) before they are spoken of."""

import hashlib
from pathlib import Path

from vigil.kernel.errors import Unavailable
from vigil.kernel.files import place_file, sync_folder
from vigil.kernel.phrases import N_


def digest(data: bytes) -> str:
    """The SHA-256 of `data`, in hex."""
    return hashlib.sha256(data).hexdigest()


def path_of(folder: Path, sha256: str) -> Path:
    """Where the original with that digest lies."""
    return folder / sha256[:2] / sha256


def keep(folder: Path, data: bytes) -> str:
    """Store `data` durably and return its digest; storing it twice is harmless, and heals a damaged copy."""
    sha256 = digest(data)
    target = path_of(folder, sha256)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not target.exists() or digest(target.read_bytes()) != sha256:
        place_file(target, data)
    sync_folder(target.parent)
    sync_folder(folder)
    return sha256


def fetch(folder: Path, sha256: str) -> bytes:
    """The bytes of an original.

    Raises: Unavailable `dispatch.original_damaged` when it is gone or no longer has its digest.
    """
    try:
        data = path_of(folder, sha256).read_bytes()
    except OSError as error:
        raise Unavailable("dispatch.original_damaged", N_("The original cannot be read.")) from error
    if digest(data) != sha256:
        raise Unavailable("dispatch.original_damaged", N_("The original no longer is what was received."))
    return data

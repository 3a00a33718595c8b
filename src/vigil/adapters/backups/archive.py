"""Writing and reading the archive. Reading trusts nothing: no path leaves the folder, every digest is checked."""

import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

MANIFEST = "manifest.json"


def write_archive(
    target: Path, members: Iterable[tuple[str, Path]], facts: dict[str, Any], tell: Callable[[int], None]
) -> dict[str, Any]:
    """Write `members` (name in the archive, file) into `target`, atomically and fsynced; returns the manifest.

    `tell` is called with the number of files written so far.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    digests: dict[str, str] = {}
    try:
        with draft.open("xb") as raw:
            os.fchmod(raw.fileno(), 0o600)
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
                for n, (name, path) in enumerate(members, start=1):
                    data_digest = _add(archive, name, path)
                    digests[name] = data_digest
                    tell(n)
                manifest = {**facts, "files": digests}
                text = json.dumps(manifest, indent=1, sort_keys=True).encode()
                entry = tarfile.TarInfo(MANIFEST)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    """Add one file as it is at this moment; returns its digest."""
    data = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
    return hashlib.sha256(data).hexdigest()


def read_archive(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack `source` into the empty `folder` and check it against its manifest, which is returned.

    Raises: Refused `backup.damaged`.
    """
    found: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            for entry in archive:
                name = PurePosixPath(entry.name)
                if not entry.isfile() or name.is_absolute() or ".." in name.parts:
                    raise Refused(
                        "backup.damaged",
                        N_("The backup holds something that is no plain file: {name}"),
                        name=entry.name,
                    )
                member = archive.extractfile(entry)
                if member is None:
                    continue
                if entry.name == MANIFEST:
                    manifest = json.loads(member.read())
                    continue
                target = folder / name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                found[entry.name] = _unpack(member, target)
    except (tarfile.TarError, zlib.error, EOFError, OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refused("backup.damaged", N_("The backup cannot be read: {why}"), why=str(error)) from error
    if manifest is None or manifest.get("files") != found:
        raise Refused("backup.damaged", N_("The backup does not hold what its manifest says."))
    return manifest


def _unpack(member: Any, target: Path) -> str:
    hasher = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := member.read(1 << 20):
            hasher.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return hasher.hexdigest()

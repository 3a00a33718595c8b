"""The texts of rules from folders, single files and archives (.zip, .tar.gz, .tar.xz), each under a name."""

import os
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1_000_000
_MOST_RULES: Final = 50_000
_MOST_IN_ARCHIVE: Final = 500_000_000
ENDINGS: Final = (".yml", ".yaml")


def rule_texts(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every rule below the places, by name. Links that lead out of a folder are not followed.

    Raises: OSError; ValueError for an archive that is none or too large.
    """
    for place in places:
        if place.is_dir():
            yield from _folder(place)
        elif place.suffix.lower() == ".zip":
            yield from _zip(place)
        elif ".tar" in place.suffixes or place.suffix.lower() in (".tgz", ".txz"):
            yield from _tar(place)
        else:
            yield str(place), _read(place)


def _folder(place: Path) -> Iterator[tuple[str, bytes]]:
    root = place.resolve()
    for path in sorted(_files(place)):
        if not path.is_symlink() or path.resolve().is_relative_to(root):
            yield str(path), _read(path)


def _files(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(folder / entry.name)
            elif entry.name.lower().endswith(ENDINGS) and entry.is_file():
                yield folder / entry.name


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _zip(place: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(place) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(ENDINGS)]
            _bounded(place, len(members), sum(one.file_size for one in members))
            for member in sorted(members, key=lambda one: one.filename):
                with archive.open(member) as stream:
                    yield f"{place}!{member.filename}", stream.read(MOST_BYTES + 1)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{place} is no archive: {error}") from error


def _tar(place: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(place) as archive:
            found: list[tuple[str, bytes]] = []
            size = 0
            for member in archive:
                if member.isfile() and member.name.lower().endswith(ENDINGS):
                    size += member.size
                    _bounded(place, len(found) + 1, size)
                    stream = archive.extractfile(member)
                    found.append((f"{place}!{member.name}", stream.read(MOST_BYTES + 1) if stream else b""))
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{place} is no archive: {error}") from error
    yield from sorted(found)


def _bounded(place: Path, many: int, size: int) -> None:
    if many > _MOST_RULES or size > _MOST_IN_ARCHIVE:
        raise ValueError(f"{place} holds more than {_MOST_RULES} rules or {_MOST_IN_ARCHIVE} bytes of them")

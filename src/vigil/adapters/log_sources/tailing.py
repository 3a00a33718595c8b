"""Files that are being written, followed across rotation: what is new, in whole lines, with a cursor for afterwards.

Nothing waits in here: `poll` gives what is new and ends. Whoever follows stores each chunk's cursor after it accepted
the chunk, and begins again with the cursor it stored last: then no line is lost and none comes twice. A last line
without an end is left for later, until its file is rotated and grows no more.

Rotation is known by the file and not by its name: renamed, copied and truncated, compressed; the rest of the old file
is read before the new one. What happened beside that (`truncated`, `vanished`, `rotated`, `too long`, `unreadable`,
`not allowed`) is in `told`.
"""

import contextlib
import glob
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from vigil.adapters.log_sources.compression import has_compressed_name
from vigil.adapters.log_sources.followed import TAIL, Followed, copies, is_same
from vigil.adapters.log_sources.lines import MOST_LINE
from vigil.adapters.log_sources.names import first_name

CHUNK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one file, each with its end, and the cursor for when they have been accepted."""

    path: Path
    lines: bytes
    cursor: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to a file: `what` is one word of those above."""

    path: Path
    what: str
    detail: str = ""


class Follower:
    """Follows the files of a pattern (`*`, `?`, `[...]`, `**`), or one file.

    `cursor`: that of the last chunk which was accepted, or None for the beginning. Then files are read from their
    beginning, or with `from_end` only what comes after the first `poll`. `allowed`: which of the files that match may
    be read. `since` (seconds since 1970): what was rotated after that is read too, though nobody looked then.

    Raises: ValueError for a cursor that is none.
    """

    def __init__(
        self,
        pattern: str,
        cursor: dict[str, Any] | None = None,
        *,
        from_end: bool = False,
        chunk_bytes: int = CHUNK,
        allowed: Callable[[Path], bool] | None = None,
        since: float | None = None,
    ) -> None:
        self._pattern, self._chunk_bytes, self._allowed = pattern, chunk_bytes, allowed
        self._since = since
        self._passing = from_end and cursor is None
        files, passed = ([], {}) if cursor is None else (cursor.get("files"), cursor.get("passed", {}))
        if type(files) is not list or type(passed) is not dict:
            raise ValueError("no cursor of a follower")
        self._files = [Followed.of_json(one) for one in files]
        self._passed = {str(path): int(changed) for path, changed in passed.items()}
        self.told: list[Told] = []

    @property
    def cursor(self) -> dict[str, Any]:
        """Plain JSON values: where it stands, with the last chunk that was given."""
        return {"files": [one.as_json() for one in self._files], "passed": dict(self._passed)}

    def poll(self) -> Iterator[Chunk]:
        """What is new since the last poll; `told` holds what happened since then."""
        self.told = []
        located: set[tuple[int, int]] = set()
        places: dict[Path, Followed] = {}
        for one in sorted(self._files, key=lambda one: (one.path, not one.old)):
            try:
                at = self._located(one)
                now = None if at is None or has_compressed_name(at) else _identity(at)
            except OSError as error:
                self.told.append(Told(Path(one.path), "unreadable", str(error)))
                located.add((one.device, one.inode))
                continue
            if at is None:
                self._files.remove(one)
                continue
            places[at] = one
            if now is not None:
                one.device, one.inode = now
                located.add(now)
        for at, one in places.items():
            if one.old:
                yield from self._new(one, at)
        between, passed = self._between(places, located)
        for at, one in between:
            places[at] = one
            yield from self._new(one, at)
        for at, one in places.items():
            if not one.old:
                yield from self._new(one, at)
        for at, one in places.items():
            if has_compressed_name(at):  # nobody writes there any more
                self._files.remove(one)
        self._passed.update(passed)
        yield from self._fresh(located)
        self._passing = False

    def _fresh(self, located: set[tuple[int, int]]) -> Iterator[Chunk]:
        found = _matching(self._pattern)
        named = {*found, *(Path(one.path) for one in self._files)}
        for path in found:
            try:
                now = None if has_compressed_name(path) else _identity(path)
            except OSError as error:
                self.told.append(Told(path, "unreadable", str(error)))
                continue
            if now is None or now in located:
                continue
            if self._allowed is not None and not self._allowed(path):
                self.told.append(Told(path, "not allowed"))
                continue
            located.add(now)
            first = first_name(path)
            old = first != path and first in named
            fresh = Followed(str(first if old else path), *now, old=old, size=-1 if old else 0)
            if self._passing and not self._to_end(fresh, path):
                continue
            self._files.append(fresh)
            if fresh.path not in self._passed:
                with contextlib.suppress(OSError):
                    before = _rotated(Path(fresh.path))
                    newest = max((changed for _, _, changed in before), default=0)
                    self._passed[fresh.path] = newest if self._since is None else min(newest, int(self._since * 1e9))
            yield from self._new(fresh, path)

    def _between(
        self, places: dict[Path, Followed], located: set[tuple[int, int]]
    ) -> tuple[list[tuple[Path, Followed]], dict[str, int]]:
        """Files that came and were rotated while nobody looked: newer than any rotated one that was there before.

        Beside them, by name, how new the newest is.
        """
        found, passed = [], {}
        for name, since in self._passed.items():
            try:
                rotated = sorted((changed, other, inode) for other, inode, changed in _rotated(Path(name)))
                rotated = [one for one in rotated if not _is_half(one[1])]
                known = [one for one in places.values() if one.path == name and one.offset]
                fresh = [one for one in rotated if one[0] > since and one[1] not in places and one[2] not in located]
                fresh = [one for one in fresh if not any(is_same(another, one[1]) for another in known)]
            except OSError:
                continue  # asked again
            passed[name] = max([since, *(changed for changed, _, _ in rotated)])
            for _, other, inode in fresh:
                located.add(inode)
                found.append((other, Followed(name, *inode, old=True, size=-1)))
        self._files += [one for _, one in found]
        return found, passed

    def _located(self, one: Followed) -> Path | None:
        """Where the file is now: under its name, another, or copied; None: nowhere. Raises: OSError for no answer."""
        path = Path(one.path)
        if not one.old and _identity(path) == (one.device, one.inode) and is_same(one, path):
            return path
        rotated = [(other, inode) for other, inode, _ in _rotated(path)]
        mine = (one.device, one.inode)
        renamed = [other for other, inode in rotated if inode == mine and not has_compressed_name(other)]
        if renamed and is_same(one, renamed[0]):
            return self._turned(one, renamed[0])
        copied = next(copies(one, [other for other, _ in rotated]), None)
        if copied is not None:
            return self._turned(one, copied)
        if one.old and one.offset >= one.size:
            return None  # all of it was read, and it is gone
        if not one.offset:
            return None
        what = "truncated" if not one.old and _identity(path) is not None else "vanished"
        self.told.append(Told(path, what, f"after {one.offset} bytes"))
        return None

    def _turned(self, one: Followed, path: Path) -> Path:
        if not one.old:
            self.told.append(Told(Path(one.path), "rotated", path.name))
            one.old, one.size = True, -1  # looked at once more before its last line counts as one
        return path

    def _to_end(self, one: Followed, path: Path) -> bool:
        try:
            with path.open("rb") as stream:
                at = max(stream.seek(0, os.SEEK_END) - MOST_LINE, 0)
                stream.seek(at)
                last = stream.read(MOST_LINE)
        except OSError as error:
            self.told.append(Told(path, "unreadable", str(error)))
            return False
        end = last.rfind(b"\n") + 1
        one.reached(at + end, last[:end], path)
        one.skipping = at > 0 and not end
        return True

    def _new(self, one: Followed, path: Path) -> Iterator[Chunk]:
        if self._allowed is not None and not self._allowed(path):
            self.told.append(Told(path, "not allowed"))  # also a link that bears the name of a rotated file
            return
        try:
            size = None if has_compressed_name(path) else path.stat().st_size
            grows, one.size = size != one.size, size or one.size
            if size == one.offset:
                return
            stream, before = one.rest(path, self._allowed)
            with stream:
                for lines, passed in self._chunks(one, stream, path):
                    before = (before + passed)[-TAIL:]
                    one.reached(one.offset + len(passed), before, path)
                    if lines:
                        yield Chunk(Path(one.path), lines, self.cursor)
            # what an old file ends with is a line, once nobody writes there any more
            if one.old and (size is None or (not grows and one.offset < size)):
                yield from self._last(one, path)
        except (OSError, EOFError) as error:
            self.told.append(Told(Path(one.path), "unreadable", str(error)))

    def _last(self, one: Followed, path: Path) -> Iterator[Chunk]:
        stream, before = one.rest(path, self._allowed)
        with stream:
            rest = stream.read(MOST_LINE + 1)
        if rest and len(rest) <= MOST_LINE:
            one.reached(one.offset + len(rest), before + rest, path)
            if not one.skipping:
                yield Chunk(Path(one.path), rest if rest.endswith(b"\n") else rest + b"\n", self.cursor)

    def _chunks(self, one: Followed, stream: IO[bytes], path: Path) -> Iterator[tuple[bytes, bytes]]:
        """Whole lines, and what was passed with them; a line that is too long is passed over and told."""
        carry = b""
        while part := stream.read(self._chunk_bytes):
            data = carry + part
            if one.skipping:
                end = data.find(b"\n") + 1
                one.skipping = not end
                yield b"", data[: end or len(data)]
                data = data[end:] if end else b""
            end = data.rfind(b"\n") + 1
            carry = data[end:]
            if end:
                yield data[:end], data[:end]
            if len(carry) > MOST_LINE:
                self.told.append(Told(path, "too long", f"a line of more than {MOST_LINE} bytes"))
                one.skipping = True
                yield b"", carry
                carry = b""


def _matching(pattern: str) -> list[Path]:
    """The files of the pattern, by name. `**` follows no links: two that lead upwards would make ever longer paths."""
    parts = Path(pattern).parts
    if "**" not in parts:
        return [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207
    at = parts.index("**")
    rest = [part if part == "**" else part.replace("**", "*") for part in parts[at:]]
    if rest[-1] == "**":
        rest.append("*")
    hidden = any(part.startswith(".") for part in rest)
    found: set[Path] = set()
    for name in glob.glob(str(Path(*parts[:at]))) if at else ["."]:  # noqa: PTH207
        for path in Path(name).glob("/".join(rest)):
            if hidden or not any(part.startswith(".") for part in path.relative_to(name).parts):
                found.add(path)
    return sorted(found)


def _identity(path: Path) -> tuple[int, int] | None:
    """Of a file that is there and is one. Raises: OSError where nobody can tell."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _is_half(path: Path) -> bool:
    """Whether it is being compressed, and the file that it is made of is still there."""
    return has_compressed_name(path) and path.with_suffix("").exists()


def _rotated(path: Path) -> list[tuple[Path, tuple[int, int], int]]:
    """What was rotated from the file into the same folder: name, identity, when it was changed (ns)."""
    found = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                other = Path(entry.path)
                if entry.name[:1] == path.name[:1] and other != path and first_name(other) == path and entry.is_file():
                    try:
                        status = entry.stat()
                    except OSError:
                        continue
                    found.append((other, (status.st_dev, status.st_ino), status.st_mtime_ns))
    except FileNotFoundError:
        return []
    return found

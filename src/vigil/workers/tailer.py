"""The tailer: follows files that are being written into the spool, each line once.

Lines and cursor cannot be committed as one: the lines go to the spool, the cursor to the database. So at most one frame
lies in the spool without its cursor, and after a crash it is found there, behind the newest place that has one: what it
holds is what the files bring next, and that is passed over.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import DatabaseError, close_old_connections

from vigil.adapters.log_sources.tailing import Chunk, Follower
from vigil.adapters.spool import Frame, Position, SharedSpool, SpoolFull, SpoolReader
from vigil.domain.detection.actions.receiving import keep_tail, tell_tail
from vigil.domain.detection.actions.sources import events_organisation
from vigil.domain.detection.folders import Owners, folder_owners, owner_of
from vigil.domain.detection.models import LogSource, TailPosition
from vigil.domain.detection.reasons import NO_ROOM
from vigil.kernel import clock
from vigil.kernel.errors import Unavailable

log = logging.getLogger(__name__)

NAME: Final = "tailer"
EVERY_S: Final = 0.1
ROUND_S: Final = 2.0
POLL_S: Final = 0.3
STREAM: Final = "file"
MOST_WAITING: Final = 256 * 1024 * 1024
_AGAIN_S: Final = 0.5
_SENDER: Final = 255


@dataclass
class _Followed:
    path: str
    follower: Follower
    place: tuple[str, int, int]
    trouble: str | None = None


class Tailer:
    """Follows every source that names a path. `folders`: below which files may be read at all, by whose they are."""

    def __init__(
        self, *, spool: Path, streams: int, least_free_bytes: int, folders: Sequence[Path], stop: threading.Event
    ) -> None:
        self._folder, self._streams, self._least, self._stop = spool, streams, least_free_bytes, stop
        self._folders = [*folders]
        self._owners: Owners = {}
        self._spool: SharedSpool | None = None
        self._reader = SpoolReader(spool)
        self._done: dict[UUID, Frame] = {}
        self._followed: dict[UUID, _Followed] = {}

    def round(self) -> str:
        """Follow for about two seconds; returns how many bytes came. Raises: Unavailable where the disk is full."""
        rows = list(LogSource.objects.filter(retired_at=None).exclude(path="").select_related("tail").order_by("pk"))
        if self._spool is None and rows:
            self._done = self._without_cursor()
            self._spool = SharedSpool(self._folder, STREAM, self._streams, least_free_bytes=self._least)
        owners = folder_owners(events_organisation())
        self._owners = {folder.resolve(): owners.get(folder) for folder in self._folders}
        until = time.monotonic() + ROUND_S
        came = 0
        while not self._stop.is_set():
            try:
                came += sum(self._follow(row) for row in rows)
            except SpoolFull as error:
                raise Unavailable("receiver.trouble", NO_ROOM) from error
            if time.monotonic() >= until or self._stop.wait(POLL_S):
                break
        return f"{len(rows)} sources, {came} bytes"

    def close(self) -> None:
        """Let the spool go."""
        if self._spool is not None:
            self._spool.close()

    def _without_cursor(self) -> dict[UUID, Frame]:
        """What was written to the spool, and whose cursor was not kept any more: the last thing before a crash."""
        found: dict[UUID, Frame] = {}
        for stream in self._reader.streams():
            if not stream.startswith(STREAM):
                continue
            newest = TailPosition.objects.filter(stream=stream).order_by("-segment", "-offset").first()
            at = Position(stream, newest.segment, newest.offset) if newest is not None else None
            found.update((frame.source, frame) for frame in self._reader.read(stream, at, MOST_WAITING).frames)
        return found

    def _follow(self, row: LogSource) -> int:
        one = self._followed.get(row.pk)
        if one is None or one.path != row.path:
            one = self._followed[row.pk] = self._begun(row)
        came = 0
        try:
            for chunk in one.follower.poll():
                came += self._take(row.pk, one, chunk)
                if self._stop.is_set() or not self._room():
                    del self._followed[row.pk]  # goes on from what was kept
                    break
        except BaseException:
            self._followed.pop(row.pk, None)
            raise
        self._told(row.pk, one)
        return came

    def _begun(self, row: LogSource) -> _Followed:
        kept = TailPosition.objects.filter(source=row, path=row.path).first()
        fresh = kept is None and not TailPosition.objects.filter(source=row).exists()
        since = row.created_at.timestamp() if fresh else None
        cursor = kept.cursor if kept is not None else None
        place = (kept.stream, kept.segment, kept.offset) if kept is not None else ("", 0, 0)
        allowed = partial(self._may_read, row.organisation_id)
        try:
            follower = Follower(row.path, cursor, allowed=allowed, since=since)
        except ValueError:
            log.warning("%s: where it stood cannot be read; its files are read from their beginning", row.name)
            follower = Follower(row.path, allowed=allowed)
        return _Followed(row.path, follower, place)

    def _take(self, source: UUID, one: _Followed, chunk: Chunk) -> int:
        """A chunk to the spool, then its cursor; nothing else is written before that is kept."""
        assert self._spool is not None  # noqa: S101
        sender = str(chunk.path).encode()[:_SENDER].decode("utf-8", "ignore")
        data = b"\n".join(line for line in chunk.lines.split(b"\n") if line)
        done = self._done.pop(source, None)
        if done is not None and done.sender == sender and _begins(data, done.data):
            data = data[len(done.data) + 1 :]
            one.place = (done.stream, done.segment, done.offset + len(done.data))
        if data:
            position = self._spool.of(source).append(source, data, sender, clock.now().timestamp())
            one.place = (position.stream, position.segment, position.offset)
        while True:
            try:
                keep_tail(source=source, path=one.path, cursor=chunk.cursor, place=one.place, now=clock.now())
                return len(data)
            except DatabaseError:
                log.exception("where %s stands cannot be kept", one.path)
                close_old_connections()
                if self._stop.wait(_AGAIN_S):
                    raise

    def _room(self) -> bool:
        """Whether the detectors keep up; files can wait, what comes over the network cannot."""
        streams = [stream for stream in self._reader.streams() if stream.startswith(STREAM)]
        return sum(self._reader.waiting(stream, None) for stream in streams) < MOST_WAITING

    def _told(self, source: UUID, one: _Followed) -> None:
        said = [f"{told.path.name}: {told.what} {told.detail}".strip() for told in one.follower.told[-5:]]
        if not said and not one.follower.cursor["files"]:
            said = ["no file matches"]
        if said:
            trouble = "; ".join(said)
        elif one.trouble in (None, "no file matches"):
            trouble = ""
        else:
            return  # what happened last stays to be seen
        if trouble != one.trouble:
            tell_tail(source=source, path=one.path, trouble=trouble, now=clock.now())
            one.trouble = trouble

    def _may_read(self, organisation: UUID, path: Path) -> bool:
        """Whether the file, wherever links lead, lies in a folder of the organisation."""
        try:
            return owner_of(path.resolve(strict=True), self._owners) == organisation
        except OSError:
            return False


def _begins(data: bytes, done: bytes) -> bool:
    return data.startswith(done) and data[len(done) : len(done) + 1] in (b"", b"\n")

"""The writer of a stream: one thread writes what all others gave, with one fsync for all of it, then tells them.

A file is never appended to after a crash: a writer begins a new segment, so that what a power loss left at the end of
the old one is nobody's concern but the reader's. After a write or an fsync that failed nobody knows what the file holds
(the kernel reports an error once), so that segment is left as it is and a new one is begun.
"""

import fcntl
import logging
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self
from uuid import UUID

from vigil.adapters.spool.frames import MOST_FRAME_BYTES, MOST_SENDER_BYTES, Position, packed
from vigil.adapters.spool.refusals import SpoolBusy, SpoolClosed, SpoolFull, SpoolSlow
from vigil.adapters.spool.segments import Segment, begun, checked_stream, fsync_folder, segments_in
from vigil.kernel import clock

log = logging.getLogger(__name__)
SEGMENT_BYTES: Final = 64 * 1024 * 1024
QUEUE_BYTES: Final = 32 * 1024 * 1024
LEAST_FREE_BYTES: Final = 1024 * 1024 * 1024
_MOST_WRITE: Final = 8 * 1024 * 1024
_LOOK_S: Final = 1.0  # how often the room on the disk is looked at


class _Waiting(NamedTuple):
    source: UUID
    data: bytes
    sender: bytes
    received_at: float
    future: "Future[Position]"


class SpoolWriter:
    """The only writer of a stream. Thread-safe. Close it, or use it as a context.

    `retry_s`: how long it refuses after the disk has failed, before it tries again. `sync=False` is for measuring only.
    Raises: SpoolBusy if another process writes the stream; OSError if the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        stream: str,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        queue_bytes: int = QUEUE_BYTES,
        least_free_bytes: int = LEAST_FREE_BYTES,
        retry_s: float = 1.0,
        sync: bool = True,
    ) -> None:
        self.stream = checked_stream(stream)
        self._folder = folder / stream
        self._segment_bytes, self._queue_bytes, self._least = segment_bytes, queue_bytes, least_free_bytes
        self._retry_s, self._sync = retry_s, sync
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = self._locked()
        if sync:
            fsync_folder(folder)
            fsync_folder(folder.parent)
        self._file: int | None = None
        self._segment: Segment | None = None
        self._size = 0  # what the segment holds for certain
        there = segments_in(self._folder)
        # a stream that was wiped begins with numbers that no reader of the old one has passed
        self._next = there[-1].number + 1 if there else int(clock.now().timestamp())
        self._change = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._closing = False
        self._full = self._failing = ""
        self._looked_at = self._failed_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name=f"spool-{stream}", daemon=True)
        self._thread.start()

    def _locked(self) -> int:
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise SpoolBusy(f"another process writes {self._folder}") from error
        return descriptor

    def submit(self, source: UUID, data: bytes, sender: str, received_at: float) -> "Future[Position]":
        """Give records, one a line; the future is done when they are on disk, with the place just behind them.

        Cancelled before it is written, it is not written. The future fails with SpoolFull if the disk fails.
        Raises: SpoolSlow, SpoolFull, SpoolClosed; ValueError for what is no frame.
        """
        if not 0 < len(data) <= MOST_FRAME_BYTES:
            raise ValueError(f"a frame holds 1 to {MOST_FRAME_BYTES} bytes, not {len(data)}")
        if data[0] == 10 or data[-1] == 10 or b"\n\n" in data:
            raise ValueError("a frame holds no empty line")
        said = sender.encode("utf-8", "replace")[:MOST_SENDER_BYTES]
        future: Future[Position] = Future()
        with self._change:
            if self._closing:
                raise SpoolClosed(f"{self._folder} is closed")
            self._room()
            if self._queue and self._queued + len(data) > self._queue_bytes:
                raise SpoolSlow(f"{self._queued} bytes wait for the disk")
            self._queue.append(_Waiting(source, data, said, received_at, future))
            self._queued += len(data)
            self._change.notify()
        return future

    def append(self, source: UUID, data: bytes, sender: str, received_at: float) -> Position:
        """As `submit`, but waits until it is on disk."""
        return self.submit(source, data, sender, received_at).result()

    @property
    def refuses(self) -> str:
        """Why nothing is taken at present; empty if it is. Also looks at the disk, if that is due."""
        with self._change:
            try:
                self._room()
            except SpoolFull as error:
                return str(error)
        return ""

    def close(self) -> None:
        """Write what waits, then let the stream go."""
        with self._change:
            if self._closing:
                return
            self._closing = True
            self._change.notify()
        self._thread.join()
        os.close(self._lock_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _room(self) -> None:
        """Raises: SpoolFull. Looks at the disk once a second."""
        at = time.monotonic()
        if self._failing and at - self._failed_at < self._retry_s:
            raise SpoolFull(self._failing)
        if at - self._looked_at >= _LOOK_S:
            self._look(at)
        if self._full:
            raise SpoolFull(self._full)

    def _look(self, at: float) -> None:
        self._looked_at = at
        try:
            there = os.statvfs(self._folder)
        except OSError as error:
            self._say(f"the disk cannot be asked for its room: {error}")
            return
        free = there.f_bavail * there.f_frsize
        self._say(f"{free:,} bytes free, {self._least:,} wanted" if free < self._least else "")

    def _say(self, full: str) -> None:
        """Loud when it changes, silent while it lasts."""
        if full and not self._full:
            log.error("the spool %s refuses: %s", self._folder, full)
        elif self._full and not full:
            log.warning("the spool %s takes again", self._folder)
        self._full = full

    def _run(self) -> None:
        """The committer. Whatever ends it, nobody is left waiting."""
        try:
            while taken := self._taken():
                self._commit(taken)
        finally:
            with self._change:
                self._closing = True
                left, self._queue, self._queued = list(self._queue), deque(), 0
            for waiting in left:
                if waiting.future.set_running_or_notify_cancel():
                    waiting.future.set_exception(SpoolClosed("the spool was closed"))
            self._abandon()

    def _taken(self) -> list[_Waiting]:
        """What is written next; empty when it is time to end."""
        with self._change:
            while True:
                taken: list[_Waiting] = []
                size = 0
                while self._queue and size < _MOST_WRITE:
                    waiting = self._queue.popleft()
                    self._queued -= len(waiting.data)
                    if waiting.future.set_running_or_notify_cancel():
                        taken.append(waiting)
                        size += len(waiting.data)
                if taken:
                    return taken
                if self._closing:
                    return []
                self._change.wait()

    def _commit(self, taken: list[_Waiting]) -> None:
        try:
            ends = self._written(taken)
        except OSError as error:
            self._abandon()
            with self._change:
                if not self._failing:
                    log.error("the spool %s cannot be written: %s", self._folder, error)
                self._failing, self._failed_at = f"the disk failed: {error}", time.monotonic()
            for waiting in taken:
                waiting.future.set_exception(SpoolFull(f"the disk failed: {error}"))
            return
        except BaseException as error:
            for waiting in taken:
                waiting.future.set_exception(SpoolFull(f"the writer failed: {error!r}"))
            raise
        if self._failing:
            with self._change:
                self._failing = ""
            log.warning("the spool %s can be written again", self._folder)
        for waiting, end in zip(taken, ends, strict=True):
            waiting.future.set_result(end)

    def _written(self, taken: list[_Waiting]) -> list[Position]:
        if self._segment is None or self._size >= self._segment_bytes:
            self._begin()
        if self._segment is None or self._file is None:
            raise OSError("no segment")  # not reached: _begin raises or sets both
        segment, at = self._segment, self._size
        parts: list[bytes] = []
        ends: list[Position] = []
        for waiting in taken:
            parts.append(packed(segment.mark, at, waiting.source, waiting.received_at, waiting.sender, waiting.data))
            at += len(parts[-1])
            ends.append(Position(self.stream, segment.number, at))
        left = memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
        while left:
            left = left[os.write(self._file, left) :]
        if self._sync:
            os.fdatasync(self._file)
        self._size = at
        return ends

    def _begin(self) -> None:
        """A new segment. Older ones that hold nothing go; the newest never does, so that numbers only grow.

        Raises: OSError.
        """
        self._abandon()
        with self._change:
            self._look(time.monotonic())
        number = self._next
        self._next += 1
        self._file, self._segment = begun(self._folder, number, sync=self._sync)
        for older in segments_in(self._folder):
            if older.number < number and not older.size():
                older.path.unlink(missing_ok=True)

    def _abandon(self) -> None:
        """Nothing more into this segment. What follows its certain part is taken off, where that can be done."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            os.close(self._file)
        self._file = self._segment = None
        self._size = 0

"""The reader of a spool: frames from a place on, while another process writes; what is damaged is counted and passed.

The writer never goes back to a segment that has a successor. So a bad end is "not there yet" in the newest segment, and
lost in any other. The segments are listed before a file is read: what had a successor then is complete.
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from vigil.adapters.spool.frames import HEAD_BYTES, MAGIC, Frame, Head, Position, head_at, is_whole, unpacked
from vigil.adapters.spool.segments import Segment, checked_stream, fsync_folder, segments_in, streams_in


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames in order, the place behind them (read on from there), and how many damaged bytes were passed over."""

    frames: list[Frame]
    position: Position
    torn: int


@dataclass
class _Found:
    """What a reading has gathered so far."""

    frames: list[Frame] = field(default_factory=list)
    torn: int = 0


class SpoolReader:
    """Reads a spool; any number of readers may, beside the writers. The caller keeps its places."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._claims: dict[str, int] = {}

    def claim(self, stream: str) -> bool:
        """Whether this reader alone may consume the stream, as long as it lives. Reading needs no claim."""
        if stream in self._claims:
            return True
        path = self._folder / checked_stream(stream) / "consumer"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._claims[stream] = descriptor
        return True

    def close(self) -> None:
        """Give up what was claimed."""
        while self._claims:
            os.close(self._claims.popitem()[1])

    def streams(self) -> list[str]:
        """The streams that there are."""
        return streams_in(self._folder)

    def read(self, stream: str, after: Position | None, most_bytes: int) -> Batch:
        """The frames from `after` on (None: from the first): about `most_bytes`, and one at least if there is one.

        Raises: OSError where the disk cannot be read.
        """
        segments, at = self._from(stream, after)
        found = _Found()
        left = most_bytes
        for n, segment in enumerate(segments):
            if segment.number != at.segment:
                at = Position(stream, segment.number, 0)
            final = n + 1 < len(segments)
            while True:
                data = _bytes_at(segment, at.offset, max(left, HEAD_BYTES))
                whole = len(data) < max(left, HEAD_BYTES)  # the file ends within what was read
                offset = _gather(data, segment, at, whole=whole, final=final, found=found)
                moved = offset - at.offset
                at = Position(stream, segment.number, offset)
                left -= moved
                if whole or (moved and left <= 0):
                    break
                if not moved:  # one frame larger than what may be read at once, or damage: look further
                    if found.frames:
                        return Batch(found.frames, at, found.torn)
                    left = max(2 * left, HEAD_BYTES)
            if left <= 0:
                break
            if final:
                at = Position(stream, segments[n + 1].number, 0)
        return Batch(found.frames, at, found.torn)

    def begins(self, stream: str, after: Position | None) -> Position | None:
        """Where reading from `after` begins: later, where what lay there was removed; None while there is nothing."""
        segments, at = self._from(stream, after)
        return at if segments else None

    def waiting(self, stream: str, after: Position | None) -> int:
        """How many bytes lie in the stream from `after` on."""
        segments, at = self._from(stream, after)
        return sum(max(s.size() - (at.offset if s.number == at.segment else 0), 0) for s in segments)

    def release(self, stream: str, position: Position) -> int:
        """Remove the segments that lie wholly before `position`; never the newest. How many. Raises: OSError."""
        folder = self._folder / checked_stream(stream)
        done = [segment for segment in segments_in(folder)[:-1] if segment.number < position.segment]
        for segment in done:
            segment.path.unlink(missing_ok=True)
        if done:
            fsync_folder(folder)
        return len(done)

    def _from(self, stream: str, after: Position | None) -> tuple[list[Segment], Position]:
        """The segments still to be read, and where in the first.

        The newest segment is never removed, so a place beyond it belongs to a spool that is gone: all is read.
        """
        segments = segments_in(self._folder / checked_stream(stream))
        if not segments:
            return [], after or Position(stream, 0, 0)
        if after is None or after.segment > segments[-1].number:
            return segments, Position(stream, segments[0].number, 0)
        left = [segment for segment in segments if segment.number >= after.segment]
        return left, after if left[0].number == after.segment else Position(stream, left[0].number, 0)


def _bytes_at(segment: Segment, offset: int, many: int) -> bytes:
    """Up to so many bytes; fewer only where the file ends."""
    try:
        descriptor = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # released since it was listed
        return b""
    try:
        parts = []
        while many > 0 and (part := os.pread(descriptor, many, offset)):
            parts.append(part)
            offset += len(part)
            many -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(descriptor)


def _gather(data: bytes, segment: Segment, at: Position, *, whole: bool, final: bool, found: _Found) -> int:
    """Add the frames of `data`, which lies at `at`; the offset behind the last, or behind what is given up."""
    view = memoryview(data)
    here = 0
    while here < len(data):
        head = head_at(view, here, segment.mark, at.offset + here)
        if head is not None and is_whole(view, here, head):
            found.frames.append(unpacked(view, here, head, at.stream, segment.number))
            here += head.end
            continue
        if not whole and _may_go_on(view, here, head):
            break
        there = _next_whole(data, view, here + 1, segment.mark, at.offset)
        if there is None and not (whole and final):
            break
        if there is not None and not final and _readable_now(segment, at.offset + here):
            break  # it was being written while it was read
        there = len(data) if there is None else there
        found.torn += there - here
        here = there
    return at.offset + here


def _may_go_on(view: memoryview, here: int, head: Head | None) -> bool:
    """Whether the frame is only cut by the end of what was read."""
    left = len(view) - here
    return left < HEAD_BYTES if head is None else left < head.end


def _next_whole(data: bytes, view: memoryview, start: int, mark: bytes, base: int) -> int | None:
    """Where the next good frame begins."""
    sign = MAGIC + mark
    while (start := data.find(sign, start)) >= 0:
        head = head_at(view, start, mark, base + start)
        if head is not None and is_whole(view, start, head):
            return start
        start += 1
    return None


def _readable_now(segment: Segment, offset: int) -> bool:
    """Whether a good frame lies there when it is read once more."""
    data = _bytes_at(segment, offset, HEAD_BYTES)
    view = memoryview(data)
    head = head_at(view, 0, segment.mark, offset)
    if head is None:
        return False
    data = _bytes_at(segment, offset, head.end)
    return is_whole(memoryview(data), 0, head)

"""Frames: how records lie in a segment, so that a torn or flipped byte is seen and costs no more than its frame.

A frame is a head of 56 bytes, the sender's name, and the records, one a line. The head holds a magic, the segment's
mark, a version, the lengths, the place of the frame in the segment, when and for which source it came, and a CRC-32
over all of it. The mark is random and stands in the segment's name: records come from strangers, and a record made to
look like a frame must not become one when the bytes around it are damaged. The place is there for the same reason.
"""

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID
from zlib import crc32

MOST_FRAME_BYTES: Final = 16 * 1024 * 1024
MOST_SENDER_BYTES: Final = 255
MAGIC: Final = b"VgF\x0a"
MARK_BYTES: Final = 8
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">4s8sBxHIQd16sI")
_CRC: Final = struct.Struct(">I")
HEAD_BYTES: Final = _HEAD.size


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a stream: all frames that begin before it are done with."""

    stream: str
    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Records of one source, one a line. `offset`: where in the segment the first byte of `data` lies.

    A record's id is f"{stream}-{segment:012x}-{offset of its first byte:x}".
    """

    stream: str
    segment: int
    offset: int
    source: UUID
    received_at: float
    sender: str
    data: bytes


class Head(NamedTuple):
    """What a head promises. `end`: how long the whole frame is."""

    sender_bytes: int
    data_bytes: int
    place: int
    received_at: float
    source: bytes
    crc: int

    @property
    def end(self) -> int:
        return HEAD_BYTES + self.sender_bytes + self.data_bytes


def packed(mark: bytes, place: int, source: UUID, received_at: float, sender: bytes, data: bytes) -> bytes:
    """The bytes of a frame that begins at `place` of the segment with this mark."""
    fields = (MAGIC, mark, _VERSION, len(sender), len(data), place, received_at, source.bytes)
    head = _HEAD.pack(*fields, 0)[: -_CRC.size]
    return b"".join((head, _CRC.pack(crc32(data, crc32(sender, crc32(head)))), sender, data))


def head_at(view: memoryview, at: int, mark: bytes, place: int) -> Head | None:
    """The head at `at`, if there is one that could be true; `place` is where that lies in the segment."""
    if len(view) - at < HEAD_BYTES:
        return None
    magic, own, version, sender_bytes, data_bytes, said, received_at, source, crc = _HEAD.unpack_from(view, at)
    if magic != MAGIC or own != mark or version != _VERSION or said != place:
        return None
    if sender_bytes > MOST_SENDER_BYTES or not 0 < data_bytes <= MOST_FRAME_BYTES:
        return None
    return Head(sender_bytes, data_bytes, said, received_at, source, crc)


def is_whole(view: memoryview, at: int, head: Head) -> bool:
    """Whether all of the frame is there, as it was written."""
    if len(view) - at < head.end:
        return False
    checked = crc32(view[at + HEAD_BYTES : at + head.end], crc32(view[at : at + HEAD_BYTES - _CRC.size]))
    return checked == head.crc


def unpacked(view: memoryview, at: int, head: Head, stream: str, segment: int) -> Frame:
    """The frame, once `is_whole` has said that it is."""
    start = at + HEAD_BYTES + head.sender_bytes
    return Frame(
        stream,
        segment,
        head.place + HEAD_BYTES + head.sender_bytes,
        UUID(bytes=head.source),
        head.received_at,
        str(view[at + HEAD_BYTES : start], "utf-8", "replace"),
        bytes(view[start : at + head.end]),
    )

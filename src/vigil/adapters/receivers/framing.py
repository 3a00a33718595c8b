"""Syslog records out of a stream of bytes: no sockets here, only what was received so far.

Source: RFC 6587 (3.4.1 octet counting, 3.4.2 non-transparent framing), RFC 5425 (4.3).

A frame whose first byte is a digit is counted (`LENGTH SP RECORD`); any other ends with a line break. A record becomes
one line: a line break in it is written #012 and a NUL #000, as rsyslog does.
"""

import re
from typing import Final

_COUNT: Final = re.compile(rb"([1-9][0-9]{0,9}) ")
_MOST_COUNT_BYTES: Final = 11
_MOST_SKIPPED: Final = 64 * 1024 * 1024
_DIGITS: Final = frozenset(b"123456789")
_BETWEEN: Final = b"\r\n\x00"


def one_line(record: bytes) -> bytes:
    """The record as a line of its own; empty if there is nothing in it."""
    record = record.rstrip(_BETWEEN)
    if b"\n" in record:
        record = record.replace(b"\n", b"#012")
    if b"\x00" in record:
        record = record.replace(b"\x00", b"#000")
    return record


class Framer:
    """One connection's bytes. What cannot be a record is in `faults` (why, its beginning), for the caller to take."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._parts: list[bytes] = []  # of a record that is not complete: not looked at again before it can be
        self._held = 0
        self._need = 0  # how long it will be; 0: it ends with a line break
        self._skip = 0  # bytes of a counted record that is too long
        self._dropping = False  # up to the next line break
        self.faults: list[tuple[str, bytes]] = []

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their record."""
        return self._held

    def feed(self, data: bytes) -> list[bytes]:
        """The records that are complete now."""
        if self._parts:
            self._parts.append(data)
            self._held += len(data)
            wanting = self._held < self._need if self._need else b"\n" not in data and self._held <= self._most
            if wanting:
                return []
            data = b"".join(self._parts)
        records: list[bytes] = []
        at, end = 0, len(data)
        while at < end:
            if self._skip:
                passed = min(self._skip, end - at)
                self._skip -= passed
                at += passed
            elif self._dropping:
                there = data.find(b"\n", at)
                self._dropping = there < 0
                at = end if there < 0 else there + 1
            elif data[at] in _BETWEEN:
                at += 1
            else:
                after = self._record(data, at, records)
                if after is None:
                    break
                at = after
        self._parts = [data[at:]] if at < end else []
        self._held = end - at
        return records

    def end(self) -> None:
        """The other side is gone: what is left of a record is none."""
        rest = b"".join(self._parts)
        if rest.strip(_BETWEEN) or self._skip:
            self.faults.append(("cut off by the end of the connection", rest[:300]))
        self._parts, self._held, self._skip = [], 0, 0

    def _record(self, data: bytes, at: int, records: list[bytes]) -> int | None:
        """Where the next frame begins; None if this one is not complete."""
        self._need = 0
        if data[at] in _DIGITS:
            counted = _COUNT.match(data, at)
            if counted is not None:
                return self._counted(data, counted, records)
            if len(data) - at < _MOST_COUNT_BYTES and data[at:].isdigit():
                self._need = len(data) - at + 1
                return None
        there = data.find(b"\n", at)
        if there < 0 and len(data) - at <= self._most:
            return None
        if there < 0 or there - at > self._most:
            self.faults.append((f"longer than {self._most} bytes", data[at : at + 300]))
            self._dropping = there < 0
            return len(data) if there < 0 else there + 1
        if record := one_line(data[at:there]):
            records.append(record)
        return there + 1

    def _counted(self, data: bytes, counted: re.Match[bytes], records: list[bytes]) -> int | None:
        length, start = int(counted[1]), counted.end()
        if length > self._most:
            self.faults.append((f"{length} bytes announced, {self._most} allowed", data[start : start + 300]))
            if length > _MOST_SKIPPED:  # no count, more likely a line that begins with a number
                self._dropping = True
            else:
                self._skip = length
            return start
        if len(data) - start < length:
            self._need = len(counted[0]) + length
            return None
        if record := one_line(data[start : start + length]):
            records.append(record)
        return start + length

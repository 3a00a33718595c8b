"""How much of a file or feed is read, and the one way of turning untrusted JSON into values."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_CHUNK = 1 << 16
_STRUCTURE_RE = re.compile(rb'["{}\[\]]')
_STRING_RE = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes in bytes. `event_bytes` is one event's JSON; `file_bytes` a whole file of them."""

    event_bytes: int = 50_000_000
    file_bytes: int = 2_000_000_000
    manifest_bytes: int = 50_000_000
    events: int = 100_000
    attributes: int = 500_000
    depth: int = 40
    value: int = 4_000


class Unfit(Exception):
    """A piece that cannot be taken, with a short code for the count of what was left out."""


def values_of(data: bytes, bounds: Bounds) -> Any:
    """JSON as values. Raises: Unfit `too_large`, `too_deep`, `not_json`."""
    if len(data) > bounds.event_bytes:
        raise Unfit("too_large")
    depth = 0
    at = 0
    while (match := _STRUCTURE_RE.search(data, at)) is not None:
        at = match.end()
        sign = match.group()
        if sign == b'"':
            end = _STRING_RE.match(data, at)
            at = end.end() + 1 if end else len(data)
        else:
            depth += 1 if sign in b"{[" else -1
            if depth > bounds.depth:
                raise Unfit("too_deep")
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unfit("not_json") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def elements_of(stream: BinaryIO, bounds: Bounds) -> Iterator[bytes]:
    """The JSON objects of a file, one at a time in bounded memory: one object, a list of them, or one a line.

    Raises: Refused `misp.too_large`, `misp.too_deep`, `misp.not_json`.
    """
    yield from _Cutter(stream, bounds).cut()


class _Cutter:
    """Follows strings and brackets alone, and cuts out the objects at the top, or in the one list at the top."""

    def __init__(self, stream: BinaryIO, bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds
        self._level = 0  # the depth within an event's first bracket; 0: nothing was opened yet
        self._depth = 0
        self._piece: bytearray | None = None

    def cut(self) -> Iterator[bytes]:
        """Every object at the level of the events, as it closes."""
        inside = escaped = False
        read = found = 0
        while chunk := self._stream.read(_CHUNK):
            read += len(chunk)
            if read > self._bounds.file_bytes:
                raise _too_large()
            at = start = 0
            while at < len(chunk):
                if inside:
                    at, inside, escaped = _over_string(chunk, at, escaped)
                    continue
                match = _STRUCTURE_RE.search(chunk, at)
                if match is None:
                    break
                at, sign = match.end(), match.group()
                if sign == b'"':
                    inside = True
                elif sign in b"{[":
                    if self._opens(sign):
                        start = match.start()
                elif self._closes():
                    yield bytes((self._piece or bytearray()) + chunk[start:at])
                    self._piece, found = None, found + 1
                    if found > self._bounds.events:
                        raise _too_large()
            if self._piece is not None:
                self._piece += chunk[start:]
                if len(self._piece) > self._bounds.event_bytes:
                    raise _too_large()
        if self._depth or inside or self._level == 0:
            raise _not_json()

    def _opens(self, sign: bytes) -> bool:
        """Whether an event begins with this bracket."""
        self._depth += 1
        if self._depth > self._bounds.depth:
            raise Refused("misp.too_deep", N_("The file nests deeper than any event does."))
        if self._level == 0:
            self._level = 2 if sign == b"[" else 1
        if self._piece is None and sign == b"{" and self._depth == self._level:
            self._piece = bytearray()
            return True
        return False

    def _closes(self) -> bool:
        """Whether an event ends with this bracket."""
        self._depth -= 1
        if self._depth < 0:
            raise _not_json()
        return self._piece is not None and self._depth == self._level - 1


def _too_large() -> Refused:
    return Refused("misp.too_large", N_("The file is larger than is read."))


def _not_json() -> Refused:
    return Refused("misp.not_json", N_("The file holds no JSON of events."))


def _over_string(chunk: bytes, at: int, escaped: bool) -> tuple[int, bool, bool]:
    """Past a string, or to the chunk's end within it: (position, still inside, an escape is open)."""
    if escaped:
        at += 1
    while at < len(chunk):
        quote, slash = chunk.find(b'"', at), chunk.find(b"\\", at)
        if slash < 0 or (0 <= quote < slash):
            return (len(chunk), True, False) if quote < 0 else (quote + 1, False, False)
        if slash + 1 >= len(chunk):
            return len(chunk), True, True
        at = slash + 2
    return len(chunk), True, False

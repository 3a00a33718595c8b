"""Texts of which there are a million, looked up for thousands of values at once, without an object for any of them.

A text's hash is a polynomial in its bytes (mod 2^64): sums over a buffer give that of any stretch of it, so all parents
of all names of hosts cost one pass. A hash says where to look; texts themselves are compared before anything is found.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_HALF: Final = np.uint64(32)
_CHUNK: Final = 1 << 18
LONGEST: Final = 8192
"""In bytes; an indicator has 2,048 characters at most."""
_ROOM: Final = 16


class Powers:
    """Of the base and its inverse, up to the longest buffer so far."""

    def __init__(self) -> None:
        self._up = self._down = np.ones(1, np.uint64)

    def upto(self, size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """For exponents from 0 to `size`."""
        if len(self._up) <= size:
            made = []
            for base in (_BASE, _INVERSE):
                steps = np.full(size + 1, base, np.uint64)
                steps[0] = 1
                made.append(np.cumprod(steps))
            self._up, self._down = made
        return self._up, self._down


_POWERS: Final = Powers()


def hashes(data: NDArray[np.uint8], starts: Places, ends: Places) -> NDArray[np.uint64]:
    """The hash of each stretch `data[start:end]`; none is longer than `LONGEST`."""
    found = np.empty(len(starts), np.uint64)
    order = np.argsort(starts, kind="stable")
    begins = starts[order]
    at = 0
    while at < len(order):
        base = int(begins[at])
        to = int(np.searchsorted(begins, base + _CHUNK))
        ours = order[at:to]
        stretch = data[base : int(ends[ours].max())]
        found[ours] = _hashes(stretch, starts[ours] - base, ends[ours] - base)
        at = to
    return found


def _hashes(data: NDArray[np.uint8], starts: Places, ends: Places) -> NDArray[np.uint64]:
    up, down = _POWERS.upto(_CHUNK + LONGEST)
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * down[: len(data)], out=sums[1:])
    found: NDArray[np.uint64] = (sums[ends] - sums[starts]) * up[ends]
    found ^= found >> _HALF
    found *= _MIX
    found ^= found >> _HALF
    return found


def heads(data: NDArray[np.uint8], starts: Places, ends: Places) -> NDArray[np.uint64]:
    """A hash of the first sixteen bytes of each stretch, which has as many: enough for texts that are random."""
    if not len(starts):
        return np.zeros(0, np.uint64)
    words: NDArray[np.uint64] = np.ndarray((len(data) - 7,), "<u8", np.ascontiguousarray(data), 0, (1,))
    found: NDArray[np.uint64] = words[starts] * np.uint64(_BASE) ^ words[starts + 8]
    found *= _MIX
    found ^= found >> _HALF
    found *= _MIX
    return found


Hasher = Callable[[NDArray[np.uint8], Places, Places], NDArray[np.uint64]]


class Texts:
    """Texts by number, one behind the other in memory."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, text: bytes) -> None:
        """The next one."""
        self._data += text
        self._ends.append(len(self._data))

    def add_all(self, texts: pa.Array) -> None:
        """The next ones (strings without null)."""
        data, offsets = bytes_of(texts)
        ends = offsets[1:] + len(self._data)
        self._data += data.tobytes()
        self._ends.frombytes(ends.tobytes())

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._data[self._ends[number] : self._ends[number + 1]])

    def hashes_of(self, numbers: Places, hasher: Hasher) -> NDArray[np.uint64]:
        """Of these texts."""
        offsets = np.frombuffer(self._ends, np.int64)
        return hasher(np.frombuffer(self._data, np.uint8), offsets[numbers], offsets[numbers + 1])

    def strings(self, numbers: Places) -> pa.Array:
        """These texts."""
        return pa.array([self[number].decode() for number in numbers.tolist()], pa.string())


class Table:
    """The numbers of texts by their hashes."""

    def __init__(self, texts: Texts, numbers: Places, hasher: Hasher = hashes) -> None:
        self._texts, self._hasher = texts, hasher
        values = texts.hashes_of(numbers, hasher)
        order = np.argsort(values, kind="stable")
        self._hashes, self._numbers = values[order], numbers[order].astype(np.int32)
        bits = min(max((len(numbers) * _ROOM).bit_length(), 10), 24)
        self._shift = np.uint64(64 - bits)
        self._there = np.zeros(1 << bits, np.bool_)
        self._there[(values >> self._shift).astype(np.int64)] = True

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, data: NDArray[np.uint8], starts: Places, ends: Places) -> list[tuple[int, int]]:
        """Pairs of an index into the stretches and the number of a text that it is."""
        short = ends - starts <= LONGEST
        if not short.any() or not len(self):
            return []
        asked = np.zeros(len(starts), np.uint64)
        asked[short] = self._hasher(data, starts[short], ends[short])
        at = np.flatnonzero(self._there[(asked >> self._shift).astype(np.int64)] & short)
        first = np.searchsorted(self._hashes, asked[at], "left")
        last = np.searchsorted(self._hashes, asked[at], "right")
        hit = last > first
        found = []
        for index, begin, stop in zip(at[hit].tolist(), first[hit].tolist(), last[hit].tolist(), strict=True):
            text = data[starts[index] : ends[index]].tobytes()
            found += [(index, number) for number in self._numbers[begin:stop].tolist() if self._texts[number] == text]
        return found


def bytes_of(texts: pa.Array) -> tuple[NDArray[np.uint8], Places]:
    """The bytes of strings (without null), and where each begins; one more for the end of the last."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return np.zeros(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    whole = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(data, np.uint8)[whole[0] : whole[-1]], whole - whole[0]


def parents(data: NDArray[np.uint8], offsets: Places) -> tuple[Places, Places, Places]:
    """Of names of hosts, each with its parents of two labels and more: whose it is, its start and its end."""
    dots = np.flatnonzero(data == ord("."))
    owners = np.searchsorted(offsets, dots, "right") - 1
    last = np.append(owners[1:] != owners[:-1], True) if len(owners) else np.zeros(0, np.bool_)
    whose = np.concatenate((owners[last], owners[~last]))
    starts = np.concatenate((offsets[owners[last]], dots[~last] + 1))
    return whose, starts, offsets[whose + 1]


def runs(data: NDArray[np.uint8], allowed: NDArray[np.bool_], lengths: Sequence[int]) -> tuple[Places, Places]:
    """Stretches of allowed bytes, as long as they go, of these lengths."""
    inside = np.zeros(len(data) + 2, np.bool_)
    inside[1:-1] = allowed[data]
    starts = np.flatnonzero(np.greater(inside[1:], inside[:-1]))
    ends = np.flatnonzero(np.greater(inside[:-1], inside[1:]))
    fits = np.isin(ends - starts, lengths)
    return starts[fits], ends[fits]

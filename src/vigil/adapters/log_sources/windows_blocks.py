"""Windows events in lines of JSON, block by block: what `add_windows` would make of them, at a fraction of its cost."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from vigil.adapters.log_sources.blocks import Block, BlockReader, Group, cut
from vigil.adapters.log_sources.layouts import Layout, Places
from vigil.engines.detection.matching import More
from vigil.engines.detection.windows_events import windows_places

_MARK: Final = b'{"Event"'


@dataclass
class Cut:
    """Events of one layout, with a number for each; `more` makes fields that the batch has not."""

    batch: pa.RecordBatch
    numbers: Places
    more: More


@dataclass
class _Waiting:
    groups: list[Group] = field(default_factory=list)
    numbers: list[Places] = field(default_factory=list)


class Remembered:
    """What is learned of lines while they are read: layouts, and the fields that somebody asked for of each."""

    def __init__(self) -> None:
        self.reader = BlockReader(windows_places)
        self.asked: dict[Layout, set[str]] = {}


class WindowsBlocks:
    """Collects lines by layout until they are taken.

    `wanted`: names to keep (lower case; None: all). `first`: those of them that become columns at once (None: all);
    what somebody asked for of a layout is made at once the next time. `remembered`: from reading the same with the same
    `wanted` and `first` before.
    """

    def __init__(
        self,
        wanted: frozenset[str] | None,
        first: frozenset[str] | None = None,
        *,
        empty_is_missing: bool = True,
        remembered: Remembered | None = None,
    ) -> None:
        self._keep: Callable[[str], bool] = (lambda name: True) if wanted is None else wanted.__contains__
        self._first = first
        self._remembered = remembered or Remembered()
        self._empty_is_missing = empty_is_missing
        self._waiting: dict[Layout, _Waiting] = {}
        self.waiting = 0

    @staticmethod
    def are_in(head: bytes) -> bool:
        """Whether a stretch of lines looks as if it had such events."""
        return _MARK in head

    def read(self, data: bytes) -> Block:
        """The lines of a block, told apart; `add` takes the groups."""
        return self._remembered.reader.read(data)

    def add(self, group: Group, numbers: Places) -> None:
        """Lines of one layout, with a number for each."""
        waiting = self._waiting.setdefault(group.layout, _Waiting())
        waiting.groups.append(group)
        waiting.numbers.append(numbers)
        self.waiting += len(group.lines)

    def taken(self) -> Iterator[Cut]:
        """What was collected; empties the collection."""
        waiting, self._waiting, self.waiting = self._waiting, {}, 0
        for layout, one in waiting.items():
            lines = one.groups[0].lines if len(one.groups) == 1 else b"".join(group.lines for group in one.groups)
            breaks = any(group.breaks for group in one.groups)
            numbers = one.numbers[0] if len(one.numbers) == 1 else np.concatenate(one.numbers)
            more = _Lines(layout, lines, breaks, self._keep, self._empty_is_missing)
            keep = self._keep
            if self._first is not None:
                more.asked = self._remembered.asked.setdefault(layout, set(self._first & more.names))
                keep = more.asked.__contains__
            yield Cut(more.columns(keep, lines), numbers, more)


@dataclass
class _Lines:
    """The lines that a batch was made of."""

    layout: Layout
    lines: bytes | pa.Buffer
    breaks: bool
    keep: Callable[[str], bool]
    empty_is_missing: bool
    asked: set[str] = field(default_factory=set)
    _ends: Places | None = None

    @cached_property
    def names(self) -> frozenset[str]:
        """Of the fields that are wanted."""
        return frozenset(cell.name for cell in self.layout.cells if self.keep(cell.name))

    def fields(self, names: frozenset[str] | None) -> pa.RecordBatch:
        """All rows with these fields, or with every one."""
        if names is None:
            return self.columns(self.keep, self.lines)
        self.asked |= names
        return self.columns(names.__contains__, self.lines)

    def __call__(self, rows: Sequence[int]) -> pa.RecordBatch:
        """These rows with every field."""
        return self.columns(self.keep, self._some(rows))

    def columns(self, keep: Callable[[str], bool], lines: bytes | pa.Buffer) -> pa.RecordBatch:
        """The fields to keep; the first where none is to be kept, for an event is an event still."""
        names = [cell.name for cell in self.layout.cells]
        if not any(map(keep, names)):
            keep = names[0].__eq__
        made, arrays = cut(self.layout, lines, keep, breaks=self.breaks, empty_is_missing=self.empty_is_missing)
        return pa.RecordBatch.from_arrays(arrays, names=made)

    def _some(self, rows: Sequence[int]) -> bytes:
        if self._ends is None:
            self._ends = np.flatnonzero(np.frombuffer(self.lines, np.uint8) == 0x0A)
        whole = memoryview(self.lines)
        begins = [int(self._ends[row - 1]) + 1 if row else 0 for row in rows]
        stops = [int(self._ends[row]) + 1 for row in rows]
        return b"".join(whole[begin:stop] for begin, stop in zip(begins, stops, strict=True))


__all__ = ["Cut", "More", "Remembered", "WindowsBlocks"]

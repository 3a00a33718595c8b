"""Blocks of lines of JSON to columns without an object for each value: what most lines of a log of machines allow.

Lines with the same keys (`layouts`) are cut at their quotes by Arrow's reader of CSV, which undoes the escapes on the
way. A line that is not of such a layout, or has in it what only a parser of JSON should judge (bytes that are no text,
escapes other than of one character), is left to who reads line by line, so that both ways give the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from numpy.typing import NDArray

from vigil.adapters.log_sources.layouts import Cell, Layout, Named, Places, layout_of

_FEW: Final = 24
"""Fewer lines of a layout in a block are not worth its while."""
_TRIES: Final = 3
_MOST_LAYOUTS: Final = 2000
_BREAK, _QUOTE, _ESCAPE, _BRACE = 0x0A, 0x22, 0x5C, 0x7B
_LINE, _RETURN = b"\x01", b"\x02"
"""Stand for line breaks within values while lines are cut; a block's own control characters never come so far."""
_JUDGED, _AS_IT_IS = 0, 255
_LONGEST_RUN: Final = 32
_CUT: Final = 1 << 22
BEHIND: Final = b"\n" * 9
"""Eight bytes are read wherever a value begins: a line that ends so near to the end of a block is left."""


def _table() -> NDArray[np.uint8]:
    table = np.full(256, _JUDGED, np.uint8)
    for letter, byte in ((b"b", 8), (b"f", 12), (b"t", 9), (b"n", _LINE[0]), (b"r", _RETURN[0])):
        table[letter[0]] = byte
    table[[_QUOTE, ord("/")]] = _AS_IT_IS
    return table


_AFTER_ESCAPE: Final = _table()


@dataclass
class Group:
    """Lines of one layout: their bytes, one a line, ready to be cut, and their numbers in the block."""

    layout: Layout
    lines: pa.Buffer
    numbers: Places
    breaks: bool


@dataclass
class Block:
    """`groups`, and the numbers of the lines that are `left`. Line n is `data[starts[n]:ends[n]]`."""

    starts: Places
    ends: Places
    groups: list[Group] = field(default_factory=list)
    left: Places = field(default_factory=lambda: np.zeros(0, np.int64))


class BlockReader:
    """Tells layouts apart, and remembers them. `named`: see `layout_of`."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._known: dict[int, list[Layout]] = defaultdict(list)

    def read(self, data: bytes) -> Block:
        """The lines of a block, whose last ends with a line break; better with `BEHIND` behind it."""
        raw = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(raw == _BREAK)
        starts = np.concatenate(([0], ends[:-1] + 1))
        block = Block(starts, ends)
        if len(data) < 8 or not _is_text(data):
            block.left = np.arange(len(ends))
            return block
        fit = (raw[starts] == _BRACE) & (ends < len(data) - 8)
        if np.count_nonzero(raw < 32) != len(ends):
            fit[np.searchsorted(ends, np.flatnonzero((raw < 32) & (raw != _BREAK)))] = False
        quotes = raw == _QUOTE
        cut, breaks = self._unescaped(raw, quotes, ends, fit)
        at = np.flatnonzero(quotes)
        first = np.searchsorted(at, starts)
        many = np.diff(first, append=len(at))
        fit &= (many > 0) & (many % 2 == 0)
        words: NDArray[np.uint64] = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
        left = ~fit
        lines = pa.BinaryArray.from_buffers(
            pa.binary(),
            len(ends),
            [None, pa.py_buffer(np.append(starts, len(data)).astype(np.int32)), pa.py_buffer(cut)],
        )
        order = np.flatnonzero(fit)
        order = order[np.argsort(many[order], kind="stable")]
        edges = [*np.flatnonzero(np.diff(many[order], prepend=-1)).tolist(), len(order)]
        for start, stop in pairwise(edges):
            numbers = order[start:stop]
            if stop - start < _FEW:
                left[numbers] = True
                continue
            count = int(many[numbers[0]])
            lines_of = _Lines(starts[numbers], ends[numbers], first[numbers], at, count)
            for layout, rows in self._told_apart(data, lines_of, words):
                if layout is None:
                    left[numbers[rows]] = True
                else:
                    ours = np.sort(numbers[rows])
                    taken = lines.take(pa.array(ours)).buffers()[2]
                    block.groups.append(Group(layout, taken, ours, bool(breaks[ours].any())))
        block.left = np.flatnonzero(left)
        return block

    def _unescaped(
        self, raw: NDArray[np.uint8], quotes: NDArray[np.bool_], ends: Places, fit: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The bytes to cut, and which lines have escaped line breaks; takes escaped quotes out of `quotes`."""
        breaks = np.zeros(len(ends), np.bool_)
        escapes = raw == _ESCAPE
        odd = self._odd(raw, np.flatnonzero(np.greater(escapes[:-1], escapes[1:])), ends, fit)
        if not len(odd):
            return raw, breaks
        after = raw[odd + 1]
        quotes[odd[after == _QUOTE] + 1] = False
        becomes = _AFTER_ESCAPE[after]
        if (judged := odd[becomes == _JUDGED]).size:
            fit[np.searchsorted(ends, judged)] = False
        changed = becomes != _AS_IT_IS
        changed &= becomes != _JUDGED
        if not changed.any():
            return raw, breaks
        cut = raw.copy()
        cut[odd[changed] + 1] = becomes[changed]
        breaks[np.searchsorted(ends, odd[changed])] = True
        return cut, breaks

    @staticmethod
    def _odd(raw: NDArray[np.uint8], last: Places, ends: Places, fit: NDArray[np.bool_]) -> Places:
        """Of backslashes that end a run of them those that escape what follows: those of runs of odd length."""
        found = []
        for length in range(1, _LONGEST_RUN + 1):
            goes_on = raw[last - length] == _ESCAPE
            if length % 2:
                found.append(last[~goes_on])
            last = last[goes_on]
            if not len(last):
                break
        fit[np.searchsorted(ends, last)] = False
        return np.sort(np.concatenate(found)) if len(found) > 1 else found[0]

    def _told_apart(
        self, data: bytes, lines: "_Lines", words: NDArray[np.uint64]
    ) -> list[tuple[Layout | None, Places]]:
        known = self._known[lines.quotes]
        found: list[tuple[Layout | None, Places]] = []
        rows = np.arange(len(lines.starts))
        for layout in known:
            if not len(rows):
                return found
            rows = self._take(layout, lines, words, rows, found)
        tries = _TRIES
        while len(rows) >= _FEW and tries and len(known) < _MOST_LAYOUTS:
            made = layout_of(data[int(lines.starts[rows[0]]) : int(lines.ends[rows[0]])], self._named)
            before = len(rows)
            if made is not None and made.quotes == lines.quotes:
                rows = self._take(made, lines, words, rows, found)
            if len(rows) < before and made is not None:
                known.append(made)
            else:  # it has no layout, or a value that only a parser should judge
                found.append((None, rows[:1]))
                rows, tries = rows[1:], tries - 1
        if len(rows):
            found.append((None, rows))
        return found

    @staticmethod
    def _take(
        layout: Layout,
        lines: "_Lines",
        words: NDArray[np.uint64],
        rows: Places,
        found: list[tuple[Layout | None, Places]],
    ) -> Places:
        held = layout.holds(lines.anchors(layout.used, rows), words)
        if held.any():
            found.append((layout, rows[held]))
        return rows[~held]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines with as many quotes. `first`: of each line the index of its first quote in `at`, where all quotes stand."""

    starts: Places
    ends: Places
    first: Places
    at: Places
    quotes: int

    def anchors(self, used: Places, rows: Places) -> Places:
        """Of these lines (a column each) the anchors that are used; the first and the last are always."""
        found: Places = np.empty((len(used), len(rows)), np.int64)
        first = self.first if len(rows) == len(self.first) else self.first[rows]
        found[1:-1] = self.at[first + (used[1:-1, None] - 1)]
        found[0] = self.starts[rows]
        found[-1] = self.ends[rows]
        return found


def _is_text(data: bytes) -> bool:
    whole = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)], np.int32)), pa.py_buffer(data))
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def cut(
    layout: Layout,
    lines: bytes | pa.Buffer,
    keep: Callable[[str], bool],
    *,
    breaks: bool,
    empty_is_missing: bool,
) -> tuple[list[str], list[pa.Array]]:
    """The fields to keep, and their columns."""
    cells = [cell for cell in layout.cells if keep(cell.name)]
    pieces = [str(number) for number in range(layout.quotes + 1)]
    wanted = list(dict.fromkeys(str(cell.piece) for cell in cells))
    if not wanted:
        return [], []
    table = pcsv.read_csv(
        pa.BufferReader(lines),
        read_options=pcsv.ReadOptions(use_threads=False, column_names=pieces, block_size=_CUT),
        parse_options=pcsv.ParseOptions(delimiter='"', quote_char=False, escape_char="\\"),
        convert_options=pcsv.ConvertOptions(
            check_utf8=False,
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, pa.string()),
            null_values=[""] if empty_is_missing else [],
            strings_can_be_null=empty_is_missing,
        ),
    )
    return [cell.name for cell in cells], [_value(table[str(cell.piece)], cell, breaks) for cell in cells]


def _value(column: pa.ChunkedArray, cell: Cell, breaks: bool) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if not cell.is_text:
        array = pc.binary_slice(array.cast(pa.binary()), cell.before, -cell.behind or None).cast(pa.string())
        missing = pc.equal(array, "null")
        return pc.if_else(missing, pa.scalar(None, pa.string()), array) if pc.any(missing).as_py() else array
    if breaks:
        for stands, is_ in ((_LINE, "\n"), (_RETURN, "\r")):
            if pc.any(pc.match_substring(array, stands.decode())).as_py():
                array = pc.replace_substring(array, stands.decode(), is_)
    return array


__all__ = ["Block", "BlockReader", "Collection", "Group", "cut"]

"""From words to lines in reading order: rows, columns, the two-column head and foot of a dispatch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from vigil.adapters.documents.letterhead import folded, is_head_or_foot
from vigil.adapters.documents.pdf.glyphs import Word

_GAP = 1.5
"""Words further apart than so many heights, with nothing written between, belong to two columns."""

Segment = list[Word]


@dataclass(frozen=True, slots=True)
class Line:
    """One line to be read: its words, left to right, and whether a blank line goes before it."""

    words: tuple[Word, ...]
    gap_before: bool = False


@dataclass(slots=True)
class _Row:
    segments: list[Segment]
    top: float
    bottom: float
    baseline: float


def lines_of(words: Sequence[Word]) -> list[Line]:
    """The lines of a page in reading order."""
    rows = _rows(words)
    leading = median([b.baseline - a.baseline for a, b in pairwise(rows)] or [12.0])
    lines: list[Line] = []
    at = 0
    while at < len(rows):
        end, columns = _column_block(rows, at)
        if columns is not None:
            for column in columns:
                lines += [Line(tuple(segment), place == 0 and bool(lines)) for place, segment in enumerate(column)]
        else:
            gap = at > 0 and rows[at].baseline - rows[at - 1].baseline > 1.45 * leading
            lines.append(Line(tuple(word for segment in rows[at].segments for word in segment), gap))
        at = end
    return lines


def starts_column(previous: Word, word: Word) -> bool:
    """Whether `word` stands so far right of `previous` that a column begins with it."""
    return word.blanks < 2 and word.left - previous.right > _GAP * max(previous.height, word.height) * 0.8


def _rows(words: Sequence[Word]) -> list[_Row]:
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda one: (one.baseline, one.left)):
        last = rows[-1] if rows else None
        if last is not None and word.baseline - last[0].baseline < 0.45 * min(word.height, last[0].height):
            last.append(word)
        else:
            rows.append([word])
    return [_row(sorted(row, key=lambda one: one.left)) for row in rows]


def _row(words: list[Word]) -> _Row:
    segments = [[words[0]]]
    for previous, word in pairwise(words):
        if starts_column(previous, word):
            segments.append([word])
        else:
            segments[-1].append(word)
    return _Row(
        segments,
        min(word.top for word in words),
        max(word.bottom for word in words),
        median(word.baseline for word in words),
    )


def _column_block(rows: Sequence[_Row], at: int) -> tuple[int, list[list[Segment]] | None]:
    """(end, columns) of the two-column block that begins at a row; (at + 1, None) where none does."""
    first = _first_split(rows, at)
    if first is None:
        return at + 1, None
    gutter = (rows[first].segments[0][-1].right, rows[first].segments[1][0].left)
    if _said(rows[first]).startswith("noi nhan") and any(row.segments[0][0].left < gutter[0] for row in rows[at:first]):
        return at + 1, None  # the body's last short lines stand above the recipients, and are none of them
    end = at
    while end < len(rows):
        narrowed = _narrowed(gutter, rows[end])
        if narrowed is None or (end > at and _is_new_block(rows[end - 1], rows[end])):
            break
        gutter = narrowed
        end += 1
    if end <= first:
        return at + 1, None
    columns: list[list[Segment]] = [[], []]
    for row in rows[at:end]:
        for segment in row.segments:
            columns[0 if segment[-1].right <= gutter[1] - 0.1 else 1].append(segment)
    flat = " ".join(word.text for column in columns for segment in column for word in segment)
    if all(columns) and (is_head_or_foot(flat) or _is_newspaper(rows[at:end], columns)):
        return end, columns
    return at + 1, None


def _first_split(rows: Sequence[_Row], at: int) -> int | None:
    """The first of the next rows that has two columns; rows before it may hold one column only."""
    for place in range(at, min(at + 3, len(rows))):
        if len(rows[place].segments) == 2:
            return place
    return None


def _narrowed(gutter: tuple[float, float], row: _Row) -> tuple[float, float] | None:
    """The free strip between the columns once `row` is counted in; None when the row crosses it."""
    left, right = gutter
    if len(row.segments) > 2:
        return None
    for place, segment in enumerate(row.segments):
        is_left = segment[0].left < left if len(row.segments) == 1 else place == 0
        if is_left:
            left = max(left, segment[-1].right)
        else:
            right = min(right, segment[0].left)
    return (left, right) if right - left > -1.0 else None


def _said(row: _Row) -> str:
    return folded(" ".join(word.text for segment in row.segments for word in segment))


def _is_new_block(before: _Row, row: _Row) -> bool:
    return _said(row).startswith("kinh gui") or row.top - before.bottom > 8 * (row.bottom - row.top)


def _is_newspaper(rows: Sequence[_Row], columns: Sequence[Sequence[Segment]]) -> bool:
    """Long text in two columns of about the same width, not a table."""
    both = sum(1 for row in rows if len(row.segments) == 2)
    widths = [median(segment[-1].right - segment[0].left for segment in column) for column in columns]
    return both >= 12 and both > 0.8 * len(rows) and min(widths) > 170 and max(widths) < 1.3 * min(widths)

"""Which font a character has, which list a paragraph is in: the formatted pages of a .doc.

Source: [MS-DOC] 2.8.5 (PlcBteChpx), 2.9.33 (ChpxFkp), 2.8.6 (PlcBtePapx), 2.9.177 (PapxFkp), 2.4.6.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from vigil.adapters.documents import refusals
from vigil.adapters.documents.doc import sprms as codes
from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.doc.sprms import sprms

_CHARACTER_PAGES, _PARAGRAPH_PAGES = 0xFA, 0x102
_PAGE = 512
_MOST_PAGES = 100_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Letters:
    """What a stretch of characters has of its own: None where its style decides."""

    font: int | None = None
    deleted: bool = False
    hidden: bool = False
    capitals: bool | None = None

    def changed(self, group: bytes) -> "Letters":
        """The same with a group of modifiers applied."""
        result = self
        for opcode, value in sprms(group):
            if opcode == codes.FONT:
                result = replace(result, font=value)
            elif opcode == codes.DELETED:
                result = replace(result, deleted=value == 1)
            elif opcode == codes.HIDDEN:
                result = replace(result, hidden=value == 1)
            elif opcode == codes.CAPITALS:
                result = replace(result, capitals=value == 1)
        return result


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a paragraph has: its style, its list (1-based; 0 none; None: its style decides), table marks."""

    style: int = 0
    list_number: int | None = None
    level: int | None = None
    in_table: bool = False
    row_end: bool = False

    def changed(self, group: bytes) -> "Paragraph":
        """The same with a group of modifiers applied."""
        result = self
        for opcode, value in sprms(group):
            if opcode == codes.LIST:
                result = replace(result, list_number=value)
            elif opcode == codes.LIST_LEVEL:
                result = replace(result, level=value)
            elif opcode == codes.IN_TABLE:
                result = replace(result, in_table=value == 1)
            elif opcode == codes.ROW_END:
                result = replace(result, row_end=value == 1)
        return result


class Ranges(Generic[T]):
    """Values over ranges of file offsets."""

    def __init__(self, rows: list[tuple[int, int, T]], otherwise: T) -> None:
        self._rows = sorted(rows, key=lambda row: row[0])
        self._starts = [row[0] for row in self._rows]
        self._otherwise = otherwise

    def at(self, offset: int) -> tuple[T, int]:
        """(value, end) of the range that holds `offset`; past the last range the end is far away."""
        place = bisect_right(self._starts, offset) - 1
        if place >= 0 and offset < self._rows[place][1]:
            return self._rows[place][2], self._rows[place][1]
        following = self._starts[place + 1] if place + 1 < len(self._starts) else 1 << 40
        return self._otherwise, following


def letters(main: Stream, table: Stream) -> Ranges[Letters]:
    """The character properties by file offset."""
    return _ranges(main, table, _CHARACTER_PAGES, 1, _letters_at, Letters())


def paragraphs(main: Stream, table: Stream) -> Ranges[Paragraph]:
    """The paragraph properties by file offset."""
    return _ranges(main, table, _PARAGRAPH_PAGES, 13, _paragraph_at, Paragraph())


def _ranges(
    main: Stream, table: Stream, where: int, width: int, read: Callable[[Stream, int], T], otherwise: T
) -> Ranges[T]:
    plc = Stream(table.part(main.u32(where), main.u32(where + 4)))
    count = (len(plc) - 4) // 8
    if count > _MOST_PAGES:
        raise refusals.damaged()
    rows: list[tuple[int, int, T]] = []
    for place in range(max(count, 0)):
        number = plc.u32(4 * (count + 1) + 4 * place) & 0x3F_FFFF
        rows += _page(Stream(main.part(number * _PAGE, _PAGE)), width, read)
    return Ranges(rows, otherwise)


def _page(page: Stream, width: int, read: Callable[[Stream, int], T]) -> list[tuple[int, int, T]]:
    count = page.u8(_PAGE - 1)
    rows = []
    for place in range(count):
        start, end = page.u32(4 * place), page.u32(4 * place + 4)
        offset = page.u8(4 * (count + 1) + width * place) * 2
        rows.append((start, end, read(page, offset)))
    return rows


def _letters_at(page: Stream, offset: int) -> Letters:
    if offset == 0:
        return Letters()
    return Letters().changed(page.part(offset + 1, page.u8(offset)))


def _paragraph_at(page: Stream, offset: int) -> Paragraph:
    if offset == 0:
        return Paragraph()
    size = page.u8(offset)
    start, length = (offset + 1, 2 * size - 1) if size else (offset + 2, 2 * page.u8(offset + 1))
    if length < 2:
        return Paragraph()
    return Paragraph(style=page.u16(start)).changed(page.part(start + 2, length - 2))

"""One story of a .doc (its text, its headers, its text boxes) as lines: fields, tables, numbers, fonts.

Source: [MS-DOC] 2.4.1 (text), 2.4.3 (cells), 2.8.25 (fields), 2.4.6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.doc.pieces import Piece
from vigil.adapters.documents.doc.properties import Letters, Paragraph, Ranges
from vigil.adapters.documents.doc.styles import Styles
from vigil.adapters.documents.encodings import Fragment, by_fonts
from vigil.adapters.documents.lists import Lists
from vigil.adapters.documents.tables import laid_out

_FIELD_START, _FIELD_MIDDLE, _FIELD_END = "\x13", "\x14", "\x15"
_ENDS = re.compile("[\r\x07\x0c]")
_TO_TEXT = str.maketrans(
    {"\x0b": "\n", "\x1e": "-", "\x1f": None, "\x01": None, "\x02": None, "\x03": None, "\x04": None,
     "\x05": None, "\x08": None}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formats:
    """What is known of the characters and paragraphs of the file."""

    letters: Ranges[Letters]
    paragraphs: Ranges[Paragraph]
    styles: Styles
    lists: Lists


@dataclass(slots=True)
class _Table:
    rows: list[list[list[str]]] = field(default_factory=list)
    row: list[list[str]] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)


class Story:
    """Walks a range of characters once; `encodings` says afterwards what they were decoded from."""

    def __init__(self, main: Stream, formats: Formats) -> None:
        self._main = main
        self._formats = formats
        self._table = _Table()
        self._depth = 0
        self._codes: list[bool] = []
        self.encodings: set[str] = set()

    def lines(self, pieces: list[Piece], start: int, end: int) -> list[str]:
        """The lines of the characters from `start` to `end`."""
        lines: list[str] = []
        fragments: list[Fragment] = []
        for text, offset, width in _stretches(pieces, self._main, start, end):
            at = 0
            for match in _ENDS.finditer(text):
                fragments += self._fragments(text[at : match.end()], offset + at * width, width)
                lines += self._paragraph(fragments, match.group(), offset + match.start() * width)
                fragments, at = [], match.end()
            fragments += self._fragments(text[at:], offset + at * width, width)
        lines += self._paragraph(fragments, "\r", -1)
        return lines + self._end_table()

    def _fragments(self, text: str, offset: int, width: int) -> Iterator[Fragment]:
        """Stretches of one font, with deleted and hidden characters and the codes of fields left out."""
        at = 0
        styles = self._formats.styles
        paragraph, _end = self._formats.paragraphs.at(offset)
        while at < len(text):
            letters, end = self._formats.letters.at(offset + at * width)
            upto = min(len(text), max(at + 1, (end - offset + width - 1) // width))
            shown = self._without_codes(text[at:upto])
            if not letters.deleted and not letters.hidden:
                shown = shown.upper() if styles.capitals(paragraph, letters) else shown
                yield Fragment(shown, styles.font_name(paragraph, letters))
            at = upto

    def _without_codes(self, text: str) -> str:
        """A field is shown by its result: between its middle and end marks."""
        if not self._codes and _FIELD_START not in text:
            return text
        shown = []
        for char in text:
            if char == _FIELD_START:
                self._codes.append(True)
            elif char == _FIELD_MIDDLE and self._codes:
                self._codes[-1] = False
            elif char == _FIELD_END and self._codes:
                self._codes.pop()
            elif not any(self._codes) or char in "\r\x07":
                shown.append(char)
        del self._codes[64:]
        return "".join(shown)

    def _paragraph(self, fragments: list[Fragment], mark: str, offset: int) -> list[str]:
        bare = [Fragment(_ENDS.sub("", one.text).translate(_TO_TEXT), one.font) for one in fragments]
        text, encoding = by_fonts(bare)
        self.encodings.add(encoding)
        paragraph, _end = self._formats.paragraphs.at(offset) if offset >= 0 else (Paragraph(), 0)
        if text.strip():
            number, level = self._formats.styles.list_of(paragraph)
            text = self._formats.lists.next_label(str(number), level) + text
        found = text.split("\n")
        if mark == "\x07" or paragraph.in_table:
            self._in_table(found, mark, is_row_end=paragraph.row_end)
            return []
        return [*self._end_table(), *found]

    def _in_table(self, found: list[str], mark: str, *, is_row_end: bool) -> None:
        table = self._table
        if is_row_end:
            table.rows.append(table.row)
            table.row, table.cell = [], []
            return
        table.cell += found
        if mark == "\x07":
            table.row.append(table.cell)
            table.cell = []

    def _end_table(self) -> list[str]:
        table, self._table = self._table, _Table()
        if table.cell:
            table.row.append(table.cell)
        if table.row:
            table.rows.append(table.row)
        return laid_out(table.rows) if table.rows else []


def _stretches(pieces: list[Piece], main: Stream, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """(characters, offset in the file, bytes per character) of the pieces between two positions."""
    for piece in pieces:
        first, last = max(piece.start, start), min(piece.end, end)
        if first < last:
            offset = piece.offset + (first - piece.start) * piece.width
            yield Piece(first, last, offset, piece.width).text(main), offset, piece.width

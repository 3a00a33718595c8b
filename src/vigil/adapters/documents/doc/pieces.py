"""The pieces of a .doc's text: where each stretch of characters lies in the file.

Source: [MS-DOC] 2.4.1 (retrieving text), 2.5.4 (FibRgLw97), 2.9.38 (Clx), 2.8.35 (PlcPcd), 2.9.73 (FcCompressed).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vigil.adapters.documents import refusals
from vigil.adapters.documents.doc.binary import Stream

_COUNTS = 0x4C
"""Where the FIB counts characters: text, footnotes, headers, macros, comments, endnotes, boxes, header boxes."""
_CLX = 0x01A2
_MOST_PIECES = 200_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters `start` to `end` of the document; `offset` in the main stream; one or two bytes each."""

    start: int
    end: int
    offset: int
    width: int

    def text(self, main: Stream) -> str:
        """The characters. One-byte ones are those of Windows-1252 ([MS-DOC] 2.9.73)."""
        raw = main.part(self.offset, (self.end - self.start) * self.width)
        if self.width == 2:
            return raw.decode("utf-16-le", errors="surrogatepass")
        return raw.decode("cp1252", errors="replace").replace("\ufffd", " ")


@dataclass(frozen=True, slots=True)
class Stories:
    """How many characters each part of the document has, in the order in which they follow each other."""

    text: int
    footnotes: int
    headers: int
    macros: int
    comments: int
    endnotes: int
    boxes: int
    header_boxes: int

    def range_of(self, story: str) -> tuple[int, int]:
        """(start, end) of a story, in characters."""
        start = 0
        for name in self.__slots__:
            length = int(getattr(self, name))
            if name == story:
                return start, start + length
            start += length
        raise KeyError(story)


def stories(main: Stream) -> Stories:
    """The parts of the document. Source: [MS-DOC] 2.5.4."""
    return Stories(*(max(0, main.number(_COUNTS + 4 * place, 4, signed=True)) for place in range(8)))


def pieces(main: Stream, table: Stream) -> list[Piece]:
    """The piece table. Raises Refused `document.damaged`."""
    start, length = main.u32(_CLX), main.u32(_CLX + 4)
    clx = Stream(table.part(start, length))
    at = 0
    while at < len(clx) and clx.u8(at) == 1:  # Prc: changes of properties kept by a fast save
        at += 3 + clx.u16(at + 1)
    if at >= len(clx) or clx.u8(at) != 2:
        raise refusals.damaged()
    plc = Stream(clx.part(at + 5, clx.u32(at + 1)))
    count = (len(plc) - 4) // 12
    if not 0 < count <= _MOST_PIECES:
        raise refusals.damaged()
    return list(_pieces(plc, count, len(main)))


def _pieces(plc: Stream, count: int, size: int) -> Iterator[Piece]:
    last = 0
    for place in range(count):
        start, end = plc.u32(4 * place), plc.u32(4 * place + 4)
        raw = plc.u32(4 * (count + 1) + 8 * place + 2)
        width = 1 if raw & 0x4000_0000 else 2
        offset = (raw & 0x3FFF_FFFF) // (2 if width == 1 else 1)
        if start != last or end < start or offset + (end - start) * width > size:
            raise refusals.damaged()
        last = end
        yield Piece(start, end, offset, width)

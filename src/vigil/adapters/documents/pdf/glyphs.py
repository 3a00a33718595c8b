"""The words of a page as pdfium sees its characters.

Coordinates are points from the upright page's left and top edge.
Source: ISO 32000-1 section 9.4.4 (text space).
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vigil.adapters.documents.cleaning import visible

_UNMAPPED = frozenset((0, 0xFFFD, 0xFFFE, 0xFFFF))


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a space between; `blanks` real spaces stood before it; `baseline` from the top."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    blanks: int = 0
    font: str = ""

    @property
    def height(self) -> float:
        """From top to bottom, in points; never zero."""
        return max(self.bottom - self.top, 1.0)

    def says(self, text: str) -> "Word":
        """The same word with other letters."""
        return replace(self, text=text)


@dataclass(slots=True)
class _Pen:
    """The word being gathered."""

    chars: list[str]
    first: int
    box: list[float]
    blanks: int


def words_of(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage, *, with_fonts: bool = False) -> list[Word]:
    """The words of a page in the order of its content, upright."""
    turn = _Turn(page)
    words = []
    for pen in _gathered(textpage.raw):
        text = visible("".join(pen.chars))
        if text:
            font = _font(textpage.raw, pen.first) if with_fonts else ""
            words.append(turn.word(text, pen, _baseline(textpage.raw, pen), font))
    return words


def _gathered(raw: c.FPDF_TEXTPAGE) -> Iterator[_Pen]:
    rect = c.FS_RECTF()
    at = ctypes.byref(rect)
    pen: _Pen | None = None
    blanks = 0
    for index in range(c.FPDFText_CountChars(raw)):
        code = c.FPDFText_GetUnicode(raw, index)
        if code <= 32 or code in (0xA0, 0xFFFE) or 0x2000 <= code <= 0x200A:
            if pen is not None:
                yield pen
                pen, blanks = None, 0
            if c.FPDFText_IsGenerated(raw, index) != 1:
                blanks += 1
            continue
        if not c.FPDFText_GetLooseCharBox(raw, index, at):
            continue
        if pen is not None and _apart(pen.box, rect):
            yield pen
            pen, blanks = None, 0
        if pen is None:
            pen = _Pen([], index, [rect.left, rect.bottom, rect.right, rect.top], blanks)
            blanks = 0
        pen.chars.append(chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd")
        _stretch(pen.box, rect)
    if pen is not None:
        yield pen


def _apart(box: list[float], rect: c.FS_RECTF) -> bool:
    """The next character stands elsewhere: far to the right, or on another line."""
    height = max(box[3] - box[1], 1.0)
    return bool(
        (rect.left - box[2] > height and rect.bottom < box[3] and rect.top > box[1])
        or rect.top < box[1]
        or rect.bottom > box[3]
    )


def _stretch(box: list[float], rect: c.FS_RECTF) -> None:
    box[0], box[1] = min(box[0], rect.left), min(box[1], rect.bottom)
    box[2], box[3] = max(box[2], rect.right), max(box[3], rect.top)


def _baseline(raw: c.FPDF_TEXTPAGE, pen: _Pen) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    if c.FPDFText_GetCharOrigin(raw, pen.first, ctypes.byref(x), ctypes.byref(y)):
        return x.value, y.value
    return pen.box[0], pen.box[1]


def _font(raw: c.FPDF_TEXTPAGE, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    c.FPDFText_GetFontInfo(raw, index, buffer, 128, ctypes.byref(flags))
    name = buffer.value.decode("utf-8", errors="replace")
    return name.split("+", 1)[1] if name[6:7] == "+" else name


def unmapped_share(textpage: pdfium.PdfTextPage) -> float:
    """The share (0 to 1) of a page's first characters that stand for no letter."""
    count = min(c.FPDFText_CountChars(textpage.raw), 2000)
    codes = [c.FPDFText_GetUnicode(textpage.raw, index) for index in range(count)]
    bad = sum(1 for code in codes if code in _UNMAPPED or 0xE000 <= code < 0xF000)
    return bad / count if count else 0.0


class _Turn:
    """From the page's own coordinates to an upright page seen from its top left corner."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._left, bottom, right, self._top = page.get_bbox()
        self._wide, self._high = right - self._left, self._top - bottom
        self._turns = page.get_rotation() // 90 % 4

    def _point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self._left, self._top - y
        if self._turns == 1:
            return self._high - y, x
        if self._turns == 2:
            return self._wide - x, self._high - y
        if self._turns == 3:
            return y, self._wide - x
        return x, y

    def word(self, text: str, pen: _Pen, origin: tuple[float, float], font: str) -> Word:
        x1, y1 = self._point(pen.box[0], pen.box[1])
        x2, y2 = self._point(pen.box[2], pen.box[3])
        _x, baseline = self._point(*origin)
        left, right = sorted((x1, x2))
        top, bottom = sorted((y1, y2))
        left, top, right, bottom = (round(edge, 1) for edge in (left, top, right, bottom))
        return Word(text, left, top, right, bottom, round(baseline, 1), pen.blanks, font)

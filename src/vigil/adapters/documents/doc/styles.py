"""Styles and font names of a .doc. Source: [MS-DOC] 2.9.271 (STSH), 2.9.258 (STD), 2.9.286 (SttbfFfn)."""

from dataclasses import dataclass, field

from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.doc.properties import Letters, Paragraph

_STYLES, _FONTS = 0xA2, 0x112
_MOST = 5000
_DEEPEST = 12
_NONE = 0xFFF


@dataclass(slots=True)
class Style:
    """What one style says itself, and the style that it is based on."""

    base: int = _NONE
    paragraph: Paragraph = field(default_factory=Paragraph)
    letters: Letters = field(default_factory=Letters)


class Styles:
    """Styles by number, and the fonts by number."""

    def __init__(self, main: Stream, table: Stream) -> None:
        self.fonts = _fonts(Stream(table.part(main.u32(_FONTS), main.u32(_FONTS + 4))))
        self._styles: dict[int, Style] = {}
        self._default_font = 0
        self._load(Stream(table.part(main.u32(_STYLES), main.u32(_STYLES + 4))))

    def _load(self, sheet: Stream) -> None:
        if len(sheet) < 2:
            return
        head = sheet.u16(0)
        count, base_size = sheet.u16(2), sheet.u16(4)
        if head >= 14:
            self._default_font = sheet.u16(2 + 12)
        at = 2 + head
        for number in range(min(count, _MOST)):
            if at + 2 > len(sheet):
                return
            size = sheet.u16(at)
            if size:
                self._styles[number] = _style(Stream(sheet.part(at + 2, size)), base_size)
            at += 2 + size + size % 2

    def font_name(self, paragraph: Paragraph, letters: Letters) -> str:
        """The font of characters: their own, or that of the paragraph's style."""
        number = letters.font
        for style in [] if number is not None else self._chain(paragraph.style):
            if style.letters.font is not None:
                number = style.letters.font
                break
        return self.fonts.get(self._default_font if number is None else number, "")

    def capitals(self, paragraph: Paragraph, letters: Letters) -> bool:
        """Whether small letters are shown as capitals."""
        said = [letters.capitals, *(style.letters.capitals for style in self._chain(paragraph.style))]
        return next((one for one in said if one is not None), False)

    def list_of(self, paragraph: Paragraph) -> tuple[int, int]:
        """(list number, level) of a paragraph, from itself or from its style; list 0 is none."""
        number, level = paragraph.list_number, paragraph.level
        for style in self._chain(paragraph.style):
            number = style.paragraph.list_number if number is None else number
            level = style.paragraph.level if level is None else level
        return number or 0, level or 0

    def _chain(self, number: int) -> list[Style]:
        chain: list[Style] = []
        while number in self._styles and len(chain) < _DEEPEST:
            chain.append(self._styles[number])
            number = self._styles[number].base
        return chain


def _style(std: Stream, base_size: int) -> Style:
    """One STD. Only paragraph styles (stk 1) matter here."""
    if len(std) < 10 or std.u16(2) & 0xF != 1:
        return Style()
    base = std.u16(2) >> 4
    at = base_size + 2 + 2 * std.u16(base_size) + 2
    paragraph_group, at = _upx(std, at)
    letters_group, _at = _upx(std, at)
    return Style(base, Paragraph().changed(paragraph_group[2:]), Letters().changed(letters_group))


def _upx(std: Stream, at: int) -> tuple[bytes, int]:
    at += at % 2
    if at + 2 > len(std):
        return b"", at
    size = min(std.u16(at), len(std) - at - 2)
    return std.part(at + 2, size), at + 2 + size


def _fonts(table: Stream) -> dict[int, str]:
    """The names of the fonts. Each entry: its size, 39 bytes of facts, the name in UTF-16."""
    fonts: dict[int, str] = {}
    if len(table) < 4:
        return fonts
    at = 4
    for number in range(min(table.u16(0), _MOST)):
        if at >= len(table):
            break
        size = table.u8(at)
        raw = table.part(at + 1, min(size, len(table) - at - 1))[39:]
        fonts[number] = raw.decode("utf-16-le", errors="replace").split("\0", 1)[0]
        at += 1 + size
    return fonts

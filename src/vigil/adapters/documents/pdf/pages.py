"""Pages put together: their lines as one text, each word's place in it as a box."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Box, Page, PageMethod
from vigil.adapters.documents.pdf.glyphs import Word
from vigil.adapters.documents.pdf.rows import Line, lines_of, starts_column


@dataclass(slots=True)
class Pages:
    """Grows page by page; `text`, `pages` and `words` are what a Document needs."""

    limits: Limits
    pages: list[Page]
    words: list[Box]
    _pieces: list[str]
    _length: int = 0

    @classmethod
    def none(cls, limits: Limits) -> "Pages":
        """No page yet."""
        return cls(limits, [], [], [])

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    def add(
        self,
        words: Sequence[Word],
        number: int,
        size: tuple[float, float],
        method: PageMethod,
        stamps: Sequence[str] = (),
    ) -> None:
        """One page more; `stamps` go before its text, without boxes. Raises Refused `document.too_long`."""
        start = self._length
        for stamp in stamps:
            self._write(f"{stamp}\n")
        for line in lines_of(words):
            if not _is_page_number(line, number, size[1]):
                self._line(line, number, begins_page=self._length == start)
        self.pages.append(Page(number, start, self._length, *size, method=method))
        if self._length > self.limits.characters:
            raise refusals.too_much_text(self.limits.characters)

    def _line(self, line: Line, number: int, *, begins_page: bool) -> None:
        if line.gap_before and not begins_page:
            self._write("\n")
        for place, word in enumerate(line.words):
            if place:
                previous = line.words[place - 1]
                self._write("\t" if starts_column(previous, word) else " " * max(1, min(word.blanks, 40)))
            start = self._length
            self._write(word.text)
            self.words.append(Box(start, self._length, number, word.left, word.top, word.right, word.bottom))
        self._write("\n")

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)


def _is_page_number(line: Line, number: int, height: float) -> bool:
    """A page's own number in its upper or lower margin is not text: it would cut a sentence in two."""
    text = "".join(word.text for word in line.words).strip("-–— ")
    at = line.words[0].baseline
    return text == str(number) and not height * 0.1 < at < height * 0.9

"""The words of a page whose letters were set in an old Vietnamese font, turned into Unicode."""

from collections.abc import Sequence

from vigil.adapters.documents.encodings import Fragment, by_fonts, mended
from vigil.adapters.documents.encodings.choice import encoding_of_font
from vigil.adapters.documents.encodings.syllables import plausibility
from vigil.adapters.documents.pdf.glyphs import Word


def reads_badly(words: Sequence[Word]) -> bool:
    """Whether a page has marked words that are no Vietnamese, so that its fonts are worth a look."""
    _valid, invalid = plausibility(" ".join(word.text for word in words))
    return invalid > 0


def put_right(words: Sequence[Word]) -> tuple[list[Word], set[str]]:
    """(words, encodings) with old fonts read, by the fonts' names or else by what reads as Vietnamese."""
    encodings: set[str] = set()
    result = []
    named = any(encoding_of_font(word.font) != "unicode" for word in words)
    if named:
        for word in words:
            text, encoding = by_fonts([Fragment(word.text, word.font)])
            encodings.add(encoding)
            result.append(word.says(text))
        return result, encodings
    texts, found = mended(["\n".join(word.text for word in words)])
    parts = texts[0].split("\n")
    if len(parts) != len(words):
        return list(words), encodings
    return [word.says(part) for word, part in zip(words, parts, strict=True)], set(found)

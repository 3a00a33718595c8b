"""The text as given, and the same text in a form that can be matched.

A dispatch arrives composed or decomposed, with old or new tone placement (hoà, hòa), with dashes, spaces and line ends
of many kinds. Matching needs one form; a page that highlights what was read needs offsets into the text as given.
`SourceText` holds both: `shown` (composed, the author's spelling), `match` and `low` (folded, same length as `shown`),
and the way back from an offset in them to an offset in the given text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from .values import Field, How, Span

_TONES = {"grave": "àèìòùỳ", "acute": "áéíóúý", "hook": "ảẻỉỏủỷ", "tilde": "ãẽĩõũỹ", "dot": "ạẹịọụỵ"}
_PLAIN = "aeiouy"
# New placement (hoà, khoẻ, thuý) -> old placement (hòa, khỏe, thúy); both spellings have the same length.
_TONE_FOLDS = {
    pair: folded
    for letters in _TONES.values()
    for new, old in (("oa", "oa"), ("oe", "oe"), ("uy", "uy"))
    for pair, folded in [(new[0] + letters[_PLAIN.index(new[1])], letters[_PLAIN.index(old[0])] + old[1])]
}
_TONE_RE = re.compile("(?<![qQ])(?:" + "|".join(_TONE_FOLDS) + r")(?![a-zà-ỹ])", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_INVISIBLE_RE = re.compile(f"[{_INVISIBLE}]")
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "Ð": "Đ", "：": ":", "；": ";",
    }
)  # fmt: skip
_SPACES_RE = re.compile(r"\s+")
_COMBINING = frozenset(map(chr, range(0x0300, 0x0370)))


UPPER = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern in whose classes À-Ỹ means the Vietnamese capitals and à-ỹ the small letters, and nothing else.

    In Unicode the two ranges overlap: taken literally, À-Ỹ holds every small letter too.
    """
    return re.compile(pattern.replace("À-Ỹ", UPPER).replace("à-ỹ", UPPER.lower()), flags)


def _folded_tone(match: re.Match[str]) -> str:
    pair = match.group()
    folded = _TONE_FOLDS[pair.lower()]
    return "".join(f.upper() if p.isupper() else f for f, p in zip(folded, pair, strict=True))


def fold(text: str) -> str:
    """Composed text in one spelling: old tone placement, plain dashes, quotes and spaces. Keeps the length."""
    text = text.translate(_SAME_LENGTH).replace("\r\n", " \n").replace("\r", "\n")
    return _TONE_RE.sub(_folded_tone, text)


def lowered(text: str) -> str:
    """Lower case that keeps the length (a dotted capital I would become two characters)."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def key(text: str) -> str:
    """The form in which two spellings of the same words are equal."""
    return _SPACES_RE.sub(" ", lowered(fold(unicodedata.normalize("NFC", text)))).strip()


def plain(text: str) -> str:
    """Lower case without diacritics, for what has lost them. Keeps the length of composed text."""
    return "".join(_plain_char(c) for c in lowered(text))


def _plain_char(char: str) -> str:
    if char < "\x80":
        return char
    return "d" if char == "đ" else unicodedata.normalize("NFD", char)[0]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text with its matching forms; offsets of `shown`, `match` and `low` are the same."""

    given: str
    shown: str
    match: str
    low: str
    _starts: tuple[int, ...] | None = None  # offset in `given` of each character of `shown`; None: the same

    @classmethod
    def of(cls, given: str) -> SourceText:
        """Prepare a text once; every reader works on the result."""
        if unicodedata.is_normalized("NFC", given) and not _INVISIBLE_RE.search(given):
            shown, starts = given, None
        else:
            shown, starts = _composed(given)
        match = fold(shown)
        return cls(given, shown, match, lowered(match), starts)

    def __len__(self) -> int:
        return len(self.match)

    def span(self, start: int, end: int) -> Span:
        """The offsets in the given text of `shown[start:end]`, without white space at the edges."""
        while start < end and self.match[start].isspace():
            start += 1
        while end > start and self.match[end - 1].isspace():
            end -= 1
        if self._starts is None:
            return start, end
        return self._starts[start], self._starts[end]

    def offset(self, given: int) -> int:
        """The offset in `shown` of an offset in the given text."""
        return given if self._starts is None else bisect_left(self._starts, given)

    def words(self, start: int, end: int) -> str:
        """The author's words between two offsets, on one line."""
        return _SPACES_RE.sub(" ", self.shown[start:end]).strip()

    def field(self, start: int, end: int, how: How = "read", note: str | None = None) -> Field[str]:
        """The author's words as a value with its span."""
        return Field(self.words(start, end), how, (self.span(start, end),), note)


def _composed(given: str) -> tuple[str, tuple[int, ...]]:
    """Compose cluster by cluster, so that every composed character knows where it began."""
    out: list[str] = []
    starts: list[int] = []
    i, n = 0, len(given)
    while i < n:
        if given[i] in _INVISIBLE:
            i += 1
            continue
        j = i + 1
        while j < n and (given[j] in _COMBINING or unicodedata.combining(given[j])):
            j += 1
        for char in unicodedata.normalize("NFC", given[i:j]):
            out.append(char)
            starts.append(i)
        i = j
    return "".join(out), (*starts, n)

"""Which encoding is it? Decided by what reads as Vietnamese, and left alone where nothing reads better."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vigil.adapters.documents.encodings.convert import from_tcvn3, from_viqr, from_vni
from vigil.adapters.documents.encodings.syllables import plausibility

Conversion = Callable[[str], str]

AS_IT_IS = "unicode"
_CONVERSIONS: dict[str, Conversion] = {"tcvn3": from_tcvn3, "vni": from_vni}
_LEAD = 2
"""By how many points a conversion must read better than the text as it is."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A run of text set in one font; `font` is empty where it is not known."""

    text: str
    font: str = ""


def composed(text: str) -> str:
    """`text` in NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def score(text: str) -> int:
    """How well `text` reads as Vietnamese: valid syllables less twice the invalid ones."""
    valid, invalid = plausibility(text)
    return valid - 2 * invalid


def encoding_of_font(font: str) -> str:
    """The encoding that a font stands for: ".Vn..." TCVN3, "VNI-..." VNI, otherwise Unicode."""
    name = font.strip().lower()
    if name.startswith(".vn"):
        return "tcvn3"
    if name.startswith(("vni-", "vni ")):
        return "vni"
    return AS_IT_IS


def _converted(fragment: Fragment) -> str:
    encoding = encoding_of_font(fragment.font)
    if encoding == AS_IT_IS:
        return fragment.text
    text = _CONVERSIONS[encoding](fragment.text)
    is_capital_font = encoding == "tcvn3" and fragment.font.strip().lower().endswith("h")
    return text.upper() if is_capital_font else text


def _joined_by_encoding(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Neighbours of one encoding and case as one fragment: a letter and its mark may stand in two runs."""
    joined: list[Fragment] = []
    for fragment in fragments:
        if joined and joined[-1].font == fragment.font:
            joined[-1] = Fragment(joined[-1].text + fragment.text, fragment.font)
        else:
            joined.append(fragment)
    return joined


def by_fonts(fragments: Sequence[Fragment]) -> tuple[str, str]:
    """(text, encoding) of one paragraph, read by its fonts.

    An old font's name is believed unless the text reads as Vietnamese without it and not with it (a word
    processor keeps the name of the old font over text that was typed in Unicode).
    """
    plain = composed("".join(fragment.text for fragment in fragments))
    encodings = {encoding_of_font(fragment.font) for fragment in fragments if not fragment.text.isascii()}
    old = sorted(encodings - {AS_IT_IS})
    if not old and not any(fragment.font.lower().endswith("h") for fragment in fragments):
        return plain, AS_IT_IS
    converted = composed("".join(_converted(fragment) for fragment in _joined_by_encoding(fragments)))
    if score(plain) > score(converted):
        return plain, AS_IT_IS
    return converted, "+".join(old) or AS_IT_IS


def mended(paragraphs: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """Paragraphs whose letters were set in an old font that is not known, each turned into Unicode.

    Returns the paragraphs and how many of them came from which encoding.
    """
    usual = _usual_encoding(paragraphs)
    found: Counter[str] = Counter()
    result = []
    for paragraph in paragraphs:
        text, encoding = _mended_one(paragraph, usual)
        if not paragraph.isascii():
            found[encoding] += 1
        result.append(text)
    return result, found


def _usual_encoding(paragraphs: Sequence[str]) -> str:
    sample = "\n".join(paragraph for paragraph in paragraphs if not paragraph.isascii())[:200_000]
    return _best_of(sample, AS_IT_IS)[1]


def _mended_one(paragraph: str, usual: str) -> tuple[str, str]:
    if paragraph.isascii():
        return paragraph, AS_IT_IS
    return _best_of(paragraph, usual)


def _best_of(text: str, usual: str) -> tuple[str, str]:
    plain = score(text)
    best, best_encoding, best_score = text, AS_IT_IS, plain
    if plain == sum(plausibility(text)) and usual == AS_IT_IS:
        return text, AS_IT_IS
    for encoding, convert in _CONVERSIONS.items():
        candidate = composed(convert(text))
        points = score(candidate)
        needed = plain if encoding == usual else plain + _LEAD
        if points >= needed and (points > best_score or encoding == usual):
            best, best_encoding, best_score = candidate, encoding, points
    return best, best_encoding


def from_8_bit(data: bytes) -> tuple[str, str]:
    """(text, encoding) of bytes that are neither UTF-8 nor UTF-16."""
    latin = data.decode("latin-1")
    western = data.decode("cp1252", errors="replace")
    candidates = {
        "windows-1252": western,
        "tcvn3": composed(from_tcvn3(latin)),
        "vni": composed(from_vni(latin)),
        "windows-1258": composed(data.decode("cp1258", errors="replace")),
    }
    points = {encoding: score(text[:400_000]) for encoding, text in candidates.items()}
    best = max(points, key=lambda encoding: points[encoding])
    if points[best] < points["windows-1252"] + _LEAD and points[best] <= 0:
        best = "windows-1252"
    return candidates[best], best


def from_ascii(text: str) -> tuple[str, str]:
    """(text, encoding) of plain ASCII: VIQR when it plainly reads as such, otherwise as it is."""
    candidate = from_viqr(text)
    if candidate == text:
        return text, "utf-8"
    valid, invalid = plausibility(candidate)
    marked = sum(1 for word in text.split() if any(mark in word[:-1] for mark in "^(+*"))
    if valid >= 5 and marked >= 3 and valid >= 4 * invalid:
        return candidate, "viqr"
    return text, "utf-8"

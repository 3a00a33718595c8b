"""From an old encoding to Unicode. Input is text whose characters stand for the old bytes (Latin-1)."""

import re
import unicodedata
from functools import cache

from vigil.adapters.documents.encodings.syllables import is_syllable
from vigil.adapters.documents.encodings.tables import TCVN3, VIQR_SHAPES, VIQR_TONES, VNI

_VNI_PATTERN = re.compile(
    "|".join(re.escape(code) for code in sorted(VNI, key=len, reverse=True)),
)
_VIQR_PATTERN = re.compile(r"\\([(^+*`'?~.dD])|([dD])[dD]|([aeiouyAEIOUY])([(^+*]?)([`'?~.]?)")
_BLACK = re.compile(r"\S+")
_WORD = re.compile(r"[^\W\d_]+")


@cache
def _byte_of(char: str) -> str:
    """The old byte behind `char`, as the Latin-1 character of the same number.

    A word processor that takes the bytes for its own code page leaves characters of cp1252 or cp1258;
    one that takes the font for a symbol font leaves U+F020-F0FF.
    """
    number = ord(char)
    if number < 0x100:
        return char
    if 0xF020 <= number <= 0xF0FF:
        return chr(number - 0xF000)
    for codepage in ("cp1252", "cp1258"):
        try:
            return char.encode(codepage).decode("latin-1")
        except UnicodeEncodeError:
            continue
    return char


def as_bytes(text: str) -> str:
    """`text` with each character replaced by the Latin-1 character of the byte that it stands for."""
    return text if text.isascii() else "".join(map(_byte_of, text))


def from_tcvn3(text: str) -> str:
    """TCVN3 (ABC) to Unicode; capitals that were typed with small marked letters become capitals."""
    spelled = "".join(TCVN3.get(char, char) for char in as_bytes(text))
    return "\n".join(map(_raised, spelled.split("\n")))


def _raised(line: str) -> str:
    """TCVN3 has no capitals with tone: a line or word whose plain letters are capitals is all capitals."""
    plain = [char for char in line if char.isascii() and char.isalpha()]
    if len(plain) >= 3 and all(char.isupper() for char in plain):
        return line.upper()
    return _WORD.sub(_raised_word, line)


def _raised_word(match: re.Match[str]) -> str:
    word = match.group()
    plain = [char for char in word if char.isascii()]
    return word.upper() if len(plain) >= 2 and all(char.isupper() for char in plain) else word


def from_vni(text: str) -> str:
    """VNI-Windows to Unicode."""
    return _VNI_PATTERN.sub(lambda match: VNI[match.group()], as_bytes(text))


def from_viqr(text: str) -> str:
    """VIQR to Unicode. Source: RFC 1456 section 2. A word's last "." or "?" may be a stop and no tone."""
    return _BLACK.sub(_viqr_word, text)


def _viqr_word(match: re.Match[str]) -> str:
    word = match.group()
    whole = _VIQR_PATTERN.sub(_viqr_letter, word)
    if word[-1] not in ".?" or is_syllable(whole):
        return whole
    return _VIQR_PATTERN.sub(_viqr_letter, word[:-1]) + word[-1]


def _viqr_letter(match: re.Match[str]) -> str:
    literal, stroke, base, shape, tone = match.groups()
    if literal:
        return str(literal)
    if stroke:
        return "đ" if stroke == "d" else "Đ"
    marks = VIQR_SHAPES.get(shape, "") + VIQR_TONES.get(tone, "")
    composed = unicodedata.normalize("NFC", base + marks)
    return composed if len(composed) == 1 else match.group()

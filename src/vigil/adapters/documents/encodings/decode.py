"""The bytes of a plain text as Unicode."""

import codecs
import unicodedata
from dataclasses import dataclass

from vigil.adapters.documents.encodings.choice import (
    AS_IT_IS,
    composed,
    from_8_bit,
    from_ascii,
    mended,
    score,
)
from vigil.adapters.documents.encodings.syllables import plausibility

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FEW = 50
"""At least so many characters of a UTF-8 text must be sound for each one that is not."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text in NFC, what it was decoded from, and whether that is doubtful (`sure`)."""

    text: str
    encoding: str
    sure: bool = True


def decode(data: bytes) -> Decoded:
    """Plain text from bytes: by byte-order mark, as UTF-8, as UTF-16 without mark, then by plausibility."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            text = data[len(bom) :].decode(name, errors="replace")
            return _settled(text, name, sure="\ufffd" not in text)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(data)
    wide = _bare_utf_16(data)
    if wide:
        return _decode_wide(data, wide)
    if text.isascii():
        return Decoded(*from_ascii(text))
    return _settled(text, "utf-8", sure=True)


def _settled(text: str, encoding: str, *, sure: bool) -> Decoded:
    """Compose the letters, and read what was set in an old font and then saved as Unicode."""
    whole = unicodedata.normalize("NFC", text)
    names = [encoding]
    if len(whole) < len(text):
        names.append("decomposed")
    lines, found = mended(whole.split("\n"))
    names += sorted(name for name in found if name != AS_IT_IS)
    return Decoded("\n".join(lines), "+".join(names), sure)


def _decode_other(data: bytes) -> Decoded:
    wide = _bare_utf_16(data)
    if wide:
        return _decode_wide(data, wide)
    broken = data.decode("utf-8", errors="replace")
    faults = broken.count("\ufffd")
    sound = sum(1 for char in broken[:200_000] if char > "\x7f") - min(faults, 200_000)
    if (faults and sound >= _FEW * faults) or (faults <= 2 and sound >= 4 and score(broken) > 0):
        return Decoded(composed(broken), "utf-8", sure=False)
    text, encoding = from_8_bit(data)
    valid, invalid = plausibility(text)
    return Decoded(text, encoding, sure=valid > invalid)


def _decode_wide(data: bytes, name: str) -> Decoded:
    text = data.decode(name, errors="replace")
    return _settled(text, name, sure="\ufffd" not in text)


def _bare_utf_16(data: bytes) -> str | None:
    """UTF-16 without a mark shows by its NUL bytes: every other byte of spaces, digits and plain letters."""
    sample = data[:4000]
    half = len(sample) // 2
    if half < 4:
        return None
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    if high > half * 0.3 and low < half * 0.05:
        return "utf-16-le"
    if low > half * 0.3 and high < half * 0.05:
        return "utf-16-be"
    return None

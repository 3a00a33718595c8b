"""A text as one SMS: Vietnamese without its marks, in the letters of GSM 7-bit, its end kept whole when it is cut.

Source: 3GPP TS 23.038, section 6.2.1 (the default alphabet; 160 septets a message, extension characters count two).
"""

import unicodedata
from typing import Final

LIMIT: Final = 160
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
_SPELT: Final = {
    "đ": "d", "Đ": "D", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-",
    "‑": "-", "…": "...", "•": "-", "₫": "d", "×": "x", "→": "->", "`": "'",
}  # fmt: skip


def unaccented(text: str) -> str:
    """`text` in ASCII letters where it can be: `Đội trực` -> `Doi truc`. What has no such letter becomes `?`."""
    spelt = "".join(_SPELT.get(letter, letter) for letter in unicodedata.normalize("NFC", text))
    found = []
    for letter in unicodedata.normalize("NFKD", spelt):
        if unicodedata.combining(letter):
            continue
        if letter.isascii():
            found.append(letter if letter.isprintable() or letter == "\n" else " ")
        else:
            found.append(" " if letter.isspace() else "?")
    return "".join(found)


def septets(text: str) -> int:
    """How many septets of GSM 7-bit `text` takes. Raises: ValueError for a letter that is not in the alphabet."""
    strange = set(text) - _BASIC - _EXTENDED
    if strange:
        raise ValueError(f"not in GSM 7-bit: {sorted(strange)}")
    return len(text) + sum(letter in _EXTENDED for letter in text)


def for_sms(text: str, tail: str = "", *, limit: int = LIMIT) -> str:
    """`text` as one message of at most `limit` septets; `tail` (a code, a link) stands at its end, whole.

    Raises: ValueError when `tail` alone is too long.
    """
    end = unaccented(tail)
    room = limit - septets(end) - (1 if end else 0)
    if septets(end) > limit:
        raise ValueError("the end of the message does not fit")
    body = " ".join(unaccented(text).split())
    if septets(body) > room:
        kept, used = [], 3
        for letter in body:
            used += 2 if letter in _EXTENDED else 1
            if used > room:
                break
            kept.append(letter)
        body = "".join(kept).rstrip() + "..." if room > 3 else ""
    return f"{body} {end}".strip() if end else body

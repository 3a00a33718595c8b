"""Cells that a spreadsheet would take for a formula, made harmless on the way out and restored on the way in.

Source: OWASP, "CSV Injection". A cell that begins with = + - @ (also after blanks) is given an apostrophe in front.
A cell that has apostrophes before such a sign is given one more, so that taking one away always restores the text.
"""

import re
import unicodedata

_FORMULA = re.compile(r"'*\s*[=+\-@\t\r|%]")
_NOT_ALLOWED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def cleaned(text: str) -> str:
    """`text` as a cell holds it: composed Unicode, plain line ends, no control characters, no blanks around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _NOT_ALLOWED.sub("", lines)).strip()


def guarded(text: str) -> str:
    """`text` so that no spreadsheet calculates it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text

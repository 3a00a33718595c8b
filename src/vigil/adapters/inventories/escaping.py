"""Cells that a spreadsheet would take for a formula, made harmless on the way out and restored on the way in.

Source: OWASP, "CSV Injection". A cell that begins with = + - @ (also after blanks) is given an apostrophe in front.
A cell that has apostrophes before such a sign is given one more, so that taking one away always restores the text.
"""

import re
import unicodedata

_FORMULA = re.compile(r"'*\s*[=+\-@\t\r|%]")
_ALLOWED_CONTROLS = "\n\t"


def cleaned(text: str) -> str:
    """`text` as a cell holds it: composed Unicode, plain line ends, no control characters, no blanks around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in lines if _is_allowed(letter))
    return unicodedata.normalize("NFC", kept).strip()


def _is_allowed(letter: str) -> bool:
    if letter >= " " and letter < "\x7f":
        return True
    if letter in _ALLOWED_CONTROLS:
        return True
    return unicodedata.category(letter) not in {"Cc", "Cs"} and letter not in "\ufffe\uffff"


def guarded(text: str) -> str:
    """`text` so that no spreadsheet calculates it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text

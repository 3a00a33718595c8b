"""Finding Vietnamese text: a letter without marks finds every marked one, so that "tran" finds "Trần".

A query becomes one regular expression a word; SQLite (through Django) and PostgreSQL both know them, so no
column has to be kept folded beside its original.
"""

import re
import unicodedata
from functools import cache
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
_LONGEST = 100
_MOST_WORDS = 6
_MARKED = (
    "àáạảãâầấậẩẫăằắặẳẵ",
    "èéẹẻẽêềếệểễ",
    "ìíịỉĩ",
    "òóọỏõôồốộổỗơờớợởỡ",
    "ùúụủũưừứựửữ",
    "ỳýỵỷỹ",
    "đ",
)
_PLAIN = "aeiouyd"


@cache
def _classes() -> dict[str, str]:
    return {plain: f"[{plain}{marked}{marked.upper()}]" for plain, marked in zip(_PLAIN, _MARKED, strict=True)}


def pattern(word: str) -> str:
    """A regular expression that finds `word` whatever its case, and whatever its marks where it has none."""
    letters = unicodedata.normalize("NFC", word).lower()
    return "".join(_classes().get(letter) or _either_case(letter) for letter in letters)


def _either_case(letter: str) -> str:
    upper = letter.upper()
    if upper == letter or len(upper) > 1:
        return re.escape(letter)
    return f"[{letter}{upper}]"


def find(rows: QuerySet[M], query: str, fields: tuple[str, ...]) -> QuerySet[M]:
    """Those of `rows` in which every word of `query` stands in one of `fields`."""
    for word in query.replace("\x00", "")[:_LONGEST].split()[:_MOST_WORDS]:
        condition = Q()
        for field in fields:
            condition |= Q(**{f"{field}__iregex": pattern(word)})
        rows = rows.filter(condition)
    return rows

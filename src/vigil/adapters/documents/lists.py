"""Automatic numbers of a word processor's lists, rendered: "1.", "a)", "2.1". Obligations' ids come from them.

The same model serves .docx and .doc: a list has up to nine levels, each counting on its own and beginning
anew below a higher one. Source: ECMA-376 part 1, section 17.9; [MS-DOC] 2.9.131 (LSTF), 2.9.150 (LVLF).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.adapters.documents.numerals import numeral

_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: its first number, the form of its numerals, its pattern ("%1.%2)")."""

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    joined: bool = False
    restarts_after: int | None = None
    legal: bool = False


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list's levels; lists of one `key` count together; `forced` are first numbers of its own."""

    levels: Mapping[int, Level]
    key: str
    forced: Mapping[int, int] = field(default_factory=dict)


class Lists:
    """The lists of one document, counting as its paragraphs go by."""

    def __init__(self, forms: Mapping[str, ListForm] | None = None) -> None:
        self._forms = dict(forms or {})
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def next_label(self, list_id: str, place: int) -> str:
        """The number of the next paragraph at level `place` (0 to 8) of a list, with the space after it."""
        form = self._forms.get(list_id)
        if form is None or not 0 <= place < _LEVELS:
            return ""
        counts = self._counts.setdefault(form.key, [None] * _LEVELS)
        self._count(form, list_id, place, counts)
        return _rendered(form, place, counts)

    def _count(self, form: ListForm, list_id: str, place: int, counts: list[int | None]) -> None:
        forced = form.forced.get(place)
        before = counts[place]
        if forced is not None and (list_id, place) not in self._begun:
            counts[place] = forced
        else:
            counts[place] = form.levels.get(place, Level()).start if before is None else before + 1
        self._begun.add((list_id, place))
        for deeper in range(place + 1, _LEVELS):
            restart = form.levels.get(deeper, Level()).restarts_after
            if restart != 0 and (restart is None or place < restart):
                counts[deeper] = None


def _rendered(form: ListForm, place: int, counts: list[int | None]) -> str:
    level = form.levels.get(place, Level())
    if level.form == "bullet":
        return "- "
    label = level.pattern
    for number in range(place + 1):
        at = form.levels.get(number, Level())
        count = counts[number]
        numerals = "decimal" if level.legal and at.form != "none" else at.form
        label = label.replace(f"%{number + 1}", numeral(count if count is not None else at.start, numerals))
    if not label.strip():
        return ""
    return label if level.joined else label.rstrip() + " "

"""Automatic numbers, rendered: "1.", "a)", "2.1". An obligation's id comes from them.

Source: ECMA-376 part 1, section 17.9 (numbering), 17.18.59 (ST_NumberFormat).
"""

from dataclasses import dataclass, field

from vigil.adapters.documents.docx.names import VAL, W
from vigil.adapters.documents.docx.package import Element
from vigil.adapters.documents.numerals import numeral

_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: its first number, the form of its numerals, its pattern ("%1.%2)")."""

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    suffix: str = "tab"
    restarts_after: int | None = None
    legal: bool = False


@dataclass(slots=True)
class _List:
    levels: dict[int, Level]
    key: str
    overrides: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of one document, counting as its paragraphs go by."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        self._level_of_style: dict[tuple[str, str], int] = {}
        if root is not None:
            self._load(root)

    def _load(self, root: Element) -> None:
        abstract = {node.get(f"{W}abstractNumId", ""): node for node in root.iterfind(f"{W}abstractNum")}
        by_style = {link.get(VAL, ""): node for node in abstract.values() for link in node.iterfind(f"{W}styleLink")}
        for num in root.iterfind(f"{W}num"):
            node = abstract.get(_val(num, "abstractNumId") or "")
            if node is None:
                continue
            linked = _val(node, "numStyleLink")
            node = by_style.get(linked, node) if linked else node
            self._add(num, node)

    def _add(self, num: Element, node: Element) -> None:
        levels = dict(_level(one) for one in node.iterfind(f"{W}lvl"))
        starts: dict[int, int] = {}
        for override in num.iterfind(f"{W}lvlOverride"):
            place = _number(override.get(f"{W}ilvl"), 0)
            start = _val(override, "startOverride")
            if start is not None:
                starts[place] = _number(start, 1)
            for one in override.iterfind(f"{W}lvl"):
                levels[place] = _level(one)[1]
        num_id = num.get(f"{W}numId", "")
        self._lists[num_id] = _List(levels, node.get(f"{W}abstractNumId", ""), starts)
        for one in node.iterfind(f"{W}lvl"):
            style = _val(one, "pStyle")
            if style:
                self._level_of_style[num_id, style] = _number(one.get(f"{W}ilvl"), 0)

    def level_of_style(self, num_id: str, style: str) -> int:
        """The level at which a list numbers the paragraphs of a style."""
        return self._level_of_style.get((num_id, style), 0)

    def next_label(self, num_id: str, place: int) -> str:
        """The number of the next paragraph at level `place` (0 to 8) of a list, with what follows it."""
        one = self._lists.get(num_id)
        if one is None or not 0 <= place < _LEVELS:
            return ""
        level = one.levels.get(place, Level())
        counts = self._counts.setdefault(one.key, [None] * _LEVELS)
        self._count(one, num_id, place, counts)
        return _rendered(one, level, place, counts)

    def _count(self, one: _List, num_id: str, place: int, counts: list[int | None]) -> None:
        level = one.levels.get(place, Level())
        forced = one.overrides.get(place)
        if forced is not None and (num_id, place) not in self._begun:
            counts[place] = forced
        else:
            before = counts[place]
            counts[place] = level.start if before is None else before + 1
        self._begun.add((num_id, place))
        for deeper in range(place + 1, _LEVELS):
            restart = one.levels.get(deeper, Level()).restarts_after
            if restart != 0 and (restart is None or place < restart):
                counts[deeper] = None


def _rendered(one: _List, level: Level, place: int, counts: list[int | None]) -> str:
    if level.form == "bullet":
        return "- "
    label = level.pattern
    for number in range(place + 1):
        if f"%{number + 1}" not in label:
            continue
        at = one.levels.get(number, Level())
        count = counts[number]
        form = "decimal" if level.legal and at.form != "none" else at.form
        label = label.replace(f"%{number + 1}", numeral(count if count is not None else at.start, form))
    if not label.strip():
        return ""
    return label if level.suffix == "nothing" else label.rstrip() + " "


def _level(node: Element) -> tuple[int, Level]:
    restart = _val(node, "lvlRestart")
    legal = node.find(f"{W}isLgl")
    return _number(node.get(f"{W}ilvl"), 0), Level(
        start=_number(_val(node, "start"), 1),
        form=_val(node, "numFmt") or "decimal",
        pattern=_val(node, "lvlText") or "",
        suffix=_val(node, "suff") or "tab",
        restarts_after=None if restart is None else _number(restart, 0),
        legal=legal is not None and legal.get(VAL) not in ("0", "false"),
    )


def _val(node: Element, name: str) -> str | None:
    child = node.find(f"{W}{name}")
    return None if child is None else child.get(VAL)


def _number(value: str | None, otherwise: int) -> int:
    try:
        return int(value) if value is not None and len(value) < 10 else otherwise
    except ValueError:
        return otherwise

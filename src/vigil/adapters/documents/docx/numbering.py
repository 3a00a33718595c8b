"""The lists of a .docx. Source: ECMA-376 part 1, sections 17.9 (numbering), 17.18.59 (ST_NumberFormat)."""

from vigil.adapters.documents.docx.names import VAL, W
from vigil.adapters.documents.docx.package import Element
from vigil.adapters.documents.lists import Level, ListForm, Lists


class Numbering:
    """`next_label` of a list by its numId; `level_of_style` for paragraphs numbered by their style."""

    def __init__(self, root: Element | None) -> None:
        self._level_of_style: dict[tuple[str, str], int] = {}
        self._lists = Lists(None if root is None else self._forms(root))

    def next_label(self, num_id: str, place: int) -> str:
        """The number of the next paragraph at level `place` of the list `num_id`."""
        return self._lists.next_label(num_id, place)

    def level_of_style(self, num_id: str, style: str) -> int:
        """The level at which a list numbers the paragraphs of a style."""
        return self._level_of_style.get((num_id, style), 0)

    def _forms(self, root: Element) -> dict[str, ListForm]:
        abstract = {node.get(f"{W}abstractNumId", ""): node for node in root.iterfind(f"{W}abstractNum")}
        by_style = {link.get(VAL, ""): node for node in abstract.values() for link in node.iterfind(f"{W}styleLink")}
        forms = {}
        for num in root.iterfind(f"{W}num"):
            node = abstract.get(_val(num, "abstractNumId") or "")
            if node is not None:
                linked = _val(node, "numStyleLink")
                node = by_style.get(linked, node) if linked else node
                num_id = num.get(f"{W}numId", "")
                forms[num_id] = _form(num, node)
                self._note_styles(num_id, node)
        return forms

    def _note_styles(self, num_id: str, node: Element) -> None:
        for level in node.iterfind(f"{W}lvl"):
            style = _val(level, "pStyle")
            if style:
                self._level_of_style[num_id, style] = _number(level.get(f"{W}ilvl"), 0)


def _form(num: Element, node: Element) -> ListForm:
    levels = dict(_level(one) for one in node.iterfind(f"{W}lvl"))
    forced: dict[int, int] = {}
    for override in num.iterfind(f"{W}lvlOverride"):
        start = _val(override, "startOverride")
        if start is not None:
            forced[_number(override.get(f"{W}ilvl"), 0)] = _number(start, 1)
        levels |= dict(_level(one) for one in override.iterfind(f"{W}lvl"))
    return ListForm(levels, node.get(f"{W}abstractNumId", ""), forced)


def _level(node: Element) -> tuple[int, Level]:
    restart = _val(node, "lvlRestart")
    legal = node.find(f"{W}isLgl")
    return _number(node.get(f"{W}ilvl"), 0), Level(
        start=_number(_val(node, "start"), 1),
        form=_val(node, "numFmt") or "decimal",
        pattern=_val(node, "lvlText") or "",
        joined=_val(node, "suff") == "nothing",
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

"""What a paragraph or run inherits from its style: font, list, capitals.

Source: ECMA-376 part 1, section 17.7.
"""

from dataclasses import dataclass

from vigil.adapters.documents.docx.names import PPR, RPR, VAL, W
from vigil.adapters.documents.docx.package import Element

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Inherited:
    """The properties that matter for the text; None where nothing is said."""

    font: str | None = None
    num_id: str | None = None
    level: int | None = None
    capitals: bool | None = None
    hidden: bool | None = None


class Styles:
    """Styles by id, each resolved through what it is based on."""

    def __init__(self, root: Element | None) -> None:
        self._nodes: dict[str, Element] = {}
        self._known: dict[str, Inherited] = {}
        self.default_paragraph = ""
        self.default_font = ""
        if root is None:
            return
        for node in root.iterfind(f"{W}style"):
            style_id = node.get(f"{W}styleId", "")
            self._nodes[style_id] = node
            if node.get(f"{W}type") == "paragraph" and node.get(f"{W}default") in ("1", "true"):
                self.default_paragraph = style_id
        defaults = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        self.default_font = font_of(defaults) or ""

    def inherited(self, style_id: str) -> Inherited:
        """What the style says, its own word before that of its bases."""
        if style_id not in self._known:
            self._known[style_id] = self._resolved(style_id)
        return self._known[style_id]

    def _resolved(self, style_id: str) -> Inherited:
        result = Inherited()
        for _ in range(_DEEPEST):
            node = self._nodes.get(style_id)
            if node is None:
                return result
            result = _first_said(result, said(node.find(PPR), node.find(RPR)))
            based_on = node.find(f"{W}basedOn")
            if based_on is None:
                return result
            style_id = based_on.get(VAL, "")
        return result


def said(paragraph: Element | None, run: Element | None) -> Inherited:
    """What paragraph properties and run properties say themselves."""
    num_id = level = None
    if paragraph is not None:
        num_id = _attribute(paragraph.find(f"{W}numPr/{W}numId"))
        raw = _attribute(paragraph.find(f"{W}numPr/{W}ilvl"))
        level = int(raw) if raw is not None and raw.isdecimal() and len(raw) < 3 else None
    return Inherited(font_of(run), num_id, level, _switch(run, "caps"), _switch(run, "vanish"))


def _first_said(first: Inherited, then: Inherited) -> Inherited:
    return Inherited(
        first.font if first.font is not None else then.font,
        first.num_id if first.num_id is not None else then.num_id,
        first.level if first.level is not None else then.level,
        first.capitals if first.capitals is not None else then.capitals,
        first.hidden if first.hidden is not None else then.hidden,
    )


def font_of(run: Element | None) -> str | None:
    """The font that run properties name."""
    fonts = None if run is None else run.find(f"{W}rFonts")
    if fonts is None:
        return None
    return fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or fonts.get(f"{W}cs")


def _attribute(node: Element | None) -> str | None:
    return None if node is None else node.get(VAL)


def _switch(run: Element | None, name: str) -> bool | None:
    node = None if run is None else run.find(f"{W}{name}")
    return None if node is None else node.get(VAL) not in ("0", "false", "off")

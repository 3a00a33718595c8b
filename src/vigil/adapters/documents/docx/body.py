"""The body of a .docx in reading order: paragraphs with their numbers, tables, text boxes.

Source: ECMA-376 part 1, sections 17.2 (document), 17.4 (tables).
"""

from collections.abc import Iterator

from vigil.adapters.documents import refusals
from vigil.adapters.documents.docx import names
from vigil.adapters.documents.docx.names import W
from vigil.adapters.documents.docx.numbering import Numbering
from vigil.adapters.documents.docx.package import Element
from vigil.adapters.documents.docx.runs import fragments_of, text_boxes
from vigil.adapters.documents.docx.styles import Styles, said
from vigil.adapters.documents.encodings import by_fonts
from vigil.adapters.documents.tables import laid_out

_THROUGH = frozenset((f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"))
_MOST_NESTED = 30


class Body:
    """Walks a body once; `encodings` says afterwards what the paragraphs were decoded from."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering
        self.encodings: set[str] = set()

    def lines(self, container: Element, depth: int = 0) -> list[str]:
        """The lines of a body, cell or text box."""
        if depth > _MOST_NESTED:
            raise refusals.bomb()
        result: list[str] = []
        for block in _blocks(container):
            if block.tag == names.P:
                result += self._paragraph(block, depth)
            else:
                result += self._table(block, depth)
        return result

    def _paragraph(self, node: Element, depth: int) -> list[str]:
        boxes = [line for box in text_boxes(node) for line in self.lines(box, depth + 1)]
        text, encoding = by_fonts(fragments_of(node, self._styles))
        self.encodings.add(encoding)
        if not text.strip():
            return boxes or [""]
        return [*boxes, *(self._label(node) + text).split("\n")]

    def _label(self, node: Element) -> str:
        properties = node.find(names.PPR)
        if properties is not None and properties.find(f"{W}rPr/{names.DEL}") is not None:
            return ""
        style = node.find(f"{names.PPR}/{W}pStyle")
        style_id = style.get(names.VAL, "") if style is not None else self._styles.default_paragraph
        own, inherited = said(properties, None), self._styles.inherited(style_id)
        num_id = own.num_id if own.num_id is not None else inherited.num_id
        if num_id is None or num_id == "0":
            return ""
        level = own.level if own.level is not None else inherited.level
        if level is None:
            level = self._numbering.level_of_style(num_id, style_id)
        return self._numbering.next_label(num_id, level)

    def _table(self, node: Element, depth: int) -> list[str]:
        rows = [
            [self.lines(cell, depth + 1) for cell in _found(row, names.TC)]
            for row in _found(node, names.TR)
            if row.find(f"{W}trPr/{names.DEL}") is None
        ]
        return laid_out(rows)


def _blocks(container: Element) -> Iterator[Element]:
    """Paragraphs and tables, through content controls and insertions."""
    stack = list(reversed(container))
    while stack:
        child = stack.pop()
        if child.tag in (names.P, names.TBL):
            yield child
        elif child.tag in _THROUGH:
            stack.extend(reversed(child))


def _found(container: Element, tag: str) -> Iterator[Element]:
    stack = list(reversed(container))
    while stack:
        child = stack.pop()
        if child.tag == tag:
            yield child
        elif child.tag in _THROUGH:
            stack.extend(reversed(child))

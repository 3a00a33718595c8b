"""HTML, often a ".doc" in name only: its visible text. Scripts and styles are left out, nothing is fetched."""

import re

from lxml import etree, html

from vigil.adapters.documents import refusals
from vigil.adapters.documents.encodings import Fragment, by_fonts, decode
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.adapters.documents.numerals import numeral
from vigil.adapters.documents.sniff import HTML
from vigil.adapters.documents.sources import finished
from vigil.adapters.documents.tables import laid_out
from vigil.kernel.phrases import N_, phrase

_DROPPED = frozenset(("script", "style", "head", "template", "noscript", "iframe", "object", "embed", "svg"))
_BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "tr", "blockquote",
     "pre", "center", "dl", "dt", "dd", "form", "hr", "table", "body", "header", "footer")
)  # fmt: skip
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{3,20})", re.IGNORECASE)
_OLD_FONT = re.compile(r"font-family:\s*[\"']?(\.Vn\w+|VNI-[\w-]+)", re.IGNORECASE)
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_BLANKS = re.compile(r"[ \t\r\n]+")


def read_html(data: bytes, limits: Limits) -> Document:
    """The visible text of an HTML file.

    Raises:
        Refused: `document.damaged`, `document.bomb` (nested too deep), `document.no_text`,
            `document.too_long`.
    """
    text, encoding = _decoded(data)
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise refusals.damaged() from error
    walk = _Walk(limits)
    walk.block(root, "", 0)
    walk.end_line()
    warnings = [phrase(N_("The file holds scripts or attached files; they were neither run nor opened."))]
    is_active = next(root.iter("script", "iframe", "object", "embed"), None) is not None
    return finished(walk.lines, {encoding, *walk.encodings}, HTML, limits, warnings if is_active else ())


def _decoded(data: bytes) -> tuple[str, str]:
    declared = _CHARSET.search(data[:4096])
    name = declared.group(1).decode("ascii").lower() if declared else ""
    if name in ("windows-1258", "cp1258"):
        return data.decode("cp1258", errors="replace"), "windows-1258"
    if name in ("windows-1252", "iso-8859-1", "us-ascii"):
        return data.decode("cp1252", errors="replace"), "unicode"
    decoded = decode(data)
    return decoded.text, "unicode" if decoded.encoding == "utf-8" else decoded.encoding


class _Walk:
    """Gathers lines; each line is fragments of one font."""

    def __init__(self, limits: Limits) -> None:
        self.lines: list[str] = []
        self.encodings: set[str] = set()
        self._limits = limits
        self._line: list[Fragment] = []

    def block(self, node: html.HtmlElement, font: str, depth: int) -> None:
        """One element and all below it."""
        if depth > self._limits.depth:
            raise refusals.bomb()
        if not isinstance(node.tag, str) or node.tag in _DROPPED:
            return
        font = _font(node) or font
        if node.tag == "table":
            self._table(node, font, depth)
            return
        if node.tag in _BLOCKS or node.tag == "br":
            self.end_line()
        if node.tag == "li":
            self._say(_label(node), font)
        self._say(node.text, font)
        for child in node:
            self.block(child, font, depth + 1)
            self._say(child.tail, font)
        if node.tag in _BLOCKS:
            self.end_line()

    def _table(self, node: html.HtmlElement, font: str, depth: int) -> None:
        self.end_line()
        found = node.iterfind("tr") if node.find("tr") is not None else node.iterfind("*/tr")
        rows = [[self._cell(cell, font, depth) for cell in row if cell.tag in ("td", "th")] for row in found]
        self.lines += laid_out(rows)

    def _cell(self, node: html.HtmlElement, font: str, depth: int) -> list[str]:
        outer, self.lines = self.lines, []
        self._say(node.text, font)
        for child in node:
            self.block(child, font, depth + 1)
            self._say(child.tail, font)
        self.end_line()
        inner, self.lines = self.lines, outer
        return inner

    def _say(self, text: str | None, font: str) -> None:
        if text:
            self._line.append(Fragment(_BLANKS.sub(" ", text), font))

    def end_line(self) -> None:
        """What was gathered becomes a line."""
        text, encoding = by_fonts(self._line)
        self.encodings.add(encoding)
        if text.strip():
            self.lines.append(text.strip())
        self._line = []


def _label(item: html.HtmlElement) -> str:
    """The number or dash of a list item, as a browser shows it."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "- "
    start = parent.get("start", "1")
    place = sum(1 for _ in item.itersiblings("li", preceding=True))
    number = place + (int(start) if start.isdecimal() and len(start) < 6 else 1)
    return f"{numeral(number, _FORMS.get(parent.get('type', '1'), 'decimal'))}. "


def _font(node: html.HtmlElement) -> str:
    styled = _OLD_FONT.search(node.get("style", ""))
    return styled.group(1) if styled else node.get("face", "") if node.tag == "font" else ""

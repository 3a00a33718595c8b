"""A paragraph's runs: what is to be read of them, in which font.

Source: ECMA-376 part 1, sections 17.3.3 (run content), 17.13.5 (tracked changes), 17.16 (fields).
"""

from collections.abc import Iterator

from vigil.adapters.documents.docx import names
from vigil.adapters.documents.docx.names import W
from vigil.adapters.documents.docx.package import Element
from vigil.adapters.documents.docx.styles import Styles, said
from vigil.adapters.documents.encodings import Fragment

_LEFT_OUT = frozenset(
    (names.DEL, names.MOVE_FROM, names.PPR, names.TBL, f"{W}instrText", f"{W}delText", f"{W}rubyPr", f"{W}rt",
     f"{W}sdtPr", f"{W}sdtEndPr", f"{W}footnoteReference", f"{W}commentReference", names.SOFT_HYPHEN)
)  # fmt: skip
_FOR_TEXT = {
    names.TAB: "\t",
    f"{W}ptab": "\t",
    names.BR: "\n",
    names.CR: "\n",
    names.NO_BREAK_HYPHEN: "-",
}


def fragments_of(paragraph: Element, styles: Styles) -> list[Fragment]:
    """The text of a paragraph as fragments of one font each; text boxes are not part of it."""
    style = paragraph.find(f"{names.PPR}/{W}pStyle")
    style_id = style.get(names.VAL, "") if style is not None else styles.default_paragraph
    inherited = styles.inherited(style_id)
    base = inherited.font if inherited.font is not None else styles.default_font
    return [
        Fragment(text.upper() if capitals else text, font)
        for text, font, capitals in _texts(paragraph, styles, base, bool(inherited.capitals))
    ]


def _texts(paragraph: Element, styles: Styles, font: str, capitals: bool) -> Iterator[tuple[str, str, bool]]:
    for run in _runs(paragraph):
        own = said(None, run.find(names.RPR))
        named = run.find(f"{names.RPR}/{W}rStyle")
        by_style = styles.inherited(named.get(names.VAL, "")) if named is not None else said(None, None)
        if own.hidden or (own.hidden is None and by_style.hidden):
            continue
        text = "".join(_characters(run))
        if text:
            caps = next((one for one in (own.capitals, by_style.capitals) if one is not None), capitals)
            yield text, own.font or by_style.font or font, caps


def _runs(node: Element) -> Iterator[Element]:
    """Runs in order, through links, content controls, insertions and fields, deletions left out."""
    stack = list(reversed(node))
    while stack:
        child = stack.pop()
        if child.tag == names.R:
            yield child
        elif child.tag not in _LEFT_OUT and isinstance(child.tag, str):
            stack.extend(reversed(child))


def _characters(run: Element) -> Iterator[str]:
    for child in run:
        if child.tag == names.T:
            yield child.text or ""
        elif child.tag == names.SYM:
            yield _symbol(child)
        elif child.tag in _FOR_TEXT and child.get(f"{W}type") != "page":
            yield _FOR_TEXT[child.tag]


def _symbol(node: Element) -> str:
    code = node.get(f"{W}char", "")
    try:
        number = int(code[:6], 16)
    except ValueError:
        return ""
    is_private = 0xE000 <= number <= 0xF8FF
    return "•" if is_private or not 32 <= number < 0xD800 else chr(number)


def text_boxes(paragraph: Element) -> list[Element]:
    """The text boxes anchored in a paragraph, each once (its fallback for old programs left out)."""
    found = []
    for box in paragraph.iter(names.TEXT_BOX):
        ancestors = {ancestor.tag for ancestor in _up_to(box, paragraph)}
        if names.FALLBACK not in ancestors and names.TEXT_BOX not in ancestors and names.DEL not in ancestors:
            found.append(box)
    return found


def _up_to(node: Element, top: Element) -> Iterator[Element]:
    for ancestor in node.iterancestors():
        if ancestor is top:
            return
        yield ancestor

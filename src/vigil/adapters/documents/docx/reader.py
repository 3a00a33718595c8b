"""A .docx as a document. Runs in the child process."""

from vigil.adapters.documents import refusals
from vigil.adapters.documents.docx.body import Body
from vigil.adapters.documents.docx.names import TEXT_PATH, W
from vigil.adapters.documents.docx.numbering import Numbering
from vigil.adapters.documents.docx.package import Element, Package
from vigil.adapters.documents.docx.styles import Styles
from vigil.adapters.documents.letterhead import is_stamp
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.adapters.documents.sniff import DOCX
from vigil.adapters.documents.sources import finished
from vigil.kernel.phrases import N_, Phrase, phrase

_ACTIVE = ("word/vbaProject.bin", "word/embeddings/", "word/activeX/")


def read_docx(data: bytes, limits: Limits) -> Document:
    """The text of a .docx: body in order, tables, text boxes, numbers, stamps of headers and footers.

    Tracked deletions, comments, footnotes' marks and hidden text are left out; macros and embedded objects
    are not opened. Source: ECMA-376 part 1 (WordprocessingML).

    Raises:
        Refused: `document.bomb`, `document.damaged`, `document.encrypted`, `document.no_text`,
            `document.too_long`.
    """
    package = Package(data, limits)
    main = package.tree(package.main_name())
    body = None if main is None else main.find(f"{W}body")
    if main is None or body is None:
        raise refusals.damaged()
    styles = Styles(package.tree("word/styles.xml"))
    walk = Body(styles, Numbering(package.tree("word/numbering.xml")))
    lines = walk.lines(body)
    text_lines = [*_stamps(package, main, styles), *lines]
    return finished(text_lines, walk.encodings, DOCX, limits, _warnings(package))


def _stamps(package: Package, main: Element, styles: Styles) -> list[str]:
    """Stamps of headers and footers, and words drawn across the page: a secrecy grade must not be lost."""
    found = _drawn_across(main)
    for name in sorted(package.names()):
        if not name.startswith(("word/header", "word/footer")) or not name.endswith(".xml"):
            continue
        tree = package.tree(name)
        if tree is not None:
            found += [*Body(styles, Numbering(None)).lines(tree), *_drawn_across(tree)]
    return list(dict.fromkeys(line.strip() for line in found if is_stamp(line)))


def _drawn_across(tree: Element) -> list[str]:
    """The words of watermarks."""
    return [node.get("string", "") for node in tree.iter(TEXT_PATH)]


def _warnings(package: Package) -> list[Phrase]:
    names = package.names()
    warnings = []
    if any(name.startswith(_ACTIVE) for name in names):
        warnings.append(phrase(N_("The file holds macros or embedded objects; they were not opened.")))
    if any(name.startswith("_xmlsignatures/") for name in names):
        warnings.append(phrase(N_("The file carries a digital signature of a kind that is not checked here.")))
    return warnings

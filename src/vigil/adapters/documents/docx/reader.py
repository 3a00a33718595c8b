"""A .docx as a document. Runs in the child process."""

from vigil.adapters.documents import refusals
from vigil.adapters.documents.docx.body import Body
from vigil.adapters.documents.docx.names import W
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
    main = package.tree("word/document.xml")
    body = None if main is None else main.find(f"{W}body")
    if body is None:
        raise refusals.damaged()
    styles = Styles(package.tree("word/styles.xml"))
    walk = Body(styles, Numbering(package.tree("word/numbering.xml")))
    lines = walk.lines(body)
    text_lines = [*_stamps(package, styles), *lines]
    return finished(text_lines, walk.encodings, DOCX, limits, _warnings(package))


def _stamps(package: Package, styles: Styles) -> list[str]:
    """Lines of headers and footers that are stamps: a secrecy grade must not be lost."""
    found: list[str] = []
    for name in sorted(package.names()):
        if not name.startswith(("word/header", "word/footer")) or not name.endswith(".xml"):
            continue
        tree: Element | None = package.tree(name)
        if tree is not None:
            found += [line for line in Body(styles, Numbering(None)).lines(tree) if is_stamp(line)]
    return list(dict.fromkeys(found))


def _warnings(package: Package) -> list[Phrase]:
    names = package.names()
    warnings = []
    if any(name.startswith(_ACTIVE) for name in names):
        warnings.append(phrase(N_("The file holds macros or embedded objects; they were not opened.")))
    if any(name.startswith("_xmlsignatures/") for name in names):
        warnings.append(phrase(N_("The file carries a digital signature of a kind that is not checked here.")))
    return warnings

"""A PDF with text as a document. Runs in the child process. Source: ISO 32000-1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document, PageMethod, Signature
from vigil.adapters.documents.pdf import letters
from vigil.adapters.documents.pdf.annotations import stamps_on
from vigil.adapters.documents.pdf.glyphs import Word, unmapped_share, words_of
from vigil.adapters.documents.pdf.pages import Pages
from vigil.adapters.documents.pdf.scans import is_scan
from vigil.adapters.documents.pdf.verdicts import warning
from vigil.adapters.documents.sniff import PDF
from vigil.adapters.documents.sources import named
from vigil.kernel.phrases import N_, Phrase, phrase

_ACTIVE = (b"/JavaScript", b"/JS ", b"/JS(", b"/Launch", b"/EmbeddedFile", b"/RichMedia")


@contextmanager
def opened(data: bytes) -> Iterator[pdfium.PdfDocument]:
    """The file as pdfium sees it.

    Raises:
        Refused: `document.encrypted`, `document.damaged`.
    """
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (c.FPDF_ERR_PASSWORD, c.FPDF_ERR_SECURITY):
            raise refusals.encrypted() from error
        raise refusals.damaged() from error
    try:
        yield pdf
    finally:
        pdf.close()


def read_pdf(data: bytes, limits: Limits, anchors: Path | None = None) -> Document:
    """The text layer of a PDF. Pages that must be read by OCR come out empty, with method "unread".

    Raises:
        Refused: `document.encrypted`, `document.damaged`, `document.too_many_pages`, `document.too_long`.
    """
    with opened(data) as pdf:
        count = len(pdf)
        if count == 0:
            raise refusals.damaged()
        if count > limits.pages:
            raise refusals.too_many_pages(count, limits.pages)
        pages, encodings = Pages.none(limits), set[str]()
        for index in range(count):
            encodings |= _read_page(pdf, index, pages)
        warnings = _warnings(pdf, data)
        is_signed = c.FPDF_GetSignatureCount(pdf) > 0 or b"/ByteRange" in data
    signatures = _signatures(data, anchors) if is_signed else ()
    states = dict.fromkeys(signature.state for signature in signatures)
    warnings += [one for one in map(warning, states) if one is not None]
    return Document(
        pages.text,
        PDF,
        tuple(pages.pages),
        tuple(pages.words),
        "text layer",
        named(encodings),
        signatures,
        warnings=tuple(warnings),
    )


def _signatures(data: bytes, anchors: Path | None) -> tuple[Signature, ...]:
    from vigil.adapters.documents.pdf.signatures import signatures_of  # slow to load, and seldom needed

    return signatures_of(data, anchors)


def _read_page(pdf: pdfium.PdfDocument, index: int, pages: Pages) -> set[str]:
    try:
        page = pdf[index]
    except pdfium.PdfiumError:
        pages.add([], index + 1, (0.0, 0.0), "unread")
        return set()
    try:
        words, encodings, method = _words(page)
        pages.add(words, index + 1, page.get_size(), method, stamps_on(page) if words else ())
        return encodings
    finally:
        page.close()


def _words(page: pdfium.PdfPage) -> tuple[list[Word], set[str], PageMethod]:
    textpage = page.get_textpage()
    try:
        words = words_of(page, textpage)
        if is_scan(page, words, unmapped_share(textpage)):
            return [], set(), "unread"
        if not letters.reads_badly(words):
            return words, set(), "text layer"
        words, encodings = letters.put_right(words_of(page, textpage, with_fonts=True))
        return words, encodings, "text layer"
    finally:
        textpage.close()


def _warnings(pdf: pdfium.PdfDocument, data: bytes) -> list[Phrase]:
    is_active = c.FPDFDoc_GetJavaScriptActionCount(pdf) > 0 or c.FPDFDoc_GetAttachmentCount(pdf) > 0
    if is_active or any(mark in data for mark in _ACTIVE):
        return [phrase(N_("The file holds scripts or attached files; they were neither run nor opened."))]
    return []

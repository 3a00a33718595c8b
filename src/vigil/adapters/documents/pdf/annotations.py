"""Stamps laid over a page as annotations: a secrecy grade must not be lost. Source: ISO 32000-1 section 12.5.6."""

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vigil.adapters.documents.cleaning import cleaned
from vigil.adapters.documents.letterhead import is_stamp

_KINDS = (c.FPDF_ANNOT_FREETEXT, c.FPDF_ANNOT_STAMP)
_MOST, _MOST_BYTES = 200, 4096


def stamps_on(page: pdfium.PdfPage) -> list[str]:
    """The lines of a page's text and stamp annotations that are stamps."""
    found: list[str] = []
    for index in range(min(c.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = c.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        if c.FPDFAnnot_GetSubtype(annotation) in _KINDS:
            found += [line.strip() for line in _contents(annotation).split("\n") if is_stamp(line)]
        c.FPDFPage_CloseAnnot(annotation)
    return list(dict.fromkeys(found))


def _contents(annotation: c.FPDF_ANNOTATION) -> str:
    buffer = ctypes.create_string_buffer(_MOST_BYTES)
    pointer = ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR))
    size = c.FPDFAnnot_GetStringValue(annotation, b"Contents", pointer, _MOST_BYTES)
    return cleaned(buffer.raw[: max(0, min(size, _MOST_BYTES) - 2)].decode("utf-16-le", errors="replace"))

"""Official documents out: one value, `OfficialDocument`, and two writers, in the layout of Decree 30/2020.

Number, date and signature are left blank for the clerk unless they are given. What is written here, `extract` and the
dispatch reader read back to the same fields.
"""

from vigil.adapters.documents.writing.official import (
    Annex,
    DocumentKind,
    Item,
    Level,
    OfficialDocument,
    Signatory,
    Urgency,
    lines_of,
)
from vigil.adapters.documents.writing.pdf import write_pdf
from vigil.adapters.documents.writing.word import write_docx

__all__ = [
    "Annex",
    "DocumentKind",
    "Item",
    "Level",
    "OfficialDocument",
    "Signatory",
    "Urgency",
    "lines_of",
    "write_docx",
    "write_pdf",
]

"""Files to text with positions: `extract(data)` gives a `Document` or refuses with a code and a sentence.

Kinds are told by content. Plain text is read here; everything that needs a parser of somebody else's format
is read in a child process with bounded memory and time, so that a bad file costs only itself.
"""

from vigil.adapters.documents.limits import DEFAULT_LIMITS, Limits
from vigil.adapters.documents.model import Box, Document, Page, Signature
from vigil.adapters.documents.ocr.availability import ocr_available
from vigil.adapters.documents.page_pictures import has_pictures, page_picture
from vigil.adapters.documents.reading import extract

__all__ = [
    "DEFAULT_LIMITS",
    "Box",
    "Document",
    "Limits",
    "Page",
    "Signature",
    "extract",
    "has_pictures",
    "ocr_available",
    "page_picture",
]

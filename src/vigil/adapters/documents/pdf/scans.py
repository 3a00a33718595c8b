"""Is this page a picture of text? Then its text layer, if any, is not to be trusted."""

from collections.abc import Sequence
from itertools import islice

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vigil.adapters.documents.encodings.syllables import plausibility
from vigil.adapters.documents.pdf.glyphs import Word

_COVERED = 0.5
_FEW_LETTERS = 250
"""A scan that was signed digitally carries about so many letters: who signed, and when."""


def is_scan(page: pdfium.PdfPage, words: Sequence[Word], unmapped: float) -> bool:
    """Whether a page must be read by OCR: no usable letters, or an image over it with few or poor letters."""
    letters = sum(len(word.text) for word in words)
    if letters and unmapped > 0.3:
        return True
    if letters > 2000 and not _reads_poorly(words):
        return False
    covered = _covered_by_images(page)
    if letters < 10:
        return covered > 0.02 or _has_drawings(page)
    return covered > _COVERED and (letters < _FEW_LETTERS or _reads_poorly(words))


def _reads_poorly(words: Sequence[Word]) -> bool:
    """An old text layer by a program that knew no Vietnamese: hardly a marked word, or most of them wrong."""
    valid, invalid = plausibility(" ".join(word.text for word in words))
    return invalid > valid or valid + invalid < len(words) * 0.15


def _covered_by_images(page: pdfium.PdfPage) -> float:
    """The largest image's share of the page's area, 0 to 1."""
    wide, high = page.get_size()
    largest = 0.0
    for thing in page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = thing.get_bounds()
        largest = max(largest, (right - left) * (top - bottom))
    return float(min(largest / max(wide * high, 1.0), 1.0))


def _has_drawings(page: pdfium.PdfPage) -> bool:
    """Letters drawn as curves: hundreds of paths and no text."""
    paths = page.get_objects(filter=[c.FPDF_PAGEOBJ_PATH], max_depth=3)
    return next(islice(paths, 100, None), None) is not None

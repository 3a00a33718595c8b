"""Some pages of a scan, drawn, read by tesseract through ocrmypdf, and brought back with positions.

Runs in the child process, in the private folder of the scan.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ocrmypdf
from ocrmypdf import exceptions as faults

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document, packed
from vigil.adapters.documents.ocr.orientation import upright
from vigil.adapters.documents.ocr.pictures import as_pdf, frames_in, pictures
from vigil.adapters.documents.pdf.glyphs import words_of
from vigil.adapters.documents.pdf.pages import Pages
from vigil.adapters.documents.pdf.reader import opened
from vigil.adapters.documents.sniff import PDF


def count_frames(job: Mapping[str, Any], data: bytes, limits: Limits) -> int:
    """How many pages the image file of a job holds."""
    return frames_in(data, job["media_type"], limits)


def read_scan(job: Mapping[str, Any], data: bytes, limits: Limits) -> dict[str, Any]:
    """The text of `job["pages"]` (numbers from 1), as a packed document of those pages.

    Raises:
        Refused: `document.damaged`, `document.bomb`.
        Unavailable: `document.ocr_failed`.
    """
    numbers: list[int] = job["pages"]
    folder = Path(job["folder"])
    drawn, read = folder / "drawn.pdf", folder / "read.pdf"
    images = map(upright, pictures(data, job["media_type"], numbers, limits))
    drawn.write_bytes(as_pdf(images, is_image_file=job["media_type"] != PDF))
    _recognise(drawn, read, len(numbers))
    pages = Pages.none(limits)
    with opened(read.read_bytes()) as pdf:
        for index, number in enumerate(numbers):
            page = pdf[index]
            textpage = page.get_textpage()
            pages.add(words_of(page, textpage), number, page.get_size(), "ocr")
            textpage.close()
            page.close()
    return packed(Document(pages.text, job["media_type"], tuple(pages.pages), tuple(pages.words), "ocr"))


def _recognise(drawn: Path, read: Path, pages: int) -> None:
    logging.disable(logging.CRITICAL)
    try:
        ocrmypdf.ocr(
            drawn,
            read,
            language=["vie"],
            output_type="pdf",
            optimize=0,
            jobs=min(pages, 2),
            use_threads=True,
            tesseract_timeout=120.0,
            progress_bar=False,
        )
    except (faults.ExitCodeException, faults.SubprocessOutputError) as error:
        raise refusals.ocr_failed() from error

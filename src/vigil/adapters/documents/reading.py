"""The way of a file: measured, recognised, read by its reader, checked, handed over."""

from collections.abc import Callable
from pathlib import Path

from vigil.adapters.documents import child, refusals, sniff
from vigil.adapters.documents.limits import DEFAULT_LIMITS, Limits
from vigil.adapters.documents.merging import merged
from vigil.adapters.documents.model import Document, Page, unpacked
from vigil.adapters.documents.ocr.scan import frames_in, recognise
from vigil.adapters.documents.plain import read_text
from vigil.kernel.phrases import N_, Phrase, phrase

EarlyCheck = Callable[[str], None]
Progress = Callable[[Phrase], None]


def extract(
    data: bytes,
    filename: str = "",
    *,
    limits: Limits = DEFAULT_LIMITS,
    early_check: EarlyCheck | None = None,
    progress: Progress | None = None,
    anchors: Path | None = None,
) -> Document:
    """The text of a file, with positions.

    Args:
        data: the file, byte for byte. Its kind is told from these alone; `filename` is not believed.
        limits: bounds of size (bytes), pages, characters and time (seconds).
        early_check: called with the text of a scan's first page before the other pages are read, and with
            the whole text of every document before it is returned; what it raises ends the reading.
        progress: called with a phrase before each long step (pages read by OCR).
        anchors: a folder of certificates (PEM or DER) whose signatures are trusted; none by default.

    Raises:
        Refused: `document.*`, see docs/reference/documents.md; nothing of the file stays anywhere.
        Unavailable: `document.ocr_missing` when a scan is given and tesseract with Vietnamese is missing.
    """
    if len(data) > limits.bytes:
        raise refusals.too_large(len(data), limits.bytes)
    media_type = sniff.media_type(data)
    document = _read(data, media_type, limits, anchors)
    unread = [page.number for page in document.pages if page.method == "unread"]
    if unread:
        scan = recognise(data, media_type, unread, limits, early_check=early_check, progress=progress)
        document = merged(document, scan.lots).with_warnings(*_about_scan(scan.unread, len(document.pages)))
    if not document.text.strip():
        raise refusals.no_text()
    if early_check is not None:
        early_check(document.text)
    return document


def _read(data: bytes, media_type: str, limits: Limits, anchors: Path | None) -> Document:
    if media_type == sniff.TEXT and len(data) <= limits.in_process_bytes:
        return read_text(data, limits)
    if media_type.startswith("image/"):
        frames = frames_in(data, media_type, limits)
        if frames > limits.pages:
            raise refusals.too_many_pages(frames, limits.pages)
        pages = tuple(Page(number, 0, 0, method="unread") for number in range(1, frames + 1))
        return Document("", media_type, pages, method="ocr")
    job = {
        "job": "read",
        "media_type": media_type,
        "anchors": None if anchors is None else str(anchors.resolve()),
    }
    return unpacked(child.ask(job, data, limits))


def _about_scan(unread: list[int], pages: int) -> list[Phrase]:
    warnings = [phrase(N_("The text was recognised from a picture. Check names, numbers and dates against it."))]
    if unread:
        warnings.append(
            phrase(
                N_("{count} of {pages} pages were not read (from page {first}): too many, or out of time."),
                count=len(unread),
                pages=pages,
                first=unread[0],
            )
        )
    return warnings

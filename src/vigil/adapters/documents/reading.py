"""The way of a file: measured, recognised, read by its reader, checked, handed over."""

from collections.abc import Callable
from pathlib import Path

from vigil.adapters.documents import child, refusals, sniff
from vigil.adapters.documents.limits import DEFAULT_LIMITS, Limits
from vigil.adapters.documents.model import Document, unpacked
from vigil.adapters.documents.plain import read_text
from vigil.kernel.phrases import Phrase

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
        data: the file, byte for byte. Its kind is told from these; `filename` only goes into messages.
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
    if media_type == sniff.TEXT and len(data) <= limits.in_process_bytes:
        document = read_text(data, limits)
    else:
        document = unpacked(child.ask({"job": "read", "media_type": media_type}, data, limits))
    if early_check is not None:
        early_check(document.text)
    return document

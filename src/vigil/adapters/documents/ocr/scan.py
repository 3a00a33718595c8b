"""The pages that must be read by OCR: first page first, then the others in small lots, within time.

Runs in the parent process.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vigil.adapters.documents import child, refusals
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document, unpacked
from vigil.adapters.documents.ocr.availability import ocr_available
from vigil.adapters.documents.ocr.folder import private_folder
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, Phrase, phrase

_LOT = 4


@dataclass(slots=True)
class Recognised:
    """What OCR brought: a document per lot of pages, and the pages left unread."""

    lots: list[Document] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)


def frames_in(data: bytes, media_type: str, limits: Limits) -> int:
    """How many pages an image file holds. Raises Refused `document.damaged`, `document.bomb`."""
    return int(child.ask({"job": "frames", "media_type": media_type}, data, limits))


def recognise(
    data: bytes,
    media_type: str,
    pages: Sequence[int],
    limits: Limits,
    *,
    early_check: Callable[[str], None] | None,
    progress: Callable[[Phrase], None] | None,
) -> Recognised:
    """Read `pages` (numbers from 1); the first of them alone, and `early_check` sees it before the others.

    Raises:
        Unavailable: `document.ocr_missing`, `document.ocr_failed`.
        Refused: `document.too_slow` when not even the first page was read in time; what `early_check` raises.
    """
    availability = ocr_available()
    if not availability:
        raise refusals.ocr_missing(availability.reason)
    result = Recognised(unread=list(pages[limits.ocr_pages :]))
    until = time.monotonic() + limits.ocr_seconds
    for lot in _lots(pages[: limits.ocr_pages]):
        left = until - time.monotonic()
        if progress is not None:
            progress(_reading(lot, len(pages)))
        read = _read_lot(data, media_type, lot, limits, left) if left > 1 or not result.lots else None
        if read is None:
            if not result.lots:
                raise refusals.too_slow(limits.ocr_seconds)
            result.unread += lot
            continue
        if early_check is not None and not result.lots:
            early_check(read.text)
        result.lots.append(read)
    result.unread.sort()
    return result


def _lots(pages: Sequence[int]) -> Iterator[list[int]]:
    yield list(pages[:1])
    for start in range(1, len(pages), _LOT):
        yield list(pages[start : start + _LOT])


def _read_lot(data: bytes, media_type: str, lot: list[int], limits: Limits, seconds: float) -> Document | None:
    """The lot as a document; None when the time is up."""
    with private_folder() as folder:
        job = {"job": "ocr", "media_type": media_type, "pages": lot, "folder": str(Path(folder))}
        try:
            return unpacked(child.ask(job, data, limits, seconds=seconds))
        except Refused as error:
            if error.code == "document.too_slow":
                return None
            raise


def _reading(lot: Sequence[int], total: int) -> Phrase:
    if len(lot) == 1:
        return phrase(N_("Reading page {page} as a scan ({total} to read)"), page=lot[0], total=total)
    return phrase(
        N_("Reading pages {first} to {last} as scans ({total} to read)"),
        first=lot[0],
        last=lot[-1],
        total=total,
    )

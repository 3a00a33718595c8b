"""Every way in which a document is refused, with its stable code and its wording."""

from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_, Phrase


def empty() -> Refused:
    """The file holds nothing."""
    return Refused("document.empty", N_("The file is empty."))


def too_large(size_bytes: int, limit_bytes: int) -> Refused:
    """The file is larger than is taken."""
    return Refused(
        "document.too_large",
        N_("The file has {size_mb} MB; at most {limit_mb} MB are taken."),
        size_mb=round(size_bytes / 1_000_000, 1),
        limit_mb=round(limit_bytes / 1_000_000, 1),
    )


def encrypted() -> Refused:
    """A password is needed."""
    return Refused(
        "document.encrypted",
        N_("The file is protected with a password. Save it without the password and give it again."),
    )


def damaged() -> Refused:
    """The file is of a known kind but broken."""
    return Refused(
        "document.damaged",
        N_("The file is damaged and cannot be read. Ask the sender for it again, or give it as PDF or text."),
    )


def unsupported(kind: str) -> Refused:
    """The file is of a kind that is not read here."""
    return Refused(
        "document.unsupported",
        N_("This kind of file ({kind}) is not read. Give a .docx, .doc, .rtf, .pdf, .txt or a scan."),
        kind=kind,
    )


def no_text() -> Refused:
    """Nothing readable in it."""
    return Refused(
        "document.no_text",
        N_("No text was found in the file. If it is a scan, scan it again straight and sharp, at 300 dpi."),
    )


def too_many_pages(pages: int, limit: int) -> Refused:
    """More pages than are read."""
    return Refused(
        "document.too_many_pages",
        N_("The file has {pages} pages; at most {limit} are read. Give the dispatch without its annexes."),
        pages=pages,
        limit=limit,
    )


def too_much_text(limit: int) -> Refused:
    """More characters than are read."""
    return Refused(
        "document.too_long",
        N_("The file holds more than {limit} characters of text. Give the dispatch without its annexes."),
        limit=limit,
    )


def bomb() -> Refused:
    """Packed so that it would swell beyond all measure."""
    return Refused(
        "document.bomb",
        N_("The file unpacks to far more than a document holds and may be an attack. It was not kept."),
    )


def too_slow(seconds: float) -> Refused:
    """Reading took longer than is allowed."""
    return Refused(
        "document.too_slow",
        N_("Reading the file took longer than {seconds} seconds and was stopped."),
        seconds=round(seconds),
    )


def no_memory_folder(room_bytes: int) -> Unavailable:
    """A scan is read in memory only, and there is no place for it."""
    return Unavailable(
        "document.no_memory_folder",
        N_("A scan is read in memory only, and /dev/shm has less than {room_mb} MB free on this machine."),
        room_mb=room_bytes // 1_000_000,
    )


def ocr_missing(reason: Phrase) -> Unavailable:
    """The text recognition is not installed."""
    return Unavailable(
        "document.ocr_missing",
        N_(
            "The file is a scan, and reading scans needs tesseract with Vietnamese: {reason}. "
            "Install the packages tesseract-ocr and tesseract-ocr-vie, or give the file with text."
        ),
        reason=reason,
    )


def ocr_failed() -> Unavailable:
    """The text recognition ended with a fault of its own."""
    return Unavailable("document.ocr_failed", N_("The text recognition failed on this file."))

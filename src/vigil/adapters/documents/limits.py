"""How much of a document is read before it is refused: one place for every bound."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document. Sizes in bytes, times in seconds, pixels per page.

    `bytes` is the file as it arrives; `unpacked_bytes` and `ratio` hold for what is inside a .docx;
    `seconds` is wall time for parsing and `ocr_seconds` for all pages read by OCR; `memory_bytes` is the
    address space of the child process that touches the file.
    """

    bytes: int = 50_000_000
    pages: int = 2_000
    characters: int = 2_000_000
    unpacked_bytes: int = 200_000_000
    entries: int = 4_000
    ratio: int = 200
    depth: int = 256
    seconds: float = 60.0
    memory_bytes: int = 2 << 30
    ocr_pages: int = 60
    ocr_seconds: float = 300.0
    pixels: int = 40_000_000
    in_process_bytes: int = 1_000_000

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


DEFAULT_LIMITS = Limits()

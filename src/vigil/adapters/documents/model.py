"""What comes out of a file: its text, where each piece of it stands on the page, and how it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from vigil.kernel.phrases import Phrase

Method = Literal["text", "text layer", "ocr", "mixed"]
PageMethod = Literal["text", "text layer", "ocr", "unread"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `number` from 1, `start`/`end` offsets into the text, `width`/`height` in points."""

    number: int
    start: int
    end: int
    width: float | None = None
    height: float | None = None
    method: PageMethod = "text"


@dataclass(frozen=True, slots=True)
class Box:
    """Where `text[start:end]` stands: page number from 1, points from the page's left and TOP edge."""

    start: int
    end: int
    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a PDF.

    `state`: "intact" (the bytes are those that were signed and nothing was added), "changed after signing"
    (the signed part is intact, something was added later that signing rules do not allow for),
    "broken" (the bytes or the signature do not match), "unreadable" (it cannot be checked).
    `trust`: "trusted", "not trusted" (no path to a configured anchor), "no anchors" (none configured),
    "not checked" (nothing intact to trust).
    """

    field: str
    state: Literal["intact", "changed after signing", "broken", "unreadable"]
    coverage: Literal["whole file", "earlier revision", "part", "unknown"]
    signer: str | None
    signed_at: str | None
    timestamped: bool
    trust: Literal["trusted", "not trusted", "no anchors", "not checked"]
    phrase: Phrase

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, the sentence in English under `says`."""
        return {
            "field": self.field,
            "state": self.state,
            "coverage": self.coverage,
            "signer": self.signer,
            "signed_at": self.signed_at,
            "timestamped": self.timestamped,
            "trust": self.trust,
            "says": str(self.phrase),
            "phrase": self.phrase.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Document:
    """A file as text. `text` is NFC with "\\n" line ends; offsets count Python characters.

    `words` maps ranges of the text to rectangles (PDF and OCR; empty otherwise); `encoding` names what the
    text was decoded from ("utf-8", "tcvn3", "vni", "windows-1258", "decomposed", several joined by "+").
    """

    text: str
    media_type: str
    pages: tuple[Page, ...] = ()
    words: tuple[Box, ...] = ()
    method: Method = "text"
    encoding: str = "unicode"
    signatures: tuple[Signature, ...] = ()
    warnings: tuple[Phrase, ...] = ()

    def with_warnings(self, *more: Phrase) -> "Document":
        """The same document with `more` said about it."""
        return replace(self, warnings=(*self.warnings, *more))

    def boxes_of(self, start: int, end: int) -> tuple[Box, ...]:
        """The rectangles that `text[start:end]` touches."""
        return tuple(box for box in self.words if box.start < end and box.end > start)

    def to_json(self) -> dict[str, Any]:
        """What is known about the file, without its text and boxes."""
        return {
            "media_type": self.media_type,
            "method": self.method,
            "encoding": self.encoding,
            "characters": len(self.text),
            "pages": [
                {
                    "number": page.number,
                    "start": page.start,
                    "end": page.end,
                    "width": page.width,
                    "height": page.height,
                    "method": page.method,
                }
                for page in self.pages
            ],
            "signatures": [signature.to_json() for signature in self.signatures],
            "warnings": [{"says": str(warning), "phrase": warning.to_json()} for warning in self.warnings],
        }


def packed(document: Document) -> dict[str, Any]:
    """The whole document as plain JSON values, for the way from the child process to its parent."""
    return {
        "text": document.text,
        "media_type": document.media_type,
        "pages": [[p.number, p.start, p.end, p.width, p.height, p.method] for p in document.pages],
        "words": [[b.start, b.end, b.page, b.left, b.top, b.right, b.bottom] for b in document.words],
        "method": document.method,
        "encoding": document.encoding,
        "signatures": [signature.to_json() for signature in document.signatures],
        "warnings": [warning.to_json() for warning in document.warnings],
    }


def unpacked(stored: Mapping[str, Any]) -> Document:
    """The document that `packed` wrote."""
    return Document(
        text=stored["text"],
        media_type=stored["media_type"],
        pages=tuple(Page(*row) for row in stored["pages"]),
        words=tuple(Box(*row) for row in stored["words"]),
        method=stored["method"],
        encoding=stored["encoding"],
        signatures=tuple(_signature(row) for row in stored["signatures"]),
        warnings=tuple(Phrase.from_json(row) for row in stored["warnings"]),
    )


def _signature(row: Mapping[str, Any]) -> Signature:
    values = {key: value for key, value in row.items() if key not in ("says", "phrase")}
    return Signature(**values, phrase=Phrase.from_json(row["phrase"]))

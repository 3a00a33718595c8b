"""From the lines that a reader found to a document: old fonts mended, text cleaned, bounds held."""

from collections.abc import Iterable, Sequence

from vigil.adapters.documents import refusals
from vigil.adapters.documents.cleaning import cleaned
from vigil.adapters.documents.encodings import mended
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.kernel.phrases import Phrase


def finished(
    lines: Sequence[str],
    encodings: Iterable[str],
    media_type: str,
    limits: Limits,
    warnings: Sequence[Phrase] = (),
) -> Document:
    """The document of a reader without pages (docx, doc, rtf, html).

    Raises:
        Refused: `document.no_text`, `document.too_long`.
    """
    if sum(map(len, lines)) > limits.characters:
        raise refusals.too_much_text(limits.characters)
    composed_lines, found = mended(lines)
    text = cleaned("\n".join(composed_lines)).strip("\n")
    if not text.strip():
        raise refusals.no_text()
    return Document(text + "\n", media_type, encoding=named([*encodings, *found]), warnings=tuple(warnings))


def named(encodings: Iterable[str]) -> str:
    """One name for what several pieces were decoded from: the old ones, or "unicode"."""
    return "+".join(sorted(set(encodings) - {"unicode"})) or "unicode"

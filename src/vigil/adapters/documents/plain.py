"""Plain text."""

from vigil.adapters.documents import refusals
from vigil.adapters.documents.cleaning import cleaned
from vigil.adapters.documents.encodings import decode
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.adapters.documents.sniff import TEXT
from vigil.kernel.phrases import N_, phrase


def read_text(data: bytes, limits: Limits) -> Document:
    """A .txt in whatever encoding.

    Raises:
        Refused: `document.no_text`, `document.too_long`.
    """
    decoded = decode(data)
    text = cleaned(decoded.text)
    if not text.strip():
        raise refusals.no_text()
    if len(text) > limits.characters:
        raise refusals.too_much_text(limits.characters)
    document = Document(text, TEXT, encoding=decoded.encoding)
    if decoded.sure:
        return document
    return document.with_warnings(
        phrase(
            N_("The encoding of the text is not certain (read as {encoding}); check the letters."),
            encoding=decoded.encoding,
        )
    )

"""The OLE container of a .doc: its streams, and what else it may turn out to be. Source: [MS-CFB]."""

import io
from dataclasses import dataclass

import olefile

from vigil.adapters.documents import refusals
from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.limits import Limits

_FAULTS = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What olefile raises at damaged containers: it says OSError for what it knows, and trips over the rest."""
_ENCRYPTED, _SECOND_TABLE, _COMPLEX, _OBFUSCATED = 0x0100, 0x0200, 0x0004, 0x8000
_WORD = 0xA5EC
_WORD_97 = 0x00C1


@dataclass(frozen=True, slots=True)
class Container:
    """The two streams that hold the text, and whether macros lie beside them."""

    main: Stream
    table: Stream
    has_macros: bool


def opened(data: bytes, limits: Limits) -> Container:
    """The streams of a .doc.

    Raises:
        Refused: `document.encrypted`, `document.damaged`, `document.unsupported` (another kind of OLE file,
            or a Word older than 97).
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            names = {"/".join(entry) for entry in ole.listdir()}
            if names & {"EncryptedPackage", "EncryptionInfo"}:
                raise refusals.encrypted()
            if "WordDocument" not in names:
                raise refusals.unsupported(_kind(names))
            main = _stream(ole, "WordDocument", limits)
            flags = _checked_flags(main)
            table = _stream(ole, "1Table" if flags & _SECOND_TABLE else "0Table", limits)
    except _FAULTS as error:
        raise refusals.damaged() from error
    return Container(main, table, any(name.startswith("Macros/") for name in names))


def _checked_flags(main: Stream) -> int:
    """The FIB's flags. Source: [MS-DOC] 2.5.2 (FibBase)."""
    if main.u16(0) != _WORD:
        raise refusals.damaged()
    flags = main.u16(0x0A)
    if flags & (_ENCRYPTED | _OBFUSCATED):
        raise refusals.encrypted()
    if main.u16(2) < _WORD_97:
        raise refusals.unsupported("doc, Word 6/95")
    return flags


def _stream(ole: olefile.OleFileIO, name: str, limits: Limits) -> Stream:
    if not ole.exists(name):
        raise refusals.damaged()
    if ole.get_size(name) > limits.bytes:
        raise refusals.bomb()
    return Stream(ole.openstream(name).read(limits.bytes))


def _kind(names: set[str]) -> str:
    for stream, kind in (("Workbook", "xls"), ("PowerPoint Document", "ppt"), ("__properties_version1.0", "msg")):
        if stream in names:
            return kind
    return "ole"

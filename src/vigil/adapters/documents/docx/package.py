"""The zip around a .docx, and its parts as trees.

Source: ECMA-376 part 2 (packages). Nothing is written to disk: a part's name is only a key.
"""

import io
import zipfile
import zlib

from lxml import etree

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits

Element = etree._Element
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FREE_BYTES = 1_000_000
"""Below this size a part may be packed as tightly as it likes."""


class Package:
    """The parts of a .docx, each unpacked when asked for, within the limits.

    Raises:
        Refused: `document.bomb`, `document.damaged`, `document.encrypted`.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.unpacked_bytes
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            raise refusals.damaged() from error
        entries = self._zip.infolist()
        self._entries = {entry.filename: entry for entry in entries}
        if len(entries) > limits.entries or sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
            raise refusals.bomb()
        if any(self._swells(entry) for entry in entries):
            raise refusals.bomb()

    def _swells(self, entry: zipfile.ZipInfo) -> bool:
        return entry.file_size > _FREE_BYTES and entry.file_size > entry.compress_size * self._limits.ratio

    def names(self) -> list[str]:
        """The parts, as named in the zip."""
        return list(self._entries)

    def bytes_of(self, name: str) -> bytes | None:
        """One part unpacked, or None when there is none of that name."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        if entry.flag_bits & 0x1:
            raise refusals.encrypted()
        try:
            with self._zip.open(entry) as part:
                content = part.read(self._left + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise refusals.damaged() from error
        self._left -= len(content)
        if self._left < 0:
            raise refusals.bomb()
        return content

    def tree(self, name: str) -> Element | None:
        """One part as a tree, without entities, document types or network; None when there is none."""
        content = self.bytes_of(name)
        return None if content is None else parsed(_transitional(content), self._limits)

    def main_name(self) -> str:
        """The part that holds the document. Source: ECMA-376 part 2, section 9.3 (relationships)."""
        relations = self.tree("_rels/.rels")
        for relation in () if relations is None else relations:
            target = relation.get("Target", "").lstrip("/")
            if relation.get("Type", "").endswith("/officeDocument") and target in self._entries:
                return target
        return "word/document.xml"


def _transitional(content: bytes) -> bytes:
    """The strict form of the format differs, for us, by the name of its namespace (ECMA-376 part 1, annex A)."""
    return content.replace(_STRICT, _TRANSITIONAL) if _STRICT in content[:10_000] else content


def parsed(content: bytes, limits: Limits) -> Element:
    """XML as a tree. A document type is refused: Office never writes one, bombs need one.

    Raises:
        Refused: `document.bomb` for a document type or too deep a tree, `document.damaged` for bad XML.
    """
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:4096]:
        raise refusals.bomb()
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise refusals.damaged() from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise refusals.bomb()
    return root

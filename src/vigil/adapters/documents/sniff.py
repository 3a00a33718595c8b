"""What kind of file is it? Told by its first bytes and its inside, never by its name."""

import io
import re
import zipfile

from vigil.adapters.documents import refusals

TEXT = "text/plain"
HTML = "text/html"
RTF = "application/rtf"
PDF = "application/pdf"
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
)
_OTHERS = (
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"GIF8", "gif"),
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
    (b"%!PS", "postscript"),
    (b"\xfd7zXZ\x00", "xz"),
)
_HTML = re.compile(
    rb"\s*(<!--.{0,2000}?-->\s*)?(<\?xml[^>]{0,200}>\s*)?<(!doctype html|html|head|body|meta|style)\b",
    re.IGNORECASE | re.DOTALL,
)
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"


def media_type(data: bytes) -> str:
    """The media type of `data`.

    Raises:
        Refused: `document.empty`; `document.unsupported` for a kind that is not read;
            `document.damaged` for an archive that cannot be listed.
    """
    if not data.strip(b"\x00\t\n\x0b\x0c\r "):
        raise refusals.empty()
    head = data[:1024]
    if b"%PDF-" in head:
        return PDF
    if head.startswith(_OLE):
        return DOC
    if head.startswith(b"PK"):
        return _kind_of_archive(data)
    if head.startswith(b"{\\rtf"):
        return RTF
    _refuse_others(head)
    return _image(data) or _text(data)


def _image(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for magic, kind in _IMAGES:
        if data.startswith(magic) and (magic != b"BM" or data[6:10] == b"\x00" * 4):
            return kind
    return None


def _refuse_others(head: bytes) -> None:
    for magic, kind in _OTHERS:
        if head.startswith(magic):
            raise refusals.unsupported(kind)


def _text(data: bytes) -> str:
    if _HTML.match(data[:4096].removeprefix(b"\xef\xbb\xbf")):
        return HTML
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_wide(data):
        return TEXT
    sample = data[:100_000]
    if len(sample.translate(None, _CONTROLS)) < len(sample) * 0.98:
        raise refusals.unsupported("binary")
    return TEXT


def _looks_wide(data: bytes) -> bool:
    sample = data[:4000]
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    return len(sample) >= 8 and max(zeros) > len(sample) * 0.15 and min(zeros) < len(sample) * 0.025


def _kind_of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, OverflowError) as error:
        raise refusals.damaged() from error
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return DOCX
    for start, kind in (("xl/", "xlsx"), ("ppt/", "pptx"), ("content.xml", "odt")):
        if any(name.startswith(start) for name in names):
            raise refusals.unsupported(kind)
    raise refusals.unsupported("zip")

"""XLSX, read row by row. The zip around it is weighed before anything is unpacked; a document type is refused.

Source: ECMA-376 parts 1 (SpreadsheetML) and 2 (packages).
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from vigil.adapters.inventories import refusals
from vigil.adapters.inventories.model import SheetLimits

_FREE_BYTES = 200_000
"""Below this size a part may be packed as tightly as it likes."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    DefusedXmlException,
    InvalidFileException,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    NotImplementedError,
    AssertionError,
    SyntaxError,
)


def xlsx_rows(data: bytes, limits: SheetLimits) -> Iterator[list[str]]:
    """The rows of the first worksheet as text.

    Raises:
        Refused: `sheet.bomb`, `sheet.damaged`, `sheet.unknown_kind`, `sheet.old_or_locked`.
    """
    try:
        _weigh(data, limits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that it leaves out
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheets = book.worksheets
            if not sheets:
                raise refusals.empty()
            sheet: Any = sheets[0]
            sheet.reset_dimensions()
            for row in sheet.iter_rows(max_col=limits.columns + 1, values_only=True):
                yield [_text(value) for value in row]
    except _BROKEN as error:
        raise refusals.damaged() from error


def _weigh(data: bytes, limits: SheetLimits) -> None:
    """Look at the zip's directory, and at the parts' beginnings, before openpyxl unpacks it."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = package.infolist()
        if len(entries) > limits.entries or any(_swells(entry, limits) for entry in entries):
            raise refusals.bomb()
        if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
            raise refusals.bomb()
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise refusals.old_or_locked()
        if "xl/workbook.xml" not in package.namelist():
            raise refusals.unknown_kind()
        for entry in entries:
            _look_into(package, entry, limits)


def _swells(entry: zipfile.ZipInfo, limits: SheetLimits) -> bool:
    carries_cells = entry.filename.startswith("xl/worksheets/") or entry.filename == "xl/sharedStrings.xml"
    if not carries_cells and entry.file_size > limits.part_bytes:
        return True
    return entry.file_size > _FREE_BYTES and entry.file_size > entry.compress_size * limits.ratio


def _look_into(package: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: SheetLimits) -> None:
    if not entry.filename.endswith((".xml", ".rels")):
        return
    with package.open(entry) as part:
        head = part.read(4096)
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise refusals.bomb()
        if entry.filename == "xl/sharedStrings.xml" and (head + part.read()).count(b"<si") > limits.strings:
            raise refusals.bomb()


def _text(value: Any) -> str:
    """A cell's value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""A file becomes a sheet: the kind is told from its bytes, never from its name."""

from collections.abc import Iterable

from vigil.adapters.inventories import refusals
from vigil.adapters.inventories.csv_files import csv_rows
from vigil.adapters.inventories.escaping import cleaned, unguarded
from vigil.adapters.inventories.model import DEFAULT_LIMITS, Row, Sheet, SheetLimits
from vigil.adapters.inventories.xlsx_files import xlsx_rows

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TEXT = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")


def read_sheet(data: bytes, limits: SheetLimits = DEFAULT_LIMITS) -> Sheet:
    """The first table of a CSV or XLSX file.

    Raises:
        Refused: `sheet.empty`, `.too_large`, `.too_many_rows`, `.too_many_columns`, `.bomb`, `.damaged`,
            `.old_or_locked`, `.unknown_kind`, `.unknown_encoding`.
    """
    if len(data) > limits.bytes:
        raise refusals.too_large(limits.bytes)
    if data.startswith(_OLE):
        raise refusals.old_or_locked()
    if data.startswith(_NOT_TEXT):
        raise refusals.unknown_kind()
    found = xlsx_rows(data, limits) if data.startswith((_ZIP, _EMPTY_ZIP)) else csv_rows(data)
    return _sheet(found, limits)


def _sheet(found: Iterable[list[str]], limits: SheetLimits) -> Sheet:
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    blank = characters = 0
    for number, raw in enumerate(found, start=1):
        cells = _trimmed([cleaned(unguarded(cleaned(cell))) for cell in raw])
        if not cells:
            blank += 1
            if blank > limits.blank_rows:
                break
            continue
        if len(cells) > limits.columns:
            raise refusals.too_many_columns(limits.columns)
        characters += sum(map(len, cells))
        if characters > limits.characters:
            raise refusals.too_large(limits.bytes)
        if not header:
            header = cells
            continue
        if len(rows) >= limits.rows:
            raise refusals.too_many_rows(limits.rows)
        rows.append(Row(number, cells))
    if not header:
        raise refusals.empty()
    return Sheet(header, tuple(rows))


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)

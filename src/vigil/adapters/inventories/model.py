"""A sheet as text, and how much of one is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """Bounds on one file. `unpacked_bytes` holds for all parts of an .xlsx, `part_bytes` for each without cells."""

    bytes: int = 10_000_000
    rows: int = 20_000
    columns: int = 60
    blank_rows: int = 5_000
    characters: int = 20_000_000
    unpacked_bytes: int = 40_000_000
    part_bytes: int = 5_000_000
    entries: int = 500
    ratio: int = 200
    strings: int = 600_000


DEFAULT_LIMITS = SheetLimits()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first table of a file. Cells are trimmed text; rows without any text are left out."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

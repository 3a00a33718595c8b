"""CSV as spreadsheets write it: comma, semicolon or tab; UTF-8 or UTF-16, with or without a mark in front."""

import codecs
import csv
import io
from collections.abc import Iterator

from vigil.adapters.inventories import refusals

_DELIMITERS = ",;\t"
_LONGEST_CELL = 200_000


def csv_rows(data: bytes) -> Iterator[list[str]]:
    """The records of a CSV file, the header first.

    Raises:
        Refused: `sheet.empty`, `sheet.unknown_encoding`, `sheet.unknown_kind`, `sheet.damaged`.
    """
    text = _decoded(data)
    if not text.strip():
        raise refusals.empty()
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        text, delimiter = rest, first.strip()[4]
    else:
        delimiter = _delimiter(first)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise refusals.damaged() from error


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in data[:4096]:
        raise refusals.unknown_kind()
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refusals.unknown_encoding() from error


def _delimiter(first: str) -> str:
    """The separator that the header uses most, quoted cells left out."""
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)

"""A table as lines of text."""

from collections.abc import Sequence
from itertools import zip_longest

from vigil.adapters.documents.letterhead import is_head_or_foot

Cell = Sequence[str]


def laid_out(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The lines of a table whose cells are lists of lines.

    The head and the foot of a dispatch are read column by column, so that the issuer with the number stands
    before the state's name with place and date. Other tables are read row by row: cells of one line each are
    put on one line with tabs between, longer ones below each other.
    """
    full = [[_trimmed(cell) for cell in row] for row in rows]
    widest = max((sum(1 for cell in row if cell) for row in full), default=0)
    flat = "\n".join(line for row in full for cell in row for line in cell)
    if widest == 2 and is_head_or_foot(flat):
        columns = list(zip_longest(*full, fillvalue=()))
        return [line for column in columns for cell in column for line in cell]
    return [line for row in full for line in _row(row)]


def _row(cells: Sequence[Cell]) -> list[str]:
    if sum(1 for cell in cells if cell) > 1 and all(len(cell) <= 1 for cell in cells):
        return ["\t".join(cell[0] if cell else "" for cell in cells)]
    return [line for cell in cells for line in cell]


def _trimmed(cell: Cell) -> list[str]:
    lines = list(cell)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines

"""Rows by several columns at once, which both databases look up in an index of these columns.

SQLite does so for `(a, b) IN (SELECT * FROM (VALUES ...))`; for `(a, b) IN (VALUES ...)` it reads the whole table.

Asked for one at a time, what a batch of events needs to know of the database cost more than finding it did.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Expression, F
from django.db.models.sql.compiler import SQLCompiler


class OneOf(Expression):
    """Whether the columns are, together, one of the rows that are given (at least one)."""

    conditional = True

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        super().__init__(output_field=BooleanField())
        self._columns: list[Any] = [F(name) for name in columns]
        self._rows = rows

    def get_source_expressions(self) -> list[Any]:
        """The columns."""
        return self._columns

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """The columns, as they were found."""
        self._columns = list(exprs)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """With each value as its column's."""
        names = [compiler.compile(column)[0] for column in self._columns]
        prepared = [
            [column.output_field.get_db_prep_value(value, connection) for value in values]
            for column, values in zip(self._columns, zip(*self._rows, strict=True), strict=True)
        ]
        values = [value for row in zip(*prepared, strict=True) for value in row]
        rows = ", ".join([f"({', '.join(['%s'] * len(names))})"] * len(self._rows))
        return f"({', '.join(names)}) IN (SELECT * FROM (VALUES {rows}) AS given)", values  # noqa: S608

"""Batches of events to tables that can be kept, and back.

A kept event is its id, its times, its source as rules name it, the line as it came, and a column for every field. A
field that has several values in some event is a column of lists named `field[]`: so the type of a name never changes
between files.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.terms import Source

TIME: Final = pa.timestamp("us", "UTC")
META: Final = pa.schema(
    [
        ("_id", pa.string()),
        ("_at", TIME),
        ("_received", TIME),
        ("_host", pa.string()),
        ("_product", pa.string()),
        ("_category", pa.string()),
        ("_service", pa.string()),
        ("_raw", pa.string()),
    ]
)
MOST_FIELDS: Final = 600
MOST_COLUMNS: Final = 1_500
"""Of a file: senders choose the names of fields, and ever new ones would take all memory there is."""
LIST: Final = "[]"


def as_table(
    batch: pa.RecordBatch,
    log: Source,
    *,
    ids: Sequence[str],
    at: pa.Array,
    received: pa.Array,
    host: pa.Array,
    raw: Sequence[str],
) -> pa.Table:
    """One batch as it is kept; fields beyond `MOST_FIELDS` stay in the line alone."""
    many = batch.num_rows
    columns: dict[str, pa.Array] = {
        "_id": pa.array(ids, pa.string()),
        "_at": at,
        "_received": received,
        "_host": host,
        "_product": _same(log.product, many),
        "_category": _same(log.category, many),
        "_service": _same(log.service, many),
        "_raw": pa.array(raw, pa.string()),
    }
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        listed = pa.types.is_list(column.type)
        kept = f"{name}{LIST}" if listed else name
        if name.endswith(LIST) and not listed:  # what is named like a list is kept as one
            kept, listed = f"{name}{LIST}", True
            column = _alone(column)
        if name.startswith("_") or name.endswith(LIST) or kept in columns:
            kept = f"field.{kept}"
        if kept in columns or len(columns) >= MOST_FIELDS:
            continue
        columns[kept] = column if listed or column.type == pa.string() else column.cast(pa.string())
    return pa.table(columns)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other; of ever so many columns those that most events have, the rest stays in the lines.

    Raises: pa.ArrowException where a name has several types.
    """
    kept = set(common((table.schema.names, table.num_rows) for table in tables))
    held: dict[str, list[tuple[int, pa.ChunkedArray]]] = {}
    rows = 0
    for table in tables:
        for name in table.schema.names:
            if name in kept:
                held.setdefault(name, []).append((rows, table[name]))
        rows += table.num_rows
    return pa.table({name: _spread(columns, rows) for name, columns in held.items()})


def common(names: Iterable[tuple[Collection[str], int]]) -> list[str]:
    """Of the columns of several tables (with how many events each has), those that are kept."""
    counts: Counter[str] = Counter()
    for several, rows in names:
        for name in several:
            counts[name] += rows
    found = [name for name in counts if name not in META.names]
    if len(found) > MOST_COLUMNS:
        found = sorted(found, key=lambda name: -counts[name])[:MOST_COLUMNS]
    return [*META.names, *found]


def _spread(columns: Sequence[tuple[int, pa.ChunkedArray]], rows: int) -> pa.ChunkedArray:
    """A column that only some of the tables have, with nothing between them. Each stands where its table begins."""
    kind, at = columns[0][1].type, 0
    chunks: list[pa.Array] = []
    for start, column in columns:
        if start > at:
            chunks.append(pa.nulls(start - at, kind))
        chunks += column.chunks
        at = start + len(column)
    if at < rows:
        chunks.append(pa.nulls(rows - at, kind))
    return pa.chunked_array(chunks, kind)


def _alone(column: pa.Array) -> pa.Array:
    """Each value as a list of one."""
    offsets = pa.array(range(len(column) + 1), pa.int32())
    return pa.ListArray.from_arrays(offsets, column.cast(pa.string()), mask=column.is_null())


def _same(text: str, many: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array([0] * many, pa.int32()))


def batches_of(table: pa.Table, fields: Collection[str] | None) -> Iterator[tuple[pa.RecordBatch, Source, pa.Table]]:
    """The events of a kept table as batches of one source each, with the part of the table that each is.

    `fields`: names that are wanted (None: all); columns without a value are left out.
    """
    kinds = table.select(["_product", "_category", "_service"]).group_by(["_product", "_category", "_service"])
    found = kinds.aggregate([]).to_pylist()
    for kind in found:
        part = table
        if len(found) > 1:
            for name, value in kind.items():
                part = part.filter(pc.equal(part[name], value))
        arrays, names = [], []
        for name in part.schema.names:
            if name in META.names:
                continue
            field = name.removeprefix("field.").removesuffix(LIST)
            column = part[name]
            if (fields is None or field in fields) and column.null_count < part.num_rows:
                arrays.append(column.combine_chunks())
                names.append(field)
        arrays = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in arrays]
        log = Source(category=kind["_category"], product=kind["_product"], service=kind["_service"])
        if not arrays:  # an event in which no rule reads a field is an event still
            arrays, names = [pa.nulls(part.num_rows, pa.string())], ["_"]
        yield pa.RecordBatch.from_arrays(arrays, names=names), log, part

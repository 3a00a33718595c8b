"""Reading kept files a piece at a time: only the columns that are asked for, only what may lie in a span of time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vigil.adapters.event_store.tables import LIST, META

DAMAGED: Final = (OSError, pa.ArrowException)
"""What reading a damaged file raises; one that is gone meanwhile is a FileNotFoundError, which is among them."""
ROWS: Final = 16_384
_PLACE: Final = [name for name in META.names if name not in ("_raw", "_host", "_received")]


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file says of itself: its columns, its rows, the times of its first and its last event."""

    columns: tuple[str, ...]
    rows: int
    first: datetime | None
    last: datetime | None

    def may_hold(self, since: datetime, until: datetime) -> bool:
        """Whether an event of [since, until) may be in it."""
        return self.first is None or self.last is None or (self.first < until and self.last >= since)


def footer_of(path: Path) -> Footer:
    """Read without its events. Raises: `DAMAGED`."""
    with pq.ParquetFile(path) as file:
        spans = [_span(file.metadata.row_group(n)) for n in range(file.metadata.num_row_groups)]
        known = [one for one in spans if one is not None]
        whole = bool(known) and len(known) == len(spans)
        return Footer(
            tuple(file.schema_arrow.names),
            file.metadata.num_rows,
            min(one for one, _ in known) if whole else None,
            max(two for _, two in known) if whole else None,
        )


def pieces(
    path: Path, fields: Collection[str] | None, since: datetime, until: datetime, rows: int = ROWS
) -> Iterator[pa.Table]:
    """Events of [since, until) by their own time, so many at once. `fields`: names that are wanted (None: all).

    Raises: `DAMAGED`.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        groups = [n for n in range(file.metadata.num_row_groups) if _reached(file, n, since, until)]
        if not groups:
            return
        columns = [name for name in file.schema_arrow.names if name in _PLACE or _wanted(name, fields)]
        for batch in file.iter_batches(rows, row_groups=groups, columns=columns, use_threads=False):
            table = pa.Table.from_batches([batch]).select(columns)
            inside = pc.and_(
                pc.greater_equal(table["_at"], pa.scalar(since, pa.timestamp("us", "UTC"))),
                pc.less(table["_at"], pa.scalar(until, pa.timestamp("us", "UTC"))),
            )
            kept = table if pc.all(inside).as_py() else table.filter(inside)
            yield kept.combine_chunks()


def whole_events(path: Path, ids: Sequence[str]) -> pa.Table:
    """These events with everything that is kept of them. Raises: `DAMAGED`."""
    return pq.read_table(path, filters=[("_id", "in", list(ids))], partitioning=None, use_threads=False)


def _wanted(name: str, fields: Collection[str] | None) -> bool:
    if name in META.names:
        return False
    return fields is None or name.removeprefix("field.").removesuffix(LIST) in fields


def _reached(file: pq.ParquetFile, group: int, since: datetime, until: datetime) -> bool:
    span = _span(file.metadata.row_group(group))
    return span is None or (span[0] < until and span[1] >= since)


def _span(group: Any) -> tuple[datetime, datetime] | None:
    for n in range(group.num_columns):
        column = group.column(n)
        if column.path_in_schema == "_at":
            told = column.statistics
            if told is None or not told.has_min_max:
                return None
            return told.min.astimezone(UTC), told.max.astimezone(UTC)
    return None

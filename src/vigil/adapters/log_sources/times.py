"""When events happened and of which host they are, for a whole batch at once."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.findings import HOSTS, TIMES
from vigil.engines.detection.indicators import time_of
from vigil.engines.detection.terms import Source

TIME: Final = pa.timestamp("us", "UTC")
_EPOCH: Final = r"^[0-9]{9,10}(\.[0-9]+)?$"
_MILLIS: Final = r"^[0-9]{12,13}$"


def times(batch: pa.RecordBatch, log: Source) -> pa.Array:
    """The events' own times (UTC, microseconds): ISO 8601 or seconds or milliseconds since 1970; null where none."""
    found = pa.nulls(batch.num_rows, TIME)
    for name in TIMES:
        for at in batch.schema.get_all_field_indices(name)[:1]:
            column = batch.column(at)
            if column.type == pa.string() and found.null_count:
                found = pc.coalesce(found, _parsed(column))
    return found


def _parsed(column: pa.Array) -> pa.Array:
    text = pc.utf8_trim_whitespace(column)
    distinct = pc.unique(text)
    seconds = pc.match_substring_regex(distinct, _EPOCH)
    millis = pc.match_substring_regex(distinct, _MILLIS)
    values = [
        _microseconds(value, bool(is_s), bool(is_ms))
        for value, is_s, is_ms in zip(distinct.to_pylist(), seconds.to_pylist(), millis.to_pylist(), strict=True)
    ]
    return pa.array(values, pa.int64()).cast(TIME).take(pc.index_in(text, distinct))


def _microseconds(text: str | None, is_seconds: bool, is_millis: bool) -> int | None:
    if not text:
        return None
    if is_seconds:
        return round(float(text) * 1e6)
    if is_millis:
        return int(text) * 1000
    at = time_of(text)
    return None if at is None else round(at.timestamp() * 1e6)


def hosts(batch: pa.RecordBatch) -> pa.Array:
    """The host each event is of; null where it does not say."""
    found = pa.nulls(batch.num_rows, pa.string())
    for name in HOSTS:
        for at in batch.schema.get_all_field_indices(name)[:1]:
            column = batch.column(at)
            if column.type == pa.string():
                found = pc.coalesce(found, column)
    return found

"""When and where: the time and the host of each event of a batch, from whatever its log calls them."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.findings import HOSTS, TIMES
from vigil.engines.detection.indicators import time_of
from vigil.engines.detection.terms import Source

INSTANT: Final = pa.timestamp("us", "UTC")
_STRING: Final = pa.string()
_NOTHING: Final = pa.scalar(None, INSTANT)
_NO_TEXT: Final = pa.scalar(None, _STRING)
_ZONED: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$"
_BARE: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?$"
_SECONDS: Final = r"^\d{9,10}(\.\d{1,9})?$"
_UNITS: Final = ((r"^\d{12,13}(\.\d+)?$", 1e3), (r"^\d{15,16}$", 1.0), (r"^\d{18,19}$", 1e-3))


def times(batch: pa.RecordBatch, source: Source | None = None) -> pa.Array:
    """The time of each event (us, UTC), null where it has none: ISO 8601 (UTC where it names no zone), or since 1970.

    `source`: what the batch is; not needed so far.
    """
    found = pa.nulls(batch.num_rows, INSTANT)
    for name in TIMES:
        for at in batch.schema.get_all_field_indices(name):
            if found.null_count:
                found = pc.coalesce(found, instants(_text(batch.column(at))))
    return found


def hosts(batch: pa.RecordBatch, source: Source | None = None) -> pa.Array:
    """The host of each event, as text, null where it names none. What Zeek calls `host` is whom a client asked for."""
    found = pa.nulls(batch.num_rows, _STRING)
    for name in HOSTS:
        if source is not None and source.product == "zeek" and name == "host":
            continue
        for at in batch.schema.get_all_field_indices(name):
            if found.null_count:
                text = _text(batch.column(at))
                found = pc.coalesce(found, pc.if_else(pc.equal(text, ""), _NO_TEXT, text))
    return found


def instants(text: pa.Array) -> pa.Array:
    """Texts as times, all at once where they are written alike; one by one what is odd; null what is none."""
    found = pa.nulls(len(text), INSTANT)
    for pattern, read in _WAYS:
        like = pc.match_substring_regex(text, pattern)
        if not pc.any(like).as_py():
            continue
        whole = pc.all(like).as_py() and not text.null_count
        try:
            made = read(text if whole else pc.if_else(like, text, _NO_TEXT))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue  # one of them is the 31st of February: they are odd
        if whole:
            return made
        found = pc.coalesce(found, made)
    odd = pc.and_(pc.is_null(found), pc.is_valid(text))
    if not pc.any(odd).as_py():
        return found
    known = {value: time_of(value) for value in set(text.filter(odd).to_pylist())}
    return pc.coalesce(found, pa.array([known.get(value) for value in text.to_pylist()], INSTANT))


def _zoned(text: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(text, pa.timestamp("ns", "UTC")), INSTANT, safe=False)


def _bare(text: pa.Array) -> pa.Array:
    return pc.assume_timezone(pc.cast(pc.cast(text, pa.timestamp("ns")), pa.timestamp("us"), safe=False), "UTC")


def _since(text: pa.Array, factor: float) -> pa.Array:
    return pc.cast(pc.cast(pc.round(pc.multiply(pc.cast(text, pa.float64()), factor)), pa.int64()), INSTANT)


_WAYS: Final = (
    (_ZONED, _zoned),
    (_BARE, _bare),
    (_SECONDS, lambda text: _since(text, 1e6)),
    *((pattern, lambda text, factor=factor: _since(text, factor)) for pattern, factor in _UNITS),
)


def _text(array: pa.Array) -> pa.Array:
    """A list's first value."""
    if pa.types.is_list(array.type):
        return pa.array([values[0] if values else None for values in array.to_pylist()], _STRING)
    return array

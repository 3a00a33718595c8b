"""What senders choose, names and types of fields, fits into one file and is bounded; no line of an event is lost."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigil.adapters.event_store import META, EventStore, as_table, batches_of
from vigil.adapters.event_store import store as module
from vigil.adapters.event_store.tables import MOST_COLUMNS, joined
from vigil.engines.detection.terms import Source

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)


def _table(number: int, columns: dict[str, list[object]]) -> pa.Table:
    many = len(next(iter(columns.values())))
    ids = [f"net0-{number:012x}-{n}" for n in range(many)]
    times = pa.array([NOW] * many, pa.timestamp("us", "UTC"))
    return as_table(
        pa.RecordBatch.from_pydict(columns), Source(product="linux"), ids=ids,
        at=times, received=times, host=pa.array(["h"] * many), raw=[f"line {number}"] * many,
    )  # fmt: skip


def test_names_that_look_like_ours_keep_their_type_and_their_events() -> None:
    tables = [
        _table(1, {"x[]": ["1", None], "a": ["b", "c"]}),
        _table(2, {"field.x": [["a", "b"]], "_id": ["mine"], "_at[]": ["t"]}),
        _table(3, {"field.x[]": ["q"], "_id": [["mine", "too"]]}),
    ]
    whole = joined(tables)
    assert whole.num_rows == 4
    assert whole["_id"].to_pylist() == [one for table in tables for one in table["_id"].to_pylist()]
    for name in set(whole.schema.names) - set(META.names):
        assert pa.types.is_list(whole.schema.field(name).type) == name.endswith("[]"), name
    read = {
        name: batch.column(name).to_pylist() for batch, _, _ in batches_of(tables[0], None) for name in ("x[]", "a")
    }
    assert read == {"x[]": [["1"], None], "a": ["b", "c"]}


def test_ever_new_names_cost_columns_up_to_a_bound_and_no_event(tmp_path: Path, monkeypatch) -> None:
    store, source = EventStore(tmp_path), UUID(int=1)
    monkeypatch.setattr(module, "TOGETHER", 2)
    for batch in range(2):
        tables = [_table(batch, {f"k{batch}.{n}": ["v"], "usual": ["w"]}) for n in range(MOST_COLUMNS)]
        store.write(f"net0-{batch:012x}-0", NOW.date(), source, tables)
    assert store.merge({"net0": "net0-z"}) == 1
    (path,) = store.files_of(NOW.date(), source)
    whole = pq.read_table(path, partitioning=None)
    assert (whole.num_rows, whole["usual"].null_count) == (2 * MOST_COLUMNS, 0)
    assert len(whole.schema.names) == MOST_COLUMNS + len(META.names)
    assert sorted(set(whole["_raw"].to_pylist())) == ["line 0", "line 1"]


def test_large_files_become_one_without_being_in_memory_at_once(tmp_path: Path, monkeypatch) -> None:
    store, source = EventStore(tmp_path), UUID(int=1)
    monkeypatch.setattr(module, "TOGETHER", 3)
    monkeypatch.setattr(module, "_ROWS", 100)
    monkeypatch.setattr(module, "_AT_ONCE", 20_000)
    for batch in range(3):
        columns = {"n": [str(n) for n in range(1000)], f"only{batch}": [["a", "b"]] * 1000}
        store.write(f"net0-{batch:012x}-0", NOW.date(), source, [_table(batch, columns)])
    ids = [one for batch in range(3) for one in _table(batch, {"n": ["x"] * 1000})["_id"].to_pylist()]
    assert store.merge({"net0": "net0-z"}) == 1
    (path,) = store.files_of(NOW.date(), source)
    with pq.ParquetFile(path) as file:
        assert file.metadata.num_row_groups >= 5
        read = file.read()
    assert read["_id"].to_pylist() == ids
    assert read["n"].to_pylist() == [str(n) for n in range(1000)] * 3
    assert read["only1[]"].to_pylist() == [None] * 1000 + [["a", "b"]] * 1000 + [None] * 1000
    assert store.mend() == 0, "its parts are gone"


def test_what_was_half_written_takes_no_room(tmp_path: Path, monkeypatch) -> None:
    def full(table: pa.Table, where: Path, **_: object) -> None:
        where.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.pq, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        EventStore(tmp_path).write("net0-1-0", NOW.date(), UUID(int=1), [_table(1, {"a": ["b"]})])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

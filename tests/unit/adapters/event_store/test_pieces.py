"""Reading kept files in pieces, and holding a day against merging: each event once, only what is asked for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest

from vigil.adapters.event_store import DAMAGED, EventStore, as_table, footer_of, pieces, whole_events
from vigil.adapters.event_store.runs import Runs
from vigil.adapters.event_store.store import TOGETHER
from vigil.engines.detection.terms import Source

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
SOURCE = UUID(int=1)


def _kept(store: EventStore, batch: str, first: datetime, many: int) -> Path:
    times = pa.array([first + timedelta(minutes=n) for n in range(many)], pa.timestamp("us", "UTC"))
    columns = {"image": [f"i{n}" for n in range(many)], "user": ["u"] * many, "ip": [["a", "b"]] * many}
    table = as_table(
        pa.RecordBatch.from_pydict(columns), Source(product="linux"), ids=[f"{batch}-{n}" for n in range(many)],
        at=times, received=times, host=pa.array(["h"] * many), raw=["x" * 500] * many,
    )  # fmt: skip
    store.write(batch, NOW.date(), SOURCE, [table])
    return store.files_of(NOW.date(), SOURCE)[0]


def test_only_the_columns_and_the_time_that_are_asked_for_are_read(tmp_path: Path) -> None:
    path = _kept(EventStore(tmp_path), "net0-1", NOW, 10)
    footer = footer_of(path)
    assert (footer.rows, footer.first, footer.last) == (10, NOW, NOW + timedelta(minutes=9))
    assert footer.may_hold(NOW + timedelta(minutes=9), NOW + timedelta(hours=9))
    assert not footer.may_hold(NOW - timedelta(hours=1), NOW)
    since, until = NOW + timedelta(minutes=2), NOW + timedelta(minutes=7)
    several = list(pieces(path, {"image", "ip"}, since, until, rows=4))
    assert [table.num_rows for table in several] == [2, 3, 0]
    assert set(several[0].schema.names) == {"_id", "_at", "_product", "_category", "_service", "image", "ip[]"}
    assert pa.concat_tables(several)["_id"].to_pylist() == [f"net0-1-{n}" for n in range(2, 7)]
    assert not list(pieces(path, None, NOW + timedelta(hours=1), NOW + timedelta(hours=2)))
    assert set(next(iter(pieces(path, None, NOW, until))).schema.names) >= {"user", "image"}
    assert whole_events(path, ["net0-1-3", "net0-1-5"])["_raw"].to_pylist() == ["x" * 500] * 2
    path.write_bytes(b"no parquet")
    with pytest.raises(DAMAGED):
        list(pieces(path, None, NOW, until))


def test_a_day_that_is_held_is_not_merged_and_afterwards_is(tmp_path: Path) -> None:
    store, other = EventStore(tmp_path), EventStore(tmp_path)
    for n in range(TOGETHER):
        _kept(store, f"net0-{n:012x}-{0:010x}", NOW, 1)
    before = {"net0": f"net0-{TOGETHER:012x}-{0:010x}"}
    with store.held(NOW.date(), SOURCE):
        assert other.merge(before) == 0
        assert len(store.files_of(NOW.date(), SOURCE)) == TOGETHER
    assert other.merge(before) == 1
    assert len(store.files_of(NOW.date(), SOURCE)) == 1
    found = store.seek([SOURCE], f"net0-{3:012x}-{0:010x}-0", NOW, NOW + timedelta(hours=1))
    assert found is not None and found.columns["image"] == "i0" and found.source == SOURCE
    assert store.seek([UUID(int=2)], f"net0-{3:012x}-{0:010x}-0", NOW, NOW + timedelta(hours=1)) is None
    with store.held(NOW.date(), UUID(int=9)):  # nothing is kept of it
        pass


def test_what_is_put_by_comes_back_in_the_order_of_time_and_a_part_again_replaces_itself(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "it's")
    assert not list(runs.in_order())
    runs.write("2026-04-30-a", 0, [(3.0, "e3", "r", (("ip", "1"),)), (1.0, "e1", "r", ())])
    runs.write("2026-04-29-b", 0, [(2.0, "e2", "r", (("tên", "Đặng"),))])
    runs.write("2026-04-29-b", 1, [(0.5, "gone", "r", ())])
    runs.drop("2026-04-29-b")
    runs.write("2026-04-29-b", 0, [(2.0, "e2", "r", (("tên", "Đặng"),))])
    (rows,) = runs.in_order()
    assert [row[1] for row in rows] == ["e1", "e2", "e3"]
    assert rows[1][3] == (("tên", "Đặng"),)
    runs.close()
    assert not (tmp_path / "it's").exists()

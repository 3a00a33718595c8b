"""When and where an event was, whatever its log calls it: many at once, the odd ones one by one."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.log_sources import hosts, times
from vigil.adapters.log_sources.moments import instants
from vigil.engines.detection.terms import Source

AT = datetime(2026, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-04-30T00:00:00Z", AT),
        ("2026-04-30T07:00:00.1234567+07:00", AT.replace(microsecond=123456)),
        ("2026-04-30 07:00:00+0700", AT),
        ("2026-04-30T00:00:00", AT),
        ("2026-04-30", AT),
        ("1777507200", AT),
        ("1777507200.123456", AT.replace(microsecond=123456)),
        ("1777507200123", AT.replace(microsecond=123000)),
        ("1777507200123456", AT.replace(microsecond=123456)),
        ("1777507200123456000", AT.replace(microsecond=123456)),
        ("2026-02-31T00:00:00Z", None),
        ("2026-04-30T00:00:60Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_alone_and_among_others(text, at) -> None:
    assert instants(pa.array([text], pa.string())).to_pylist() == [at]
    others = ["2026-05-01T00:00:00Z", None, "1777507200", "x", "2026-13-01T00:00:00Z", "9999999999999999999"]
    assert instants(pa.array([*others, text], pa.string())).to_pylist()[-1] == at


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=30), st.datetimes().map(str), st.integers().map(str)), max_size=20)
)
def test_any_text_is_a_time_or_none(texts) -> None:
    clean = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    assert len(instants(pa.array(clean, pa.string()))) == len(texts)


def test_the_first_field_that_has_it_says_it() -> None:
    batch = pa.RecordBatch.from_pydict(
        {"ts": ["1777507200", "1777507200", None], "timestamp": ["2026-05-01T00:00:00Z", None, "x"],
         "host": ["a", "www.x.example", None], "hostname": pa.array([["b", "c"], [], None], pa.list_(pa.string()))}
    )  # fmt: skip
    assert times(batch, Source()).to_pylist() == [datetime(2026, 5, 1, tzinfo=UTC), AT, None]
    assert hosts(batch).to_pylist() == ["b", "www.x.example", None]
    assert hosts(batch, Source(product="zeek")).to_pylist() == ["b", None, None]
    assert times(pa.RecordBatch.from_pydict({"x": ["1"]})).type == pa.timestamp("us", "UTC")


@pytest.mark.parametrize("name", ["timecreated", "timegenerated", "eventtime", "systemtime"])
def test_what_exports_of_windows_events_call_the_time(name) -> None:
    assert times(pa.RecordBatch.from_pydict({name: ["2026-04-30T00:00:00Z"], "time": ["1"]})).to_pylist() == [AT]

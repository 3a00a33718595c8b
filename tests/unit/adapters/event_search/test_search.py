"""Searches over real Parquet, held against a slow reading of the same query; whose files, and for how long."""

import re
import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from unicodedata import normalize
from uuid import UUID

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigil.adapters.event_search import EventSearch, FoundPage, parse
from vigil.adapters.event_search import search as module
from vigil.adapters.event_search.language import All, Any_, Either, Not, One, Part, Query
from vigil.adapters.event_store import EventStore, as_table
from vigil.adapters.event_store.sandbox import opened
from vigil.engines.detection.terms import Source
from vigil.kernel.errors import Refused, Unavailable

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
OURS, OTHERS, THEIRS = UUID(int=1), UUID(int=2), UUID(int=3)
EVENTS: list[dict[str, object]] = [
    {"image": "C:\\Windows\\cmd.exe", "user": "NOIBO\\an"},
    {"image": "c:\\windows\\CMD.EXE", "user": "an%"},
    {"image": "/bin/sh", "ip": ["192.0.2.1", "192.0.2.77"]},
    {"user": "Đặng_Văn", "note": 'said "yes"'},
    {"user": "đặng văn", "ip": ["198.51.100.1"]},
    {"query": "a_b.example", "user": ""},
    {"query": "axb.example"},
    {"note": "100%"},
]


def _kept(store: EventStore, source: UUID, events: list[dict[str, object]], at: datetime, batch: str) -> None:
    names = sorted({name for event in events for name in event})
    columns = [pa.array([event.get(name) for event in events]) for name in names]
    times = pa.array([at + timedelta(seconds=n) for n in range(len(events))], pa.timestamp("us", "UTC"))
    table = as_table(
        pa.RecordBatch.from_arrays(columns, names=names), Source(product="linux"),
        ids=[f"{batch}-{n}" for n in range(len(events))], at=times, received=times,
        host=pa.array([f"may-{n}" for n in range(len(events))]), raw=[_raw(event) for event in events],
    )  # fmt: skip
    store.write(batch, at.date(), source, [table])


def _raw(event: dict[str, object]) -> str:
    import json

    return json.dumps(event, ensure_ascii=False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EventStore:
    made = EventStore(tmp_path_factory.mktemp("events"))
    _kept(made, OURS, EVENTS[:3], NOW - timedelta(hours=1), "net0-1")
    _kept(made, OTHERS, EVENTS[3:], NOW - timedelta(hours=30), "net0-2")
    _kept(made, THEIRS, EVENTS, NOW - timedelta(hours=1), "net0-3")
    return made


def _found(store: EventStore, text: str, **more: object) -> FoundPage:
    given = {"since": NOW - timedelta(days=2), "until": NOW, "now": NOW, **more}
    return EventSearch(store).find(parse(text), [OURS, OTHERS], **given)


def _numbers(page: FoundPage) -> list[int]:
    place = {"net0-1": 0, "net0-2": 3}
    return sorted(place[event.id.rpartition("-")[0]] + int(event.id.rpartition("-")[2]) for event in page.events)


def _slowly(query: Query, event: dict[str, object], number: int) -> bool:
    if isinstance(query, All):
        return all(_slowly(part, event, number) for part in query.parts)
    if isinstance(query, Either):
        return any(_slowly(part, event, number) for part in query.parts)
    if isinstance(query, Not):
        return not _slowly(query.part, event, number)
    if not query.field:
        forms = {query.parts, tuple(_json(part) for part in query.parts)}
        return any(_pattern(parts).search(_raw(event)) is not None for parts in forms)
    value = {"_host": f"may-{number}", "_product": "linux"}.get(query.field, event.get(query.field))
    if value is None:
        return False
    values = value if isinstance(value, list) else [value]
    return any(_pattern(query.parts).fullmatch(str(one)) is not None for one in values)


def _json(part: Part) -> Part:
    return part.replace("\\", "\\\\").replace('"', '\\"') if isinstance(part, str) else part


def _pattern(parts: tuple[Part, ...]) -> re.Pattern[str]:
    said = (".*" if isinstance(p, Any_) else "." if isinstance(p, One) else re.escape(p) for p in parts)
    return re.compile("".join(said), re.IGNORECASE | re.DOTALL)


def _expected(text: str) -> list[int]:
    query = parse(text)
    return [n for n, event in enumerate(EVENTS) if _slowly(query, event, n if n < 3 else n - 3)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("image:*\\cmd.exe", [0, 1]),
        ('image:"C:\\Windows\\cmd.exe"', [0, 1]),
        ("windows\\cmd", [0, 1]),
        ("-image:*", [3, 4, 5, 6, 7]),
        ("user:an%", [1]),
        ("query:a_b.example", [5]),
        ("query:a?b.example", [5, 6]),
        ("ip:192.0.2.77", [2]),
        ("ip:192.0.2.*", [2]),
        ("-ip:192.0.2.1 ip:*", [4]),
        ("ĐẶNG", [3, 4]),
        ('user:"đặng văn"', [4]),
        ('"said \\"yes\\""', [3]),
        ("100%", [7]),
        ("_host:may-0", [0, 3]),
        ("_product:linux user:*", [0, 1, 3, 4, 5]),
        ("nothing:x OR query:*", [5, 6]),
        ("-nothing:x query:*", [5, 6]),
        ("_at:* OR _raw:*", []),
        ("x' OR 1=1 --", []),
        ('image:"\') OR true --"', []),
        ("x\"] FROM read_text('/etc/passwd'):y", None),
        ("'; DROP TABLE x; --", []),
        ("a?b OR %", None),
    ],
)
def test_it_finds_what_the_words_mean(store, text, numbers) -> None:
    try:
        page = _found(store, text)
    except Refused:
        assert numbers is None
        return
    assert _numbers(page) == (_expected(text) if numbers is None else numbers)
    assert page.count == len(page.events)
    assert (page.complete, page.damaged) == (True, 0)


@pytest.mark.parametrize("text", ["ĐẶNG", 'user:"đặng văn"', "user:*ặng*"])
def test_letters_are_the_same_whole_and_with_their_marks_behind_them(tmp_path, text) -> None:
    store = EventStore(tmp_path)
    windows = normalize("NFC", "Đặng Văn").replace("ặ", "ă\u0323")  # as its Vietnamese keyboard writes it
    written = [{"user": normalize(form, "Đặng Văn")} for form in ("NFC", "NFD")]
    _kept(store, OURS, [*written, {"user": windows}, {"user": "dang van"}], NOW - timedelta(hours=1), "net0-1")
    for form in (normalize("NFC", text), normalize("NFD", text)):
        assert _numbers(_found(store, form)) == [0, 1, 2], form
    assert _numbers(_found(store, f'"{windows}"')) == [0, 1, 2], "a text as it was copied"


_VALUES = st.text(alphabet="abxyABĐđ.\\%_'\"*? C:-1", min_size=1, max_size=8).map(
    lambda text: '"' + text.replace("\\", "").replace('"', "") + 'a"'
)
_TERMS = st.tuples(st.sampled_from(["", "image:", "user:", "ip:", "query:", "note:", "_host:", "none:"]), _VALUES).map(
    "".join
) | st.sampled_from(["*cmd*", "user:*", "ip:*1", "note:*", "user:an?", "-user:an%", "a_b", "-a"])
_QUERIES = st.recursive(
    _TERMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" ", " OR "]), inner).map("".join)
        | inner.map(lambda text: f"({text})")
        | inner.map(lambda text: f"-({text})")
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_QUERIES)
def test_it_finds_what_a_slow_reading_finds(store, text) -> None:
    assert _numbers(_found(store, text)) == _expected(text)


def test_newest_first_page_by_page_without_gaps_and_counted_by_the_hour(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    for n in range(6):
        _kept(store, OURS, [{"n": str(n * 10 + m)} for m in range(10)], NOW - timedelta(hours=9 * n + 1), f"net0-{n}")
    late = NOW - timedelta(days=1, seconds=5)
    _kept(store, OTHERS, [{"n": "late"}], late, "net1-9")
    (tmp_path / f"day={NOW.date()}" / f"source={OTHERS}").mkdir()
    path = tmp_path / f"day={late.date()}" / f"source={OTHERS}" / "net1-9.parquet"
    path.rename(tmp_path / f"day={NOW.date()}" / f"source={OTHERS}" / "net1-9.parquet")  # received a day later
    search, shown, after, first = EventSearch(store), [], None, None
    while True:
        page = search.find(
            parse(""), [OURS, OTHERS], NOW - timedelta(days=3), NOW, now=NOW, most=7, after=after, count=after is None
        )
        first = first or page
        shown += page.events
        after = page.after
        if after is None:
            break
    assert len({event.id for event in shown}) == len(shown) == 61
    assert [event.cursor for event in shown] == sorted((event.cursor for event in shown), reverse=True)
    assert (first.count, len(first.hours)) == (61, 7)
    assert first.hours[late.replace(minute=0, second=0, microsecond=0)] == 1
    assert first.back_to == date(2026, 4, 28)
    some = search.find(parse(""), [OURS], NOW - timedelta(hours=11), NOW - timedelta(hours=1), now=NOW)
    assert [event.id for event in some.events] == [f"net0-1-{n}" for n in reversed(range(10))]


def test_only_the_files_of_the_sources_that_are_given_can_be_read(store, tmp_path) -> None:
    assert {event.source for event in _found(store, "").events} == {OURS, OTHERS}
    assert not EventSearch(store).find(parse(""), [], NOW - timedelta(days=2), NOW, now=NOW).events
    _kept(EventStore(tmp_path), OURS, [{"a": "1"}], NOW, "net0-1")
    path = next(tmp_path.glob("*/*/*.parquet"))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with opened([path]) as connection:
        assert connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall() == [(1,)]
        for said in (
            f"SELECT * FROM read_csv('{secret}')", f"SELECT * FROM read_parquet('{tmp_path}/*/*/*.parquet')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'", f"ATTACH '{tmp_path}/x.db'", "INSTALL httpfs", "LOAD httpfs",
            "SET enable_external_access = true", "SET threads = 8", "SELECT * FROM path",
            "SELECT * FROM read_text('https://198.51.100.7/x')",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error):
                connection.execute(said).fetchall()
    assert sorted(one.name for one in tmp_path.glob("*.*")) == ["secret.csv"]


def test_a_damaged_file_costs_itself_alone(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    for n in range(3):
        _kept(store, OURS, [{"n": str(n)}], NOW - timedelta(hours=1), f"net0-{n}")
    files = store.files_of(NOW.date(), OURS)
    files[0].write_bytes(b"PAR1 nothing PAR1")
    data = bytearray(files[1].read_bytes())
    data[4:200] = b"\xff" * 196  # its footer is whole, its pages are not
    files[1].write_bytes(bytes(data))
    page = EventSearch(store).find(parse(""), [OURS], NOW - timedelta(days=1), NOW, now=NOW)
    assert ([event.id for event in page.events], page.damaged) == (["net0-0-0"], 2)


def test_when_the_time_is_up_it_says_so_and_shows_what_it_has(tmp_path: Path) -> None:
    store = EventStore(tmp_path)
    many = [{"line": f"{n % 97} " * 60} for n in range(20_000)]
    for day in range(4):
        _kept(store, OURS, many, NOW - timedelta(days=day, hours=7), f"net0-{day}")
    whole = EventSearch(store).find(parse("*9*8*7*6*5*x"), [OURS], NOW - timedelta(days=9), NOW, now=NOW)
    assert whole.complete
    for share in (0.6, 0.3, 0.1, 0.02):  # the machine may be free now, and was not before
        begun = time.monotonic()
        page = EventSearch(store, limit_s=whole.took_s * share).find(
            parse("*9*8*7*6*5*x"), [OURS], NOW - timedelta(days=9), NOW, now=NOW
        )
        assert time.monotonic() - begun < whole.took_s + 0.5
        if not page.complete:
            break
    assert not page.complete
    assert page.back_to is None or page.back_to > whole.back_to


def test_a_third_waits_and_is_told(store, monkeypatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(module, "_running", threading.BoundedSemaphore(1))
    with module._running, pytest.raises(Unavailable, match=r"search\.busy"):
        _found(store, "")
    assert _found(store, "").events


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_at_any_hour_a_window_in_the_reader_s_own_time_finds_what_utc_s_does(tmp_path: Path, hour) -> None:
    store, at = EventStore(tmp_path), datetime(2026, 4, 29, hour, 28, tzinfo=UTC)
    _kept(store, OURS, EVENTS[:3], at, "net0-1")
    around = timedelta(minutes=5)
    for zone in (UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-8))):
        since, until = (at + shift for shift in (-around, around))
        window = {"since": since.astimezone(zone), "until": until.astimezone(zone), "now": at + timedelta(hours=1)}
        assert EventSearch(store).find(parse(""), [OURS], **window).count == 3, zone
        assert store.days([OURS], window["since"], window["until"]) == [(at.date(), OURS)], zone

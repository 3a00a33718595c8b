"""What strangers may write into a record costs that record at most: the stream is read on, on either database."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pyarrow.parquet as pq
import pytest

from vigil.adapters.event_store import EventStore
from vigil.adapters.event_store import store as store_module
from vigil.adapters.spool import Frame, SpoolWriter
from vigil.domain.detection.models import Alert, LogSource, PendingMatch, Rule, SpoolPosition
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.workers import detector as module
from vigil.workers.bad_records import MOST_TRIES, lines_of, sifted
from vigil.workers.detector import Detector

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
ANY = """
title: Anything at all
id: 77777777-7777-4777-8777-777777777777
level: high
logsource: {product: linux}
detection:
  it: {evil|exists: false}
  condition: it
"""
EACH = """
title: One of it
id: 22222222-2222-4222-8222-222222222222
name: one
level: informational
logsource: {product: linux}
detection:
  it: {evil|exists: false}
  condition: it
---
title: Two of it
id: 33333333-3333-4333-8333-333333333333
level: medium
correlation:
  type: event_count
  rules: [one]
  group-by: [host]
  timespan: 1m
  condition: {gte: 2}
"""
LONG = "x" * 100_000
RECORDS: dict[str, list[bytes]] = {
    "a NUL in a value": [b'{"host":"a\\u0000b","message":"c\\u0000d"}'] * 3,
    "a NUL in a name": [b'{"ho\\u0000st":"a","host":"h"}'] * 3,
    "long values": [orjson.dumps({"host": LONG, "message": LONG})] * 3,
    "year 1": [b'{"timestamp":"0001-01-01T00:00:00Z","host":"h"}'] * 3,
    "before year 1": [b'{"timestamp":"0001-01-01T00:00:00+14:00","host":"h"}'] * 3,
    "year 0": [b'{"timestamp":"0000-01-01T00:00:00Z","host":"h"}', b'{"timestamp":"0000-00-00","host":"h"}'],
    "year 9999": [b'{"timestamp":"9999-12-31T23:59:59-14:00","host":"h"}'] * 3,
    "negative epoch": [b'{"timestamp":-99999999999999,"host":"h"}', b'{"timestamp":-1e300,"host":"h"}'],
    "huge numbers": [b'{"timestamp":99999999999999999999,"host":1e308,"n":18446744073709551615}'] * 3,
    "named like lists": [b'{"x[]":"1","host":"h"}', b'{"field":{"x":["a","b"]},"host":"h"}', b'{"field.x[]":"1"}'],
    "named like what is kept": [
        b'{"_id":"1","_at":"x","_received":"y","_raw":["z"],"_host":"w","field._id":"q","field":{"_id":["a"]}}',
        b'{"_id":["1"],"_at":["x"],"field._id[]":"q","host":"h"}',
    ],
    "in two cases": [b'{"Host":"A","host":"b","HOST":"c","a":1,"A":[1]}', b'{"A":"x","host":"h"}', b'{"a":["x"]}'],
    "empty names": [b'{"":"x","host":"h"}', b'{"":{"":{"":["x"]}},"host":"h"}', b"{}", b'{"":1}'],
    "of changing types": [b'{"a":1,"host":"h"}', b'{"a":{"b":1},"host":"h"}', b'{"a":[{"b":[1,[2]]}],"host":"h"}',
                          b'{"a":null,"host":null}', b'{"a":true,"host":["h",null,{}]}', b'{"a":[],"host":{}}'],
    "deep": [b'{"a":' * 500 + b"1" + b"}" * 500, b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"],
    "a header with a NUL": [b"#separator \\x09", b"#path\tconn\0x", b"#fields\tts\tho\0st\tmessage", b"1\ta\0b\tc"],
    "no UTF-8": [b"\xff\xfe\xfd", b'{"host":"\xff"}', b"<13>Apr 30 02:00:00 h\xff p: \xed\xa0\x80"],
    "surrogates": [b'{"host":"\\ud800"}', b'{"host":"h","message":"\\udc00\\ud800"}', b'{"\\ud800":1}'],
    "windows, odd": [
        b'{"Event":{"System":{"Provider":{"#attributes":{"Name":["a"]}},"TimeCreated":{"#attributes":{}}},"EventData":{}}}',
        b'{"Event":{"System":{"Provider":7,"TimeCreated":[1],"Computer":{"a":1}},"EventData":"x"}}',
        b'{"Event":{"System":{"Provider":{"#attributes":7}},"EventData":[{"Data":1}]}}',
        b'{"Event":7}', b'{"Event":{"System":7}}', b'{"winlog":{"event_data":{"a":{"b":[1]}},"event_id":{}}}',
        b'{"EventID":{"a":1},"Channel":[1]}',
    ],
    "suricata and zeek, odd": [
        b'{"event_type":["dns"],"src_ip":7,"dns":[{"rrname":[1]}]}', b'{"event_type":"dns","flow_id":1,"dns":"x"}',
        b'{"event_type":"dns","flow_id":1,"dns":{"queries":[1,{"rrname":{}}],"query":7}}',
        b'{"event_type":{},"stats":1}', b'{"ts":"x","uid":{},"_path":["conn"]}', b'{"ts":1e400,"uid":1}',
        b'{"ts":{"a":1},"_path":"conn","id.orig_h":["1","2"]}',
    ],
    "a header without end": [b"#fields\tts\thost", b"#path\t" + b"p" * 900_000, b"1\th"],
    "many in one": [b'{"Records":[{"a":1},7]}', b'[{"host":"h"},{"host":"i"}]', b'{"Records":[]}', b"[]", b"[[]]"],
    "wrapped, odd": [b'{"_source":{"Event":{}}}', b'{"result":{"result":{}}}', b'{"result":{"Event":7}}'],
    "audit": [b"type=EXECVE msg=audit(1.0:1): argc=1 a0=00 a99999[99999]=00",
              b"type=SOCKADDR msg=audit(1.0:1): saddr=02",
              b"type=SYSCALL msg=audit(999999999999.9:1): arch=00 syscall=0", b"type=PATH msg=audit(1:1): name=00ff"],
    "syslog": [b"<13>1 9999-12-31T23:59:60Z h a - - [x y=\"\0\"] m\0", b"<999>x", b"<13>Feb 31 99:99:99 h p: m",
               b"<13>1 - - - - - -", b"<34>Oct 11 22:14:15 mymachine su: \0",
               b"<13>Apr 30 02:00:00 h {: {\"a\":\"\\u0000\"}"],
    "cef": [b"CEF:0|a|b|c|d|e|f|src=1 rt=99999999999999999 cs1Label=\0 cs1=x", b"CEF:0|a",
            b"LEEF:2.0|a|b|c|d|0x00|a=b"],
}  # fmt: skip


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=Actor("cli", "t", "t"), now=NOW)
    return made


@pytest.fixture
def detector(owner, tmp_path, monkeypatch) -> Iterator[Detector]:
    monkeypatch.setattr(module, "ROUND_S", 0.0)
    monkeypatch.setattr(module, "POLL_S", 0.0)
    rules = {_rule(ANY, "77777777-7777-4777-8777-777777777777")}
    rules |= {_rule(EACH, f"{n}" * 8 + f"-{n * 4}-4{n * 3}-8{n * 3}-{n * 12}") for n in "23"}
    running = frozenset(rule.pk for rule in rules)
    made = Detector(
        spool=tmp_path / "spool", store=EventStore(tmp_path / "events"), plans=tmp_path / "plans",
        lists=tmp_path / "lists", runs=lambda organisations, now: dict.fromkeys(organisations, running),
        within=lambda organisation, level: 900,
    )  # fmt: skip
    yield made
    made.close()


def _rule(text: str, uid: str) -> Rule:
    return Rule.objects.create(
        origin="vigil", uid=uid, name=f"{uid}.yml", text=text, sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=uid, added_at=NOW, changed_at=NOW,
    )  # fmt: skip


def _source(owner: Organisation, name: str, **more: str) -> LogSource:
    return LogSource.objects.create(organisation=owner, name=name, created_at=NOW, product="linux", **more)


@pytest.mark.django_db(transaction=True)
def test_whatever_is_in_a_record_the_stream_is_read_on(owner, detector, tmp_path, monkeypatch, caplog) -> None:
    sources = {what: _source(owner, what) for what in RECORDS}
    with SpoolWriter(tmp_path / "spool", "net0") as writer:
        for shift in (0, 2000):
            for what, lines in RECORDS.items():
                data = b"\n".join([b'{"x":"1","host":"h"}', *lines] if shift else lines)
                writer.append(sources[what].pk, data, "192.0.2.9", (NOW + timedelta(seconds=shift)).timestamp())
            with clock.frozen_at(NOW + timedelta(seconds=shift)):
                for _ in range(3):
                    detector.round()
    assert "cannot be read as it is" not in caplog.text, "the readers know all of this; the net is for what they do not"
    for what, lines in RECORDS.items():
        source = LogSource.objects.get(pk=sources[what].pk)
        headers = sum(line.startswith(b"#") for line in lines)
        assert source.events + source.rejected >= 2 * (len(lines) - headers) + 1 - 2 * (what == "many in one"), what
    assert Alert.objects.filter(kind="rule", key="77777777-7777-4777-8777-777777777777").exists()
    assert Alert.objects.filter(kind="correlation").exists()
    assert not PendingMatch.objects.exists()

    monkeypatch.setattr(store_module, "TOGETHER", 2)
    before = _kept(detector.store, sources.values())
    assert detector.store.merge({"net0": "net0-z"}, at_most=1000) > 0
    assert _kept(detector.store, sources.values()) == before


def _kept(store: EventStore, sources: Iterable[LogSource]) -> list[str]:
    files = store.files([one.pk for one in sources], NOW - timedelta(days=1), NOW + timedelta(days=2))
    ids = [pq.read_table(one.path, columns=["_id"], partitioning=None)["_id"].to_pylist() for one in files]
    return sorted(event for several in ids for event in several)


@pytest.mark.django_db(transaction=True)
def test_what_no_reader_can_bear_is_left_out_and_told_and_the_rest_is_read(owner, detector, tmp_path) -> None:
    broken = _source(owner, "a format that no version knows", format="no-such-format")
    good = _source(owner, "good")
    with SpoolWriter(tmp_path / "spool", "net0") as writer, clock.frozen_at(NOW):
        for n in range(3):
            writer.append(good.pk, b'{"host":"h%d"}\n{"host":"h"}' % n, "192.0.2.9", NOW.timestamp())
            writer.append(broken.pk, b'{"host":"a"}\n{"host":"b"}', "192.0.2.9", NOW.timestamp())
        assert detector.round().startswith("6 events, ")
        assert detector.round() == "0 events, 0 new alerts"
    broken.refresh_from_db()
    good.refresh_from_db()
    assert (good.events, good.rejected) == (6, 0)
    assert (broken.events, broken.rejected) == (0, 6)
    assert "no format no-such-format" in broken.rejected_samples[0]["why"]
    assert len(_kept(detector.store, [good])) == 6
    alert = Alert.objects.get(entity="h", kind="rule", key="77777777-7777-4777-8777-777777777777")
    assert (alert.count, SpoolPosition.objects.get().waiting_bytes) == (3, 0)


def test_the_lines_that_are_the_reason_are_found_and_tries_are_bounded() -> None:
    frames = [
        Frame("net0", 1, 100 * n, UUID(int=n), 0.0, "a", b"good\nbad\n\nfine" if n % 4 == 2 else b"good\nx")
        for n in range(16)
    ]
    tried = 0

    def fault_of(several: Sequence[Frame]) -> Exception | None:
        nonlocal tried
        tried += 1
        return ValueError("it") if any(b"bad" in one.data for one in several) else None

    found = sifted(frames, fault_of)
    assert [(line.source.int, line.offset, line.data) for line, _ in found.bad] == [
        (n, 100 * n + 5, b"bad") for n in (2, 6, 10, 14)
    ]
    lines = sorted((line.source.int, line.offset, line.data) for frame in found.good for line in lines_of(frame))
    assert len(lines) == 32
    assert (2, 210, b"fine") in lines
    assert tried < 60
    tried = 0
    worst = sifted([Frame("net0", 1, 0, UUID(int=1), 0.0, "a", b"bad\n" * 5000 + b"bad")], fault_of)
    assert (len(worst.bad), len(worst.good)) == (5001, 0)
    assert tried < MOST_TRIES + 50

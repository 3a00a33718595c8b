"""From the spool to alerts: real segments, real rules, Parquet and the database; read again, nothing counts twice."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pyarrow.parquet as pq
import pytest

from vigil.adapters.event_store import EventStore
from vigil.adapters.event_store.store import TOGETHER
from vigil.adapters.spool import SpoolReader, SpoolWriter
from vigil.domain.detection.actions.taking import Hit, take_hits
from vigil.domain.detection.models import (
    Alert,
    AlertKind,
    CorrelationGroup,
    Detection,
    IndicatorList,
    LogSource,
    PendingMatch,
    Rule,
    RuleBook,
    SourceHour,
    SpoolPosition,
    Suppression,
)
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor, worker
from vigil.workers import detector as module
from vigil.workers.detector import Detector
from vigil.workers.second_stage import Taken

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
SHELL = """
title: A shell of the web server
id: 11111111-1111-4111-8111-111111111111
level: high
tags: [attack.execution, attack.t1059.004]
logsource: {product: linux, category: process_creation}
detection:
  shell: {ParentImage|endswith: /java, Image|endswith: /sh}
  condition: shell
"""
GUESSED = """
title: A log-on that failed
id: 22222222-2222-4222-8222-222222222222
name: failed
level: informational
logsource: {product: linux, service: sshd}
detection:
  it: {event: refused}
  condition: it
---
title: Many log-ons that failed
id: 33333333-3333-4333-8333-333333333333
level: medium
correlation:
  type: event_count
  rules: [failed]
  group-by: [src_ip]
  timespan: 1m
  condition: {gte: 5}
"""

GUESSED_THEN_IN = (
    GUESSED
    + """
---
title: A log-on that was let in
id: 44444444-4444-4444-8444-444444444444
name: accepted
level: informational
logsource: {product: linux, service: sshd}
detection:
  it: {event: accepted}
  condition: it
---
title: Guessed, then let in
id: 55555555-5555-4555-8555-555555555555
level: high
correlation:
  type: temporal_ordered
  rules: [33333333-3333-4333-8333-333333333333, accepted]
  group-by: [src_ip]
  timespan: 5m
"""
)


def _rule(text: str, uid: str, **more: object) -> Rule:
    return Rule.objects.create(
        origin="vigil", uid=uid, name=f"{uid}.yml", text=text, sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=uid, added_at=NOW, changed_at=NOW, **more,
    )  # fmt: skip


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=Actor("cli", "t", "t"), now=NOW)
    return made


def _source(owner: Organisation, name: str, **more: str) -> LogSource:
    return LogSource.objects.create(organisation=owner, name=name, created_at=NOW, product="linux", **more)


@pytest.fixture
def detect(tmp_path: Path) -> Callable[..., Detector]:
    before: list[Detector] = []

    def made(running: set[UUID]) -> Detector:
        """One more; whoever was before is gone."""
        while before:
            before.pop().close()
        detector = Detector(
            spool=tmp_path / "spool",
            store=EventStore(tmp_path / "events"),
            plans=tmp_path / "plans",
            lists=tmp_path / "lists",
            runs=lambda organisations, now: dict.fromkeys(organisations, frozenset(running)),
            within=lambda organisation, level: 900,
        )
        before.append(detector)
        return detector

    return made


def _spooled(folder: Path, source: LogSource, events: list[dict[str, object]], at: datetime = NOW) -> None:
    writer = SpoolWriter(folder / "spool", "net0")
    try:
        writer.append(source.pk, b"\n".join(orjson.dumps(event) for event in events), "192.0.2.9", at.timestamp())
    finally:
        writer.close()


def _started(n: int, image: str = "/bin/sh") -> dict[str, object]:
    at = (NOW + timedelta(seconds=n)).isoformat()
    return {"timestamp": at, "host": "web-1", "ParentImage": "/usr/bin/java", "Image": image, "n": n}


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.setattr(module, "ROUND_S", 0.0)
    monkeypatch.setattr(module, "POLL_S", 0.0)


@pytest.mark.django_db(transaction=True)
def test_an_event_counts_once_however_often_it_is_read(owner, detect, tmp_path) -> None:
    source = _source(owner, "web", category="process_creation")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    _spooled(tmp_path, source, [_started(n) for n in range(3)] + [_started(9, "/bin/ls")])
    with clock.frozen_at(NOW + timedelta(seconds=5)):
        assert detect({rule.pk}).round() == "4 events, 1 new alerts"
    alert = Alert.objects.get()
    assert (alert.count, alert.level, alert.entity, alert.techniques) == (3, "high", "web-1", ["T1059.004"])
    assert (alert.first_at, alert.last_at) == (NOW, NOW + timedelta(seconds=2))
    assert alert.due_at == NOW + timedelta(seconds=905)
    assert Detection.objects.first().shown["image"] == "/bin/sh"

    SpoolPosition.objects.all().delete()  # as after a crash between the store and the commit
    with clock.frozen_at(NOW + timedelta(seconds=6)):
        assert detect({rule.pk}).round() == "4 events, 0 new alerts"
    alert.refresh_from_db()
    assert (alert.count, Detection.objects.count()) == (3, 3)
    store = EventStore(tmp_path / "events")
    files = store.files([source.pk], NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert len(files) == 1, "the batch that is written again has the same name"
    kept = store.find(source.pk, files[0].day, Detection.objects.first().event)
    assert kept is not None
    assert orjson.loads(str(kept["_raw"]))["n"] == 0
    source.refresh_from_db()
    assert source.last_event_at == NOW + timedelta(seconds=9)
    assert SourceHour.objects.get().events == 8, "what was read twice is told as read twice"
    assert RuleBook.objects.get().rules == 1


@pytest.mark.django_db(transaction=True)
def test_bad_records_cost_themselves_alone_and_a_removed_source_nothing(owner, detect, tmp_path) -> None:
    source = _source(owner, "web", category="process_creation", format="json")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    writer = SpoolWriter(tmp_path / "spool", "net0")
    bad = b"{not json\n" + orjson.dumps(_started(1)) + b"\n\xff\xfe\n[1,2]"
    writer.append(source.pk, bad, "192.0.2.9", NOW.timestamp())
    writer.append(UUID(int=7), b'{"a":1}', "192.0.2.9", NOW.timestamp())
    writer.close()
    with clock.frozen_at(NOW):
        assert detect({rule.pk}).round() == "1 events, 1 new alerts"
    source.refresh_from_db()
    assert (source.events, source.rejected) == (1, 3)
    assert len(source.rejected_samples) == 3


@pytest.mark.django_db(transaction=True)
def test_a_flood_of_ever_new_entities_becomes_one_more_alert(owner, monkeypatch) -> None:
    monkeypatch.setattr("vigil.domain.detection.actions.taking.MOST_OPEN", 3)

    def take(*entities: str) -> list[Alert]:
        hits = [
            Hit(owner.pk, AlertKind.RULE, "r", "Quét", "high", entity, NOW, f"net0-1-{entity}-{n}")
            for n, entity in enumerate(entities)
        ]
        return take_hits(hits=hits, within=lambda o, level: 60, actor=worker("detector"), now=NOW)

    assert len(take("a", "b")) == 2
    fresh = take("a", "c", "d", "e")
    assert {one.entity for one in fresh} == {"c", "*"}
    assert take("f", "g", "a") == []
    counts = dict(Alert.objects.values_list("entity", "count"))
    assert counts == {"a": 2, "b": 1, "c": 1, "*": 4}, "the first event of a comes again and counts once"
    assert Alert.objects.get(entity="*").notes.get().by == "Vigil"
    assert Detection.objects.count() == 8


TUNNEL = """
title: A long name is asked for
id: 66666666-6666-4666-8666-666666666666
level: medium
logsource: {category: dns}
detection:
  it: {query|endswith: .tunnel.example}
  condition: it
"""


@pytest.mark.django_db(transaction=True)
def test_a_header_is_remembered_for_each_sender_and_events_of_one_line_have_ids_of_their_own(
    owner, detect, tmp_path
) -> None:
    source = LogSource.objects.create(organisation=owner, name="dns", created_at=NOW)
    rule = _rule(TUNNEL, "66666666-6666-4666-8666-666666666666")
    head = b"#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tquery\n#types\ttime\tstring\taddr\tstring"
    swapped = head.replace(b"id.orig_h\tquery", b"query\tid.orig_h").replace(b"addr\tstring", b"string\taddr")
    for sender, line in ((1, head), (2, swapped)):
        _frame(tmp_path, source, line, f"/var/log/zeek/{sender}/dns.log")
    with clock.frozen_at(NOW):
        assert detect({rule.pk}).round() == "0 events, 0 new alerts"
    _frame(tmp_path, source, b"1777514400.5\tC1\t192.0.2.1\ta.tunnel.example", "/var/log/zeek/1/dns.log")
    _frame(tmp_path, source, b"1777514401.5\tC2\tb.tunnel.example\t192.0.2.2", "/var/log/zeek/2/dns.log")
    several = b'[{"query": "c.tunnel.example"}, {"query": "d.tunnel.example"}, {"query": "example.vn"}]'
    given = LogSource.objects.create(organisation=owner, name="resolver", category="dns", format="json", created_at=NOW)
    _frame(tmp_path, given, several, "192.0.2.9")
    with clock.frozen_at(NOW):
        assert detect({rule.pk}).round() == "5 events, 3 new alerts"
    told = Detection.objects.order_by("event")
    assert len({one.event for one in told}) == 4
    assert {one.alert.entity for one in told.filter(source=source)} == {"192.0.2.1", "192.0.2.2"}
    source.refresh_from_db()
    assert source.rejected == 0


def _frame(tmp_path: Path, source: LogSource, data: bytes, sender: str) -> None:
    writer = SpoolWriter(tmp_path / "spool", "net0")
    writer.append(source.pk, data, sender, NOW.timestamp())
    writer.close()


@pytest.mark.django_db(transaction=True)
def test_a_correlation_is_told_once_and_what_feeds_it_is_not(owner, detect, tmp_path) -> None:
    source = _source(owner, "sshd", service="sshd")
    _rule(GUESSED, "22222222-2222-4222-8222-222222222222")
    many = _rule(GUESSED, "33333333-3333-4333-8333-333333333333", correlates=True)
    refused = [
        {"timestamp": (NOW + timedelta(seconds=n)).isoformat(), "event": "refused", "src_ip": "198.51.100.7"}
        for n in range(6)
    ]
    _spooled(tmp_path, source, refused[:3])
    with clock.frozen_at(NOW):
        assert detect({many.pk}).round() == "3 events, 0 new alerts"
    _spooled(tmp_path, source, refused[3:])
    with clock.frozen_at(NOW):
        assert detect({many.pk}).round() == "3 events, 1 new alerts", "what it remembers is in the database"
    alert = Alert.objects.get()
    assert (alert.kind, alert.entity, alert.count) == (AlertKind.CORRELATION, "198.51.100.7", 2)
    assert len(Detection.objects.order_by("at").first().events) == 5
    assert not PendingMatch.objects.exists()
    assert CorrelationGroup.objects.get().values == ["198.51.100.7"]


@pytest.mark.django_db(transaction=True)
def test_correlations_that_are_behind_go_on_within_the_round(owner, detect, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "ROUND_S", 0.5)
    monkeypatch.setattr(module, "POLL_S", 60.0)  # it does not wait for that
    monkeypatch.setattr("vigil.workers.second_stage._MOST_PENDING", 2)
    source = _source(owner, "sshd", service="sshd")
    _rule(GUESSED, "22222222-2222-4222-8222-222222222222")
    many = _rule(GUESSED, "33333333-3333-4333-8333-333333333333", correlates=True)
    refused = [
        {"timestamp": (NOW + timedelta(seconds=n)).isoformat(), "event": "refused", "src_ip": "198.51.100.7"}
        for n in range(12)
    ]
    _spooled(tmp_path, source, refused)
    detector = detect({many.pk})
    monkeypatch.setattr(detector.stop, "wait", lambda timeout: True)
    with clock.frozen_at(NOW):
        assert detector.round() == "12 events, 1 new alerts"
    assert not PendingMatch.objects.exists()
    _spooled(tmp_path, source, refused)
    monkeypatch.setattr(module, "second_stage", lambda *_: Taken())
    with clock.frozen_at(NOW):
        detector.round()
    with clock.frozen_at(NOW + timedelta(seconds=90)):
        assert detector.round() == "0 events, 0 new alerts, matches wait 90 s for correlations"


@pytest.mark.django_db(transaction=True)
def test_of_two_that_read_the_same_one_commits(owner, detect, tmp_path, monkeypatch) -> None:
    source = _source(owner, "web", category="process_creation")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    _spooled(tmp_path, source, [_started(0)])
    one, other = detect({rule.pk}), detect({rule.pk})
    read = SpoolReader.read
    taken = []

    def while_the_other_reads(self: SpoolReader, *args: object) -> object:
        found = read(self, *args)
        if not taken:
            taken.append(True)
            taken.append(other.round())
        return found

    monkeypatch.setattr(SpoolReader, "claim", lambda *_: True)  # as on a disk where locks do not hold
    monkeypatch.setattr(SpoolReader, "read", while_the_other_reads)
    with clock.frozen_at(NOW):
        assert one.round() == "0 events, 0 new alerts"
    assert taken[1] == "1 events, 1 new alerts"
    assert Alert.objects.get().count == 1
    source.refresh_from_db()
    assert source.events == 1


@pytest.mark.django_db(transaction=True)
def test_a_stream_has_one_consumer_and_another_when_it_is_gone(owner, detect, tmp_path) -> None:
    _source(owner, "web", category="process_creation")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    _spooled(tmp_path, LogSource.objects.get(), [_started(0)])
    holder = SpoolReader(tmp_path / "spool")
    assert holder.claim("net0")
    detector = detect({rule.pk})
    with clock.frozen_at(NOW):
        assert detector.round() == "0 events, 0 new alerts"
        holder.close()
        assert detector.round() == "1 events, 1 new alerts"


@pytest.mark.django_db(transaction=True)
def test_a_correlation_that_only_feeds_another_runs_and_is_not_told(owner, detect, tmp_path) -> None:
    source = _source(owner, "sshd", service="sshd")
    for uid in ("22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"):
        _rule(GUESSED_THEN_IN, uid)
    _rule(GUESSED_THEN_IN, "44444444-4444-4444-8444-444444444444")
    last = _rule(GUESSED_THEN_IN, "55555555-5555-4555-8555-555555555555", correlates=True)
    events = [("refused", n) for n in range(5)] + [("accepted", 9)]
    _spooled(
        tmp_path,
        source,
        [
            {"timestamp": (NOW + timedelta(seconds=n)).isoformat(), "event": what, "src_ip": "198.51.100.7"}
            for what, n in events
        ],
    )
    with clock.frozen_at(NOW + timedelta(seconds=9)):
        assert detect({last.pk}).round() == "6 events, 1 new alerts"
    alert = Alert.objects.get()
    assert (alert.key, alert.level, alert.entity) == (last.uid, "high", "198.51.100.7")


@pytest.mark.django_db(transaction=True)
def test_a_list_that_cannot_be_read_is_told_and_costs_no_rule(owner, detect, tmp_path) -> None:
    source = _source(owner, "web", category="process_creation")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    IndicatorList.objects.create(organisation=owner, name="Danh sách thử", sha256="0" * 64, added_at=NOW, added_by="An")
    _spooled(tmp_path, source, [_started(0)])
    with clock.frozen_at(NOW):
        assert detect({rule.pk}).round() == "1 events, 1 new alerts"
    assert "Danh sách thử" in RuleBook.objects.get().fault


@pytest.mark.django_db(transaction=True)
def test_an_indicator_that_was_valid_raises_an_alert_and_one_that_was_not_none(owner, detect, tmp_path) -> None:
    source = _source(owner, "dns", category="dns")
    listed = IndicatorList.objects.create(
        organisation=owner, name="Danh sách thử", tlp="green", sha256="0" * 64, added_at=NOW, added_by="An"
    )
    (tmp_path / "lists").mkdir()
    text = "bad.example\nold.example,,2026-01-01T00:00:00Z\n"
    (tmp_path / "lists" / f"{listed.pk}.txt").write_text(text, encoding="utf-8")
    asked = [
        {"timestamp": NOW.isoformat(), "query": name, "src_ip": "192.0.2.5"}
        for name in ("a.bad.example", "old.example")
    ]
    _spooled(tmp_path, source, asked)
    with clock.frozen_at(NOW):
        assert detect(set()).round() == "2 events, 1 new alerts"
    alert = Alert.objects.get()
    assert (alert.kind, alert.key, alert.entity, alert.tlp) == (
        AlertKind.INDICATOR,
        "domain:bad.example",
        "192.0.2.5",
        "green",
    )


@pytest.mark.django_db(transaction=True)
def test_small_files_become_few_and_days_that_are_over_go(owner, detect, tmp_path) -> None:
    source = _source(owner, "web", category="process_creation")
    rule = _rule(SHELL, "11111111-1111-4111-8111-111111111111")
    detector = detect({rule.pk})
    with clock.frozen_at(NOW):
        detector._tidied = float("inf")
        for n in range(TOGETHER):
            _spooled(tmp_path, source, [_started(n)])
            detector.round()
        store, span = EventStore(tmp_path / "events"), (NOW - timedelta(days=1), NOW + timedelta(days=1))
        assert len(store.files([source.pk], *span)) == TOGETHER
        detector._tidied = 0.0
        detector.round()
    files = store.files([source.pk], *span)
    assert len(files) == 1
    for one in Detection.objects.all():
        assert store.find(source.pk, files[0].day, one.event) is not None
    with clock.frozen_at(NOW + timedelta(days=100)):
        detector._tidied = 0.0
        detector.round()
    assert store.files([source.pk], *span) == []
    assert not list((tmp_path / "events").iterdir())


@pytest.mark.django_db(transaction=True)
def test_what_is_suppressed_raises_nothing_and_is_counted(owner) -> None:
    hit = Hit(owner.pk, AlertKind.RULE, "r", "R", "high", "web-1", NOW, "net0-1-1")
    quiet = Suppression.objects.create(
        organisation=owner, key="r", owner="An", reason="thử", created_at=NOW, expires_at=NOW + timedelta(hours=1)
    )
    take = {"within": lambda organisation, level: 0, "actor": worker("detector")}
    assert take_hits(hits=[hit, hit], now=NOW, **take) == []
    quiet.refresh_from_db()
    assert quiet.count == 1
    fresh = take_hits(hits=[hit], now=NOW + timedelta(hours=2), **take)
    assert [alert.due_at for alert in fresh] == [None]


@pytest.mark.django_db(transaction=True)
def test_lines_read_as_a_block_have_the_ids_of_their_places(owner, detect, tmp_path) -> None:
    source = LogSource.objects.create(organisation=owner, name="máy", created_at=NOW)
    lines = [_windows(n) for n in range(60)]
    lines[7:7] = [b'{"Event": {', b'{"Event":{"System":{"EventID":1,"Channel":"\\u0053ecurity"}}}']
    writer = SpoolWriter(tmp_path / "spool", "net0")
    writer.append(source.pk, b"\n".join(lines), "192.0.2.9", NOW.timestamp())
    writer.close()
    with clock.frozen_at(NOW + timedelta(seconds=5)):
        assert detect(set()).round() == "61 events, 0 new alerts"
    source.refresh_from_db()
    assert (source.events, source.rejected) == (61, 1)
    (path,) = (tmp_path / "events").rglob("*.parquet")
    kept = {row["_id"]: row for row in pq.read_table(path, partitioning=None).to_pylist()}
    segment = max(
        (path for path in (tmp_path / "spool").rglob("*") if path.is_file()), key=lambda one: one.stat().st_size
    )
    whole = segment.read_bytes()
    assert len(kept) == 61
    for event, row in kept.items():
        raw = row["_raw"].encode()
        at = int(event.rsplit("-", 1)[1], 16)
        assert whole[at : at + len(raw)] == raw
        assert row["channel"] == "Security"
        if b"Image" in raw:
            assert row["image"] == orjson.loads(raw)["Event"]["EventData"]["Image"]


def _windows(n: int) -> bytes:
    system = {
        "Provider": {"#attributes": {"Name": "P"}},
        "EventID": 4688,
        "TimeCreated": {"#attributes": {"SystemTime": NOW.isoformat()}},
        "Channel": "Security",
        "Computer": "may-1",
    }
    return orjson.dumps({"Event": {"System": system, "EventData": {"Image": f"C:\\{n}.exe", "ProcessId": n}}})


@pytest.mark.django_db(transaction=True)
def test_no_name_of_anybody_s_own_rule_takes_a_shared_rule_s_place_in_a_correlation(owner, detect, tmp_path) -> None:
    source = _source(owner, "ssh", service="sshd")
    failed, many = (part.strip() + "\n" for part in GUESSED.split("---"))
    rules = {_rule(failed, uid("2")).pk, _rule(many, uid("3"), correlates=True).pk}
    other = Organisation(name="Đơn vị khác", code="T.2")
    save_organisation(organisation=other, actor=Actor("cli", "t", "t"), now=NOW)
    for digit, name in zip("456789", ("failed", uid("2")) * 3, strict=True):  # whichever is compiled last
        theirs = f"title: Theirs\nid: {uid(digit)}\nname: {name}\n" + failed.split("name: failed\n")[1]
        _rule(theirs, uid(digit), organisation=other)
        Rule.objects.filter(uid=uid(digit)).update(origin="own")
    events = [{"timestamp": NOW.isoformat(), "event": "refused", "src_ip": "198.51.100.7", "n": n} for n in range(5)]
    _spooled(tmp_path, source, events)
    with clock.frozen_at(NOW + timedelta(seconds=2)):
        detect(rules).round()
    assert [alert.entity for alert in Alert.objects.filter(kind=AlertKind.CORRELATION)] == ["198.51.100.7"]


def uid(digit: str) -> str:
    return f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}"


@pytest.mark.django_db(transaction=True)
def test_a_time_that_names_no_zone_is_that_of_viet_nam(owner, detect, tmp_path) -> None:
    source = _source(owner, "fw")
    with SpoolWriter(tmp_path / "spool", "net0") as writer, clock.frozen_at(NOW):
        writer.append(source.pk, b"<13>Apr 30 07:30:00 fw1 sshd[1]: buffered on the way", "192.0.2.9", NOW.timestamp())
        detect(set()).round()
    source.refresh_from_db()
    assert source.last_event_at == NOW - timedelta(minutes=90), "07:30 there; NOW is 09:00 there, 02:00 in UTC"

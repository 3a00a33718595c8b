"""Hunts over kept events: real Parquet, real rules, the database; stopped, killed, begun again, nothing tells twice."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from tests.kept import keep

from vigil.adapters.event_store import EventStore
from vigil.domain.detection.actions.hunting import HELD, keep_found, take_turn, waiting
from vigil.domain.detection.actions.hunts import ask_hunt, stop_hunt
from vigil.domain.detection.actions.lists import add_list
from vigil.domain.detection.models import Alert, AlertKind, Detection, HuntState, LogSource, RetroHunt, Rule
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.domain.vitals.models import WorkerBeat
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.workers import hunter as module
from vigil.workers.hunter import Hunter

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
ACTOR = Actor("cli", "t", "An")
SHELL = """
title: A shell of the web server
id: 11111111-1111-4111-8111-111111111111
level: high
tags: [attack.t1059.004]
logsource: {product: linux, category: process_creation}
detection:
  shell: {ParentImage|endswith: /java, Image|endswith: /sh}
  condition: shell
"""
REFUSED = """
title: A log-on that failed
id: 22222222-2222-4222-8222-222222222222
name: failed
level: informational
logsource: {product: linux}
detection:
  it: {event: refused}
  condition: it
"""
GUESSED = """
title: Many log-ons that failed
id: 33333333-3333-4333-8333-333333333333
level: medium
correlation:
  type: event_count
  rules: [failed]
  group-by: [src_ip]
  timespan: 10m
  condition: {gte: 5}
"""


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=ACTOR, now=NOW)
    return made


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return tmp_path / "events"


@pytest.fixture
def hunter(tmp_path: Path, events: Path, monkeypatch) -> Hunter:
    monkeypatch.setattr(module, "_REST", 0.0)
    return Hunter(
        store=EventStore(events), plans=tmp_path / "plans", lists=Path(settings.VIGIL_DATA) / "indicators",
        runs=tmp_path / "hunts", within=lambda organisation, level: 900,
    )  # fmt: skip


def source_of(owner: Organisation, name: str, **more: str) -> LogSource:
    fields = {"product": "linux", "format": "json", **more}
    return LogSource.objects.create(organisation=owner, name=name, created_at=NOW, **fields)


def rule_of(text: str, **more: object) -> Rule:
    uid = text.split("id: ")[1].split("\n")[0]
    return Rule.objects.create(
        origin="vigil", uid=uid, name=f"{uid}.yml", text=text, sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=text.split("title: ")[1].split("\n")[0], added_at=NOW, changed_at=NOW,
        correlates="correlation:" in text, **more,
    )  # fmt: skip


def started(at: datetime, image: str = "/bin/sh", **more: object) -> dict[str, object]:
    return {"timestamp": at.isoformat(), "host": "web-1", "ParentImage": "/usr/bin/java", "Image": image, **more}


def refused(at: datetime, address: str = "198.51.100.7") -> dict[str, object]:
    return {"timestamp": at.isoformat(), "event": "refused", "src_ip": address}


def asked(owner: Organisation, *rules: Rule, days: int = 7, lists: tuple[UUID, ...] = (), **more: object) -> RetroHunt:
    return ask_hunt(
        organisation=owner, title="Tìm lại", rules=[rule.pk for rule in rules], lists=lists,
        since=NOW - timedelta(days=days), until=NOW, actor=ACTOR, now=clock.now(), **more,
    )  # fmt: skip


def done(hunter: Hunter, hunt: RetroHunt) -> RetroHunt:
    with clock.frozen_at(NOW):
        hunter.round()
    hunt.refresh_from_db()
    return hunt


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_becomes_alerts_that_say_who_found_them_and_nothing_is_told_twice(owner, hunter, events) -> None:
    other = Organisation(name="Đơn vị khác", code="T.2")
    save_organisation(organisation=other, actor=ACTOR, now=NOW)
    source = source_of(owner, "web", category="process_creation")
    theirs = source_of(other, "web", category="process_creation")
    rule = rule_of(SHELL)
    hour = timedelta(hours=1)
    late = NOW - timedelta(days=3)
    keep(events, source, [started(NOW - hour, n=1), started(NOW - hour, "/bin/ls")], NOW - hour, 1)
    keep(events, source, [started(NOW - timedelta(days=2), n=2)], NOW - timedelta(days=2), 2)
    keep(events, source, [started(late, n=3), started(NOW - timedelta(days=20))], NOW - hour, 3)  # received late
    keep(events, source, [started(NOW - timedelta(days=9))], NOW - timedelta(days=9), 4)  # before the window
    keep(events, theirs, [started(NOW - hour)], NOW - hour, 5)
    hunt = done(hunter, asked(owner, rule))
    assert (hunt.state, hunt.files_done, hunt.files_total) == (HuntState.DONE, 3, 3)
    assert (hunt.found, hunt.raised, hunt.events) == (3, 1, 4)
    alert = Alert.objects.get()
    assert (alert.count, alert.hunt, alert.organisation, alert.entity) == (3, hunt, owner, "web-1")
    assert (alert.first_at, alert.last_at) == (late, NOW - hour)
    assert {one.shown["n"] for one in alert.detections.all()} == {"1", "2", "3"}, "fields that no rule reads, too"
    assert set(Detection.objects.values_list("hunt", flat=True)) == {hunt.pk}

    again = done(hunter, asked(owner, rule))
    assert (again.state, again.found, again.raised) == (HuntState.DONE, 3, 0)
    alert.refresh_from_db()
    assert (alert.count, Detection.objects.count(), alert.hunt) == (3, 3, hunt)


@pytest.mark.django_db(transaction=True)
def test_a_correlation_goes_over_all_sources_in_the_order_of_time_and_reaches_back_before_the_window(
    owner, hunter, events
) -> None:
    one, two = source_of(owner, "ssh-1"), source_of(owner, "ssh-2")
    rule_of(REFUSED)
    many = rule_of(GUESSED)
    at = NOW - timedelta(days=1)
    edge = NOW - timedelta(days=7)
    keep(events, one, [refused(at + timedelta(seconds=n)) for n in (0, 20, 40)], at + timedelta(minutes=1), 1)
    keep(events, two, [refused(at + timedelta(seconds=n)) for n in (10, 30, 50)], at + timedelta(minutes=1), 2)
    keep(events, two, [refused(edge + timedelta(seconds=n), "198.51.100.9") for n in range(-4, 1)], edge, 3)
    keep(events, one, [refused(edge - timedelta(seconds=n), "198.51.100.8") for n in range(1, 9)], edge, 4)
    hunt = done(hunter, asked(owner, many))
    assert (hunt.state, hunt.fault, hunt.found, hunt.raised) == (HuntState.DONE, "", 3, 2)
    alert = Alert.objects.get(entity="198.51.100.7")
    assert (alert.kind, alert.count, alert.hunt) == (AlertKind.CORRELATION, 2, hunt)
    assert len(alert.detections.first().events) == 5
    assert Alert.objects.get(entity="198.51.100.9").first_at == edge
    assert not (hunter.runs / str(hunt.pk)).exists()
    assert done(hunter, asked(owner, many)).raised == 0


@pytest.mark.django_db(transaction=True)
def test_indicators_are_looked_for_and_a_damaged_file_costs_itself_alone(owner, hunter, events) -> None:
    source = source_of(owner, "proxy", category="proxy")
    event = {"timestamp": (NOW - timedelta(hours=3)).isoformat(), "cs-host": "a.xau.example", "c-ip": "192.0.2.7"}
    keep(events, source, [event], NOW - timedelta(hours=3), 1)
    keep(events, source, [event | {"cs-host": "b.xau.example"}], NOW - timedelta(hours=2), 2).write_bytes(b"PAR1....")
    keep(events, source, [event | {"cs-host": "lanh.example"}], NOW - timedelta(hours=1), 3)
    listed = add_list(
        organisation=owner, name="Mới", tlp="green", content=b"xau.example\n", actor=ACTOR, now=NOW
    )  # fmt: skip
    hunt = done(hunter, asked(owner, lists=(listed.pk,)))
    assert (hunt.state, hunt.files_done, hunt.damaged, hunt.events, hunt.found) == (HuntState.DONE, 3, 1, 2, 1)
    alert = Alert.objects.get()
    assert (alert.key, alert.tlp, alert.entity, alert.source) == ("domain:xau.example", "green", "192.0.2.7", source)


@pytest.mark.django_db(transaction=True)
def test_a_test_raises_nothing_and_tells_days_and_first_events(owner, hunter, events) -> None:
    source = source_of(owner, "web", category="process_creation")
    rule = rule_of(SHELL, organisation=owner)
    Rule.objects.filter(pk=rule.pk).update(origin="own")
    for day, many in ((1, 3), (2, 25)):
        at = NOW - timedelta(days=day)
        keep(events, source, [started(at + timedelta(seconds=n), n=n) for n in range(many)], at, day)
    with pytest.raises(Refused, match=r"hunt\.untested"):
        asked(owner, rule)
    hunt = done(hunter, asked(owner, rule, test=True))
    assert (hunt.state, hunt.found, hunt.raised, Alert.objects.count()) == (HuntState.DONE, 28, 0, 0)
    assert hunt.result["days"] == {"2026-04-28": 25, "2026-04-29": 3}
    assert len(hunt.result["events"]) == 20
    assert hunt.result["events"][0]["shown"]["n"] == "0"
    assert (hunt.result["limited"], hunt.result["back_to"]) == (False, "2026-04-28")


@pytest.mark.django_db(transaction=True)
def test_the_time_of_a_test_is_bounded_and_it_says_how_far_it_came(owner, hunter, events, monkeypatch) -> None:
    source = source_of(owner, "web", category="process_creation")
    rule = rule_of(SHELL)
    for day in (1, 2, 3):
        at = NOW - timedelta(days=day)
        keep(events, source, [started(at)], at, day)
    monkeypatch.setattr(module, "TEST_S", 0.0)
    hunt = done(hunter, asked(owner, rule, test=True))
    assert (hunt.state, hunt.found, hunt.result["limited"], hunt.files_done) == (HuntState.DONE, 1, True, 0)


@pytest.mark.django_db(transaction=True)
def test_stopped_it_ends_within_two_seconds_and_keeps_what_it_found(owner, hunter, events, monkeypatch) -> None:
    source = source_of(owner, "web", category="process_creation")
    rule = rule_of(SHELL)
    for n in range(40):
        at = NOW - timedelta(hours=n + 1)
        keep(events, source, [started(at, n=n)], at, n)
    monkeypatch.setattr(module, "_REST", 200.0)  # as if each piece were much work
    monkeypatch.setattr(module, "_COMMIT_S", 0.0)
    monkeypatch.setattr(module, "_BEAT_S", 0.01)
    hunt = asked(owner, rule)
    running = threading.Thread(target=_round, args=(hunter,))
    running.start()
    _until(lambda: RetroHunt.objects.filter(pk=hunt.pk, files_done__gt=0).exists())
    _until(lambda: WorkerBeat.objects.filter(name="hunter").exists())
    stop_hunt(hunt=hunt, actor=ACTOR, now=NOW)
    asked_at = time.monotonic()
    running.join(10)
    assert time.monotonic() - asked_at < 2.0
    hunt.refresh_from_db()
    assert hunt.state == HuntState.CANCELLED
    assert 0 < hunt.files_done < 40
    assert Alert.objects.get().count == hunt.found
    told = WorkerBeat.objects.get(name="hunter").detail
    assert "files" in told or told == "compiles rules", "a long hunt is no silent worker"
    with pytest.raises(Conflict, match=r"hunt\.ended"):
        stop_hunt(hunt=hunt, actor=ACTOR, now=NOW)


def _round(hunter: Hunter) -> None:
    try:
        with clock.frozen_at(NOW):
            hunter.round()
    finally:
        connection.close()


def _until(held: Callable[[], bool], within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not held():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_tests_come_first_then_who_was_served_longest_ago_and_one_holder_at_a_time(owner, hunter, events) -> None:
    other = Organisation(name="Đơn vị khác", code="T.2")
    save_organisation(organisation=other, actor=ACTOR, now=NOW)
    rule = rule_of(SHELL)
    first, second, third = asked(owner, rule), asked(owner, rule), asked(other, rule)
    tried = asked(other, rule, test=True)
    later = NOW + timedelta(minutes=5)
    assert [one.pk for one in waiting(later)][:2] == [tried.pk, first.pk]
    held = take_turn(first, NOW)
    assert held is not None and take_turn(first, NOW) is None
    RetroHunt.objects.filter(pk=first.pk).update(held_until=None)
    assert [one.pk for one in waiting(NOW)] == [tried.pk, third.pk, second.pk, first.pk]
    RetroHunt.objects.filter(pk=first.pk).update(held_until=NOW + timedelta(seconds=9))
    assert first.pk not in {one.pk for one in waiting(NOW)}
    (again,) = (one for one in waiting(later) if one.pk == first.pk)
    assert take_turn(again, later) is not None
    with pytest.raises(Conflict, match=r"hunt\.moved"):  # who slept comes back
        keep_found(hunt=held, progress=module.Progress(files_done=9), hits=[], within=hunter.within,
                   actor=ACTOR, now=NOW)  # fmt: skip
    hunt = RetroHunt.objects.get(pk=first.pk)
    assert hunt.files_done == 0


@pytest.mark.django_db(transaction=True)
def test_hunts_take_turns_by_days_and_a_test_goes_in_between(owner, hunter, events, monkeypatch) -> None:
    other = Organisation(name="Đơn vị khác", code="T.2")
    save_organisation(organisation=other, actor=ACTOR, now=NOW)
    rule = rule_of(SHELL)
    for whose in (owner, other):
        source = source_of(whose, "web", category="process_creation")
        for day in (1, 2, 3):
            keep(events, source, [started(NOW - timedelta(days=day))], NOW - timedelta(days=day), day)
    monkeypatch.setattr(module, "TURN_S", 0.0)
    monkeypatch.setattr(module, "_ASK_S", 0.0)
    one, two = asked(owner, rule), asked(other, rule)
    served = []
    for n in range(20):
        with clock.frozen_at(NOW + timedelta(seconds=n)):
            if n == 1:
                tried = asked(owner, rule, test=True)
            before = {hunt.pk: hunt.turn for hunt in RetroHunt.objects.all()}
            hunter.round()
        served += [hunt.pk for hunt in RetroHunt.objects.all() if hunt.turn > before[hunt.pk]]
    assert served == [one.pk, tried.pk, two.pk, one.pk, two.pk, one.pk, two.pk]
    assert not RetroHunt.objects.exclude(state=HuntState.DONE).exists()
    assert set(Alert.objects.values_list("organisation", "count")) == {(owner.pk, 3), (other.pk, 3)}

    long, within = asked(owner, rule), []
    take = module.take_turn

    def while_it_runs(hunt: RetroHunt, now: datetime) -> RetroHunt | None:
        taken = take(hunt, now)
        if hunt.pk == long.pk:
            within.append(asked(owner, rule, test=True).pk)  # somebody asks for a test meanwhile
        return taken

    monkeypatch.setattr(module, "take_turn", while_it_runs)
    assert done(hunter, long).state == HuntState.DONE
    assert RetroHunt.objects.get(pk=within[0]).state == HuntState.DONE, "in the same turn"


DRIVER = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[3]
django.setup()
from datetime import datetime
from pathlib import Path
from vigil.adapters.event_store import EventStore
from vigil.domain.detection.actions import hunting
from vigil.domain.detection.models import RetroHunt
from vigil.kernel import clock
from vigil.workers import hunter as module
folder = Path(sys.argv[1])
module._REST, module._COMMIT_S, module._ASK_S = 0.5, 0.0, 0.0
hunter = module.Hunter(store=EventStore(folder / "events"), plans=folder / "plans", lists=folder / "lists",
                       runs=folder / "hunts", within=lambda organisation, level: 900)
print("ready", flush=True)
with clock.frozen_at(datetime.fromisoformat(sys.argv[2])):
    while RetroHunt.objects.filter(state__in=("waiting", "running")).exists():
        hunter.round()
"""


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_another_goes_on_and_each_event_counts_once(owner, hunter, events, tmp_path) -> None:
    source, ssh = source_of(owner, "web", category="process_creation"), source_of(owner, "ssh")
    rule, _, many = rule_of(SHELL), rule_of(REFUSED), rule_of(GUESSED)
    number = 0
    for day in range(1, 4):
        for n in range(12):
            at, number = NOW - timedelta(days=day) + timedelta(minutes=n), number + 1
            keep(events, source, [started(at, n=number), started(at, "/bin/ls")], at, number)
            keep(events, ssh, [refused(at)], at, number)
    hunt = asked(owner, rule, many)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    database = str(connection.settings_dict["NAME"])
    kills = 0
    for n in range(30):
        at = NOW + timedelta(minutes=n)  # the one before is gone for longer than it held the hunt
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(tmp_path), at.isoformat(), database],
            env=environment, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        before = RetroHunt.objects.get(pk=hunt.pk)
        if kills < 3:
            _until(lambda b=before: RetroHunt.objects.filter(pk=hunt.pk, turn__gt=b.turn).exists()
                   or RetroHunt.objects.filter(pk=hunt.pk, state="done").exists())  # fmt: skip
            time.sleep(0.05 + 0.2 * kills)
            process.send_signal(signal.SIGKILL)
            kills += process.wait(10) == -signal.SIGKILL
        else:
            assert process.wait(60) == 0
        process.stdout.close()
        hunt.refresh_from_db()
        if hunt.state == HuntState.DONE:
            break
    assert kills == 3
    assert (hunt.state, hunt.files_done, hunt.events) == (HuntState.DONE, 72, 108)
    alert = Alert.objects.get(kind=AlertKind.RULE)
    assert (alert.count, alert.detections.count()) == (36, 36)
    told = Alert.objects.get(kind=AlertKind.CORRELATION)
    assert (told.count, told.detections.count()) == (24, 24)
    assert hunt.found == 60


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_ends_no_hunt(owner, hunter, events, monkeypatch) -> None:
    source, hour = source_of(owner, "web", category="process_creation"), timedelta(hours=1)
    keep(events, source, [started(NOW - hour, n=1)], NOW - hour, 1)
    hunt, kept = asked(owner, rule_of(SHELL)), module.keep_found

    def away(**_: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(module, "keep_found", away)
    with clock.frozen_at(NOW), pytest.raises(OperationalError):
        hunter.round()
    monkeypatch.setattr(module, "keep_found", kept)
    with clock.frozen_at(NOW + 2 * HELD):
        hunter.round()
    hunt.refresh_from_db()
    assert (hunt.state, hunt.found, hunt.raised, hunt.events) == (HuntState.DONE, 1, 1, 1)

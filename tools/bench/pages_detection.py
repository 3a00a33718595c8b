"""The past of detection for the page benchmark: rules, sources with their hours, alerts with evidence, kept events.

Rules go by the real import; what weeks of reading would leave behind is written in bulk, in the shape in which the
detector writes. The hours of sources and the detections are made by the database itself from the rows before them.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from tools.bench.pages_events import kept_events
from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import Role, User
from vigil.domain.detection.actions.alerts import page_key
from vigil.domain.detection.actions.calling import MANY, MOST_PAGES
from vigil.domain.detection.actions.rules import import_rules, switch_rule
from vigil.domain.detection.models import (
    LEVELS,
    Alert,
    AlertNote,
    Detection,
    DetectionProfile,
    HuntState,
    IndicatorList,
    Level,
    Listener,
    LogSource,
    Origin,
    PostureChange,
    RetroHunt,
    Rule,
    SourceHour,
    SpoolPosition,
    Suppression,
)
from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.models import Page
from vigil.domain.paging.plans import shipped_plan
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import Phrase

ACTOR = Actor("cli", "bench", "bench")
PASSWORD = "bench-pages-only-1"  # noqa: S105 - of a database that lives for one run
RULES, OWN_RULES, SWITCHES = 3_700, 60, 400
SOURCES_EACH, ALERTS_EACH, MOST_EVIDENCE = 3, 6, 10_000
HERE_SOURCES, HERE_ALERTS = 300, 3_000
SUPPRESSIONS, HUNTS, LISTS = 2_000, 300, 200
KEPT_SOURCES = 20
PRODUCTS = ("windows", "windows", "windows", "linux", "", "aws", "cisco", "macos", "zeek", "azure")
CATEGORIES = ("process_creation", "file_event", "network_connection", "registry_set", "webserver", "dns_query")
LEVEL_SHARES = (5, 15, 35, 38, 7)
WORDS = ("Chạy", "Tải", "Ghi", "Sửa", "Đọc", "Xóa", "Gửi", "Mở")
WHAT = ("tệp lạ", "khóa tự chạy", "dịch vụ mới", "tài khoản mới", "nhật ký", "kết nối ra ngoài", "bộ nhớ", "chính sách")
TAUGHT = ("T1059.001", "T1190", "T1110", "T1003.001", "T1547.001", "T1021.002", "T1071.004", "T1486")
_BATCH = 2000

RULE = """title: {title}
id: 0b7c1d50-0000-4000-8000-{number:012d}
status: test
level: {level}
logsource:
{source}
detection:
  selection:
    Image|endswith: '\\m{number}.exe'
    CommandLine|contains:
      - '-k{number}'
      - '/w {word}'
  other:
    TargetFilename|startswith: 'C:\\Mau\\{number}'
  condition: selection or other
tags:
  - attack.{technique}
"""
CORRELATION = """title: Nhiều lần đăng nhập sai {number}
id: 0c7c1d50-0000-4000-8000-{number:012d}
status: test
level: high
correlation:
  type: event_count
  rules:
    - 0b7c1d50-0000-4000-8000-{number:012d}
  group-by:
    - User
  timespan: 5m
  condition:
    gte: 10
"""


def fill_detection(
    authority: Organisation,
    made: Sequence[Organisation],
    here: Organisation,
    chance: random.Random,
    now: datetime,
    say: Callable[[str], None],
) -> dict[str, str]:
    """Fill; returns the keys that the cases need. `here`: the organisation whose officer asks."""
    rules = _rules(here, chance, now)
    say(f"{len(rules):,} rules")
    sources = _sources(authority, made, here, chance, now)
    say(f"{len(sources):,} sources with a day of hours")
    hunts, lists = _hunts(authority, made, here, rules, chance, now), _lists(authority, made, here, chance, now)
    alerts = _alerts(authority, made, here, rules, sources, chance, now)
    _pages(alerts, now)
    _silences(sources, now)
    found = _evidence(alerts, hunts, now)
    say(f"{len(alerts):,} alerts with {found:,} detections")
    _suppressions(authority, made, here, rules, chance, now)
    _postures(made, now)
    _doors(now)
    event = kept_events([one for one in sources if one.organisation_id == here.pk][:KEPT_SOURCES], chance, now)
    say("suppressions, hunts, lists, kept events")
    overseer = create_user(username="bench-overseer", password=PASSWORD, actor=ACTOR, now=now)
    grant(user=overseer, role=Role.WATCH_LEAD, organisation=authority, actor=ACTOR, now=now)
    theirs = [one for one in alerts if one.organisation_id == here.pk]
    rows = {
        "alert": next(one for one in theirs if one.state == "open"),
        "alert_taken": next(one for one in theirs if one.state == "taken"),
        "alert_many": theirs[0],
        "source": next(one for one in sources if one.organisation_id == here.pk),
        "rule": rules[0], "own_rule": Rule.objects.filter(organisation=here)[0],
        "hunt": hunts[0],
        "hunt_running": next(one for one in hunts if (one.state, one.organisation) == (HuntState.RUNNING, here)),
        "list": lists[0],
    }  # fmt: skip
    return {name: str(row.pk) for name, row in rows.items()} | event


def _save(rows: Sequence[Any]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=_BATCH)


def _whose(authority: Organisation, made: Sequence[Organisation], here: Organisation, count: int) -> list[Organisation]:
    """An owner for each of `count` rows: a third the officer's organisation, a few the authority, else by turns."""
    return [here if n % 3 == 0 else authority if n % 10 == 1 else made[n % len(made)] for n in range(count)]


def _text(number: int, chance: random.Random) -> bytes:
    product, category = PRODUCTS[number % 10], CATEGORIES[number % 6]
    source = f"  category: {category}" + (f"\n  product: {product}" if product else "")
    return RULE.format(
        title=f"{WORDS[number % 8]} {WHAT[number // 8 % 8]} {number}", number=number, source=source,
        level=chance.choices(LEVELS, LEVEL_SHARES)[0], word=WORDS[number % 8].lower(),
        technique=TAUGHT[number % 8].lower(),
    ).encode()  # fmt: skip


def _rules(here: Organisation, chance: random.Random, now: datetime) -> list[Rule]:
    texts = [(f"mau/luat_{number}.yml", _text(number, chance)) for number in range(RULES)]
    texts += [(f"mau/tuong_quan_{number}.yml", CORRELATION.format(number=number).encode()) for number in range(20)]
    texts += [(f"mau/hong_{number}.yml", b"title: Hong\ndetection: {}\n# %d" % number) for number in range(30)]
    import_rules(texts=texts, origin=Origin.SIGMAHQ, actor=ACTOR, now=now)
    shared = list(Rule.objects.filter(organisation=None, unusable="").order_by("name"))
    for number in range(OWN_RULES):
        text = _text(900_000 + number, chance).decode()
        one = Rule(organisation=here, origin=Origin.OWN, uid=f"0b7c1d50-0000-4000-8000-{900_000 + number:012d}",
                   name=f"own-{number}", text=text, sha256=f"{number:064x}", title=f"Luật riêng {number}",
                   level=Level.HIGH, product="windows", category="process_creation", techniques=["T1059.001"],
                   tested_at=now if number % 2 else None, added_at=now, changed_at=now)  # fmt: skip
        one.save(force_insert=True)
    for number, rule in enumerate(shared[:: len(shared) // SWITCHES]):
        switch_rule(organisation=here, rule=rule, on=bool(number % 2), why="Mẫu", actor=ACTOR, now=now)
    return shared


def _sources(
    authority: Organisation, made: Sequence[Organisation], here: Organisation, chance: random.Random, now: datetime
) -> list[LogSource]:
    kinds = (("Tường lửa", "fortinet", "cisco"), ("Máy chủ miền", "windows", "windows"), ("Cổng web", "nginx", ""))
    rows = []

    def one(owner: Organisation, name: str, number: int, kind: tuple[str, str, str]) -> None:
        silent = number % 50 == 7
        heard = now - (timedelta(days=10) if silent else timedelta(seconds=chance.randrange(1, 300)))
        rows.append(
            LogSource(
                organisation=owner, name=name, format=kind[1], product=kind[2], created_at=now - timedelta(days=90),
                address=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", host=f"may-{number}",
                token_digest=f"{number:064x}" if number % 3 == 0 else "", silent_after_s=8 * 86_400,
                events=number * 1000, bytes=number * 300_000, last_event_at=heard,
                rejected=(90 if number % 5 else 9) if number % 21 == 5 else 0, last_received_at=heard,
                lag_s=120.0 if number % 90 == 11 else 1.5,
                rejected_samples=[{"at": now.isoformat(), "why": "không phải JSON"}] * (number % 4),
            )
        )  # fmt: skip

    for number, owner in enumerate(owner for owner in made for _ in range(SOURCES_EACH)):
        kind = kinds[number % 3]
        one(owner, f"{kind[0]} {number}", number, kind)
    for number in range(len(rows), len(rows) + HERE_SOURCES):
        kind = kinds[number % 3]
        one(here if number % 2 else authority, f"{kind[0]} {number}", number, kind)
    _save(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SourceHour._meta.db_table} (source_id, hour, events, rejected, bytes) "  # noqa: S608
            f"SELECT s.id, date_trunc('hour', %s::timestamptz) - n * interval '1 hour', 500 + (n * 37) %% 400, "
            f"CASE WHEN n %% 6 = 0 THEN s.rejected ELSE 0 END, 200000 "
            f"FROM {LogSource._meta.db_table} s, generate_series(0, 23) n WHERE s.retired_at IS NULL",
            [now],
        )
    return rows


def _alerts(
    authority: Organisation, made: Sequence[Organisation], here: Organisation, rules: Sequence[Rule],
    sources: Sequence[LogSource], chance: random.Random, now: datetime,
) -> list[Alert]:  # fmt: skip
    by_owner: dict[Any, LogSource] = {one.organisation_id: one for one in sources}
    owners = [here] * HERE_ALERTS + [authority] * HERE_ALERTS + [one for one in made for _ in range(ALERTS_EACH)]
    officer = User.objects.get(username="bench-officer")
    rows = []
    for number, owner in enumerate(owners):
        rule = rules[0] if number % 40 == 0 else rules[number * 31 % len(rules)]
        raised = now - timedelta(minutes=chance.randrange(1, 120_000))
        state = chance.choices(("open", "taken", "closed"), (12, 4, 84))[0] if number else "open"
        taken, closed = state != "open", state == "closed"
        mine = owner is here and number % 4 == 0
        rows.append(
            Alert(
                organisation=owner, kind="rule", key=rule.uid, rule=rule, title=rule.title, level=rule.level,
                weight=LEVELS.index(rule.level), entity=f"MAY-{number}", techniques=rule.techniques,
                source=by_owner.get(owner.pk), state=state, count=1 + number % 5, first_at=raised,
                last_at=raised + timedelta(minutes=5), raised_at=raised,
                due_at=raised + timedelta(minutes=15) if rule.level in ("high", "critical") else None,
                taken_at=raised + timedelta(minutes=9) if taken else None, taken_by=officer if taken and mine else None,
                taken_name="Trực ban" if taken else "", closed_at=raised + timedelta(hours=2) if closed else None,
                closed_name="Trực ban" if closed else "", verdict="benign" if closed else "",
                closing_note="Bảo trì" if closed else "",
            )
        )  # fmt: skip
    _save(rows)
    notes = [
        AlertNote(alert=one, at=one.raised_at + timedelta(minutes=9), by="Trực ban", what=what, text="Đã xem")
        for one in rows if one.state != "open" for what in ("taken", one.state)
    ]  # fmt: skip
    _save(notes)
    return rows


def _pages(alerts: Sequence[Alert], now: datetime) -> None:
    """Somebody was called for what is overdue and comes, as the sentinel would have called: ten by name, one more."""
    title, plan = Phrase("Nobody has taken this alert in time: {title}"), shipped_plan().to_json()
    counts: Counter[Any] = Counter()
    keys = []
    for one in sorted(alerts, key=lambda alert: (-alert.weight, alert.raised_at, alert.pk)):
        if one.state == "open" and (one.due_at or one.level == "critical"):
            counts[one.organisation_id] += 1
            many = counts[one.organisation_id]
            if many <= MOST_PAGES + 1:
                key = (
                    (page_key(one), "alert.overdue") if many <= MOST_PAGES else (f"alerts:{one.organisation_id}", MANY)
                )
                keys.append((one.organisation_id, *key))
    _save(
        [
            Page(organisation_id=owner, kind=kind, title=title.to_json(), body=title.to_json(), plan=plan,
                 dedupe_key=key, state="acknowledged", raised_at=now, last_raised_at=now)
            for owner, key, kind in keys
        ]
    )  # fmt: skip


def _silences(sources: Sequence[LogSource], now: datetime) -> None:
    """Those that are silent were told already."""
    _save(
        [
            Alert(organisation_id=one.organisation_id, kind="silence", key=str(one.pk), title="A source is silent",
                  level="high", weight=LEVELS.index("high"), entity=one.name, source=one, first_at=one.last_received_at,
                  last_at=one.last_received_at, raised_at=now - timedelta(days=2))
            for one in sources if one.last_received_at and now - one.last_received_at > timedelta(days=8)
        ]
    )  # fmt: skip


def _evidence(alerts: Sequence[Alert], hunts: Sequence[RetroHunt], now: datetime) -> int:
    """As many as each counts; of the first as many as are kept; some were found by a hunt."""
    many, hunt = alerts[0], next(one for one in hunts if one.state == HuntState.DONE)
    with connection.cursor() as cursor:
        insert = (
            f"INSERT INTO {Detection._meta.db_table} "  # noqa: S608 - names of tables alone
            "(alert_id, organisation_id, key, event, at, source_id, shown, events, hunt_id) "
            "SELECT a.id, a.organisation_id, a.key, 'net0-000000000001-' || a.entity || '-' || n, "
            "a.first_at + n * interval '1 second', a.source_id, "
            """'{"Image": "C:\\\\mau.exe", "User": "quan.tri", "CommandLine": "mau.exe -k"}'::jsonb, '[]'::jsonb, """
            f"CASE WHEN a.organisation_id = %s AND n = 2 THEN %s::uuid END FROM {Alert._meta.db_table} a, "
        )
        of_all = "generate_series(1, a.count) n WHERE a.kind = 'rule' AND a.id <> %s"
        cursor.execute(insert + of_all, [hunt.organisation_id, hunt.pk, many.pk])
        made = cursor.rowcount
        cursor.execute(
            insert + "generate_series(1, %s) n WHERE a.id = %s",
            [hunt.organisation_id, hunt.pk, MOST_EVIDENCE, many.pk],
        )
        made += cursor.rowcount
    Alert.objects.filter(pk=many.pk).update(count=MOST_EVIDENCE, last_at=now)
    return int(made)


def _hunts(
    authority: Organisation, made: Sequence[Organisation], here: Organisation, rules: Sequence[Rule],
    chance: random.Random, now: datetime,
) -> list[RetroHunt]:  # fmt: skip
    states = (HuntState.DONE, HuntState.DONE, HuntState.RUNNING, HuntState.WAITING, HuntState.FAILED)
    rows = [
        RetroHunt(
            organisation=owner, title=f"Tìm lại {number}", since=now - timedelta(days=7), until=now,
            rules=[str(one.pk) for one in (rules if number % 20 == 0 else rules[number : number + 5])],
            state=states[number % 5] if number < 20 else HuntState.DONE, files_done=40, files_total=100,
            events=10_000, found=7, asked_at=now - timedelta(hours=number), asked_by="Trực ban",
            started_at=now - timedelta(hours=number), held_until=now + timedelta(days=30),
        )
        for number, owner in enumerate(_whose(authority, made, here, HUNTS))
    ]  # fmt: skip
    _save(rows)
    return rows


def _lists(
    authority: Organisation, made: Sequence[Organisation], here: Organisation, chance: random.Random, now: datetime
) -> list[IndicatorList]:
    rows = [
        IndicatorList(organisation=owner, name=f"Danh sách {number}", sha256=f"{number:064x}", accepted=200, refused=1,
                      refused_samples=["không rõ"], added_at=now - timedelta(hours=number), added_by="Trực ban")
        for number, owner in enumerate(_whose(authority, made, here, LISTS))
    ]  # fmt: skip
    _save(rows)
    folder = settings.VIGIL_DATA / "indicators"
    folder.mkdir(exist_ok=True)
    for one in rows:
        (folder / f"{one.pk}.txt").write_text("\n".join(f"x{n}.mau.example" for n in range(one.accepted)) + "\n")
    return rows


def _suppressions(
    authority: Organisation, made: Sequence[Organisation], here: Organisation, rules: Sequence[Rule],
    chance: random.Random, now: datetime,
) -> None:  # fmt: skip
    _save(
        [
            Suppression(
                organisation=owner, key=(rule := rules[number % len(rules)]).uid, title=rule.title,
                entity=f"MAY-{number}", owner="Trực ban", reason="Bảo trì", count=number,
                created_at=(since := now - timedelta(days=number % 40)), expires_at=since + timedelta(days=20),
                lifted_at=now if number % 11 == 0 else None,
            )
            for number, owner in enumerate(_whose(authority, made, here, SUPPRESSIONS))
        ]
    )  # fmt: skip


def _postures(made: Sequence[Organisation], now: datetime) -> None:
    """Some hold the highest posture by hand, some have profiles of their own."""
    plain = {"posture": "normal", "rules": 1700}
    _save(
        [
            PostureChange(organisation=one, posture="highest", before=plain, after=plain | {"posture": "highest"},
                          applied_at=now, applied_by="Trực ban")
            for one in made[1::20]
        ]
    )  # fmt: skip
    _save(
        [
            DetectionProfile(organisation=one, posture="normal", least_level=("low", "medium", "high")[number % 3],
                             products=["windows"] if number % 2 else [])
            for number, one in enumerate(made[2::50])
        ]
    )  # fmt: skip


def _doors(now: datetime) -> None:
    _save(
        [
            Listener(name=name, host="192.0.2.1", port=5514 + number, received=10**9, refused=number, last_at=now,
                     samples=[{"at": now.isoformat(), "why": "không rõ người gửi"}] * 10, updated_at=now)
            for number, name in enumerate(("syslog_udp", "syslog_tcp", "syslog_tls", "http", "https"))
        ]
    )  # fmt: skip
    _save([SpoolPosition(stream=f"net{n}", segment=9000, offset=4096, updated_at=now) for n in range(4)])

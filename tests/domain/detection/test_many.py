"""For many organisations at once the same holds as for each alone, and it costs what there is to do."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.detection import DETECTOR, LEAD, raised, rule_text, source_of, uid_of

from vigil.domain.detection import doors
from vigil.domain.detection.actions import calling, postures, silence
from vigil.domain.detection.actions.hours import KEPT, forget_hours
from vigil.domain.detection.actions.own_rules import own_rule_tested, save_own_rule
from vigil.domain.detection.actions.postures import apply_posture, set_profile
from vigil.domain.detection.actions.rules import import_rules, switch_rule
from vigil.domain.detection.actions.sources import renew_token, retire_source
from vigil.domain.detection.deadlines import stance_of, stances_of
from vigil.domain.detection.models import (
    Alert,
    CorrelationGroup,
    LogSource,
    PendingMatch,
    Rule,
    SourceHour,
)
from vigil.domain.detection.queries import (
    events_this_hour,
    is_late,
    is_silent,
    much_rejected,
    rules_for,
    running_for,
    sources_now,
    with_silence,
)
from vigil.domain.detection.rule_book import load
from vigil.workers.second_stage import LATENESS_S, with_something_to_do

OWN = "title: Luật riêng\nlevel: low\nlogsource:\n  product: linux\ndetection:\n  s:\n    cmd: nc\n  condition: s\n"


def asked(act) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


@pytest.fixture
def several(organisation_of, now) -> list:
    """Organisations of every stance: posture normal or highest, with and without a profile of their own."""
    import_rules(
        texts=[
            (f"{n}.yml", rule_text(n, level=level, product=named))
            for n, (level, named) in enumerate(product(("low", "medium", "high", "critical"), ("windows", "linux")))
        ],
        origin="sigmahq", actor=LEAD, now=now,
    )  # fmt: skip
    import_rules(texts=[("v.yml", rule_text(90, level="low"))], origin="vigil", actor=LEAD, now=now)
    made = [organisation_of(f"Đơn vị {n}") for n in range(8)]
    for n, one in enumerate(made):
        for posture in ("normal", "highest") if n in (2, 3, 4) else ():
            set_profile(
                organisation=one, posture=posture, least_level="medium" if n == 2 else "critical",
                products=["linux"] if n == 3 else [], take_within_s={"high": 60 + n},
                silent_percent=10 * n if posture == "normal" else 300, actor=LEAD, now=now,
            )  # fmt: skip
        if n % 2:
            apply_posture(organisation=one, watch=None, actor=LEAD, now=now)
    return made


def test_what_holds_for_each_is_what_holds_for_it_alone(several) -> None:
    keys = [one.pk for one in several]
    assert stances_of(keys) == {pk: stance_of(pk) for pk in keys}
    assert asked(lambda: stances_of(keys)) == asked(lambda: stances_of(keys[:1])) == 2


def test_the_rules_of_each_are_those_that_run_for_it_and_who_has_the_same_shares_them(several, now, tmp_path) -> None:
    off, on, unusable = (Rule.objects.get(uid=uid_of(n)) for n in (7, 0, 6))
    for one in (several[1], several[5]):
        switch_rule(organisation=one, rule=off, on=False, actor=LEAD, now=now)
        switch_rule(organisation=one, rule=on, on=True, actor=LEAD, now=now)
    switch_rule(organisation=several[0], rule=unusable, on=True, actor=LEAD, now=now)
    Rule.objects.filter(pk=unusable.pk).update(unusable="x")
    for number in (4, 6):
        own = save_own_rule(organisation=several[number], text=OWN, actor=LEAD, now=now)
        own_rule_tested(rule=own, sha256=own.sha256, result={}, actor=LEAD, now=now)
        switch_rule(organisation=several[number], rule=own, on=True, actor=LEAD, now=now)
    Rule.objects.filter(organisation=several[4]).update(tested_at=None)
    run = running_for([one.pk for one in several], now)
    assert run == {one.pk: frozenset(rules_for(one.pk, now).values_list("pk", flat=True)) for one in several}
    assert len(set(run.values())) == 5  # 1 and 5, 2 and 7, 3 and 4 come to the same, each in its way
    assert run[several[1].pk] is run[several[5].pk]
    assert asked(lambda: running_for([one.pk for one in several], now)) <= 10

    for one in several:
        source_of(one, f"nguồn {one.name}", now=now)
    loaded = load(runs=running_for, plans=tmp_path / "plans", lists=tmp_path / "lists", now=now)
    told = {
        pk: {ours.rules[number].pk for number in ours.alerting} for pk, ours in loaded.ours.items()
    }  # fmt: skip
    assert told == run
    first, second, own = (loaded.ours[several[n].pk] for n in (1, 5, 6))
    assert first.alerting is second.alerting and first.matched is first.alerting and first.rules is second.rules
    assert own.rules is not first.rules and len(own.rules) == len(first.rules) + 1


def test_silence_and_lateness_by_query_are_what_they_are_for_each(several, now) -> None:
    for number, one in enumerate(several):
        for after in (0, 60, 600):
            made = source_of(one, f"{one.name} {after}", now=now - timedelta(hours=1), silent_after_s=after)
            lag = (None, 1.0, 61.0)[number % 3]
            heard = None if number == 5 else now - timedelta(seconds=10 + 40 * number)
            LogSource.objects.filter(pk=made.pk).update(last_received_at=heard, lag_s=lag)
    retire_source(source=LogSource.objects.get(name="Đơn vị 5 60"), actor=LEAD, now=now)
    for shift in (0, 20, 59, 60, 61, 300, 599, 1801):
        at = now + timedelta(seconds=shift)
        found = list(with_silence(LogSource.objects.all(), at))
        percents = {one.pk: stance_of(one.pk).silent_percent for one in several}
        assert {one.name: (one.quiet, one.behind) for one in found} == {
            one.name: (is_silent(one, percents[one.organisation_id], at), is_late(one)) for one in found
        }
    lately = with_silence(LogSource.objects.all(), now + timedelta(seconds=31), listening_since=now)
    assert {one.name for one in lately if one.quiet} == {"Đơn vị 1 60", "Đơn vị 2 60", "Đơn vị 4 60", "Đơn vị 7 60"}
    sources = list(LogSource.objects.all())
    assert asked(lambda: sources_now(sources, now)) == asked(lambda: sources_now(sources[:1], now)) == 3


def test_everything_that_falls_silent_at_once_is_told_in_rounds(several, now, monkeypatch) -> None:
    monkeypatch.setattr(silence, "MOST_AT_ONCE", 3)
    for one in several:
        source_of(one, f"nguồn {one.name}", now=now, silent_after_s=60)
    later = now + timedelta(hours=1)
    assert [silence.tell_silence(actor=DETECTOR, now=later) for _ in range(4)] == [3, 3, 2, 0]
    nothing = asked(lambda: silence.tell_silence(actor=DETECTOR, now=later))
    LogSource.objects.update(last_received_at=later)
    assert [silence.tell_silence(actor=DETECTOR, now=later) for _ in range(4)] == [3, 3, 2, 0]
    assert set(Alert.objects.values_list("state", flat=True)) == {"closed"} and nothing <= 3


def test_windows_that_begin_at_once_are_followed_in_rounds(several, now, monkeypatch) -> None:
    monkeypatch.setattr(postures, "MOST_AT_ONCE", 2)
    postures.PostureChange.objects.update(reverted_at=now)
    for one in several[:5]:
        apply_posture(organisation=one, watch=None, actor=LEAD, now=now)
    over = list(postures.PostureChange.objects.filter(reverted_at=None))
    monkeypatch.setattr(postures, "posture_due", lambda now: ([], [one for one in over if _holds(one)]))
    assert [postures.keep_postures(actor=DETECTOR, now=now) for _ in range(4)] == [2, 2, 1, 0]


def _holds(change) -> bool:
    return postures.PostureChange.objects.filter(pk=change.pk, reverted_at=None).exists()


def test_who_was_called_for_everything_is_not_asked_about_again(several, now) -> None:
    for one in several:
        raised(one, now, level="critical")
    assert calling.page_for_alerts(actor=DETECTOR, now=now) == len(several)
    assert asked(lambda: calling.page_for_alerts(actor=DETECTOR, now=now)) == 2
    raised(several[0], now, level="critical", entity="SRV-02")
    assert calling.page_for_alerts(actor=DETECTOR, now=now) == 1


def test_sources_are_read_anew_when_one_changed_and_else_left_alone(isp, now, monkeypatch) -> None:
    monkeypatch.setattr(doors, "FRESH_S", 0.0)
    source, door = source_of(isp, now=now, address="192.0.2.1"), doors.Door(DETECTOR)
    token = renew_token(source=source, actor=LEAD, now=now)
    assert door.by_token(token) == door.by_address("192.0.2.1") == source.pk
    assert asked(lambda: door.by_token(token)) == 1  # whether something changed
    newer = renew_token(source=source, actor=LEAD, now=now)
    assert (door.by_token(token), door.by_token(newer)) == (None, source.pk)
    second = source_of(isp, "hai", now=now, address="192.0.2.2")
    assert door.by_address("192.0.2.2") == second.pk
    retire_source(source=source, actor=LEAD, now=now)
    assert door.by_token(newer) is None
    LogSource.objects.filter(pk=second.pk).update(host="fw", address="")  # past every action
    monkeypatch.setattr(doors, "_ANEW_S", 0.0)
    assert door.by_address("198.51.100.9", "fw") == second.pk


def test_the_second_stage_looks_only_where_something_waits(several, now) -> None:
    assert with_something_to_do(now) == []
    PendingMatch.objects.create(organisation=several[3], rule="r", event="e", at=now)
    groups = [
        CorrelationGroup.objects.create(
            organisation=several[n], correlation="c", group="g", touched_at=now, waits=n == 5, forget_at=now
        )
        for n in (4, 5)
    ]
    assert with_something_to_do(now) == [several[3].pk]
    late = groups[1].touched_at + timedelta(seconds=LATENESS_S + 1)
    assert with_something_to_do(late) == sorted([several[3].pk, several[5].pk])
    assert asked(lambda: with_something_to_do(late)) == 2


def test_what_the_hours_of_all_say_and_when_they_are_forgotten(isp, now) -> None:
    sources = [source_of(isp, f"nguồn {n}", now=now, host=f"h{n}") for n in range(3)]
    hour = now.replace(minute=0)
    for number, one in enumerate(sources):
        SourceHour.objects.create(source=one, hour=hour, events=100)
        SourceHour.objects.create(source=one, hour=hour - timedelta(hours=5), events=0, rejected=5 * number)
    SourceHour.objects.create(source=sources[0], hour=hour - timedelta(days=2), rejected=900)
    SourceHour.objects.create(source=sources[0], hour=hour - KEPT - timedelta(hours=1), events=1)
    rows = LogSource.objects.all()
    assert (events_this_hour(rows, now), much_rejected(rows, now)) == (300, 1)
    assert much_rejected(rows, now) == sum(one.much_rejected for one in sources_now(sources, now))
    assert events_this_hour(rows.filter(pk=sources[0].pk), now) == 100
    assert [forget_hours(now=now), forget_hours(now=now), SourceHour.objects.count()] == [1, 0, 7]

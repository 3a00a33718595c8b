"""Rounds of the sentinel: postures that a watch asks for, pages for what nobody took, and what is proven of 2.a."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.detection import DETECTOR, LEAD, officer, raised, rule_text, source_of
from tests.duty import NOW, new_world

from vigil.domain.detection.actions.alerts import close, give_back, take
from vigil.domain.detection.actions.calling import page_for_alerts
from vigil.domain.detection.actions.postures import apply_posture, keep_postures
from vigil.domain.detection.actions.rules import import_rules
from vigil.domain.detection.models import LogSource, PendingMatch, PostureChange, RuleBook, SourceHour, SpoolPosition
from vigil.domain.detection.open_items import DetectionOpenItems
from vigil.domain.detection.proofs import DetectionProver
from vigil.domain.directives.actions.watches import close_watch
from vigil.domain.directives.models import Assignment, Obligation, Watch
from vigil.domain.paging.actions import resolve_pages
from vigil.domain.paging.models import Page
from vigil.domain.vitals.actions import beat
from vigil.kernel.clock import frozen_at
from vigil.kernel.proofs import Question
from vigil.workers.sentinel import Sentinel

DURING = NOW + timedelta(days=3)


@pytest.fixture
def watch(db) -> Watch:
    """An open watch with 2.a beside its other obligations."""
    kept = new_world().watch
    obligation = Obligation.objects.create(
        directive=kept.directive, code="2.a", kind="detection_filtering", position=9, text="2.a"
    )
    Assignment.objects.create(watch=kept, obligation=obligation)
    return kept


def posture(now) -> str:
    keep_postures(actor=DETECTOR, now=now)
    held = PostureChange.objects.filter(reverted_at=None).first()
    return held.posture if held else "normal"


def test_a_watch_puts_its_organisation_into_the_highest_posture_for_its_window(watch) -> None:
    import_rules(texts=[("1.yml", rule_text(1, level="medium"))], origin="sigmahq", actor=LEAD, now=NOW)
    told = [posture(at) for at in (NOW, DURING, DURING + timedelta(days=1), watch.ends_at, watch.ends_at)]
    assert told == ["normal", "highest", "highest", "normal", "normal"]
    change = PostureChange.objects.get()
    assert (change.watch, change.before["rules"], change.after["rules"]) == (watch, 0, 1)


def test_reverted_when_the_watch_closes_and_never_for_an_exercise_or_what_does_not_apply(watch) -> None:
    assert posture(DURING) == "highest"
    close_watch(watch=watch, note="Xong", open_items=[], actor=LEAD, now=DURING + timedelta(hours=1))
    assert posture(DURING + timedelta(hours=1)) == "normal"
    Watch.objects.filter(pk=watch.pk).update(state="open", exercise=True)
    assert posture(DURING) == "normal"
    Watch.objects.filter(pk=watch.pk).update(exercise=False)
    Assignment.objects.filter(obligation__code="2.a").update(applies=False)
    assert posture(DURING) == "normal"


def test_what_a_person_switched_on_is_theirs_to_revert(watch) -> None:
    apply_posture(organisation=watch.organisation, watch=None, actor=LEAD, now=NOW)
    assert [posture(at) for at in (DURING, watch.ends_at)] == ["highest", "highest"]
    assert PostureChange.objects.count() == 1


def pages(now) -> list[tuple[str, str]]:
    page_for_alerts(actor=DETECTOR, now=now)
    return list(Page.objects.order_by("raised_at").values_list("kind", "state"))


def test_critical_ones_page_at_once_and_taking_the_alert_makes_the_page_done(watch) -> None:
    isp = watch.organisation
    lan, early = officer(isp, "lan", NOW), NOW
    high, critical = raised(isp, early, key="a"), raised(isp, early, key="b", level="critical")
    assert pages(early) == [("alert.raised", "open")]  # no watch is kept yet: high ones wait for their deadline
    page = Page.objects.get()
    assert (page.dedupe_key, page.function, page.urgency) == (f"alert:{critical.pk}", "monitoring", 3)
    assert pages(early + timedelta(minutes=5, seconds=1)) == [("alert.raised", "open")]
    take(alert=critical, by=lan, actor=lan.as_actor(), now=early)
    assert pages(early + timedelta(minutes=15)) == [("alert.raised", "resolved")]
    late = early + timedelta(minutes=15, seconds=1)
    assert pages(late)[1] == ("alert.overdue", "open")
    close(alert=high, verdict="benign", actor=lan.as_actor(), now=late)
    assert pages(late)[1] == ("alert.overdue", "resolved")
    give_back(alert=critical, actor=lan.as_actor(), now=late)
    assert len(pages(late)) == 2
    assert pages(late + timedelta(minutes=6))[2] == ("alert.overdue", "open")


def test_during_a_watch_high_ones_page_too_and_once(watch) -> None:
    alert = raised(watch.organisation, DURING)
    raised(watch.organisation, DURING, key="m", level="medium")
    assert pages(DURING) == [("alert.raised", "open")] == pages(DURING)
    resolve_pages(
        organisation=watch.organisation_id, dedupe_key=f"alert:{alert.pk}", actor=LEAD, now=DURING
    )  # somebody says "done", and takes no alert
    assert pages(DURING + timedelta(minutes=1)) == [("alert.raised", "resolved")]
    assert len(pages(DURING + timedelta(minutes=16))) == 2 == len(pages(DURING + timedelta(minutes=30)))


def test_in_a_flood_ten_are_called_for_and_once_for_all_the_others(watch) -> None:
    isp = watch.organisation
    lan = officer(isp, "lan", NOW)
    alerts = [raised(isp, NOW, key=f"k{n}", level="critical") for n in range(25)]
    kinds = Counter(kind for kind, _ in pages(NOW))
    assert kinds == {"alert.raised": 10, "alert.many": 1}
    assert str(Page.objects.get(kind="alert.many").title_phrase) == "15 more alerts wait for somebody"
    assert len(pages(NOW + timedelta(seconds=2))) == 11
    for alert in alerts[:16]:
        take(alert=alert, by=lan, actor=lan.as_actor(), now=NOW)
    told = pages(NOW + timedelta(seconds=4))
    assert Counter(told) == {
        ("alert.raised", "resolved"): 10, ("alert.raised", "open"): 9, ("alert.many", "resolved"): 1,
    }  # fmt: skip


def question(watch: Watch) -> Question:
    row = Assignment.objects.get(watch=watch, obligation__code="2.a")
    return Question(row.pk, "2.a", "detection_filtering", watch.organisation_id, watch.starts_at, watch.ends_at)


def test_what_is_proven_of_2a_names_what_is_wrong_and_never_says_met(watch) -> None:
    isp, now = watch.organisation, DURING
    lan = officer(isp, "lan", NOW)

    def told(at=now) -> tuple[str, str]:
        proof = DetectionProver().prove(question(watch), at)
        return proof.verdict.value, str(proof.sentence)

    assert told() == ("not_met", "No source of events is entered: nothing can be detected.")
    source = source_of(isp, now=now, silent_after_s=600)
    assert told() == ("not_met", "No rule runs.")
    import_rules(texts=[("1.yml", rule_text(1))], origin="sigmahq", actor=LEAD, now=now)
    assert told() == ("not_met", "Nobody reads the events: detector does not run.")
    beat(name="detector", now=now)
    assert told() == ("not_met", "None of 1 sources has sent anything yet.")
    LogSource.objects.filter(pk=source.pk).update(last_received_at=now)
    verdict, sentence = told()
    assert verdict == "cannot_tell"
    assert sentence.startswith("Detection works: 1 sources alive, 1 rules running") and "Filtering" in sentence
    assert told(now + timedelta(seconds=61)) == ("not_met", "Nobody reads the events: detector does not run.")
    beat(name="detector", now=now + timedelta(hours=1))
    assert told(now + timedelta(hours=1)) == ("not_met", "1 sources are silent: Tường lửa.")
    beat(name="detector", now=now, failed=True)
    assert told() == ("at_risk", "detector cannot read what came at present.")
    beat(name="detector", now=now)
    RuleBook.objects.update(fault="the list A cannot be read")
    assert told() == ("at_risk", "Some of the rules or lists cannot be loaded: the list A cannot be read")
    RuleBook.objects.update(fault="")
    LogSource.objects.filter(pk=source.pk).update(lag_s=61.0)
    assert told() == ("at_risk", "1 sources are read late: Tường lửa.")
    LogSource.objects.filter(pk=source.pk).update(lag_s=1.0)
    SourceHour.objects.create(source=source, hour=now.replace(minute=0), events=94, rejected=6)
    assert told()[0] == "at_risk" and "rejected" in told()[1]
    SourceHour.objects.update(rejected=1)
    SpoolPosition.objects.create(
        stream="s", segment=1, offset=1, waiting_bytes=10, updated_at=now - timedelta(seconds=61)
    )
    assert told() == ("not_met", "Events have waited 61 s to be read.")
    SpoolPosition.objects.update(waiting_bytes=0)
    PendingMatch.objects.create(organisation=isp, rule="r", event="e", at=now, laid_at=now - timedelta(seconds=61))
    assert told() == ("not_met", "Matches have waited 61 s for correlations.")
    PendingMatch.objects.all().delete()
    alert = raised(isp, now - timedelta(hours=1), key="x")
    assert told() == ("not_met", "1 alerts were not taken within the time set.")
    take(alert=alert, by=lan, actor=lan.as_actor(), now=now)
    proof = DetectionProver().prove(question(watch), now)
    said = [str(fact.statement) for fact in proof.facts]
    assert "Sources alive: 1 of 1" in said and "Alerts of this watch that were taken late: 1" in said
    assert "Alerts of this watch: 1" in said
    before = DetectionProver().prove(replace(question(watch), starts_at=now + timedelta(hours=1)), now)
    assert any(str(fact.statement).startswith("Alerts of this watch: none yet") for fact in before.facts)
    import_rules(
        texts=[("1.yml", rule_text(1)), *((f"b{n}.yml", b"x: [") for n in range(3))],
        origin="sigmahq",
        actor=LEAD,
        now=now,
    )
    assert told() == ("at_risk", "3 rules cannot run.")


def test_what_is_open_is_handed_over(watch) -> None:
    isp = watch.organisation
    lan = officer(isp, "lan", NOW)
    first, second = raised(isp, NOW, key="a"), raised(isp, NOW + timedelta(minutes=1), key="b", level="critical")
    take(alert=first, by=lan, actor=lan.as_actor(), now=NOW)
    said = [str(item.statement) for item in DetectionOpenItems().open_items(isp.pk, NOW)]
    assert said == [
        "Alert, High: Chạy lệnh lạ SRV-01 (taken by lan)",
        "Alert, Critical, nobody has taken it: Chạy lệnh lạ SRV-01",
    ]
    assert DetectionOpenItems().open_items(isp.pk, NOW)[1].link == f"/alerts/{second.pk}/"


def test_a_round_does_everything_once(watch) -> None:
    source_of(watch.organisation, now=NOW, silent_after_s=60)
    raised(watch.organisation, DURING, level="critical")
    sentinel = Sentinel()
    with frozen_at(DURING):
        assert sentinel.round() == "postures 1, silences 0, pages 1"
        assert sentinel.round() == "postures 0, silences 0, pages 0"
    for second in (20, 40):
        with frozen_at(DURING + timedelta(seconds=second)):
            told = sentinel.round()
    assert told == "postures 0, silences 1, pages 1"  # half the time under the highest posture, and a watch is kept
    with frozen_at(DURING + timedelta(hours=1)):  # it was away
        assert sentinel.round() == "postures 0, silences 0, pages 0"

"""What a batch finds is told in few statements, however much it is; correlations that are behind go on, and say so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from vigil.domain.detection.actions import taking
from vigil.domain.detection.actions.taking import Hit, take_hits
from vigil.domain.detection.lateness import correlation_lag
from vigil.domain.detection.models import Alert, CorrelationGroup, Detection, PendingMatch
from vigil.domain.detection.one_of import OneOf
from vigil.domain.detection.rule_book import Ours
from vigil.domain.detection.signs import detection_signs
from vigil.domain.journal.actions import Told, record_all
from vigil.domain.journal.models import Entry, PersonalNote
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.engines.detection.correlation import Correlation
from vigil.kernel.actors import Actor, worker
from vigil.workers import second_stage as stage

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=Actor("cli", "t", "t"), now=NOW)
    return made


def _hits(owner: Organisation, keys: int, entities: int, first: int = 0) -> list[Hit]:
    return [
        Hit(owner.pk, "rule", f"k{key}", "t", "high", f"e{entity}", NOW + timedelta(seconds=n), f"net0-{n:012x}-0")
        for key in range(keys)
        for entity in range(entities)
        for n in (first + key * entities + entity,)
    ]


def _taken(hits: list[Hit]) -> list[Alert]:
    return take_hits(hits=hits, within=lambda o, level: 60, actor=worker("detector"), now=NOW)


def _asked(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    return len(queries)


def test_many_alerts_cost_no_more_questions_than_one(owner) -> None:
    _taken(_hits(owner, 1, 1, first=9000))
    one = _asked(lambda: _taken(_hits(owner, 1, 2, first=100)))
    many = _asked(lambda: _taken(_hits(owner, 6, 6, first=200)))
    again = _asked(lambda: _taken(_hits(owner, 6, 6, first=300)))
    assert max(many, again) <= one + 2, "and an alert that is seen again is one more row"
    alert = Alert.objects.get(key="k0", entity="e0")
    assert (alert.count, alert.detections.count()) == (4, 4)
    assert (alert.first_at, alert.last_at) == (NOW + timedelta(seconds=100), NOW + timedelta(seconds=9000))
    assert Alert.objects.count() == 36
    told = Entry.objects.filter(action="detection.alert_raised")
    assert sorted(told.values_list("subject", flat=True)) == sorted(
        f"detection.alert:{one.pk}" for one in Alert.objects.all()
    )
    assert PersonalNote.objects.filter(entry__in=told, content__actor="detector").count() == 36
    assert told.values("row").distinct().count() == 36
    assert _taken(_hits(owner, 6, 6, first=300)) == [] and Detection.objects.count() == 1 + 2 + 36 + 36


def test_of_an_alert_so_many_are_kept_and_of_those_so_many_shown(owner, monkeypatch) -> None:
    monkeypatch.setattr(taking, "MOST_KEPT", 5)
    monkeypatch.setattr(taking, "MOST_SHOWN", 3)
    for first in (0, 4, 8):
        hits = [
            Hit(owner.pk, "rule", "k", "t", "high", "e", NOW, f"n{n}", shown={"a": "b"})
            for n in range(first, first + 4)
        ]
        _taken(hits)
    alert = Alert.objects.get()
    assert (alert.count, alert.detections.count(), alert.detections.exclude(shown={}).count()) == (12, 5, 3)


@pytest.mark.django_db
def test_rows_by_several_columns_are_found_by_their_index(owner) -> None:
    _taken(_hits(owner, 8, 50))
    rows = [(owner.pk, f"k{n}", f"net0-{n * 50:012x}-0") for n in range(4)]
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        found = Detection.objects.filter(OneOf(("organisation", "key", "event"), rows)).order_by()
        assert {one.event for one in found} == {row[2] for row in rows}
        plan = found.explain()
        groups = [(owner.pk, "rule", f"k{n}", "e1") for n in range(4)]
        open_ones = Alert.objects.filter(OneOf(("organisation", "kind", "key", "entity"), groups), ~Q(state="closed"))
        plan += open_ones.order_by().explain()
    wanted = "SEARCH detection_" if connection.vendor == "sqlite" else "Index"
    assert "SCAN detection_" not in plan and wanted in plan, plan


def test_facts_of_a_kind_belong_in_a_transaction_too(owner) -> None:
    with transaction.atomic():
        record_all(actor=worker("detector"), now=NOW, action="x.y", told=[])
        record_all(actor=Actor("worker", "w"), now=NOW, action="x.y", told=[Told("a.b:1", owner.pk, {"n": 1})])
    entry = Entry.objects.get(action="x.y")
    assert (entry.personal_digest, entry.facts, entry.organisation_id) == ("", {"n": 1}, owner.pk)


@pytest.mark.django_db(transaction=True)
def test_a_fact_without_a_transaction_is_refused(owner) -> None:
    with pytest.raises(RuntimeError, match="belongs in the transaction"):
        record_all(actor=worker("detector"), now=NOW, action="x.y", told=[Told("a.b:1", owner.pk, {})])


COUNTS = Correlation(
    id="many", title="t", level="high", kind="event_count", rules=("r",), span_s=60, group_by=("ip",), count=100.0
)


def _laid(owner: Organisation, many: int, at: datetime = NOW) -> None:
    PendingMatch.objects.bulk_create(
        PendingMatch(organisation=owner, rule="r", event=f"e{n}", at=NOW, values=[["ip", "198.51.100.7"]], laid_at=at)
        for n in range(many)
    )


def _stage(owner: Organisation, ours: Ours, newest: bool = True) -> stage.Taken:
    return stage.second_stage(owner.pk, ours, lambda o, level: 60, NOW, lambda: newest)


def test_who_has_more_waiting_says_so_and_how_long(owner, monkeypatch) -> None:
    monkeypatch.setattr(stage, "_MOST_PENDING", 4)
    _laid(owner, 10, NOW - timedelta(seconds=75))
    assert correlation_lag(NOW, owner.pk) == correlation_lag(NOW) == timedelta(seconds=75)
    other = Organisation(name="Cơ quan khác", code="T.2")
    save_organisation(organisation=other, actor=Actor("cli", "t", "t"), now=NOW)
    assert correlation_lag(NOW, other.pk) == timedelta(0)
    sign = detection_signs(NOW)[0]
    assert (sign.state, str(sign.sentence)) == (
        "warns", "Events wait 0 s to be read, and matches 75 s for correlations."
    )  # fmt: skip
    ours = Ours(correlations=(COUNTS,))
    assert [_stage(owner, ours).more for _ in range(3)] == [True, True, False]
    assert (PendingMatch.objects.count(), correlation_lag(NOW)) == (0, timedelta(0))
    assert len(CorrelationGroup.objects.get().state["events"]) == 10


def test_what_no_correlation_waits_for_goes_once_that_is_sure(owner) -> None:
    _laid(owner, 3)
    assert _stage(owner, Ours(), newest=False) == stage.Taken()
    assert PendingMatch.objects.count() == 3, "newer rules may want it"
    assert _stage(owner, Ours()) == stage.Taken()
    assert not PendingMatch.objects.exists()

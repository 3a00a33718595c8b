"""An alert is somebody's, is closed with a verdict, and of two who take it at once one has it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.detection import officer, raised, source_of

from vigil.domain.detection.actions.alerts import close, give, give_back, note, reopen, take
from vigil.domain.detection.actions.calls import enter_call
from vigil.domain.detection.actions.many import close_many, take_many
from vigil.domain.detection.actions.suppressions import lift, suppress
from vigil.domain.detection.models import Alert, AlertNote, Suppression
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.outbox.models import Message
from vigil.kernel.errors import Conflict, Refused


def test_seen_again_it_is_the_same_alert(isp, now) -> None:
    first = raised(isp, now, times=3)
    again = raised(isp, now + timedelta(minutes=1), times=2)
    assert (again.pk, again.count, again.detections.count()) == (first.pk, 5, 5)
    assert again.due_at == now + timedelta(seconds=900)


def test_who_took_it_is_named_to_who_came_later(isp, now, lan, minh) -> None:
    alert = raised(isp, now)
    take(alert=alert, by=lan, actor=lan.as_actor(), now=now)
    take(alert=alert, by=lan, actor=lan.as_actor(), now=now)
    with pytest.raises(Conflict, match="lan has taken") as told:
        take(alert=alert, by=minh, actor=minh.as_actor(), now=now)
    assert told.value.code == "alert.taken"
    assert [row.what for row in alert.notes.all()] == ["taken"]
    assert Entry.objects.filter(action="detection.alert_taken", organisation_id=isp.pk).count() == 1


def test_given_back_it_waits_again_with_a_new_deadline(isp, now, lan) -> None:
    alert = raised(isp, now)
    with pytest.raises(Conflict, match="Nobody"):
        give_back(alert=alert, actor=lan.as_actor(), now=now)
    take(alert=alert, by=lan, actor=lan.as_actor(), now=now)
    later = now + timedelta(hours=1)
    back = give_back(alert=alert, actor=lan.as_actor(), now=later, text="Hết ca")
    assert (back.state, back.taken_by, back.taken_name, back.due_at) == (
        "open",
        None,
        "",
        later + timedelta(minutes=15),
    )


def test_given_to_a_person_it_is_theirs_and_they_are_told(isp, organisation_of, now, lan, minh) -> None:
    alert, other = raised(isp, now), organisation_of("Cơ quan khác")
    person = Person(organisation=isp, name="Phạm Minh", email="minh@donvi.example")
    save_person(person=person, actor=lan.as_actor(), now=now)
    minh.person = person
    minh.save()
    given = give(alert=alert, to=person, actor=lan.as_actor(), now=now, text="Anh xem giúp")
    assert (given.taken_by, given.taken_name) == (minh, "Phạm Minh")
    mail = Message.objects.get(about=f"detection.alert:{alert.pk}")
    assert mail.address == "minh@donvi.example" and f"/alerts/{alert.pk}/" in mail.body
    stranger = officer(other, "la", now)
    for who in (stranger, Person(organisation=other, name="Người lạ")):
        if isinstance(who, Person):
            save_person(person=who, actor=lan.as_actor(), now=now)
        with pytest.raises(Refused, match="cannot look after"):
            give(alert=alert, to=who, actor=lan.as_actor(), now=now)


def test_closed_with_a_verdict_and_reopened_with_a_reason(isp, now, lan) -> None:
    alert = raised(isp, now)
    with pytest.raises(Refused, match="what it was"):
        close(alert=alert, verdict="", actor=lan.as_actor(), now=now)
    shut = close(alert=alert, verdict="benign", text="Bảo trì", actor=lan.as_actor(), now=now)
    assert (shut.state, shut.taken_name, shut.closed_name, shut.verdict) == ("closed", "lan", "lan", "benign")
    for act in (close, take, note):
        with pytest.raises((Conflict, Refused)):
            if act is close:
                close(alert=alert, verdict="false", actor=lan.as_actor(), now=now)
            elif act is take:
                take(alert=alert, by=lan, actor=lan.as_actor(), now=now)
            else:
                note(alert=alert, text=" ", actor=lan.as_actor(), now=now)
    with pytest.raises(Refused):
        reopen(alert=alert, text="", actor=lan.as_actor(), now=now)
    again = reopen(alert=alert, text="Không phải bảo trì", actor=lan.as_actor(), now=now)
    assert (again.state, again.verdict, again.closed_at) == ("open", "", None)
    assert [row.what for row in AlertNote.objects.filter(alert=alert)] == ["closed:benign", "reopened"]


def test_what_was_raised_anew_meanwhile_is_not_reopened(isp, now, lan) -> None:
    alert = raised(isp, now)
    close(alert=alert, verdict="false", actor=lan.as_actor(), now=now)
    newer = raised(isp, now + timedelta(minutes=5))
    assert newer.pk != alert.pk
    with pytest.raises(Conflict, match="newer"):
        reopen(alert=alert, text="Xem lại", actor=lan.as_actor(), now=now)


def test_many_at_once_are_one_entry_and_false_ones_offer_a_suppression(isp, now, lan, minh) -> None:
    alerts = [raised(isp, now, entity=f"SRV-{n:02d}") for n in range(5)]
    other = raised(isp, now, key="rule-2")
    take(alert=alerts[0], by=minh, actor=minh.as_actor(), now=now)
    done = take_many(alerts=[a.pk for a in alerts], by=lan, actor=lan.as_actor(), now=now)
    assert (done.count, done.left) == (4, 1)
    closed = close_many(
        alerts=[a.pk for a in [*alerts, other]], verdict="false", text="", actor=lan.as_actor(), now=now
    )
    assert closed.count == 6
    assert [(o.key, o.entity, o.count) for o in closed.offers] == [("rule-1", "", 5)]
    entry = Entry.objects.get(action="detection.alerts_closed")
    assert entry.facts["count"] == 6 and len(entry.facts["sha256"]) == 64 and entry.organisation_id == isp.pk
    with pytest.raises(Refused, match="At most"):
        take_many(alerts=range(501), by=lan, actor=lan.as_actor(), now=now)


def test_a_call_is_an_alert_with_its_caller(isp, now, lan) -> None:
    alert = enter_call(
        organisation=isp, caller="Bà Hoa, 0912 000 000", what="Cổng thông tin bị thay giao diện", level="critical",
        entity="portal", actor=lan.as_actor(), now=now,
    )  # fmt: skip
    assert (alert.kind, alert.weight, alert.due_at) == ("hotline", 4, now + timedelta(minutes=5))
    assert "0912" in alert.notes.get().text
    entry = Entry.objects.get(action="detection.call_entered")
    assert "Hoa" not in str(entry.facts)
    with pytest.raises(Refused, match="who called"):
        enter_call(organisation=isp, caller="", what="x", level="low", actor=lan.as_actor(), now=now)
    with pytest.raises(Refused, match="later than now"):
        enter_call(
            organisation=isp, caller="x", what="x", level="low", called_at=now + timedelta(hours=1),
            actor=lan.as_actor(), now=now,
        )  # fmt: skip


def test_a_suppression_names_something_and_ends(isp, now, lan) -> None:
    actor, week = lan.as_actor(), now + timedelta(days=7)
    made = suppress(organisation=isp, key="rule-1", entity="", reason="Quét định kỳ", until=week, actor=actor, now=now)
    assert raised_nothing(isp, now) and Suppression.objects.get().count == 1
    lift(suppression=made, actor=actor, now=now)
    assert raised(isp, now, event="again")
    with pytest.raises(Conflict):
        lift(suppression=made, actor=actor, now=now)
    cases = [("", " ", "x", week), ("k", "", " ", week), ("k", "", "x", now), ("k", "", "x", now + timedelta(days=31))]
    for key, entity, reason, until in cases:
        with pytest.raises(Refused):
            suppress(organisation=isp, key=key, entity=entity, reason=reason, until=until, actor=actor, now=now)


def raised_nothing(isp: Organisation, now) -> bool:
    with pytest.raises(Alert.DoesNotExist):
        raised(isp, now)
    return True


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_it_at_once_one_has_it(isp, now) -> None:
    alert = raised(isp, now, source=source_of(isp, now=now))
    officers = [officer(isp, f"truc{n}", now) for n in range(10)]
    told: list[str] = []
    together = threading.Barrier(len(officers))

    def go(user) -> None:
        try:
            together.wait()
            take(alert=alert, by=user, actor=user.as_actor(), now=now)
            told.append("taken")
        except Conflict as error:
            told.append(str(error.facts["name"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(user,)) for user in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alert.refresh_from_db()
    assert sorted(told) == sorted(["taken", *[alert.taken_name] * 9])
    assert alert.notes.count() == 1

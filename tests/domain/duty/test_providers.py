"""1.b: asked, answered with people and hours, refused, or none with a name under it."""

from datetime import timedelta

import pytest
from tests.duty import LEAD, NOW, at, organisation_named, published

from vigil.domain.duty.actions.keys import key_of, make_key, revoke_key
from vigil.domain.duty.actions.providers import (
    Promise,
    ask,
    mark_sent,
    record_answer,
    record_refusal,
    say_none,
    take_back_none,
)
from vigil.domain.duty.models import DutyRow, KeyUse, Origin
from vigil.domain.duty.on_call import RosterOnCall
from vigil.domain.duty.proofs import ProviderProver
from vigil.domain.duty.queries import standing_plan
from vigil.domain.organisations.actions.people import person_left, save_person
from vigil.domain.organisations.models import Person
from vigil.domain.readiness.actions import question_of
from vigil.kernel.errors import Conflict, NotFound, Refused
from vigil.kernel.on_call import Target
from vigil.kernel.proofs import Basis, Verdict


def _proof(world, now=NOW):
    proof = ProviderProver().prove(question_of(world.providers), now)
    return proof.verdict, proof.basis


def _asked(world):
    return ask(
        watch=world.watch, provider=organisation_named("Công ty Dịch vụ ATTT"), functions=["monitoring", "response"],
        asked="Cử người trực", answer_by_at=at(29, 12), actor=LEAD, now=NOW,
    )  # fmt: skip


def _promise(**more) -> Promise:
    return Promise(**{
        "name": "Vũ Chuyên Gia", "mobile": "0912000099", "email": "", "kind": "on_call",
        "starts_at": at(30, 0), "ends_at": at(2, 0), **more,
    })  # fmt: skip


def test_the_answer_names_people_and_hours_and_they_stand_in_the_roster(world) -> None:
    roster = published(world)
    assert _proof(world) == (Verdict.NOT_MET, Basis.MEASURED)
    request = _asked(world)
    assert _proof(world)[0] == Verdict.AT_RISK
    assert _proof(world, at(29, 13))[0] == Verdict.NOT_MET, "the day to answer by is over"
    mark_sent(request=request, note="12/CV-VTM", actor=LEAD, now=NOW)
    with pytest.raises(Refused):
        record_answer(request=request, by="Giám đốc", answer="", promises=[], actor=LEAD, now=NOW)
    record_answer(request=request, by="Giám đốc", answer="đồng ý", promises=[_promise()], actor=LEAD, now=NOW)
    assert _proof(world) == (Verdict.MET, Basis.REPORTED)
    row = DutyRow.objects.get(origin=Origin.PROVIDER)
    assert (row.person.name, row.roster, row.shift.post.provider) == ("Vũ Chuyên Gia", roster, request.provider)
    assert standing_plan(roster).complete, "our own roster is judged without them"
    assert RosterOnCall().people(world.organisation.pk, Target.ON_CALL, at(30, 5)) == [row.person_id]


def test_a_later_answer_replaces_the_earlier_which_stays_on_record(world) -> None:
    request = _asked(world)
    record_answer(request=request, by="A", answer="", promises=[_promise()], actor=LEAD, now=NOW)
    record_answer(request=request, by="A", answer="", promises=[_promise(name="Người Khác")], actor=LEAD, now=NOW)
    names = DutyRow.objects.filter(superseded_at=None, origin=Origin.PROVIDER).values_list("person__name", flat=True)
    assert list(names) == ["Người Khác"]
    assert request.commitments.count() == 2
    record_refusal(request=request, by="A", answer="hết người", actor=LEAD, now=NOW)
    assert _proof(world)[0] == Verdict.NOT_MET
    assert not DutyRow.objects.filter(superseded_at=None, origin=Origin.PROVIDER).exists()


def test_an_answer_changes_no_number_that_the_provider_itself_keeps(world) -> None:
    request = _asked(world)
    theirs = Person(organisation=request.provider, name="Vũ Chuyên Gia", mobile="0912000001")
    save_person(person=theirs, actor=LEAD, now=NOW)
    record_answer(request=request, by="A", answer="", promises=[_promise()], actor=LEAD, now=NOW)
    theirs.refresh_from_db()
    assert theirs.mobile == "0912000001"
    assert DutyRow.objects.get(origin=Origin.PROVIDER).person == theirs


def test_a_number_known_from_an_answer_is_corrected_by_the_next(world) -> None:
    request = _asked(world)
    for mobile in ("0912000098", "0912000099"):
        record_answer(request=request, by="A", answer="", promises=[_promise(mobile=mobile)], actor=LEAD, now=NOW)
    assert Person.objects.get(organisation=request.provider).mobile == "0912000099"


def test_who_has_left_the_provider_is_promised_no_more(world) -> None:
    record_answer(request=_asked(world), by="A", answer="", promises=[_promise()], actor=LEAD, now=NOW)
    person = DutyRow.objects.get(origin=Origin.PROVIDER).person
    assert _proof(world)[0] == Verdict.MET
    person_left(person=person, actor=LEAD, now=NOW)
    assert _proof(world)[0] == Verdict.NOT_MET


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"kind": "x"}, {"ends_at": at(30, 0)}, {"starts_at": at(28, 0), "ends_at": at(29, 0)}],
)
def test_a_promise_without_name_or_hours_keeps_nothing(world, wrong) -> None:
    request = _asked(world)
    with pytest.raises(Refused):
        record_answer(request=request, by="A", answer="", promises=[_promise(), _promise(**wrong)], actor=LEAD, now=NOW)
    assert not DutyRow.objects.exists()
    request.refresh_from_db()
    assert request.state == "draft"


def test_that_there_is_none_is_an_answer_with_a_name(world) -> None:
    with pytest.raises(Refused):
        say_none(watch=world.watch, by="", answer="", actor=LEAD, now=NOW)
    say_none(watch=world.watch, by="Trần Trưởng Ca", answer="tự làm", actor=LEAD, now=NOW)
    assert _proof(world) == (Verdict.MET, Basis.ATTESTED)
    with pytest.raises(Conflict):
        _asked(world)
    take_back_none(watch=world.watch, actor=LEAD, now=NOW)
    _asked(world)
    with pytest.raises(Conflict):
        say_none(watch=world.watch, by="A", answer="", actor=LEAD, now=NOW)


def test_whom_the_roster_names_for_a_page(world) -> None:
    roster = published(world)
    now, on_call = at(30, 9), RosterOnCall()
    here = roster.rows.filter(superseded_at=None, starts_at__lte=now, ends_at__gt=now)
    assert set(on_call.people(world.organisation.pk, Target.ON_DUTY, now)) == set(here.values_list("person", flat=True))
    assert on_call.people(world.organisation.pk, Target.LEAD, now) == [here.get(leads=True).person_id]
    nxt = roster.rows.filter(superseded_at=None, shift__turn_starts_at=at(30, 14)).values_list("person", flat=True)
    assert set(on_call.people(world.organisation.pk, Target.NEXT_SHIFT, now)) == set(nxt)
    assert on_call.people(world.organisation.pk, Target.ON_DUTY, now, function="nothing") == []


def test_a_key_opens_until_it_is_revoked_or_expired(world) -> None:
    person = world.people[0]
    key, token = make_key(
        organisation=world.organisation, person=person, use=KeyUse.CALENDAR, actor=LEAD, now=NOW,
        expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    assert key_of(token, KeyUse.CALENDAR, NOW).person == person
    for wrong in (
        (token, KeyUse.SHIFTS, NOW),
        ("x", KeyUse.CALENDAR, NOW),
        (token, KeyUse.CALENDAR, NOW + timedelta(days=2)),
    ):
        with pytest.raises(NotFound):
            key_of(*wrong)
    revoke_key(key=key, actor=LEAD, now=NOW)
    with pytest.raises(NotFound):
        key_of(token, KeyUse.CALENDAR, NOW)

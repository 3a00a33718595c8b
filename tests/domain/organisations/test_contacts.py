"""Contact points: what is filed, what is tested, what is proven by it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.contacts import (
    ChannelEntry,
    answer_by_code,
    answer_by_link,
    file_contact_point,
    find_test,
    retire_contact_point,
    start_test,
)
from vigil.domain.organisations.models import ContactPoint, ContactTest
from vigil.domain.organisations.proofs import ContactPointProver
from vigil.domain.outbox.models import Message
from vigil.kernel.errors import Conflict, NotFound, Refused
from vigil.kernel.proofs import Basis, Question, Verdict

MAIL = ChannelEntry("email", "truc@vienthong.example")
PHONE = ChannelEntry("mobile", "0912 000 001")


@pytest.fixture
def point(isp, lead, now) -> ContactPoint:
    made = ContactPoint(organisation=isp, label="Phòng trực")
    return file_contact_point(contact_point=made, channels=[MAIL, PHONE], actor=lead, now=now)


def _channel(point: ContactPoint, kind: str):
    return point.channels.get(kind=kind)


def _token(message: Message) -> str:
    return message.body.split("/t/")[1].split("/")[0]


def _proof(isp, at, lead=None):
    return ContactPointProver().prove(Question(uuid4(), "3", "contact_point", isp.id, at, at + timedelta(days=2)), at)


def test_telephones_are_kept_as_written_and_in_e164(point) -> None:
    assert _channel(point, "mobile").e164 == "+84912000001"
    assert _channel(point, "mobile").value == "0912 000 001"


@pytest.mark.parametrize(
    "entry, code",
    [
        (ChannelEntry("email", "không phải thư"), "contact.bad_address"),
        (ChannelEntry("mobile", "abc"), "contact.bad_number"),
        (ChannelEntry("pigeon", "1"), "contact.bad_number"),
        (ChannelEntry("mobile", "  "), "contact.no_channel"),
    ],
)
def test_what_cannot_be_reached_is_not_filed(isp, lead, now, entry, code) -> None:
    with pytest.raises(Refused) as raised:
        file_contact_point(
            contact_point=ContactPoint(organisation=isp, label="x"), channels=[entry], actor=lead, now=now
        )
    assert raised.value.code == code
    assert not ContactPoint.objects.exists()


def test_names_and_numbers_stay_out_of_the_chain(point) -> None:
    chained = " ".join(str(entry.facts) for entry in Entry.objects.all())
    assert "0912" not in chained
    assert "truc@" not in chained


def test_the_proof_follows_what_really_happened(isp, lead, now) -> None:
    assert _proof(isp, now).verdict == Verdict.NOT_MET
    point = file_contact_point(
        contact_point=ContactPoint(organisation=isp, label="Phòng trực"), channels=[MAIL], actor=lead, now=now
    )
    untested = _proof(isp, now)
    assert (untested.verdict, untested.next_link) == (Verdict.AT_RISK, f"/contacts/{point.id}/")
    start_test(channel=_channel(point, "email"), base_url="http://x", actor=lead, now=now)
    assert _proof(isp, now + timedelta(minutes=5)).verdict == Verdict.AT_RISK
    assert _proof(isp, now + timedelta(hours=2)).verdict == Verdict.NOT_MET, "silence is never good news"
    answer_by_link(token=_token(Message.objects.get()), now=now + timedelta(hours=3))
    met = _proof(isp, now + timedelta(hours=4))
    assert (met.verdict, met.basis) == (Verdict.MET, Basis.MEASURED)
    assert _proof(isp, now + timedelta(days=91)).verdict == Verdict.NOT_MET, "an old answer has worn off"


def test_an_answer_by_telephone_is_attested_not_measured(isp, point, lead, now) -> None:
    started = start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=now)
    assert not Message.objects.exists(), "a telephone is called, not mailed"
    answer_by_code(test=started.test, code=started.code.lower(), actor=lead, now=now)
    proof = _proof(isp, now)
    assert (proof.verdict, proof.basis) == (Verdict.MET, Basis.ATTESTED)


def test_five_wrong_codes_end_a_test(point, lead, now) -> None:
    started = start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=now)
    for _ in range(5):
        with pytest.raises(Refused):
            answer_by_code(test=started.test, code="WRONG", actor=lead, now=now)
    with pytest.raises(Conflict):
        answer_by_code(test=started.test, code=started.code, actor=lead, now=now)
    point.refresh_from_db()
    assert point.verified_at is None


def test_a_link_works_once_and_not_after_a_day(point, lead, now) -> None:
    start_test(channel=_channel(point, "email"), base_url="http://x", actor=lead, now=now)
    token = _token(Message.objects.get())
    with pytest.raises(NotFound):
        find_test(token, now + timedelta(hours=25))
    answer_by_link(token=token, now=now)
    with pytest.raises(NotFound):
        answer_by_link(token=token, now=now)
    assert token not in str(list(ContactTest.objects.values_list())), "only its digest is kept"


def test_a_changed_number_must_be_tested_again(isp, point, lead, now) -> None:
    started = start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=now)
    answer_by_code(test=started.test, code=started.code, actor=lead, now=now)
    file_contact_point(
        contact_point=point, channels=[MAIL, ChannelEntry("mobile", "0912 000 009")], actor=lead, now=now
    )
    point.refresh_from_db()
    assert point.verified_at is None
    assert _proof(isp, now).verdict == Verdict.AT_RISK


def test_a_retired_contact_point_proves_nothing(isp, point, lead, now) -> None:
    retire_contact_point(contact_point=point, actor=lead, now=now)
    assert _proof(isp, now).verdict == Verdict.NOT_MET
    with pytest.raises(Conflict):
        retire_contact_point(contact_point=point, actor=lead, now=now)


def test_silence_after_an_old_answer_is_not_covered_by_it(isp, point, lead, now) -> None:
    started = start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=now)
    answer_by_code(test=started.test, code=started.code, actor=lead, now=now)
    later = now + timedelta(days=30)
    start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=later)
    assert _proof(isp, later + timedelta(minutes=10)).verdict == Verdict.MET, "the test still runs"
    assert _proof(isp, later + timedelta(hours=2)).verdict == Verdict.NOT_MET


def test_a_contact_point_for_office_hours_alone_is_at_risk(isp, point, lead, now) -> None:
    ContactPoint.objects.update(hours="in_hours")
    started = start_test(channel=_channel(point, "mobile"), base_url="http://x", actor=lead, now=now)
    answer_by_code(test=started.test, code=started.code, actor=lead, now=now)
    assert _proof(isp, now).verdict == Verdict.AT_RISK

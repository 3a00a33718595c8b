"""A drill asks every contact point on each channel at one moment and says who stayed silent."""

from datetime import timedelta

import pytest
from tests.domain.flows.conftest import filed

from vigil.domain.directives.models import DrillProbe
from vigil.domain.directives.open_items import DirectiveOpenItems
from vigil.domain.flows.campaigns import carry
from vigil.domain.flows.drilling import answer_at_desk, begin_drill, run_drill, settle_drill, take_results
from vigil.domain.organisations.actions.contacts import answer_by_code, start_test
from vigil.domain.organisations.models import ContactChannel, ContactTest
from vigil.domain.outbox.models import Message
from vigil.kernel.errors import Conflict

pytestmark = pytest.mark.django_db
DUE = timedelta(hours=1)


@pytest.fixture
def drill(world, in_force, lead, now):
    filed(world.ministry, "truc@bomau.example", lead, now)
    campaign = in_force()
    while carry(campaign=campaign, base_url="", actor=lead, now=now):
        pass
    Message.objects.all().delete()
    made = begin_drill(campaign=campaign, answer_by_at=now + DUE, actor=lead, now=now)
    while run_drill(drill=made, base_url="https://vigil.example", actor=lead, now=now, at_most=1):
        pass
    return made


def outcomes(drill, organisation) -> dict[str, str]:
    return dict(DrillProbe.objects.filter(drill=drill, organisation=organisation).values_list("kind", "outcome"))


def test_every_channel_of_every_addressee_is_asked_once(drill, world) -> None:
    assert outcomes(drill, world.ministry) == {"desk": "waiting", "email": "waiting", "mobile": "to_call"}
    assert outcomes(drill, world.bank) == {"desk": "waiting", "email": "waiting", "mobile": "to_call"}
    assert outcomes(drill, world.isp) == {"desk": "waiting"}
    assert outcomes(drill, world.quiet) == {}, "who never got the directive is called about that, not drilled"
    assert sorted(Message.objects.values_list("address", flat=True)) == ["truc@bomau.example", "truc@nganhang.example"]


def test_answers_by_link_and_telephone_count_and_silence_is_said_when_it_is_over(drill, world, lead, now) -> None:
    mail = ContactTest.objects.get(channel__value="truc@bomau.example")
    ContactTest.objects.filter(pk=mail.pk).update(answered_at=now, answered_by="link")
    phone = ContactChannel.objects.get(contact_point__organisation=world.ministry, kind="mobile")
    started = start_test(channel=phone, base_url="", actor=lead, now=now)
    answer_by_code(test=started.test, code=started.code, actor=lead, now=now)
    assert settle_drill(drill=drill, actor=lead, now=now + timedelta(minutes=5)) == 2
    assert outcomes(drill, world.ministry) == {"desk": "waiting", "email": "answered", "mobile": "answered"}
    drill.refresh_from_db()
    settle_drill(drill=drill, actor=lead, now=now + DUE)
    drill.refresh_from_db()
    assert drill.ended_at is not None
    assert outcomes(drill, world.bank) == {"desk": "silent", "email": "silent", "mobile": "silent"}
    with pytest.raises(Conflict, match=r"drill\.answered"):
        answer_at_desk(drill=drill, organisation=world.bank, by="A", actor=lead, now=now + DUE)


def test_an_answer_of_before_the_drill_is_none(drill, world, lead, now) -> None:
    test = ContactTest.objects.get(channel__value="truc@bomau.example")
    ContactTest.objects.filter(pk=test.pk).update(answered_at=now - timedelta(minutes=1))
    assert settle_drill(drill=drill, actor=lead, now=now) == 0


def test_the_desk_is_an_open_item_until_somebody_answers(drill, world, lead, now) -> None:
    def asked() -> list[str]:
        return [item.link for item in DirectiveOpenItems().open_items(world.isp.pk, now)]

    assert f"/drills/{drill.pk}/" in asked()
    answer_at_desk(drill=drill, organisation=world.isp, by="Trực ban", actor=lead, now=now)
    assert f"/drills/{drill.pk}/" not in asked()


def test_a_peer_s_report_takes_the_place_of_what_it_reported_before(drill, world, lead, now) -> None:
    for outcome in ("silent", "answered"):
        results = [{"channel": "email", "outcome": outcome, "contact_label": "Trực"}]
        take_results(drill=drill, organisation=world.ministry, results=results, actor=lead, now=now)
    assert outcomes(drill, world.ministry) == {"email": "answered"}
    assert DrillProbe.objects.get(drill=drill, organisation=world.ministry).reported

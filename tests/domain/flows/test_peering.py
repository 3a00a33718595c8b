"""Both halves of a link in one database: what one side writes, the other takes, and answers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.domain.flows.conftest import filed, of

from vigil.domain.directives.actions.campaigns import (
    amend_campaign,
    choose,
    draft_campaign,
    send_campaign,
    withdraw_campaign,
)
from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.models import Campaign, CampaignState, Directive, Recipient, RecipientState
from vigil.domain.exchange.models import Collection, Link, Outgoing, Peer
from vigil.domain.flows.answers import answer
from vigil.domain.flows.arrivals import ArrivalReceiver
from vigil.domain.flows.campaigns import carry
from vigil.domain.flows.peering import directive_object, report_upwards
from vigil.domain.organisations.actions.contacts import retire_contact_point
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel.errors import Refused
from vigil.kernel.proofs import Basis, Verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def sides(world, organisation_of, in_force, lead, now, settings, originals, tmp_path):
    """The authority's view of the ministry as a peer below; the ministry's own view of the authority as one above.

    The member's own half is played by another organisation of the same database, `member`."""
    settings.VIGIL_ORIGINALS = originals
    settings.VIGIL_KEYS = tmp_path / "keys"
    settings.VIGIL_KEYS.mkdir()
    member = organisation_of("Bộ Mẫu, Vigil riêng", "provider")
    below = Peer.objects.create(
        organisation=world.ministry, name="Bộ Mẫu", side="below", state="active", created_at=now
    )
    above = Peer.objects.create(
        organisation=member, name="Cục An toàn Mẫu", side="above", state="active", created_at=now
    )
    Link.objects.create(peer=above, instance=uuid4())
    campaign = in_force()
    while carry(campaign=campaign, base_url="", actor=lead, now=now):
        pass
    return {"member": member, "below": below, "above": above, "campaign": campaign}


@pytest.fixture
def key(sides, settings):
    from vigil.domain.exchange.keyring import Keyring

    return Keyring(settings.VIGIL_KEYS).make(sides["above"].pk)


def down(sides, now, **changes):
    """The directive arrives at the member."""
    campaign = Campaign.objects.get(pk=sides["campaign"].pk)
    recipient = campaign.recipients.get(organisation=sides["below"].organisation)
    obj = {**directive_object(campaign, recipient, now), **changes}
    ArrivalReceiver().receive(peer=sides["above"], collection=Collection(), obj=obj, now=now)
    return Recipient.objects.select_related("campaign", "watch", "organisation").get(organisation=sides["member"])


def up(sides, now, but=""):
    """What the member wrote (`but` one subject's) arrives at the authority; returns how many objects."""
    waiting = Outgoing.objects.filter(peer=sides["above"], state="queued")
    rows = list(waiting.exclude(subject__startswith=but or "-").order_by("sequence"))
    for row in rows:
        ArrivalReceiver().receive(peer=sides["below"], collection=Collection(), obj=row.obj, now=now)
    Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(state="sent", settled_at=now)
    return len(rows)


def test_a_directive_goes_down_and_its_answers_come_up(sides, key, world, lead, now) -> None:
    received = down(sides, now)
    assert received.campaign.sender_name == "Cục An toàn Mẫu"
    assert received.state == RecipientState.DELIVERED
    original = sides["campaign"].directive
    copy = received.directive
    for name in ("number", "subject", "issuer", "window_start", "window_end", "addressees", "signatory_name"):
        assert getattr(copy, name) == getattr(original, name), name
    asked = list(original.obligations.values_list("code", "kind", "audience", "text", "deadline_at", "derived"))
    assert list(copy.obligations.values_list("code", "kind", "audience", "text", "deadline_at", "derived")) == asked
    up(sides, now)
    assert of(sides["campaign"], world.ministry).state == RecipientState.DELIVERED
    for kind in ("read", "accepted"):
        answer(recipient=received, kind=kind, by="Trần A", basis=Basis.MEASURED, actor=lead, now=now)
    assert up(sides, now) == 2
    there = of(sides["campaign"], world.ministry)
    assert there.state == RecipientState.ACCEPTED
    last = there.receipts.get(kind="accepted")
    assert (last.basis, last.by) == (Basis.REPORTED, "Trần A")
    received.refresh_from_db()
    assert received.watch.state == "open"


def test_proofs_come_up_as_reported_and_go_stale_when_the_link_is_cut(sides, key, world, lead, now) -> None:
    received = down(sides, now)
    filed(sides["member"], "truc@bomau.example", lead, now)
    prove_watch(watch=received.watch, provers=provers_by_kind(), actor=lead, now=now)
    assert report_upwards(actor=lead, now=now) > 0
    up(sides, now, but="contact:")
    assert report_upwards(actor=lead, now=now) == 0, "nothing new, nothing told"
    there = of(sides["campaign"], world.ministry)
    reported = ProofSnapshot.objects.get(
        assignment__watch=there.watch, assignment__obligation__kind="contact_point", source="report", current=True
    )
    assert (reported.basis, reported.verdict) == (Basis.REPORTED, Verdict.AT_RISK)
    assert reported.valid_until < now + timedelta(hours=2)
    later = now + timedelta(minutes=9)
    prove_watch(watch=received.watch, provers=provers_by_kind(), actor=lead, now=later)
    assert report_upwards(actor=lead, now=later) > 0
    up(sides, later, but="contact:")
    reported.refresh_from_db()
    assert reported.measured_at == later


def test_a_change_of_the_contact_point_reaches_the_authority_once(sides, key, world, lead, now) -> None:
    point = filed(sides["member"], "truc@bomau.example", lead, now)
    ContactPoint.objects.filter(organisation=world.ministry).delete()
    report_upwards(actor=lead, now=now)
    # one database plays both sides: the point's row is already the member's, so the authority must refuse to take it
    with pytest.raises(Refused, match=r"exchange\.bad_contact"):
        up(sides, now)
    sent = Outgoing.objects.get(subject=f"contact:{point.pk}")
    other = {**sent.obj, "contact_id": str(uuid4())}
    ArrivalReceiver().receive(peer=sides["below"], collection=Collection(), obj=other, now=now)
    there = ContactPoint.objects.get(organisation=world.ministry)
    assert sorted(c.value for c in there.channels.all()) == ["0912 000 111", "truc@bomau.example"]
    assert there.verified_at is None, "only this side's own test verifies it here"
    assert report_upwards(actor=lead, now=now) == 0
    retire_contact_point(contact_point=point, actor=lead, now=now)
    assert report_upwards(actor=lead, now=now + timedelta(seconds=1)) == 1


def test_amendment_and_withdrawal_reach_the_member_and_keep_its_watch(
    sides, key, world, directive_of, lead, now
) -> None:
    first = down(sides, now)
    watch = first.watch
    later = directive_of(world.authority, number=9)
    link_directives(later=later, earlier=sides["campaign"].directive, kind="amendment", actor=lead, now=now)
    amended = amend_campaign(campaign=sides["campaign"], later=later, actor=lead, now=now)
    while carry(campaign=amended, base_url="", actor=lead, now=now):
        pass
    second = down(sides, now + timedelta(seconds=1))
    assert (second.pk, second.watch_id) == (first.pk, watch.pk)
    assert second.directive.number == later.number
    assert Directive.objects.filter(organisation=sides["member"]).count() == 2
    withdraw_campaign(campaign=amended, why="Nhầm", actor=lead, now=now)
    third = down(sides, now + timedelta(seconds=2))
    assert (third.campaign.state, third.campaign.closing_note) == (CampaignState.WITHDRAWN, "Nhầm")


def test_what_is_relayed_below_rolls_up(sides, key, world, organisation_of, lead, now) -> None:
    received = down(sides, now)
    school = organisation_of("Cục của Bộ Mẫu", "local", parent=sides["member"])
    relayed = draft_campaign(directive=received.directive, relays=received, actor=lead, now=now)
    choose(
        campaign=relayed, audiences=relayed.audiences, picked=(), answer_by_at=None, exercise=False, rules=None,
        actor=lead, now=now,
    )  # fmt: skip
    relayed = send_campaign(campaign=relayed, actor=lead, now=now)
    carry(campaign=relayed, base_url="", actor=lead, now=now)
    report_upwards(actor=lead, now=now)
    up(sides, now)
    there = of(sides["campaign"], world.ministry)
    assert [(line.name, line.state) for line in there.relayed.all()] == [(school.name, "delivered")]
    answer(recipient=of(relayed, school), kind="accepted", by="B", basis=Basis.MEASURED, actor=lead, now=now)
    report_upwards(actor=lead, now=now + timedelta(seconds=1))
    up(sides, now + timedelta(seconds=1))
    assert there.relayed.get().state == "accepted"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"type": "x-vigil-proof"}, "exchange.not_expected"),
        ({"window_start": "2022-05-03", "window_end": "2022-04-30"}, "watch.window_crossed"),
        ({"full_text": "TỐI MẬT\nBỘ MẪU\nSố: 1/BM"}, "dispatch.secret"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(sides, key, now, change, code) -> None:
    with pytest.raises(Refused) as refused:
        down(sides, now, **change)
    assert refused.value.code == code


@pytest.mark.parametrize("campaign", ["not a uuid", str(uuid4())])
def test_an_answer_to_what_was_never_sent_is_refused(sides, key, lead, now, campaign) -> None:
    received = down(sides, now)
    answer(recipient=received, kind="read", by="A", basis=Basis.MEASURED, actor=lead, now=now)
    obj = {**Outgoing.objects.filter(peer=sides["above"]).last().obj, "campaign_id": campaign}
    with pytest.raises(Refused, match=r"exchange\.unknown_campaign"):
        ArrivalReceiver().receive(peer=sides["below"], collection=Collection(), obj=obj, now=now)


def test_a_proof_that_says_it_holds_for_ever_does_not(sides, key, world, lead, now) -> None:
    received = down(sides, now)
    prove_watch(watch=received.watch, provers=provers_by_kind(), actor=lead, now=now)
    report_upwards(actor=lead, now=now)
    row = Outgoing.objects.filter(stix_id__startswith="x-vigil-proof").first()
    lying = {**row.obj, "valid_until": "9999-01-01T00:00:00.000000Z"}
    ArrivalReceiver().receive(peer=sides["below"], collection=Collection(), obj=lying, now=now)
    kept = ProofSnapshot.objects.get(source="report")
    assert kept.valid_until <= max(now, kept.assignment.watch.starts_at) + timedelta(days=2)


def test_a_proof_of_another_kind_of_obligation_is_refused(sides, key, world, lead, now) -> None:
    received = down(sides, now)
    prove_watch(watch=received.watch, provers=provers_by_kind(), actor=lead, now=now)
    report_upwards(actor=lead, now=now)
    row = Outgoing.objects.filter(stix_id__startswith="x-vigil-proof").first()
    other = {**row.obj, "obligation_kind": "something_else"}
    with pytest.raises(Refused, match=r"exchange\.unknown_obligation"):
        ArrivalReceiver().receive(peer=sides["below"], collection=Collection(), obj=other, now=now)

"""What must not be lost: answers that race, homes that change, clocks that go back, one bad object among many."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.domain.flows.conftest import filed, of

from vigil.domain.accounts.guests import challenge, make_links
from vigil.domain.accounts.models import GuestLink
from vigil.domain.directives.actions.campaigns import amend_campaign, close_campaign, withdraw_campaign
from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.actions.receipts import attach, delivered_many, receipt
from vigil.domain.directives.models import Assignment, Campaign, Chase, Directive, RecipientState
from vigil.domain.exchange.models import Collection, Item, Link, Outgoing, Peer
from vigil.domain.flows import peering
from vigil.domain.flows.answers import answer
from vigil.domain.flows.campaigns import carry, note_mail
from vigil.domain.flows.chasing import chase
from vigil.domain.flows.peering import directive_object, report_upwards
from vigil.domain.flows.redelivery import redeliver, send_again
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import ContactPoint, Organisation
from vigil.domain.outbox.models import Message, MessageState
from vigil.kernel.errors import Conflict
from vigil.kernel.proofs import Basis
from vigil.project.redaction import WithoutKeys

pytestmark = pytest.mark.django_db
BASE = "https://vigil.example"


@pytest.fixture
def campaign(in_force, lead, now):
    made = in_force()
    while carry(campaign=made, base_url=BASE, actor=lead, now=now):
        pass
    return made


def linked(organisation, now, keys, settings, **changes) -> Peer:
    settings.VIGIL_KEYS = keys
    Organisation.objects.filter(pk=organisation.pk).update(home="peer")
    peer = Peer.objects.create(
        organisation=organisation, name="Vigil mới", side="below", state="active", created_at=now, linked_at=now,
        **changes,
    )  # fmt: skip
    Collection.objects.create(peer=peer, alias="directives", title="", tlp_ceiling=4, created_at=now)
    return peer


def test_who_answers_while_the_mail_is_noted_keeps_that_answer(campaign, world, lead, now) -> None:
    as_read = of(campaign, world.bank)
    answer(recipient=of(campaign, world.bank), kind="accepted", by="A", basis=Basis.ATTESTED, actor=lead, now=now)
    delivered_many(campaign=campaign, recipients=[as_read], actor=lead, now=now)
    assert of(campaign, world.bank).state == RecipientState.ACCEPTED


def test_the_directive_follows_an_organisation_to_its_new_home_and_its_answers_stay(campaign, world, lead, now) -> None:
    answer(recipient=of(campaign, world.bank), kind="accepted", by="A", basis=Basis.ATTESTED, actor=lead, now=now)
    Organisation.objects.filter(pk=world.bank.pk).update(home="here")
    later = now + timedelta(minutes=1)
    assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=later) == 1
    bank = of(campaign, world.bank)
    assert (bank.home, bank.state, bank.receipts.count()) == ("here", RecipientState.ACCEPTED, 1)
    assert GuestLink.objects.get(organisation=world.bank).revoked_at == later
    assert f"/received/{bank.pk}/" in Message.objects.latest("created_at").body
    assert Entry.objects.get(action="recipient.moved_home").organisation_id == world.bank.pk
    assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=later) == 0


def test_an_organisation_that_moved_does_not_stop_the_chasing_of_the_others(campaign, world, lead, now) -> None:
    Organisation.objects.filter(pk=world.bank.pk).update(home="here")
    assert chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(hours=5)) > 0


def test_a_vigil_that_is_linked_later_or_anew_is_given_the_directive(
    campaign, world, lead, now, tmp_path, settings
) -> None:
    for minute in (1, 2):
        later = now + timedelta(minutes=minute)
        Peer.objects.filter(organisation=world.ministry).update(state="revoked")
        peer = linked(world.ministry, later, tmp_path, settings)
        assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=later + timedelta(seconds=1)) == 1
        assert Item.objects.filter(collection__peer=peer, stix_type="x-vigil-directive").count() == 1
        assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=later + timedelta(seconds=2)) == 0


def test_who_had_no_address_is_sent_it_once_there_is_one(campaign, world, lead, now) -> None:
    assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=now) == 0
    filed(world.quiet, "truc@langle.example", lead, now)
    assert redeliver(campaign=campaign, base_url=BASE, actor=lead, now=now) == 1
    assert of(campaign, world.quiet).state == RecipientState.SENT
    assert "/g/" in Message.objects.get(address="truc@langle.example").body


def test_a_person_sends_again_what_no_server_took(campaign, world, lead, now) -> None:
    Message.objects.update(state=MessageState.FAILED)
    note_mail(actor=lead, now=now)
    bank = of(campaign, world.bank)
    assert bank.state == RecipientState.NOT_SENT
    send_again(recipient=bank, base_url=BASE, actor=lead, now=now)
    assert note_mail(actor=lead, now=now) == 0
    Message.objects.filter(state=MessageState.QUEUED).update(state=MessageState.SENT)
    note_mail(actor=lead, now=now)
    assert of(campaign, world.bank).state == RecipientState.DELIVERED
    ministry = of(campaign, world.ministry)
    with pytest.raises(Conflict, match=r"recipient\.has_it"):
        send_again(recipient=ministry, base_url=BASE, actor=lead, now=now)


def test_a_withdrawal_is_told_to_whoever_had_an_earlier_version(campaign, world, directive_of, lead, now) -> None:
    receipt(recipient=of(campaign, world.bank), kind="read", by="A", basis=Basis.ATTESTED, actor=lead, now=now)
    later = directive_of(world.authority, 8)
    link_directives(later=later, earlier=campaign.directive, kind="amendment", actor=lead, now=now)
    amend_campaign(campaign=campaign, later=later, actor=lead, now=now)
    carry(campaign=campaign, base_url=BASE, actor=lead, now=now)
    Message.objects.update(state=MessageState.FAILED)
    note_mail(actor=lead, now=now)
    assert of(campaign, world.bank).state == RecipientState.NOT_SENT
    Message.objects.all().delete()
    withdraw_campaign(campaign=campaign, why="Nhầm", actor=lead, now=now)
    carry(campaign=campaign, base_url=BASE, actor=lead, now=now)
    assert "Nhầm" in Message.objects.get(address="truc@nganhang.example").body
    assert Directive.objects.get(pk=later.pk).state == "withdrawn", "the boards of those at home here say so"


def test_a_campaign_read_before_its_withdrawal_is_not_carried_or_chased_as_it_was(in_force, world, lead, now) -> None:
    stale = in_force()
    withdraw_campaign(campaign=stale, why="Nhầm", actor=lead, now=now)
    carry(campaign=stale, base_url=BASE, actor=lead, now=now)
    assert of(stale, world.bank).state == RecipientState.NOT_SENT
    assert chase(campaign=stale, base_url=BASE, actor=lead, now=now + timedelta(hours=5)) == 0


def test_an_answer_given_before_the_end_and_held_up_by_an_outage_counts(campaign, world, lead, now) -> None:
    ended = now + timedelta(hours=2)
    close_campaign(campaign=campaign, note="", actor=lead, now=ended)
    said = {"kind": "accepted", "by": "A", "basis": Basis.REPORTED, "actor": lead, "now": ended + timedelta(hours=1)}
    with pytest.raises(Conflict, match=r"campaign\.over"):
        receipt(recipient=of(campaign, world.ministry), at=ended + timedelta(minutes=1), **said)
    receipt(recipient=of(campaign, world.ministry), at=ended - timedelta(minutes=1), **said)
    assert of(campaign, world.ministry).state == RecipientState.ACCEPTED


def test_nobody_answers_before_being_asked_and_spaces_make_no_second_answer(campaign, world, lead, now) -> None:
    said = {"kind": "refused", "by": "A", "basis": Basis.REPORTED, "actor": lead, "now": now}
    first = receipt(recipient=of(campaign, world.ministry), at=now - timedelta(days=9999), reason="Không ", **said)
    assert first is not None and first.at == campaign.sent_at
    assert receipt(recipient=of(campaign, world.ministry), reason="Không ", **said) is None


@pytest.fixture
def above(world, now, settings, tmp_path):
    from vigil.domain.exchange.keyring import Keyring

    settings.VIGIL_KEYS = tmp_path
    made = Peer.objects.create(organisation=world.isp, name="Cục", side="above", state="active", created_at=now)
    Link.objects.create(peer=made, instance=uuid4())
    Keyring(tmp_path).make(made.pk)
    return made


def test_two_answers_in_one_instant_and_a_clock_set_back_lose_nothing(campaign, world, above, lead, now) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        peer_id=above.pk, remote_id=str(uuid4()), remote_ref=f"x-vigil-directive--{uuid4()}",
        remote_modified="2022-04-28T00:00:00.000000Z", created_at=now - timedelta(days=1),
    )  # fmt: skip
    for kind, at in (("accepted", now), ("refused", now), ("accepted", now - timedelta(hours=1))):
        answer(
            recipient=of(campaign, world.isp), kind=kind, by="A", reason="" if kind == "accepted" else "Không",
            basis=Basis.MEASURED, actor=lead, now=at,
        )  # fmt: skip
    told = list(Outgoing.objects.order_by("sequence"))
    assert [row.obj["state"] for row in told] == ["accepted", "refused", "accepted"]
    assert [row.version for row in told] == sorted({row.version for row in told})
    assert all(row.version == row.obj["modified"] for row in told)


def test_a_contact_point_that_cannot_be_told_does_not_silence_the_others(world, above, lead, now) -> None:
    bad, good = filed(world.isp, "a@vienthong.example", lead, now), filed(world.isp, "b@vienthong.example", lead, now)
    ContactPoint.objects.filter(pk=bad.pk).update(label="")
    assert report_upwards(actor=lead, now=now) == 1
    assert Outgoing.objects.get().obj["contact_id"] == str(good.pk)


def test_one_member_s_broken_link_does_not_hold_up_everybody(in_force, world, lead, now, tmp_path, settings) -> None:
    peer = linked(world.ministry, now, tmp_path, settings)
    Collection.objects.filter(peer=peer).delete()
    campaign = in_force()
    carry(campaign=campaign, base_url=BASE, actor=lead, now=now)
    assert (of(campaign, world.ministry).state, of(campaign, world.ministry).send_error) == ("not_sent", peering.UNTOLD)
    assert of(campaign, world.isp).state == RecipientState.DELIVERED


def test_an_amendment_without_a_window_bears_the_window_that_counts(campaign, world, now) -> None:
    Directive.objects.filter(pk=campaign.directive_id).update(window_start=None, window_end=None)
    obj = directive_object(Campaign.objects.get(pk=campaign.pk), of(campaign, world.ministry), now)
    assert (obj["window_start"], obj["window_end"]) == ("2022-04-30", "2022-05-03")


def test_codes_to_one_mailbox_are_bounded_whatever_the_number_of_links(world, lead, now) -> None:
    links = [
        made.link
        for made in make_links(
            organisations=[(world.bank, "truc@nganhang.example")] * 3, second_factor="mail",
            expires_at=now + timedelta(days=1), actor=lead, now=now,
        )
    ]  # fmt: skip
    for n in range(10):
        challenge(link=links[n % 3], actor=lead, now=now + timedelta(seconds=40 * n))
    with pytest.raises(Conflict, match=r"guest\.wait_long"):
        challenge(link=links[0], actor=lead, now=now + timedelta(minutes=9))
    challenge(link=links[0], actor=lead, now=now + timedelta(hours=2))


def test_an_obligation_is_chased_by_its_own_deadline_and_not_by_another_s(campaign, world, lead, now) -> None:
    watch = of(campaign, world.ministry).watch
    first, third = (watch.assignments.get(obligation__code=code) for code in ("1", "3"))
    due = now + timedelta(days=1)
    Directive.objects.get(pk=campaign.directive_id).obligations.update(deadline_at=None)
    type(first.obligation).objects.filter(pk=third.obligation_id).update(deadline_at=due)
    Assignment.objects.exclude(pk=third.pk).update(applies=False)
    rule = {"code": "late", "of": "deadline", "hours": 1, "if": "not_met", "do": "call"}
    Campaign.objects.filter(pk=campaign.pk).update(rules=[rule])
    Assignment.objects.filter(pk=third.pk).update(own_deadline_at=now + timedelta(days=300))

    def chased(at) -> int:
        chase(campaign=campaign, base_url=BASE, actor=lead, now=at)
        return Chase.objects.filter(recipient__organisation=world.ministry).count()

    assert chased(due + timedelta(minutes=59)) == 0
    Assignment.objects.filter(pk=third.pk).update(applies=False)
    Assignment.objects.filter(pk=first.pk).update(applies=True, own_deadline_at=due + timedelta(days=5))
    assert chased(due + timedelta(hours=2)) == 0, "its deadline is days away; another obligation's has passed"
    assert chased(due + timedelta(days=5, hours=2)) == 1


def test_letters_are_noted_however_many_others_still_wait(campaign, world, lead, now) -> None:
    filed(world.quiet, "truc@langle.example", lead, now)
    redeliver(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(minutes=1))
    Message.objects.filter(address="truc@nganhang.example").update(state=MessageState.SENT)
    assert sum(note_mail(actor=lead, now=now, at_most=1) for _ in range(60)) == 1


def test_a_key_in_an_address_never_reaches_the_log() -> None:
    for path in ("/g/abcdefghijklmnop_QRSTUV-0123/", "/t/abcdefghijklmnop_QRSTUV-0123/"):
        record = logging.LogRecord("django.security.csrf", logging.WARNING, "", 1, "Forbidden: %s", (path,), None)
        assert WithoutKeys().filter(record)
        assert "QRSTUV" not in record.getMessage()
        assert path[:3] in record.getMessage()


@pytest.mark.parametrize(
    "given, kept",
    [
        ("..\\..\\a.txt", "a.txt"),
        ("bao-cao\u202etxt.exe", "bao-caotxt.exe"),
        ("a\x00\nb.pdf", "ab.pdf"),
        ("\u200b", "tep"),
    ],
)
def test_a_file_s_name_holds_nothing_that_is_not_seen(campaign, world, originals, lead, now, given, kept) -> None:
    said = {"data": b"x", "by": "A", "originals": originals, "actor": lead, "now": now}
    assert attach(recipient=of(campaign, world.bank), filename=given, **said).filename == kept

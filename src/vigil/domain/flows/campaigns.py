"""Carrying a campaign to its recipients, each by its home: here on a page, a guest by a link, a peer over the exchange.

Steps of a batch, one transaction: take recipients that are behind the campaign's version; give each its watch; write
what must leave (letters into the outbox, objects into the exchange); tell the journal once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from vigil.domain.accounts.guests import make_links
from vigil.domain.accounts.models import SecondFactor
from vigil.domain.directives.actions.carrying import behind, bring_up, guests_sent, not_sent
from vigil.domain.directives.actions.receipts import delivered_many
from vigil.domain.directives.models import Campaign, CampaignState, Recipient, RecipientState
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.domain.flows import letters
from vigil.domain.flows.peering import send_directive
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import ContactChannel, Home, Person, Purpose
from vigil.domain.outbox.actions import queue
from vigil.domain.outbox.models import Message, MessageState
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_

LINK_OUTLIVES = timedelta(days=7)
NO_ADDRESS = N_("no mail address is known")
NOT_TAKEN = N_("the mail could not be delivered")


@transaction.atomic
def carry(*, campaign: Campaign, base_url: str, actor: Actor, now: datetime, at_most: int = 200) -> int:
    """Carry a campaign to the next recipients that are behind; returns how many were taken in hand."""
    recipients = behind(campaign, at_most)
    if not recipients:
        return 0
    fresh = bring_up(campaign=campaign, recipients=recipients, now=now)
    by_home: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in fresh:
        by_home[recipient.home].append(recipient)
    if campaign.state == CampaignState.SENT:
        delivered_many(campaign=campaign, recipients=by_home[Home.HERE], actor=actor, now=now)
    _write(campaign, by_home[Home.HERE], base_url, now)
    _write_guests(campaign, by_home[Home.GUEST], base_url, actor, now)
    for recipient in by_home[Home.PEER]:
        send_directive(campaign=campaign, recipient=recipient, actor=actor, now=now)
    record(
        actor=actor,
        now=now,
        action="campaign.carried",
        subject=f"directives.campaign:{campaign.id}",
        organisation=campaign.organisation_id,
        facts={"version": campaign.version, "recipients": dict(Counter(r.home for r in fresh))},
    )
    return len(recipients)


def _write_guests(campaign: Campaign, guests: Sequence[Recipient], base_url: str, actor: Actor, now: datetime) -> None:
    addresses = addresses_of([guest.organisation_id for guest in guests])
    if campaign.state != CampaignState.SENT:
        for guest in guests:
            _queue(campaign, guest, addresses.get(guest.organisation_id, ()), letters.ending(campaign, guest), now)
        return
    expires_at = max(campaign.ends_at, now) + LINK_OUTLIVES
    wanted = [(guest, address) for guest in guests for address in addresses.get(guest.organisation_id, ())]
    made = make_links(
        organisations=[(guest.organisation, address) for guest, address in wanted],
        second_factor=SecondFactor.MAIL,
        expires_at=expires_at,
        actor=actor,
        now=now,
    )
    for (guest, address), fresh in zip(wanted, made, strict=True):
        body = letters.sending(campaign, guest, f"{base_url}/g/{fresh.token}/", expires_at, campaign.version)
        _queue(campaign, guest, (address,), body, now)
    for guest in guests:
        if not addresses.get(guest.organisation_id):
            not_sent(guest, NO_ADDRESS)


def _write(campaign: Campaign, recipients: Sequence[Recipient], base_url: str, now: datetime) -> None:
    """Those at home here have it on their page; whoever has a mail address is told so."""
    addresses = addresses_of([recipient.organisation_id for recipient in recipients])
    for recipient in recipients:
        if campaign.state == CampaignState.SENT:
            body = letters.sending(campaign, recipient, f"{base_url}/received/{recipient.id}/", None, campaign.version)
        else:
            body = letters.ending(campaign, recipient)
        _queue(campaign, recipient, addresses.get(recipient.organisation_id, ()), body, now)


def _queue(campaign: Campaign, recipient: Recipient, addresses: Iterable[str], body: str, now: datetime) -> None:
    for address in addresses:
        queue(
            address=address,
            title=letters.titled(campaign, campaign.title[:120], "Directive"),
            body=body,
            now=now,
            about=about(recipient, campaign.version),
            organisation=recipient.organisation_id,
        )


def about(recipient: Recipient, version: int) -> str:
    """What a letter of this campaign's version to this recipient is about."""
    return f"directives.recipient:{recipient.id}:{version}"


def addresses_of(organisations: Iterable[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """The mail addresses of each organisation: its contact points'; without any, its people's. At most three each."""
    asked = list(organisations)
    found: dict[UUID, list[str]] = defaultdict(list)
    points = ContactChannel.objects.filter(
        contact_point__organisation__in=asked, contact_point__retired_at=None, kind="email"
    ).exclude(contact_point__purpose=Purpose.OTHER)
    for owner, value in points.order_by("value").values_list("contact_point__organisation_id", "value"):
        found[owner].append(value)
    left = [pk for pk in asked if pk not in found]
    people = Person.objects.filter(organisation__in=left, left_at=None).exclude(email="").order_by("email")
    for owner, value in people.values_list("organisation_id", "email"):
        found[owner].append(value)
    return {owner: tuple(dict.fromkeys(values))[:3] for owner, values in found.items()}


@transaction.atomic
def note_mail(*, actor: Actor, now: datetime, at_most: int = 500) -> int:
    """See which guests' letters a mail server took (delivered, measured) and which it refused for good."""
    waiting = guests_sent(at_most)
    by_about = {about(recipient, recipient.campaign.version): recipient for recipient in waiting}
    rows = Message.objects.filter(about__in=by_about, state__in=[MessageState.SENT, MessageState.FAILED])
    taken: dict[UUID, list[Recipient]] = defaultdict(list)
    seen: set[UUID] = set()
    failed: list[Recipient] = []
    for subject, state in rows.order_by("state").values_list("about", "state"):
        recipient = by_about[subject]
        if state == MessageState.SENT and recipient.pk not in seen:
            seen.add(recipient.pk)
            taken[recipient.campaign_id].append(recipient)
        elif state == MessageState.FAILED:
            failed.append(recipient)
    for recipients in taken.values():
        delivered_many(campaign=recipients[0].campaign, recipients=recipients, actor=actor, now=now)
    unsent = (
        Message.objects.filter(about__in=by_about).exclude(state=MessageState.FAILED).values_list("about", flat=True)
    )
    alive = set(unsent)
    for recipient in failed:
        if about(recipient, recipient.campaign.version) not in alive:
            not_sent(recipient, NOT_TAKEN)
    return len(seen)


@transaction.atomic
def send_again(*, recipient: Recipient, base_url: str, actor: Actor, now: datetime) -> None:
    """Send once more to one recipient: what could not be sent is taken up anew; a guest gets a fresh link.

    Raises: Conflict `campaign.not_sent`.
    """
    found = (
        Recipient.objects.select_for_update(of=("self",))
        .select_related("campaign", "organisation")
        .get(pk=recipient.pk)
    )
    campaign = found.campaign
    if campaign.state != CampaignState.SENT or campaign.organisation_id is None:
        raise Conflict("campaign.not_sent", N_("This campaign is not in force."))
    if found.state == RecipientState.NOT_SENT:
        _take_up_anew([found.pk])
    elif found.organisation.home == Home.GUEST:
        _write_guests(campaign, [found], base_url, actor, now)
    elif found.organisation.home == Home.PEER:
        send_directive(campaign=campaign, recipient=found, actor=actor, now=now)
    record(
        actor=actor,
        now=now,
        action="recipient.sent_again",
        subject=f"directives.recipient:{found.id}",
        organisation=found.organisation_id,
        facts={"campaign": str(campaign.id), "home": found.organisation.home},
    )


def _take_up_anew(recipients: Iterable[UUID]) -> int:
    waiting = Recipient.objects.filter(pk__in=list(recipients), state=RecipientState.NOT_SENT)
    return waiting.update(carried_version=0, directive=None, send_error="")


@transaction.atomic
def catch_up(*, campaign: Campaign, actor: Actor, now: datetime, at_most: int = 200) -> int:
    """Take up those who can be reached by now: an address was filed, a Vigil linked, or a guest got its own.

    Whoever moved to another home keeps its row, its answers and its watch; the directive follows it there.
    """
    if campaign.state != CampaignState.SENT or campaign.organisation_id is None:
        return 0
    linked = Peer.objects.filter(organisation=OuterRef("organisation"), side=PeerSide.BELOW, state=PeerState.ACTIVE)
    unsent = Recipient.objects.filter(campaign=campaign, state=RecipientState.NOT_SENT).exclude(send_error="")
    to_peers = unsent.filter(Exists(linked), organisation__home=Home.PEER)
    without = unsent.filter(organisation__home=Home.GUEST, send_error=NO_ADDRESS)
    lacking = dict(without.values_list("pk", "organisation_id")[:at_most])
    addresses = addresses_of(lacking.values())
    reachable = [pk for pk, owner in lacking.items() if owner in addresses]
    here_now = unsent.filter(organisation__home=Home.HERE).values_list("pk", flat=True)[:at_most]
    taken = _take_up_anew([*to_peers.values_list("pk", flat=True)[:at_most], *reachable, *here_now])
    moved = Recipient.objects.filter(Exists(linked), campaign=campaign, organisation__home=Home.PEER)
    moved = moved.exclude(home=Home.PEER).exclude(state=RecipientState.NOT_SENT)
    for recipient in moved.select_for_update(of=("self",)).select_related("organisation")[:at_most]:
        Recipient.objects.filter(pk=recipient.pk).update(home=Home.PEER)
        send_directive(campaign=campaign, recipient=recipient, actor=actor, now=now)
        taken += 1
    if taken:
        record(
            actor=actor,
            now=now,
            action="campaign.caught_up",
            subject=f"directives.campaign:{campaign.id}",
            organisation=campaign.organisation_id,
            facts={"recipients": taken},
        )
    return taken


def in_motion() -> list[Campaign]:
    """Campaigns of which some recipient may be behind: in force, or ended and not yet told to everybody."""
    moving = Campaign.objects.exclude(state=CampaignState.DRAFT).exclude(organisation=None)
    behind_now = Recipient.objects.filter(campaign__in=moving).exclude(campaign__state=CampaignState.DRAFT)
    return [
        campaign
        for campaign in moving.select_related("organisation", "directive")
        if behind_now.filter(campaign=campaign, carried_version__lt=campaign.version).exists()
    ]

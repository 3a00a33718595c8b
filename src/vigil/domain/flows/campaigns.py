"""Carrying a campaign to its recipients, each by its home: here on a page, a guest by a link, a peer over the exchange.

Steps of a batch, one transaction: take recipients that are behind the campaign's version; give each its watch; write
what must leave (letters into the outbox, objects into the exchange); tell the journal once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from vigil.domain.accounts.guests import make_links
from vigil.domain.accounts.models import SecondFactor
from vigil.domain.directives.actions.carrying import behind, bring_up, guests_sent, not_sent
from vigil.domain.directives.actions.receipts import delivered_many
from vigil.domain.directives.models import Campaign, CampaignState, Recipient
from vigil.domain.flows import letters
from vigil.domain.flows.peering import send_directive
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import ContactChannel, Home, Person, Purpose
from vigil.domain.outbox.actions import queue
from vigil.domain.outbox.models import Message, MessageState
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_

LINK_OUTLIVES = timedelta(days=7)
NO_ADDRESS = N_("no mail address is known")
NOT_TAKEN = N_("the mail could not be delivered")


@transaction.atomic
def carry(*, campaign: Campaign, base_url: str, actor: Actor, now: datetime, at_most: int = 200) -> int:
    """Carry a campaign to the next recipients that are behind; returns how many were taken in hand."""
    locked = Campaign.objects.select_for_update(of=("self",), no_key=True)
    campaign = locked.select_related("organisation", "directive").get(
        pk=campaign.pk
    )  # as it stands, not as it was read
    recipients = behind(campaign, at_most)
    if not recipients:
        return 0
    fresh = bring_up(campaign=campaign, recipients=recipients, now=now)
    if campaign.state == CampaignState.SENT:
        here = [recipient for recipient in fresh if recipient.home == Home.HERE]
        delivered_many(campaign=campaign, recipients=here, actor=actor, now=now)
    hand_over(campaign=campaign, recipients=fresh, base_url=base_url, actor=actor, now=now)
    record(
        actor=actor,
        now=now,
        action="campaign.carried",
        subject=f"directives.campaign:{campaign.id}",
        organisation=campaign.organisation_id,
        facts={"version": campaign.version, "recipients": dict(Counter(r.home for r in fresh))},
    )
    return len(recipients)


def hand_over(
    *, campaign: Campaign, recipients: Sequence[Recipient], base_url: str, actor: Actor, now: datetime
) -> None:
    """Write what must leave for these recipients, each by its home. Call it in the transaction that brought them up."""
    by_home: dict[str, list[Recipient]] = defaultdict(list)
    for recipient in recipients:
        by_home[recipient.home].append(recipient)
    _write(campaign, by_home[Home.HERE], base_url, now)
    _write_guests(campaign, by_home[Home.GUEST], base_url, actor, now)
    for recipient in by_home[Home.PEER]:
        send_directive(campaign=campaign, recipient=recipient, actor=actor, now=now)


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
    by_about = {about(recipient, recipient.carried_version): recipient for recipient in waiting}
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
        if about(recipient, recipient.carried_version) not in alive:
            not_sent(recipient, NOT_TAKEN)
    return len(seen)


def in_motion() -> list[Campaign]:
    """Campaigns of which some recipient may be behind: in force, or ended and not yet told to everybody."""
    moving = Campaign.objects.exclude(state=CampaignState.DRAFT).exclude(organisation=None)
    behind_now = Recipient.objects.filter(campaign__in=moving).exclude(campaign__state=CampaignState.DRAFT)
    return [
        campaign
        for campaign in moving.select_related("organisation", "directive")
        if behind_now.filter(campaign=campaign, carried_version__lt=campaign.version).exists()
    ]

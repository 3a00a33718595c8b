"""Sending again: to whoever could not be sent it at first, and to the new home of an organisation that moved.

Its row stays the same: what it answered, stated and proved from its former home is kept and goes on.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vigil.domain.accounts.guests import revoke_links
from vigil.domain.accounts.models import GuestLink
from vigil.domain.directives.actions.receipts import delivered_many
from vigil.domain.directives.models import Campaign, CampaignState, Recipient, RecipientState
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.domain.flows.campaigns import NO_ADDRESS, addresses_of, hand_over
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Home
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_


def to_send_again(campaign: Campaign, at_most: int) -> list[Recipient]:
    """Recipients that moved to another home, whose Vigil was linked (anew) since, or who have an address by now."""
    linked = Peer.objects.filter(organisation=OuterRef("organisation"), side=PeerSide.BELOW, state=PeerState.ACTIVE)
    moved = ~Q(home=F("organisation__home"))
    to_peer = Q(organisation__home=Home.PEER)
    due = (moved & ~to_peer) | (to_peer & moved & Q(Exists(linked)))
    due |= to_peer & Q(Exists(linked.filter(linked_at__gt=OuterRef("sent_at"))))
    rows = _carried(campaign).filter(due).select_related("organisation").order_by("pk")
    found = list(rows[:at_most])
    silent = _carried(campaign).filter(
        home=Home.GUEST, organisation__home=Home.GUEST, state=RecipientState.NOT_SENT, send_error=NO_ADDRESS
    )
    waiting = list(silent.select_related("organisation").order_by("pk")[:2000])
    known = addresses_of([one.organisation_id for one in waiting])
    return (found + [one for one in waiting if known.get(one.organisation_id)])[:at_most]


def _carried(campaign: Campaign) -> QuerySet[Recipient]:
    rows = Recipient.objects.filter(campaign=campaign, campaign__state=CampaignState.SENT)
    return rows.filter(carried_version=campaign.version, sent_at__isnull=False)


@transaction.atomic
def redeliver(*, campaign: Campaign, base_url: str, actor: Actor, now: datetime, at_most: int = 50) -> int:
    """Send it again to everybody who needs it without being asked; returns to how many."""
    return _again(campaign, to_send_again(campaign, at_most), base_url, actor, now)


@transaction.atomic
def send_again(*, recipient: Recipient, base_url: str, actor: Actor, now: datetime) -> None:
    """Try once more with one that could not be sent it. Raises: Conflict `campaign.not_sent`, `recipient.has_it`."""
    found = (
        Recipient.objects.select_for_update(of=("self",)).select_related("campaign__organisation").get(pk=recipient.pk)
    )
    campaign = found.campaign
    if campaign.state != CampaignState.SENT or campaign.organisation_id is None or found.sent_at is None:
        raise Conflict("campaign.not_sent", N_("This campaign is not in force."))
    if found.state != RecipientState.NOT_SENT:
        raise Conflict("recipient.has_it", N_("It was sent there already."))
    _again(campaign, [found], base_url, actor, now)


def _again(campaign: Campaign, chosen: Sequence[Recipient], base_url: str, actor: Actor, now: datetime) -> int:
    locked = Recipient.objects.select_for_update(of=("self",)).select_related("organisation", "watch", "directive")
    recipients = list(locked.filter(pk__in=[one.pk for one in chosen]).order_by("pk"))
    moved: list[tuple[Recipient, str]] = []
    for recipient in recipients:
        if recipient.home != recipient.organisation.home:
            moved.append((recipient, recipient.home))
        recipient.home = recipient.organisation.home
        recipient.sent_at = now
        if recipient.state == RecipientState.NOT_SENT:
            recipient.state, recipient.state_at, recipient.send_error = RecipientState.SENT, now, ""
    Recipient.objects.bulk_update(recipients, ["home", "sent_at", "state", "state_at", "send_error"], batch_size=500)
    here = [one for one in recipients if one.home == Home.HERE]
    delivered_many(campaign=campaign, recipients=here, actor=actor, now=now)
    hand_over(campaign=campaign, recipients=recipients, base_url=base_url, actor=actor, now=now)
    for recipient, before in moved:
        _end_links(recipient, before, actor, now)
    for recipient in recipients:
        before = next((was for one, was in moved if one.pk == recipient.pk), "")
        _tell(recipient, before, actor, now)
    return len(recipients)


def _end_links(recipient: Recipient, before: str, actor: Actor, now: datetime) -> None:
    good = GuestLink.objects.filter(organisation=recipient.organisation, revoked_at=None, expires_at__gt=now)
    if before == Home.GUEST and good.exists():  # else they would open again should it ever come back
        revoke_links(organisation=recipient.organisation, why="", actor=actor, now=now)


def _tell(recipient: Recipient, before: str, actor: Actor, now: datetime) -> None:
    owner: UUID = recipient.organisation_id
    record(
        actor=actor,
        now=now,
        action="recipient.moved_home" if before else "recipient.sent_again",
        subject=f"directives.recipient:{recipient.id}",
        organisation=owner,
        facts={"campaign": str(recipient.campaign_id), "was": before, "home": recipient.home},
    )

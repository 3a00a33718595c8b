"""Bringing recipients up to a campaign's present version: their watch and its obligations; who must be told what.

Done in batches, each one transaction: 10,000 recipients do not fit one. A recipient is behind while its
`carried_version` is less than the campaign's.
"""

import random
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from vigil.domain.directives.actions.link import take_over
from vigil.domain.directives.models import (
    Assignment,
    Campaign,
    CampaignState,
    Receipt,
    Recipient,
    RecipientRole,
    RecipientState,
    Watch,
    WatchState,
)
from vigil.domain.organisations.audiences import addressed
from vigil.domain.organisations.models import Home

_BATCH = 500


def behind(campaign: Campaign, at_most: int) -> list[Recipient]:
    """Recipients that have not been brought up to the campaign's version. Lock them: call inside a transaction."""
    rows = Recipient.objects.select_for_update(of=("self",)).select_related("organisation", "watch")
    return list(rows.filter(campaign=campaign, carried_version__lt=campaign.version).order_by("pk")[:at_most])


@transaction.atomic
def bring_up(*, campaign: Campaign, recipients: Sequence[Recipient], now: datetime) -> list[Recipient]:
    """Give each its watch over the campaign's directive; returns those to whom this version is new.

    Those at home here have it in hand with that. The journal is told by the caller, once a batch.
    """
    if campaign.state in (CampaignState.WITHDRAWN, CampaignState.CLOSED):
        Recipient.objects.filter(pk__in=[r.pk for r in recipients]).update(carried_version=campaign.version)
        had = set(Receipt.objects.filter(recipient__in=recipients).values_list("recipient_id", flat=True))
        return [r for r in recipients if r.state != RecipientState.NOT_SENT or r.pk in had]
    fresh = [r for r in recipients if r.directive_id != campaign.directive_id]
    _give_watches(campaign, [r for r in fresh if r.role == RecipientRole.TASK], now)
    for recipient in recipients:
        recipient.home = recipient.organisation.home
        recipient.carried_version = campaign.version
    for recipient in fresh:
        recipient.directive_id = campaign.directive_id
        recipient.state = RecipientState.SENT
        recipient.state_at = recipient.sent_at = now
        recipient.reason = recipient.send_error = ""
    Recipient.objects.bulk_update(
        recipients,
        ["home", "carried_version", "directive", "watch", "state", "state_at", "sent_at", "reason", "send_error"],
        batch_size=_BATCH,
    )
    return fresh


def not_sent(recipient: Recipient, why: str) -> None:
    """Say why a recipient could not be sent it; a person must see to it."""
    Recipient.objects.filter(pk=recipient.pk, state=RecipientState.SENT).update(
        state=RecipientState.NOT_SENT, send_error=why[:500]
    )


def _give_watches(campaign: Campaign, recipients: Sequence[Recipient], now: datetime) -> None:
    kept = {
        watch.organisation_id: watch
        for watch in Watch.objects.filter(
            organisation__in=[r.organisation_id for r in recipients], directive=campaign.directive
        ).exclude(state=WatchState.CLOSED)
    }
    fresh: list[Watch] = []
    for recipient in recipients:
        watch = kept.get(recipient.organisation_id)
        if watch is None and recipient.watch is not None and recipient.watch.state != WatchState.CLOSED:
            watch = recipient.watch
            take_over(watch, campaign.directive, now)
            Watch.objects.filter(pk=watch.pk).update(starts_at=campaign.starts_at, ends_at=campaign.ends_at)
        if watch is None:
            watch = Watch(
                organisation=recipient.organisation,
                directive=campaign.directive,
                title=campaign.title,
                starts_at=campaign.starts_at,
                ends_at=campaign.ends_at,
                window_origin="read",
                exercise=campaign.exercise,
            )
            fresh.append(watch)
        recipient.watch = watch
    Watch.objects.bulk_create(fresh, batch_size=_BATCH)
    obligations = list(campaign.directive.obligations.all())
    Assignment.objects.bulk_create(
        [
            Assignment(
                watch=watch,
                obligation=obligation,
                applies=addressed(obligation.audience, watch.organisation.audience_set),
            )
            for watch in fresh
            for obligation in obligations
        ],
        batch_size=2000,
    )


def guests_sent(at_most: int) -> list[Recipient]:
    """Guests whose mail was queued and of which it is not yet known that a server took it."""
    rows = Recipient.objects.filter(home=Home.GUEST, state=RecipientState.SENT, campaign__state=CampaignState.SENT)
    total = rows.count()
    start = random.randrange(total - at_most + 1) if total > at_most else 0  # noqa: S311 - so that none waits for ever
    return list(rows.select_related("campaign", "organisation").order_by("pk")[start : start + at_most])

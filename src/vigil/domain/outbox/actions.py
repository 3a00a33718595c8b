"""Queueing a message, and the courier's steps with it."""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from vigil.domain.outbox.models import Message, MessageState
from vigil.kernel.identifiers import new_id

LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)  # no message ever waits longer for its next attempt, unless the clock went back
GIVE_UP_AFTER = timedelta(days=3)


def queue(
    *,
    address: str,
    title: str,
    body: str,
    now: datetime,
    about: str = "",
    organisation: UUID | None = None,
    channel: str = "email",
    urgent: bool = False,
) -> Message:
    """Queue a message (a mail, or what `channel` names). Call it inside the transaction of the fact that it tells.

    An `urgent` one does not wait behind ten thousand letters.
    """
    identifier = new_id()
    return Message.objects.create(
        id=identifier,
        organisation_id=organisation,
        channel=channel,
        urgent=urgent,
        address=address,
        title=title,
        body=body,
        about=about,
        message_id=f"<{identifier}@vigil>",
        created_at=now,
        next_attempt_at=now,
    )


def claim(*, now: datetime, channel: str | None = None, lease: timedelta = LEASE) -> Message | None:
    """Take the next due message (of `channel`; None: of any), or None. Two couriers never share one, since the claim is
    a conditional update.

    A message whose claim outlived its lease was perhaps sent by a courier that died: it is sent again
    under the same Message-ID, and its state says "possibly sent" until then. A claim, or a next attempt, that lies in a
    future which no lease and no wait could reach was written before the clock went back: it is due now. So is one that
    was never tried and was queued later than now.
    """
    rows = Message.objects.all() if channel is None else Message.objects.filter(channel=channel)
    lapsed = Q(claimed_at__lt=now - lease) | Q(claimed_at__gt=now + lease)
    rows.filter(lapsed, state=MessageState.SENDING).update(
        state=MessageState.POSSIBLY_SENT, next_attempt_at=now, possibly_twice=True
    )
    waiting = rows.filter(_reached(now), state__in=[MessageState.QUEUED, MessageState.POSSIBLY_SENT])
    urgent = list(waiting.filter(urgent=True).order_by("next_attempt_at")[:10])
    for candidate in urgent or waiting.order_by("next_attempt_at")[:10]:
        taken = Message.objects.filter(pk=candidate.pk, state=candidate.state).update(
            state=MessageState.SENDING, claimed_at=now, attempts=candidate.attempts + 1
        )
        if taken:
            candidate.refresh_from_db()
            return candidate
    return None


def _reached(now: datetime) -> Q:
    """Due; or put off by nothing but a clock that went back."""
    return Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + LONGEST_WAIT) | Q(attempts=0, created_at__gt=now)


def channels_due(*, now: datetime, lease: timedelta = LEASE) -> list[str]:
    """On which channels something waits to be carried."""
    lapsed = Q(state=MessageState.SENDING) & (Q(claimed_at__lt=now - lease) | Q(claimed_at__gt=now + lease))
    waiting = Q(state__in=[MessageState.QUEUED, MessageState.POSSIBLY_SENT]) & _reached(now)
    return sorted(Message.objects.filter(lapsed | waiting).values_list("channel", flat=True).distinct().order_by())


def withdraw(*, messages: QuerySet[Message]) -> Collection[UUID]:
    """What has not begun to leave need not leave any more; returns which. The body, which may hold a link, goes."""
    keys = list(messages.filter(state=MessageState.QUEUED).values_list("pk", flat=True))
    waiting = Message.objects.filter(state=MessageState.QUEUED)
    return [key for key in keys if waiting.filter(pk=key).update(state=MessageState.WITHDRAWN, body="")]


def _claimed(message: Message) -> QuerySet[Message]:
    """The message, if this courier still holds it: what another took over meanwhile is the other's to tell."""
    return Message.objects.filter(pk=message.pk, state=MessageState.SENDING, claimed_at=message.claimed_at)


def sent(*, message: Message, now: datetime) -> None:
    """The receiving server has taken it. The body, which may hold a link that answers a test, is not kept."""
    _claimed(message).update(state=MessageState.SENT, sent_at=now, last_error="", body="")


def failed(*, message: Message, now: datetime, error: str, permanent: bool = False) -> None:
    """It was not taken: try again later (1, 2, 4 ... 30 minutes, with jitter), or give up after three days."""
    if permanent or now - message.created_at > GIVE_UP_AFTER:
        _claimed(message).update(state=MessageState.FAILED, last_error=error[:2000], body="")
        return
    wait = min(60 * 2 ** (message.attempts - 1), 1800) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    _claimed(message).update(
        state=MessageState.QUEUED, last_error=error[:2000], next_attempt_at=now + timedelta(seconds=wait)
    )

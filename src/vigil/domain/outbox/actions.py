"""Queueing a message, and the courier's steps with it."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from vigil.domain.outbox.models import Message, MessageState
from vigil.kernel.identifiers import new_id

LEASE = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=3)


def queue(
    *, address: str, title: str, body: str, now: datetime, about: str = "", organisation: UUID | None = None
) -> Message:
    """Queue a mail. Call it inside the transaction of the fact that the message tells."""
    identifier = new_id()
    return Message.objects.create(
        id=identifier,
        organisation_id=organisation,
        address=address,
        title=title,
        body=body,
        about=about,
        message_id=f"<{identifier}@vigil>",
        created_at=now,
        next_attempt_at=now,
    )


def claim(*, now: datetime) -> Message | None:
    """Take the next due message, or None. Claims by conditional update, so that two couriers never share one.

    A message whose claim outlived its lease was perhaps sent by a courier that died: it is sent again
    under the same Message-ID, and its state says "possibly sent" until then.
    """
    Message.objects.filter(state=MessageState.SENDING, claimed_at__lt=now - LEASE).update(
        state=MessageState.POSSIBLY_SENT, next_attempt_at=now
    )
    due = Q(state__in=[MessageState.QUEUED, MessageState.POSSIBLY_SENT], next_attempt_at__lte=now)
    for candidate in Message.objects.filter(due).order_by("next_attempt_at")[:10]:
        taken = Message.objects.filter(pk=candidate.pk, state=candidate.state).update(
            state=MessageState.SENDING, claimed_at=now, attempts=candidate.attempts + 1
        )
        if taken:
            candidate.refresh_from_db()
            return candidate
    return None


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

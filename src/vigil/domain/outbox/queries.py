"""Reads of the outbox."""

from datetime import datetime, timedelta

from vigil.domain.outbox.models import Message, MessageState


def undelivered(now: datetime, older_than: timedelta = timedelta(0)) -> int:
    """How many messages have not left, and were queued at least `older_than` ago."""
    waiting = [MessageState.QUEUED, MessageState.SENDING, MessageState.POSSIBLY_SENT, MessageState.FAILED]
    return Message.objects.filter(state__in=waiting, created_at__lte=now - older_than).count()


def queued_since(*, address: str, about: str, since: datetime) -> int:
    """How many messages to `address`, about things that begin with `about`, were queued since then."""
    return Message.objects.filter(address=address, about__startswith=about, created_at__gt=since).count()

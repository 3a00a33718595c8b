"""How long what came has waited: to be read, and then for correlations. Of one organisation, or of all."""

from datetime import datetime, timedelta
from uuid import UUID

from vigil.domain.detection.models import PendingMatch, SpoolPosition


def reader_lag(now: datetime) -> timedelta:
    """How long events that were accepted have waited to be read; zero: none waits."""
    waiting = SpoolPosition.objects.filter(waiting_bytes__gt=0).order_by("updated_at").first()
    return max(timedelta(0), now - waiting.updated_at) if waiting else timedelta(0)


def correlation_lag(now: datetime, organisation: UUID | None = None) -> timedelta:
    """How long the match that waits longest has waited for correlations; zero: none waits."""
    rows = PendingMatch.objects.exclude(laid_at=None).order_by("pk")
    if organisation is not None:
        rows = rows.filter(organisation=organisation)
    oldest = rows.values_list("laid_at", flat=True).first()
    return max(timedelta(0), now - oldest) if oldest is not None else timedelta(0)

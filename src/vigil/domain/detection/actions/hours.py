"""Hours of sources are kept for as long as somebody may look at them, and no longer."""

from datetime import datetime, timedelta
from typing import Final

from vigil.domain.detection.models import SourceHour

KEPT: Final = timedelta(days=35)
MOST_AT_ONCE: Final = 5_000


def forget_hours(*, now: datetime) -> int:
    """Remove some of what is older; returns how many."""
    over = SourceHour.objects.filter(hour__lt=now - KEPT).order_by("hour").values_list("pk", flat=True)
    return SourceHour.objects.filter(pk__in=list(over[:MOST_AT_ONCE])).delete()[0]

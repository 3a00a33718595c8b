"""What the health page says of detection: what waits, what nobody's is, and whether new senders can still be found."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum

from vigil.domain.detection.actions.sources import MOST_FOUND, found_sources
from vigil.domain.detection.lateness import correlation_lag, reader_lag
from vigil.domain.detection.models import SpoolPosition
from vigil.domain.detection.proofs import MOST_LAG
from vigil.domain.vitals.queries import Vital
from vigil.kernel.phrases import N_, phrase

_TOLD: Final = timedelta(days=7)


def detection_signs(now: datetime) -> list[Vital]:
    """Counts of all organisations together, and no name. Raises: DatabaseError."""
    return [_waiting(now), *strangers(now)]


def strangers(now: datetime) -> list[Vital]:
    """What came from senders that nobody entered and was not kept, or can no longer be; nothing where all is well."""
    return [*_unknown(now), *_found()]


def _waiting(now: datetime) -> Vital:
    reading, correlating = reader_lag(now), correlation_lag(now)
    late = max(reading, correlating) > MOST_LAG
    wording = N_("Events wait {read} s to be read, and matches {correlate} s for correlations.")
    said = phrase(wording, read=round(reading.total_seconds()), correlate=round(correlating.total_seconds()))
    return Vital("detection", "warns" if late else "works", said)


def _unknown(now: datetime) -> list[Vital]:
    rows = SpoolPosition.objects.filter(unknown_at__gt=now - _TOLD)
    counted = rows.aggregate(frames=Sum("unknown_frames"), bytes=Sum("unknown_bytes"))
    if not counted["frames"]:
        return []
    wording = N_("{n} packets ({bytes} bytes) came from sources that are not entered any more, and were not kept.")
    return [Vital("unknown sources", "warns", phrase(wording, n=counted["frames"], bytes=counted["bytes"]))]


def _found() -> list[Vital]:
    many = found_sources().count()
    if many < MOST_FOUND:
        return []
    wording = N_("{n} sources were found by themselves: no new sender is found until some are changed or retired.")
    return [Vital("found sources", "warns", phrase(wording, n=many))]

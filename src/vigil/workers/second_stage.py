"""The second stage for one organisation: pending matches to correlations, group by group, committed as one.

Of several detectors whoever comes first does it; only the groups that matches touch are read and written.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from vigil.domain.detection.actions.committing import GroupKept, group_digest, take_correlated
from vigil.domain.detection.actions.taking import Hit, Within
from vigil.domain.detection.models import AlertKind, CorrelationGroup, CorrelationState, PendingMatch
from vigil.domain.detection.rule_book import Ours
from vigil.engines.detection.correlation import Closed, Matched
from vigil.engines.detection.correlator import Correlator, Place
from vigil.engines.detection.entities import technique_of
from vigil.kernel.actors import worker
from vigil.kernel.errors import Conflict

LATENESS_S: Final = 900.0
_MOST_PENDING: Final = 5_000
_MOST_WAITING: Final = 500


def with_something_to_do(now: datetime) -> list[UUID]:
    """The organisations with matches that wait, or with a group in which time alone settles something."""
    pending = PendingMatch.objects.order_by().values_list("organisation_id", flat=True).distinct()
    return sorted({*pending, *_idle(now).order_by().values_list("organisation_id", flat=True).distinct()})


def _idle(now: datetime) -> QuerySet[CorrelationGroup]:
    return CorrelationGroup.objects.filter(waits=True, touched_at__lt=now - timedelta(seconds=LATENESS_S))


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done for an organisation: new alerts, and whether more waits."""

    alerts: int = 0
    more: bool = False


def second_stage(
    organisation: UUID, ours: Ours, within: Within, now: datetime, newest: Callable[[], bool] = lambda: True
) -> Taken:
    """Take some of what waits. `newest`: whether these are the newest rules; for older ones, where no correlation runs
    what waits is left to who knows better, else it is nobody's and goes.
    """
    pending = list(PendingMatch.objects.filter(organisation=organisation).order_by("pk")[:_MOST_PENDING])
    idle = list(_idle(now).filter(organisation=organisation)[:_MOST_WAITING])
    if (not pending and not idle) or (not ours.correlations and not newest()):
        return Taken()
    version = CorrelationState.objects.filter(organisation=organisation).values_list("version", flat=True).first() or 0
    correlator = Correlator(ours.correlations, LATENESS_S, lambda place: _kept(organisation, place), bounded=True)
    closed = correlator.add(
        Matched(one.at.timestamp(), one.event, one.rule, tuple((name, value) for name, value in one.values))
        for one in pending
    )
    closed += correlator.finish((row.correlation, tuple(row.values)) for row in idle)
    try:
        fresh = take_correlated(
            organisation=organisation,
            version=version,
            groups=list(_remembered(correlator, ours, idle)),
            too_late=correlator.too_late,
            taken=[one.pk for one in pending],
            hits=[hit_of(organisation, ours, one) for one in closed if one.correlation in ours.correlated],
            within=within,
            actor=worker("detector"),
            now=now,
        )
    except Conflict:
        return Taken()  # whoever was first goes on
    return Taken(len(fresh), len(pending) == _MOST_PENDING or len(idle) == _MOST_WAITING)


def _kept(organisation: UUID, place: Place) -> Any:
    return (
        CorrelationGroup.objects.filter(organisation=organisation, correlation=place[0], group=group_digest(place[1]))
        .values_list("state", flat=True)
        .first()
    )


def _remembered(correlator: Correlator, ours: Ours, idle: Iterable[CorrelationGroup]) -> Iterable[GroupKept]:
    spans = {one.id: one.span_s for one in ours.correlations}
    for place in correlator.touched:
        yield GroupKept(
            place[0], place[1], correlator.group_state(place), correlator.waits(place), spans[place[0]] + LATENESS_S
        )
    for row in idle:
        if row.correlation not in spans:  # a correlation that runs no more
            yield GroupKept(row.correlation, tuple(row.values), row.state, waits=False, forget_after_s=0)


def hit_of(organisation: UUID, ours: Ours, closed: Closed) -> Hit:
    """What a correlation found, as it is told."""
    known = ours.correlated[closed.correlation]
    one = next(one for one in ours.correlations if one.id == closed.correlation)
    return Hit(
        organisation=organisation,
        kind=AlertKind.CORRELATION,
        key=known.uid,
        title=one.title,
        level=one.level,
        entity=" · ".join(closed.group),
        at=datetime.fromtimestamp(closed.at, UTC),
        event=closed.event,
        rule=known.pk,
        techniques=technique_of(one.tags),
        shown=dict(zip(one.group_by, closed.group, strict=True)),
        events=closed.events,
    )

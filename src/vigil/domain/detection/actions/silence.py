"""A source that is silent is an alert itself; when it speaks again, the alert closes by itself."""

from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from vigil.domain.detection.actions.alerts import end, page_key
from vigil.domain.detection.deadlines import stance_of
from vigil.domain.detection.models import (
    LEVELS,
    Alert,
    AlertKind,
    AlertNote,
    AlertState,
    Level,
    LogSource,
)
from vigil.domain.detection.queries import heard_at, with_silence
from vigil.domain.journal.actions import record
from vigil.domain.paging.actions import resolve_pages
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_

TITLE = N_("A source is silent")
SPEAKS = N_("The source sends again.")
RETIRED = N_("Nothing is expected of this source any more.")
BY_ITSELF = "Vigil"
MOST_AT_ONCE: Final = 200
"""Alerts of a round: where everything falls silent at once, what else the sentinel does waits no longer than that."""


def tell_silence(*, actor: Actor, now: datetime, listening_since: datetime | None = None) -> int:
    """One round: raises an alert for each source that became silent, closes those that need nobody any more.

    Silence counts from `listening_since` at the earliest: what this Vigil could not have heard is no silence. An alert
    that a person closed while the source goes on being silent is not raised again before it has spoken.
    """
    fell = _newly_silent(now, listening_since)
    standing = Alert.objects.filter(kind=AlertKind.SILENCE).exclude(state=AlertState.CLOSED)
    needless = Q(source=None) | ~Q(source__retired_at=None) | Q(source__silent_after_s=0)
    over = standing.filter(needless | Q(source__last_received_at__gt=F("last_at"))).select_related("source")
    changed = 0
    for alert in over[:MOST_AT_ONCE]:
        source = alert.source
        expected = source is not None and source.retired_at is None and source.silent_after_s > 0
        changed += _over(alert, SPEAKS if expected else RETIRED, actor, now)
    return changed + sum(_fell_silent(source, actor, now) for source in fell)


def _newly_silent(now: datetime, listening_since: datetime | None) -> list[LogSource]:
    """Those that are silent and of which no alert tells this silence, the longest first."""
    told = Alert.objects.filter(source=OuterRef("pk"), kind=AlertKind.SILENCE)
    told = told.filter(~Q(state=AlertState.CLOSED) | Q(last_at__gte=OuterRef("heard")))
    rows = with_silence(LogSource.objects.all(), now, listening_since=listening_since)
    rows = rows.annotate(heard=Coalesce("last_received_at", "created_at"))
    return list(rows.filter(~Exists(told), quiet=True).order_by("heard")[:MOST_AT_ONCE])


@transaction.atomic
def _fell_silent(source: LogSource, actor: Actor, now: datetime) -> int:
    fresh = LogSource.objects.select_for_update().get(pk=source.pk)
    last = heard_at(fresh)
    told = Alert.objects.filter(organisation=fresh.organisation_id, kind=AlertKind.SILENCE, key=str(fresh.pk))
    if fresh.last_received_at != source.last_received_at or told.filter(last_at__gte=last).exists():
        return 0
    within = stance_of(fresh.organisation_id).take_within_s.get(Level.HIGH, 0)
    alert = Alert(
        organisation_id=fresh.organisation_id,
        kind=AlertKind.SILENCE,
        key=str(fresh.pk),
        title=TITLE,
        level=Level.HIGH,
        weight=LEVELS.index(Level.HIGH),
        entity=fresh.name,
        source=fresh,
        first_at=last,
        last_at=last,
        raised_at=now,
        due_at=now + timedelta(seconds=within) if within else None,
    )
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
    except IntegrityError:
        return 0
    _tell(alert, "detection.source_silent", actor, now)
    return 1


@transaction.atomic
def _over(alert: Alert, why: str, actor: Actor, now: datetime) -> int:
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if alert.state == AlertState.CLOSED:
        return 0
    end(alert, "", why, BY_ITSELF, now)
    AlertNote.objects.create(alert=alert, at=now, by=BY_ITSELF, what="closed", text=why)
    resolve_pages(organisation=alert.organisation_id, dedupe_key=page_key(alert), actor=actor, now=now)
    _tell(alert, "detection.source_heard", actor, now)
    return 1


def _tell(alert: Alert, action: str, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.alert:{alert.pk}",
        organisation=alert.organisation_id,
        facts={"name": alert.entity},
    )

"""A source that is silent is an alert itself; when it speaks again, the alert closes by itself."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

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
from vigil.domain.detection.queries import heard_at, silence_of
from vigil.domain.journal.actions import record
from vigil.domain.paging.actions import resolve_pages
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_

TITLE = N_("A source is silent")
SPEAKS = N_("The source sends again.")
RETIRED = N_("Nothing is expected of this source any more.")
BY_ITSELF = "Vigil"


def tell_silence(*, actor: Actor, now: datetime, listening_since: datetime | None = None) -> int:
    """One round: raises an alert for each source that became silent, closes those that need nobody any more.

    Silence counts from `listening_since` at the earliest: what this Vigil could not have heard is no silence. An alert
    that a person closed while the source goes on being silent is not raised again before it has spoken.
    """
    changed = 0
    standing = {
        alert.key: alert for alert in Alert.objects.filter(kind=AlertKind.SILENCE).exclude(state=AlertState.CLOSED)
    }
    percents: dict[object, int] = {}
    sources = {str(source.pk): source for source in LogSource.objects.filter(retired_at=None, silent_after_s__gt=0)}
    for key, alert in standing.items():
        source = sources.get(key)
        if source is None or (source.last_received_at is not None and source.last_received_at > alert.last_at):
            changed += _over(alert, SPEAKS if source is not None else RETIRED, actor, now)
    for key, source in sources.items():
        if key in standing:
            continue
        if source.organisation_id not in percents:
            percents[source.organisation_id] = stance_of(source.organisation_id).silent_percent
        most = silence_of(source, percents[source.organisation_id])
        since = max(heard_at(source), listening_since or heard_at(source))
        if most is not None and now - since > most:
            changed += _fell_silent(source, actor, now)
    return changed


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

"""What was read and found becomes alerts: position, counts, alerts and what correlations wait for, in one transaction.

The position moves only from where the reader began: of two that read the same, one commits and the other starts again.
So an event counts once, however often it was read.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from vigil.domain.detection.models import (
    LEVELS,
    Alert,
    AlertNote,
    AlertState,
    CorrelationGroup,
    CorrelationState,
    Detection,
    LogSource,
    PendingMatch,
    ReadingState,
    SourceHour,
    SpoolPosition,
    Suppression,
)
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_

MOST_KEPT: Final = 10_000
MOST_SHOWN: Final = 100
MOST_OPEN: Final = 500
"""Alerts of one rule that wait or are held at once: beyond that, what else it is about is counted in one more."""
OTHERS: Final = "*"
_SAMPLES: Final = 10
_MANY: Final = 400
_LONGEST_S: Final = 90 * 86_400.0
_MANY_OTHERS: Final = N_(
    "This rule has many open alerts already. What else it finds is counted here, whatever it is about."
)
Within = Callable[[UUID, str], int]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule, correlation or indicator that held on an event. `key` and `entity` make the alert; `at` is aware.

    `hunt`: by which it was found in kept events.
    """

    organisation: UUID
    kind: str
    key: str
    title: str
    level: str
    entity: str
    at: datetime
    event: str
    rule: UUID | None = None
    source: UUID | None = None
    techniques: tuple[str, ...] = ()
    tlp: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    hunt: UUID | None = None


@dataclass
class SourceRead:
    """What a batch held of one source. `lag_s`: from receipt to reading, of the oldest record."""

    source: UUID
    events: int = 0
    rejected: int = 0
    bytes: int = 0
    samples: list[str] = field(default_factory=list)
    last_event_at: datetime | None = None
    last_received_at: datetime | None = None
    lag_s: float = 0.0
    state: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a stream: from where (None: the beginning) to where, as (segment, offset)."""

    stream: str
    start: tuple[int, int] | None
    end: tuple[int, int]
    torn_bytes: int = 0
    waiting_bytes: int = 0


@transaction.atomic
def take_batch(
    *,
    span: Span,
    reads: Iterable[SourceRead],
    hits: Sequence[Hit],
    pending: Sequence[PendingMatch],
    within: Within,
    actor: Actor,
    now: datetime,
) -> list[Alert]:
    """Commit what was read in a span; returns the alerts that are new.

    Raises: Conflict `detection.position_moved` when another has read from there meanwhile.
    """
    _move(span, now)
    for read in reads:
        _count(span.stream, read, now)
    PendingMatch.objects.bulk_create(pending, batch_size=_MANY)
    return take_hits(hits=hits, within=within, actor=actor, now=now)


def _move(span: Span, now: datetime) -> None:
    values = {
        "segment": span.end[0],
        "offset": span.end[1],
        "waiting_bytes": span.waiting_bytes,
        "updated_at": now,
    }
    if span.start is None:
        _, made = SpoolPosition.objects.get_or_create(
            stream=span.stream, defaults={**values, "torn_bytes": span.torn_bytes}
        )
        moved = int(made)
    else:
        moved = SpoolPosition.objects.filter(stream=span.stream, segment=span.start[0], offset=span.start[1]).update(
            **values, torn_bytes=F("torn_bytes") + span.torn_bytes
        )
    if not moved:
        raise Conflict("detection.position_moved", N_("Another process has read this part of the spool meanwhile."))


def _count(stream: str, read: SourceRead, now: datetime) -> None:
    source = LogSource.objects.select_for_update().filter(pk=read.source).first()
    if source is None:
        return
    source.events += read.events
    source.rejected += read.rejected
    source.bytes += read.bytes
    source.lag_s = read.lag_s
    told = [{"at": now.isoformat(), "why": why[:300]} for why in read.samples]
    source.rejected_samples = [*told, *source.rejected_samples][:_SAMPLES]
    source.last_event_at = _later(source.last_event_at, read.last_event_at)
    source.last_received_at = _later(source.last_received_at, read.last_received_at)
    source.save(
        update_fields=[
            "events", "rejected", "bytes", "lag_s", "rejected_samples", "last_event_at", "last_received_at"
        ]
    )  # fmt: skip
    hour = (read.last_received_at or now).replace(minute=0, second=0, microsecond=0)
    row, _ = SourceHour.objects.get_or_create(source=source, hour=hour)
    SourceHour.objects.filter(pk=row.pk).update(
        events=F("events") + read.events, rejected=F("rejected") + read.rejected, bytes=F("bytes") + read.bytes
    )
    if read.state is not None:
        ReadingState.objects.update_or_create(stream=stream, source=source, defaults={"state": dict(read.state)})


def _later(one: datetime | None, two: datetime | None) -> datetime | None:
    return max(one, two) if one is not None and two is not None else one or two


Group = tuple[UUID, str, str, str]


@transaction.atomic
def take_hits(*, hits: Sequence[Hit], within: Within, actor: Actor, now: datetime) -> list[Alert]:
    """Hits to alerts by key and entity; what is known already or suppressed raises nothing. Returns new alerts."""
    groups: dict[Group, list[Hit]] = defaultdict(list)
    for hit in _unsuppressed(_unknown(hits), now):
        groups[hit.organisation, hit.kind, hit.key[:300], hit.entity[:300]].append(hit)
    if not groups:
        return []
    known = _open_alerts(groups)
    _bounded(groups, known)
    fresh = []
    for group, several in groups.items():
        alert = known.get(group)
        if alert is None:
            alert = _raised(group, several, within, now)
            fresh.append(alert)
        else:
            _seen_again(alert, several, now)
        _keep(alert, several, new=alert in fresh)
    for alert in fresh:
        record(
            actor=actor,
            now=now,
            action="detection.alert_raised",
            subject=f"detection.alert:{alert.pk}",
            organisation=alert.organisation_id,
            facts={"kind": alert.kind, "key": alert.key, "level": alert.level, "count": alert.count},
        )
    return fresh


def _unknown(hits: Sequence[Hit]) -> list[Hit]:
    """Each once, and only those that were not told before."""
    once = {(hit.organisation, hit.key[:300], hit.event): hit for hit in hits}
    told: set[tuple[UUID, str, str]] = set()
    events: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for organisation, key, event in once:
        events[organisation, key].append(event)
    for (organisation, key), several in events.items():
        for start in range(0, len(several), _MANY):
            rows = Detection.objects.filter(
                organisation=organisation, key=key, event__in=several[start : start + _MANY]
            ).values_list("event", flat=True)
            told.update((organisation, key, event) for event in rows)
    return [hit for place, hit in once.items() if place not in told]


def _unsuppressed(hits: list[Hit], now: datetime) -> list[Hit]:
    organisations = {hit.organisation for hit in hits}
    active = list(Suppression.objects.filter(organisation__in=organisations, expires_at__gt=now, lifted_at=None))
    if not active:
        return hits
    kept, counts = [], dict.fromkeys((one.pk for one in active), 0)
    for hit in hits:
        by = next((one for one in active if _covers(one, hit)), None)
        if by is None:
            kept.append(hit)
        else:
            counts[by.pk] += 1
    for pk, many in counts.items():
        if many:
            Suppression.objects.filter(pk=pk).update(count=F("count") + many)
    return kept


def _covers(one: Suppression, hit: Hit) -> bool:
    return (
        one.organisation_id == hit.organisation
        and one.key in ("", hit.key[:300])
        and one.entity in ("", hit.entity[:300])
    )


def _open_alerts(groups: Collection[Group]) -> dict[Group, Alert]:
    keys = list({group[2] for group in groups})
    found: dict[Group, Alert] = {}
    for start in range(0, len(keys), _MANY):
        rows = (
            Alert.objects.select_for_update()
            .filter(~Q(state=AlertState.CLOSED), key__in=keys[start : start + _MANY])
            .filter(organisation__in={group[0] for group in groups})
        )
        found.update({(row.organisation_id, row.kind, row.key, row.entity): row for row in rows})
    return found


def _bounded(groups: dict[Group, list[Hit]], known: dict[Group, Alert]) -> None:
    """What is about ever new entities becomes one alert, once a rule has many: who floods shall not bury the rest."""
    new: dict[tuple[UUID, str, str], list[Group]] = defaultdict(list)
    for group in groups:
        if group not in known:
            new[group[:3]].append(group)
    for (organisation, kind, key), several in new.items():
        rows = Alert.objects.filter(organisation=organisation, kind=kind, key=key).exclude(state=AlertState.CLOSED)
        room = max(0, MOST_OPEN - rows.count())
        if len(several) <= room:
            continue
        others = (organisation, kind, key, OTHERS)
        if others not in known and (there := rows.select_for_update().filter(entity=OTHERS).first()) is not None:
            known[others] = there
        for group in several[room:]:
            hits = groups.pop(group)
            groups.setdefault(others, []).extend(hits)


def _raised(group: Group, several: Sequence[Hit], within: Within, now: datetime) -> Alert:
    organisation, kind, key, entity = group
    first = several[0]
    seconds = within(organisation, first.level)
    alert = Alert.objects.create(
        organisation_id=organisation,
        kind=kind,
        key=key,
        entity=entity,
        rule_id=first.rule,
        source_id=first.source,
        hunt_id=first.hunt,
        title=first.title[:300].replace("\0", "\ufffd"),
        level=first.level,
        weight=LEVELS.index(first.level),
        techniques=list(first.techniques),
        tlp=first.tlp,
        count=len(several),
        first_at=min(hit.at for hit in several),
        last_at=max(hit.at for hit in several),
        raised_at=now,
        due_at=now + timedelta(seconds=seconds) if seconds else None,
    )
    if entity == OTHERS:
        AlertNote.objects.create(alert=alert, at=now, by="Vigil", what="note", text=_MANY_OTHERS)
    return alert


def _seen_again(alert: Alert, several: Sequence[Hit], now: datetime) -> None:
    Alert.objects.filter(pk=alert.pk).update(
        count=F("count") + len(several),
        first_at=min(alert.first_at, *(hit.at for hit in several)),
        last_at=max(alert.last_at, *(hit.at for hit in several)),
        seen_again_at=now,
    )


def _keep(alert: Alert, several: Sequence[Hit], *, new: bool) -> None:
    held = 0 if new else Detection.objects.filter(alert=alert).count()
    rows = [
        Detection(
            alert=alert,
            organisation_id=hit.organisation,
            key=hit.key[:300],
            event=hit.event,
            at=hit.at,
            source_id=hit.source,
            shown=dict(hit.shown) if held + n < MOST_SHOWN else {},
            events=list(hit.events)[:MOST_SHOWN],
            hunt_id=hit.hunt,
        )
        for n, hit in enumerate(several[: max(0, MOST_KEPT - held)])
    ]
    Detection.objects.bulk_create(rows, batch_size=_MANY)


@dataclass(frozen=True, slots=True)
class GroupKept:
    """What the second stage remembers of a group. `forget_after_s`: how long after now nothing can reach it."""

    correlation: str
    values: tuple[str, ...]
    state: Mapping[str, Any]
    waits: bool
    forget_after_s: float

    @property
    def digest(self) -> str:
        """By which it is found again."""
        return group_digest(self.values)


def group_digest(values: Sequence[str]) -> str:
    """Of the values of a group, which may be long."""
    return sha256(json.dumps(list(values)).encode()).hexdigest()


@transaction.atomic
def take_correlated(
    *,
    organisation: UUID,
    version: int,
    groups: Sequence[GroupKept],
    too_late: int,
    taken: Sequence[int],
    hits: Sequence[Hit],
    within: Within,
    actor: Actor,
    now: datetime,
) -> list[Alert]:
    """Commit what the second stage found, what it remembers, and that it took these pending matches.

    Raises: Conflict `detection.position_moved` when another has done so meanwhile.
    """
    if version:
        moved = CorrelationState.objects.filter(organisation=organisation, version=version).update(
            version=version + 1, too_late=F("too_late") + too_late
        )
    else:
        _, made = CorrelationState.objects.get_or_create(
            organisation_id=organisation, defaults={"too_late": too_late, "version": 1}
        )
        moved = int(made)
    if not moved:
        raise Conflict("detection.position_moved", N_("Another process has read this part of the spool meanwhile."))
    _remember(organisation, groups, now)
    for start in range(0, len(taken), _MANY):
        PendingMatch.objects.filter(pk__in=taken[start : start + _MANY]).delete()
    return take_hits(hits=hits, within=within, actor=actor, now=now)


def _remember(organisation: UUID, groups: Sequence[GroupKept], now: datetime) -> None:
    rows = [
        CorrelationGroup(
            organisation_id=organisation,
            correlation=one.correlation,
            group=one.digest,
            values=list(one.values),
            state=dict(one.state),
            touched_at=now,
            waits=one.waits,
            forget_at=now + timedelta(seconds=min(one.forget_after_s, _LONGEST_S)),
        )
        for one in groups
    ]
    CorrelationGroup.objects.bulk_create(
        rows,
        batch_size=_MANY,
        update_conflicts=True,
        unique_fields=["organisation", "correlation", "group"],
        update_fields=["state", "touched_at", "waits", "forget_at"],
    )
    CorrelationGroup.objects.filter(organisation=organisation, forget_at__lt=now).delete()

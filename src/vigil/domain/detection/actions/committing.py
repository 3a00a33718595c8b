"""What was read and found is committed: position, counts, alerts and what correlations wait for, in one transaction.

The position moves only from where the reader began: of two that read the same, one commits and the other starts again.
So an event counts once, however often it was read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from vigil.domain.detection.actions.taking import Hit, Within, take_hits
from vigil.domain.detection.models import (
    Alert,
    CorrelationGroup,
    CorrelationState,
    LogSource,
    PendingMatch,
    ReadingState,
    SourceHour,
    SpoolPosition,
)
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_

_SAMPLES: Final = 10
_MANY: Final = 400
_LONGEST_S: Final = 90 * 86_400.0


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
    """A stretch of a stream: from where (None: the beginning) to where, as (segment, offset).

    `unknown_frames`, `unknown_bytes`: of sources that are not entered.
    """

    stream: str
    start: tuple[int, int] | None
    end: tuple[int, int]
    torn_bytes: int = 0
    waiting_bytes: int = 0
    unknown_frames: int = 0
    unknown_bytes: int = 0


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
    for one in pending:
        one.laid_at = now
    PendingMatch.objects.bulk_create(pending)
    return take_hits(hits=hits, within=within, actor=actor, now=now)


def _move(span: Span, now: datetime) -> None:
    values = {
        "segment": span.end[0],
        "offset": span.end[1],
        "waiting_bytes": span.waiting_bytes,
        "updated_at": now,
        **({"unknown_at": now} if span.unknown_frames else {}),
    }
    counted = {name: getattr(span, name) for name in ("torn_bytes", "unknown_frames", "unknown_bytes")}
    if span.start is None:
        _, made = SpoolPosition.objects.get_or_create(stream=span.stream, defaults={**values, **counted})
        moved = int(made)
    else:
        moved = SpoolPosition.objects.filter(stream=span.stream, segment=span.start[0], offset=span.start[1]).update(
            **values, **{name: F(name) + many for name, many in counted.items()}
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

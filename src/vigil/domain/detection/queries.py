"""Reads of detection: which rules run for an organisation and why others do not, how sources do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from vigil.domain.detection.deadlines import Stance, levels_from, stance_of
from vigil.domain.detection.models import (
    Alert,
    AlertState,
    Level,
    LogSource,
    Origin,
    Rule,
    RuleSwitch,
    SourceHour,
)

REJECTED_MOST: Final = 0.05


def visible_rules(organisation: UUID) -> QuerySet[Rule]:
    """The rules that are there for it: everybody's and its own, not retired."""
    return Rule.objects.filter(Q(organisation=None) | Q(organisation_id=organisation), retired_at=None)


def rules_for(organisation: UUID, now: datetime, stance: Stance | None = None) -> QuerySet[Rule]:
    """The rules that run: what the posture's profile asks for, and what the organisation switched, on or off.

    Vigil's own run from `low`. The organisation's own run once tested and switched on. What cannot run never does. A
    correlation that runs needs the rules it names to be compiled too, though they may not be among these.
    """
    return visible_rules(organisation).filter(running(organisation, stance or stance_of(organisation)))


def running(organisation: UUID, stance: Stance) -> Q:
    """The condition on rules by which one runs."""
    switches = RuleSwitch.objects.filter(organisation_id=organisation, rule=OuterRef("pk"))
    by_profile = Q(level__in=stance.levels) & ~Q(origin=Origin.OWN)
    if stance.products:
        by_profile &= Q(product__in=[*stance.products, ""])
    shipped = Q(origin=Origin.VIGIL, level__in=levels_from(Level.LOW))
    switched_on = Q(Exists(switches.filter(on=True))) & (~Q(origin=Origin.OWN) | Q(tested_at__isnull=False))
    return Q(unusable="") & (switched_on | ((by_profile | shipped) & ~Q(Exists(switches.filter(on=False)))))


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How the rules of an organisation stand."""

    running: int
    off: int
    unusable: int


def rule_counts(organisation: UUID, now: datetime, stance: Stance | None = None) -> RuleCounts:
    """Running, not running though they could, unusable."""
    there = visible_rules(organisation)
    counted = there.aggregate(all=Count("pk"), unusable=Count("pk", filter=~Q(unusable="")))
    run = rules_for(organisation, now, stance).count()
    return RuleCounts(run, counted["all"] - counted["unusable"] - run, counted["unusable"])


def heard_at(source: LogSource) -> datetime:
    """Since when nothing came: the last receipt, or when it was entered."""
    return source.last_received_at or source.created_at


def silence_of(source: LogSource, percent: int) -> timedelta | None:
    """After how long without an event it is silent; None: it may be."""
    return timedelta(seconds=source.silent_after_s * percent / 100) if source.silent_after_s else None


def is_silent(source: LogSource, percent: int, now: datetime) -> bool:
    """Whether it has sent nothing for longer than it may."""
    most = silence_of(source, percent)
    return source.retired_at is None and most is not None and now - heard_at(source) > most


def is_late(source: LogSource) -> bool:
    """Whether what it sent last was read later than it may be."""
    return source.lag_s is not None and source.lag_s > source.most_lag_s


@dataclass(frozen=True, slots=True)
class SourceNow:
    """How a source does at present: counts of the last hours (the oldest first), the share that was rejected."""

    source: LogSource
    silent: bool
    late: bool
    hours: tuple[int, ...]
    rejected_share: float

    @property
    def alive(self) -> bool:
        """Whether it sends. One that never sent anything is not alive, though it may be silent."""
        return not self.silent and self.source.last_received_at is not None

    @property
    def much_rejected(self) -> bool:
        """Whether more was rejected than is usual."""
        return self.rejected_share > REJECTED_MOST


def sources_now(
    sources: Sequence[LogSource], now: datetime, *, hours: int = 24, percents: dict[UUID, int] | None = None
) -> list[SourceNow]:
    """How they do: the silent ones first, then the late ones."""
    percents = dict(percents or {})
    for organisation in {source.organisation_id for source in sources} - set(percents):
        percents[organisation] = stance_of(organisation).silent_percent
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    counts: dict[UUID, list[int]] = {source.pk: [0] * hours for source in sources}
    rejected: dict[UUID, int] = dict.fromkeys(counts, 0)
    rows = SourceHour.objects.filter(source__in=sources, hour__gte=first, hour__lte=now)
    for pk, hour, events, refused in rows.values_list("source_id", "hour", "events", "rejected"):
        counts[pk][int((hour - first).total_seconds() // 3600)] += events
        rejected[pk] += refused
    found = []
    for source in sources:
        came, refused = sum(counts[source.pk]), rejected[source.pk]
        share = refused / (came + refused) if came + refused else 0.0
        silent = is_silent(source, percents[source.organisation_id], now)
        found.append(SourceNow(source, silent, is_late(source), tuple(counts[source.pk]), share))
    return sorted(found, key=lambda one: (not one.silent, not one.late, one.source.name))


def sources_of(organisation: UUID) -> QuerySet[LogSource]:
    """Its sources that are not retired."""
    return LogSource.objects.filter(organisation_id=organisation, retired_at=None)


def waiting_alerts(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Those that nobody has taken."""
    return alerts.filter(state=AlertState.OPEN)


def overdue_alerts(organisation: UUID, now: datetime) -> QuerySet[Alert]:
    """Alerts that nobody has taken within the time set; exercises do not count."""
    rows = Alert.objects.filter(organisation_id=organisation, state=AlertState.OPEN, exercise=False)
    return rows.filter(due_at__lt=now)

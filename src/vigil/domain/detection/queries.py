"""Reads of detection: which rules run for an organisation and why others do not, how sources do."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest

from vigil.domain.detection.deadlines import Stance, levels_from, silent_percent, stance_of, stances_of
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
_HUNDREDTH: Final = timedelta(seconds=1) / 100


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
    switched_on = Q(Exists(switches.filter(on=True))) & _MAY_BE_ON
    return Q(unusable="") & (switched_on | (_by_itself(stance) & ~Q(Exists(switches.filter(on=False)))))


_MAY_BE_ON: Final = ~Q(origin=Origin.OWN) | Q(tested_at__isnull=False)


def _by_itself(stance: Stance) -> Q:
    """What runs where nobody switched anything."""
    by_profile = Q(level__in=stance.levels) & ~Q(origin=Origin.OWN)
    if stance.products:
        by_profile &= Q(product__in=[*stance.products, ""])
    return by_profile | Q(origin=Origin.VIGIL, level__in=levels_from(Level.LOW))


def running_for(organisations: Collection[UUID], now: datetime) -> dict[UUID, frozenset[UUID]]:
    """The keys of `rules_for` for many at once, in a few queries; organisations with the same share one set."""
    switches: dict[UUID, dict[UUID, bool]] = defaultdict(dict)
    rows = RuleSwitch.objects.filter(rule__retired_at=None, rule__unusable="")
    on = rows.filter(on=True, rule__in=Rule.objects.filter(_MAY_BE_ON))
    for owner, rule, whose in on.values_list("organisation_id", "rule_id", "rule__organisation_id"):
        if whose in (None, owner):
            switches[owner][rule] = True
    for owner, rule in rows.filter(on=False).values_list("organisation_id", "rule_id"):
        switches[owner][rule] = False
    shared = Rule.objects.filter(organisation=None, retired_at=None, unusable="").order_by()
    by_stance: dict[tuple[str, tuple[str, ...]], frozenset[UUID]] = {}
    alike: dict[frozenset[UUID], frozenset[UUID]] = {}
    found = {}
    for organisation, stance in stances_of(organisations).items():
        asked = (stance.least_level, stance.products)
        if asked not in by_stance:
            by_stance[asked] = frozenset(shared.filter(_by_itself(stance)).values_list("pk", flat=True))
        run = by_stance[asked]
        if (said := switches.get(organisation)) is not None:
            run = run - {rule for rule, on in said.items() if not on} | {rule for rule, on in said.items() if on}
        found[organisation] = alike.setdefault(run, run)
    return found


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


def with_silence(
    sources: QuerySet[LogSource], now: datetime, *, listening_since: datetime | None = None
) -> QuerySet[Any]:
    """Sources with `quiet` and `behind`: `is_silent` and `is_late` as the database reckons them.

    Silence counts from `listening_since` at the earliest.
    """
    big: Any = Cast("silent_after_s", BigIntegerField()) * silent_percent()
    parts = ExpressionWrapper(big, output_field=IntegerField())  # SQLite multiplies times by plain integers alone
    within = ExpressionWrapper(Value(_HUNDREDTH, DurationField()) * parts, output_field=DurationField())
    heard: Func = Coalesce("last_received_at", "created_at")
    if listening_since is not None:
        heard = Greatest(heard, Value(listening_since, DateTimeField()))
    until = ExpressionWrapper(heard + within, output_field=DateTimeField())
    quiet = Q(retired_at=None, silent_after_s__gt=0, silent_until__lt=now)
    return sources.alias(silent_until=until).annotate(quiet=_flag(quiet), behind=_flag(Q(lag_s__gt=F("most_lag_s"))))


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


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
    stances = stances_of({source.organisation_id for source in sources} - set(percents))
    percents |= {organisation: stance.silent_percent for organisation, stance in stances.items()}
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


def much_rejected(sources: QuerySet[LogSource], now: datetime) -> int:
    """Of how many more was rejected in 24 hours than is usual (`SourceNow.much_rejected`)."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    rows = SourceHour.objects.filter(hour__gte=first, hour__lte=now).order_by()
    some = _much(rows.filter(rejected__gt=0))  # in the hours in which anything was: an index finds those
    return sources.filter(pk__in=_much(rows.filter(source__in=some))).count() if some else 0


def _much(hours: QuerySet[SourceHour]) -> list[UUID]:
    of_each = hours.values("source").annotate(came=Sum("events"), refused=Sum("rejected"))
    much = of_each.filter(refused__gt=REJECTED_MOST * (F("came") + F("refused")))
    return list(much.values_list("source", flat=True))


def events_this_hour(sources: QuerySet[LogSource] | Collection[Any], now: datetime) -> int:
    """What came from them since the hour began (UTC)."""
    rows = SourceHour.objects.filter(hour=now.replace(minute=0, second=0, microsecond=0), source__in=sources)
    return int(rows.aggregate(all=Sum("events"))["all"] or 0)


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

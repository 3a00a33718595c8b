"""What was found becomes alerts, one for each key and entity; what is known already or suppressed raises nothing.

What must be known of the database is asked for a whole batch at once, and what is told is written at once: a batch has
hundreds of groups.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Field, Q

from vigil.domain.detection.models import LEVELS, Alert, AlertNote, AlertState, Detection, Suppression
from vigil.domain.detection.one_of import OneOf
from vigil.domain.journal.actions import Told, record_all
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_

MOST_KEPT: Final = 10_000
MOST_SHOWN: Final = 100
MOST_OPEN: Final = 500
"""Alerts of one rule that wait or are held at once: beyond that, what else it is about is counted in one more."""
OTHERS: Final = "*"
_MANY: Final = 400
_MANY_OTHERS: Final = N_(
    "This rule has many open alerts already. What else it finds is counted here, whatever it is about."
)
Within = Callable[[UUID, str], int]
_Row = TypeVar("_Row")


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


Group = tuple[UUID, str, str, str]
"""Organisation, kind, key, entity: what makes an alert."""


@dataclass(frozen=True, slots=True)
class _Known:
    """An alert that is open, as it was before this batch."""

    alert: UUID
    count: int
    first_at: datetime
    last_at: datetime


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
    fresh = {group: _raised(group, several, within, now) for group, several in groups.items() if group not in known}
    _raise(list(fresh.values()), actor, now)
    _seen_again([(known[group], several) for group, several in groups.items() if group in known], now)
    rows: list[Detection] = []
    for group, several in groups.items():
        if group in known:
            rows += _kept(known[group].alert, several, held=known[group].count)
        else:
            rows += _kept(fresh[group].pk, several, held=0)
    Detection.objects.bulk_create(rows)
    return list(fresh.values())


def _unknown(hits: Sequence[Hit]) -> list[Hit]:
    """Each once, and only those that were not told before."""
    once = {(hit.organisation, hit.key[:300], hit.event): hit for hit in hits}
    told: set[tuple[UUID, str, str]] = set()
    for some in _some(once):
        rows = Detection.objects.filter(OneOf(("organisation", "key", "event"), some))
        told.update(rows.order_by().values_list("organisation_id", "key", "event"))
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


def _some(many: Iterable[_Row]) -> Iterator[list[_Row]]:
    rest = iter(many)
    while some := list(islice(rest, _MANY)):
        yield some


def _open_alerts(groups: Collection[Group]) -> dict[Group, _Known]:
    found: dict[Group, _Known] = {}
    for some in _some(groups):
        rows = (
            Alert.objects.select_for_update()
            .filter(OneOf(("organisation", "kind", "key", "entity"), some), ~Q(state=AlertState.CLOSED))
            .order_by()
            .values_list("organisation_id", "kind", "key", "entity", "pk", "count", "first_at", "last_at")
        )
        found.update({row[:4]: _Known(*row[4:]) for row in rows})
    return found


def _bounded(groups: dict[Group, list[Hit]], known: dict[Group, _Known]) -> None:
    """What is about ever new entities becomes one alert, once a rule has many: who floods shall not bury the rest."""
    new: dict[tuple[UUID, str, str], list[Group]] = defaultdict(list)
    for group in groups:
        if group not in known:
            new[group[:3]].append(group)
    standing = _standing(new)
    full = {key: MOST_OPEN - standing.get(key, 0) for key in new if len(new[key]) > MOST_OPEN - standing.get(key, 0)}
    known.update(_open_alerts({(*key, OTHERS) for key in full if (*key, OTHERS) not in known}))
    for key, room in full.items():
        for group in new[key][max(0, room) :]:
            hits = groups.pop(group)
            groups.setdefault((*key, OTHERS), []).extend(hits)


def _standing(keys: Collection[tuple[UUID, str, str]]) -> dict[tuple[UUID, str, str], int]:
    """How many alerts wait or are held, by organisation, kind and key."""
    columns = ("organisation_id", "kind", "key")
    found: dict[tuple[UUID, str, str], int] = {}
    for some in _some(keys):
        rows = Alert.objects.filter(OneOf(("organisation", "kind", "key"), some), ~Q(state=AlertState.CLOSED))
        found.update({row[:3]: row[3] for row in rows.order_by().values_list(*columns).annotate(many=Count("pk"))})
    return found


def _raised(group: Group, several: Sequence[Hit], within: Within, now: datetime) -> Alert:
    organisation, kind, key, entity = group
    first = several[0]
    seconds = within(organisation, first.level)
    return Alert(
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


def _raise(fresh: Collection[Alert], actor: Actor, now: datetime) -> None:
    Alert.objects.bulk_create(fresh)
    AlertNote.objects.bulk_create(
        AlertNote(alert=alert, at=now, by="Vigil", what="note", text=_MANY_OTHERS)
        for alert in fresh
        if alert.entity == OTHERS
    )
    told = [
        Told(
            f"detection.alert:{alert.pk}",
            alert.organisation_id,
            {"kind": alert.kind, "key": alert.key, "level": alert.level, "count": alert.count},
        )
        for alert in fresh
    ]
    record_all(actor=actor, now=now, action="detection.alert_raised", told=told)


def _seen_again(seen: Collection[tuple[_Known, Sequence[Hit]]], now: datetime) -> None:
    columns = ("count", "first_at", "last_at", "seen_again_at", "id")
    prepare = [cast("Field[Any, Any]", Alert._meta.get_field(name)).get_db_prep_save for name in columns]
    rows = [
        (
            len(several),
            min(known.first_at, *(hit.at for hit in several)),
            max(known.last_at, *(hit.at for hit in several)),
            now,
            known.alert,
        )
        for known, several in seen
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Alert._meta.db_table} SET count = count + %s, first_at = %s, last_at = %s, seen_again_at = %s"  # noqa: S608
            " WHERE id = %s",
            [[prepared(value, connection) for prepared, value in zip(prepare, row, strict=True)] for row in rows],
        )


def _kept(alert: UUID, several: Sequence[Hit], *, held: int) -> list[Detection]:
    """Of so many of an alert every one is kept: how many it has is its count."""
    return [
        Detection(
            alert_id=alert,
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

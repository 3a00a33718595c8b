"""Many alerts at once: one entry in the journal; and where many were false, what could be suppressed."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from vigil.domain.accounts.models import User
from vigil.domain.detection.actions.alerts import hold_many, shut
from vigil.domain.detection.actions.taking import OTHERS
from vigil.domain.detection.models import Alert, AlertKind, AlertState, AlertVerdict
from vigil.domain.journal.actions import record
from vigil.domain.organisations.queries import nearest_above
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

MOST: Final = 500
_SUPPRESSED: Final = (AlertKind.RULE, AlertKind.CORRELATION, AlertKind.INDICATOR)


@dataclass(frozen=True, slots=True)
class Offer:
    """What raised several false alarms: worth a suppression. `entity` where all were about the same."""

    organisation: UUID
    key: str
    title: str
    entity: str
    count: int


@dataclass(frozen=True, slots=True)
class Done:
    """How many were done, how many others had done or taken before; what could be suppressed."""

    count: int
    left: int
    offers: tuple[Offer, ...] = ()


@transaction.atomic
def take_many(*, alerts: Iterable[UUID], by: User, actor: Actor, now: datetime) -> Done:
    """Take those that wait; what somebody has already is left to them. Raises: Refused `alert.too_many`."""
    rows, asked = _locked(alerts)
    waiting = [alert for alert in rows if alert.state == AlertState.OPEN]
    for alert in waiting:
        hold_many(alert, by, actor, now)
    if waiting:
        _record("detection.alerts_taken", waiting, actor, now)
    return Done(len(waiting), asked - len(waiting))


@transaction.atomic
def close_many(*, alerts: Iterable[UUID], verdict: str, text: str, actor: Actor, now: datetime) -> Done:
    """Close those that are not closed, with one verdict. Raises: Refused `alert.too_many`, `alert.no_verdict`."""
    rows, asked = _locked(alerts)
    standing = [alert for alert in rows if alert.state != AlertState.CLOSED]
    for alert in standing:
        shut(alert, verdict, text, actor, now)
    if standing:
        _record("detection.alerts_closed", standing, actor, now, verdict=verdict)
    return Done(len(standing), asked - len(standing), _offers(standing) if verdict == AlertVerdict.FALSE else ())


def _locked(alerts: Iterable[UUID]) -> tuple[list[Alert], int]:
    keys = sorted(set(alerts))
    if len(keys) > MOST:
        raise Refused("alert.too_many", N_("At most {most} alerts at once."), most=MOST)
    rows = Alert.objects.select_for_update(of=("self",)).select_related("organisation").filter(pk__in=keys)
    return list(rows.order_by("pk")), len(keys)


def _offers(alerts: Sequence[Alert]) -> tuple[Offer, ...]:
    grouped: dict[tuple[UUID, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.kind in _SUPPRESSED:
            grouped[alert.organisation_id, alert.key].append(alert)
    found = []
    for (organisation, key), rows in grouped.items():
        entities = {row.entity for row in rows}
        if len(rows) > 1 or rows[0].count > 1:
            only = entities.pop() if len(entities) == 1 and OTHERS not in entities else ""
            found.append(Offer(organisation, key, rows[0].title, only, len(rows)))
    return tuple(sorted(found, key=lambda offer: -offer.count))


def _record(action: str, alerts: Sequence[Alert], actor: Actor, now: datetime, **facts: str) -> None:
    listed = "\n".join(sorted(str(alert.pk) for alert in alerts))
    counted = Counter(alert.organisation_id for alert in alerts)
    organisations = {alert.organisation_id: alert.organisation for alert in alerts}
    record(
        actor=actor,
        now=now,
        action=action,
        subject="detection.alert",
        organisation=nearest_above(organisations.values()),
        facts={
            "count": len(alerts),
            "sha256": hashlib.sha256(listed.encode()).hexdigest(),
            "organisations": {str(key): count for key, count in sorted(counted.items(), key=str)},
            **facts,
        },
    )

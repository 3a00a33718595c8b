"""What other pages show of detection: how many sources live, how old the newest data is, what waits for somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.models import Alert, AlertState, Level
from vigil.domain.detection.queries import sources_now, sources_of
from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.unreached import unreached
from vigil.faces.web.detection.sight import HANDLE, READ, age_of
from vigil.faces.web.scoping import scoped, user_of

_MOST_ELSEWHERE: Final = 999


@dataclass(frozen=True, slots=True)
class Strip:
    """Numbers of one organisation. `heard_s`: since the newest receipt; None: nothing was ever received.

    `unreached`: pages that wait and reached nobody, whatever they are about.
    """

    sources: int
    silent: int
    alive: int
    heard_s: int | None
    waiting: int
    critical: int
    unreached: int


def strip_of(organisation: UUID, now: datetime) -> Strip:
    """What the board and the wall show."""
    found = sources_now(list(sources_of(organisation)), now, hours=1)
    heard = [one.source.last_received_at for one in found if one.source.last_received_at is not None]
    rows = Alert.objects.filter(organisation_id=organisation, state=AlertState.OPEN)
    counted = rows.aggregate(waiting=Count("pk"), critical=Count("pk", filter=Q(level=Level.CRITICAL)))
    return Strip(
        len(found),
        sum(one.silent for one in found),
        sum(one.alive for one in found),
        age_of(max(heard), now) if heard else None,
        counted["waiting"],
        counted["critical"],
        unreached().filter(organisation_id=organisation, exercise=False).count(),
    )


def needing_me(request: HttpRequest) -> QuerySet[Alert]:
    """The alerts that wait for somebody like the reader, the gravest and oldest first."""
    rows = Alert.objects.filter(state=AlertState.OPEN).select_related("organisation")
    return scoped(request, rows, permission=HANDLE).order_by("-weight", "raised_at")


def may_see(request: HttpRequest, organisation: Organisation) -> bool:
    """Whether the reader may open the alerts that the numbers stand for."""
    return permitted(user_of(request), READ, organisation)


def detection_of(request: HttpRequest, organisation: Organisation, now: datetime) -> dict[str, Any]:
    """For the templates of the board and the wall.

    Where no source is the organisation's, what comes in is another's: how many alerts of others, which the reader may
    see, wait is said there, so that nobody looks for them on this board.
    """
    strip, may = strip_of(organisation.pk, now), may_see(request, organisation)
    others = Alert.objects.filter(state=AlertState.OPEN).exclude(organisation=organisation)
    elsewhere = scoped(request, others, permission=READ)[:_MOST_ELSEWHERE].count() if may and not strip.sources else 0
    return {"strip": strip, "may_see_alerts": may, "elsewhere": elsewhere}

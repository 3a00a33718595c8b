"""Asking for a hunt over stored events, and stopping one. Who runs it is a worker; these are its orders."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from vigil.domain.detection.models import HuntState, IndicatorList, Origin, RetroHunt
from vigil.domain.detection.queries import visible_rules
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

MOST_WAITING: Final = 10
MOST_RULES: Final = 5_000
_LONGEST: Final = timedelta(days=400)


@transaction.atomic
def ask_hunt(
    *,
    organisation: Organisation,
    title: str,
    rules: Sequence[UUID],
    lists: Sequence[UUID],
    since: datetime,
    until: datetime,
    test: bool = False,
    actor: Actor,
    now: datetime,
) -> RetroHunt:
    """Have rules and lists looked for in what was kept from `since` to `until`. A `test` of one rule raises no alert.

    Raises: Refused `hunt.empty`, `hunt.foreign`, `hunt.window`, `hunt.too_many_rules`, `hunt.untested`, `hunt.test`;
    Conflict `hunt.many_waiting`.
    """
    asked, listed = set(rules), set(lists)
    if not asked and not listed:
        raise Refused("hunt.empty", N_("Choose rules or lists to look for."))
    if len(asked) > MOST_RULES:
        raise Refused("hunt.too_many_rules", N_("At most {most} rules at once."), most=MOST_RULES)
    if not since < until or until - since > _LONGEST:
        raise Refused("hunt.window", N_("The hunt ends after it begins, and covers at most 400 days."))
    known = set(visible_rules(organisation.pk).filter(pk__in=asked, unusable="").values_list("pk", flat=True))
    own = IndicatorList.objects.filter(organisation=organisation, pk__in=listed, retired_at=None)
    if known != asked or set(own.values_list("pk", flat=True)) != listed:
        raise Refused("hunt.foreign", N_("One of these rules or lists is not there, or cannot run."))
    if test and (len(asked) != 1 or listed):
        raise Refused("hunt.test", N_("A test is of one rule."))
    if not test and visible_rules(organisation.pk).filter(pk__in=asked, origin=Origin.OWN, tested_at=None).exists():
        raise Refused("hunt.untested", N_("Test a rule of one's own before it is looked for and raises alerts."))
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    under_way = RetroHunt.objects.filter(organisation=organisation, state__in=[HuntState.WAITING, HuntState.RUNNING])
    if under_way.count() >= MOST_WAITING:
        raise Conflict("hunt.many_waiting", N_("{most} hunts are under way; wait, or stop one."), most=MOST_WAITING)
    hunt = RetroHunt.objects.create(
        organisation=organisation,
        title=" ".join(title.split())[:300] or f"{len(asked)} + {len(listed)}",
        rules=sorted(map(str, asked)),
        lists=sorted(map(str, listed)),
        test=test,
        since=since,
        until=until,
        asked_at=now,
        asked_by=actor.name[:200] or actor.ref,
    )
    _tell(hunt, "detection.hunt_asked", actor, now)
    return hunt


@transaction.atomic
def stop_hunt(*, hunt: RetroHunt, actor: Actor, now: datetime) -> RetroHunt:
    """One that waits is cancelled; one that runs stops where it is. Raises: Conflict `hunt.ended`."""
    rows = RetroHunt.objects.filter(pk=hunt.pk)
    waiting = rows.filter(state=HuntState.WAITING).update(state=HuntState.CANCELLED, ended_at=now)
    if not waiting and not rows.filter(state=HuntState.RUNNING, stop_asked=False).update(stop_asked=True):
        raise Conflict("hunt.ended", N_("This hunt has ended or is being stopped."))
    _tell(hunt, "detection.hunt_stopped", actor, now)
    hunt.refresh_from_db()
    return hunt


def _tell(hunt: RetroHunt, action: str, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.retrohunt:{hunt.pk}",
        organisation=hunt.organisation_id,
        facts={
            "title": hunt.title,
            "rules": len(hunt.rules),
            "lists": len(hunt.lists),
            "since": hunt.since.isoformat(),
            "until": hunt.until.isoformat(),
        },
    )

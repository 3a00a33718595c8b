"""What raises no alert for a while: with an owner, a reason and an end. Nothing for ever, and never everything."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from vigil.domain.detection.models import Suppression
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

LONGEST: Final = timedelta(days=30)


@transaction.atomic
def suppress(
    *,
    organisation: Organisation,
    key: str,
    entity: str,
    reason: str,
    until: datetime,
    title: str = "",
    actor: Actor,
    now: datetime,
) -> Suppression:
    """Of one rule (`key`), of one entity, or of both together, raise nothing until then; it is counted instead.

    Raises: Refused `suppression.everything`, `suppression.no_reason`, `suppression.too_long`, `suppression.past`.
    """
    key, entity, reason = key.strip(), entity.strip(), " ".join(reason.split())
    if not key and not entity:
        raise Refused("suppression.everything", N_("Name a rule or an entity: everything cannot be suppressed."))
    if not reason:
        raise Refused("suppression.no_reason", N_("Say why this needs nobody's eyes."))
    if until <= now:
        raise Refused("suppression.past", N_("The end lies in the past."))
    if until - now > LONGEST:
        raise Refused("suppression.too_long", N_("At most {days} days; renew it when it ends."), days=LONGEST.days)
    made = Suppression.objects.create(
        organisation=organisation,
        key=key[:300],
        title=title.strip()[:300],
        entity=entity[:300],
        owner=actor.name[:200] or actor.ref,
        reason=reason[:500],
        created_at=now,
        expires_at=until,
    )
    _tell(made, "detection.suppressed", actor, now, reason)
    return made


@transaction.atomic
def lift(*, suppression: Suppression, actor: Actor, now: datetime, why: str = "") -> None:
    """It raises alerts again from now on. Raises: Conflict `suppression.over`."""
    standing = Suppression.objects.filter(pk=suppression.pk, lifted_at=None, expires_at__gt=now)
    if not standing.update(lifted_at=now):
        raise Conflict("suppression.over", N_("This suppression has ended already."))
    _tell(suppression, "detection.suppression_lifted", actor, now, why)


def _tell(suppression: Suppression, action: str, actor: Actor, now: datetime, why: str) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.suppression:{suppression.pk}",
        organisation=suppression.organisation_id,
        why=why,
        facts={
            "key": suppression.key,
            "title": suppression.title or suppression.key or suppression.entity,
            "until": suppression.expires_at.isoformat(),
        },
        personal={"entity": suppression.entity} if suppression.entity else None,
    )

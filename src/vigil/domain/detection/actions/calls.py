"""A call to the hotline, entered by whoever picked up."""

from datetime import datetime

from django.db import transaction

from vigil.domain.detection.deadlines import due_at
from vigil.domain.detection.models import LEVELS, Alert, AlertKind, AlertNote, Level
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import N_


@transaction.atomic
def enter_call(
    *,
    organisation: Organisation,
    caller: str,
    what: str,
    level: str,
    entity: str = "",
    details: str = "",
    called_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Alert:
    """An alert of a call: who called (kept as a note, and personal in the journal), what they said, about what.

    Raises: Refused `call.empty`, `call.no_caller`, `call.later_than_now`, `call.level`.
    """
    title, who = " ".join(what.split()), caller.strip()
    if not title:
        raise Refused("call.empty", N_("Say what was reported."))
    if not who:
        raise Refused("call.no_caller", N_("Say who called, and how they can be reached."))
    if called_at is not None and called_at > now:
        raise Refused("call.later_than_now", N_("The call cannot have come later than now."))
    if level not in Level.values:
        raise Refused("call.level", N_("Say how grave it is."))
    at = called_at or now
    alert = Alert(
        organisation=organisation,
        kind=AlertKind.HOTLINE,
        title=title[:300],
        level=level,
        weight=LEVELS.index(level),
        entity=entity.strip()[:300],
        first_at=at,
        last_at=at,
        raised_at=now,
        due_at=due_at(organisation.pk, level, now),
    )
    alert.id = new_id()
    alert.key = f"call:{alert.pk}"
    alert.save(force_insert=True)
    told = "\n".join(part for part in (who, title if len(title) > 300 else "", details.strip()) if part)
    AlertNote.objects.create(alert=alert, at=now, by=actor.name[:200], what="call", text=told[:10_000])
    record(
        actor=actor,
        now=now,
        action="detection.call_entered",
        subject=f"detection.alert:{alert.pk}",
        organisation=organisation.pk,
        facts={"level": level},
        personal={"caller": who[:300]},
    )
    return alert

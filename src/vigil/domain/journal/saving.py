"""Saving a model and telling the journal what changed, in one transaction. Rooms' plain edits go through here."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction

from vigil.domain.journal.actions import record
from vigil.domain.journal.differences import difference, plain
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


@transaction.atomic
def save_and_record(
    instance: models.Model,
    *,
    actor: Actor,
    now: datetime,
    organisation: UUID | None,
    personal: Collection[str] = (),
    why: str = "",
) -> bool:
    """Validate and save `instance`; record `room.model_added` or `_changed` with the fields that differ.

    Returns whether anything changed. Raises: Refused `input.invalid` with the fields and their faults.
    """
    model = type(instance)
    before = model._default_manager.filter(pk=instance.pk).first()
    try:
        instance.full_clean()
    except ValidationError as error:
        faults = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        listed = "; ".join(f"{name}: {' '.join(texts)}" if name else " ".join(texts) for name, texts in faults.items())
        raise Refused("input.invalid", N_("Not saved: {faults}"), faults=listed) from error
    facts, private = difference(plain(before) if before else None, plain(instance), personal=personal)
    if before is not None and not facts and not private:
        return False
    instance.save()
    room, name = instance._meta.app_label, instance._meta.model_name
    record(
        actor=actor,
        now=now,
        action=f"{room}.{name}_{'changed' if before else 'added'}",
        subject=f"{room}.{name}:{instance.pk}",
        organisation=organisation,
        why=why,
        facts=facts,
        personal=private or None,
    )
    return True

"""Organisations, units and providers: adding, changing, moving in the tree."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import Organisation, ProviderLink, Unit
from vigil.kernel.actors import Actor


@transaction.atomic
def save_organisation(*, organisation: Organisation, actor: Actor, now: datetime) -> bool:
    """Add or change an organisation; when its parent changed, everything under it moves along.

    Raises: Refused `input.invalid`.
    """
    before = Organisation.objects.filter(pk=organisation.pk).first()
    if before is None:
        organisation.created_at = now
    if organisation.parent_id is not None:  # as it lies now: it may have been moved since it was read
        organisation.parent = Organisation.objects.select_for_update().get(pk=organisation.parent_id)
    organisation.path = organisation.own_path()
    changed = save_and_record(organisation, actor=actor, now=now, organisation=organisation.id)
    if before is not None and before.path != organisation.path:
        below = Organisation.objects.filter(path__startswith=before.path).exclude(pk=organisation.pk)
        below.update(path=Concat(Value(organisation.path), Substr(F("path"), len(before.path) + 1)))
    return changed


def save_unit(*, unit: Unit, actor: Actor, now: datetime) -> bool:
    """Add or change a unit."""
    return save_and_record(unit, actor=actor, now=now, organisation=unit.organisation_id)


def save_provider_link(*, link: ProviderLink, actor: Actor, now: datetime) -> bool:
    """Say that a provider serves an organisation."""
    return save_and_record(link, actor=actor, now=now, organisation=link.organisation_id)


@transaction.atomic
def remove_unit(*, unit: Unit, actor: Actor, now: datetime) -> None:
    """Take a unit out; its people and systems stay with the organisation."""
    record(
        actor=actor,
        now=now,
        action="organisations.unit_removed",
        subject=f"organisations.unit:{unit.pk}",
        organisation=unit.organisation_id,
        facts={"name": unit.name},
    )
    unit.delete()


@transaction.atomic
def remove_provider_link(*, link: ProviderLink, actor: Actor, now: datetime) -> None:
    """The provider no longer serves the organisation."""
    record(
        actor=actor,
        now=now,
        action="organisations.providerlink_removed",
        subject=f"organisations.providerlink:{link.pk}",
        organisation=link.organisation_id,
        facts={"provider": str(link.provider_id), "service": link.service},
    )
    link.delete()

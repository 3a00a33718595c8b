"""Systems and edge devices: adding, changing, retiring."""

from datetime import datetime

from django.db import transaction

from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.kernel.actors import Actor


def save_system(*, system: InformationSystem, actor: Actor, now: datetime) -> bool:
    """Add or change an information system.

    Raises: Refused `input.invalid` (important without a reason, a level outside 1-5, a name taken).
    """
    return save_and_record(system, actor=actor, now=now, organisation=system.organisation_id)


def retire_system(*, system: InformationSystem, actor: Actor, now: datetime) -> bool:
    """The system is no longer in use; its history stays."""
    system.retired_at = now
    return save_system(system=system, actor=actor, now=now)


def return_system(*, system: InformationSystem, actor: Actor, now: datetime) -> bool:
    """The system is in use again."""
    system.retired_at = None
    return save_system(system=system, actor=actor, now=now)


def save_edge_device(*, device: EdgeDevice, actor: Actor, now: datetime) -> bool:
    """Add or change a device at the network's edge."""
    return save_and_record(device, actor=actor, now=now, organisation=device.organisation_id)


@transaction.atomic
def remove_edge_device(*, device: EdgeDevice, actor: Actor, now: datetime) -> None:
    """The device stands there no longer."""
    record(
        actor=actor,
        now=now,
        action="estate.edgedevice_removed",
        subject=f"estate.edgedevice:{device.pk}",
        organisation=device.organisation_id,
        facts={"kind": device.kind, "name": device.name},
    )
    device.delete()

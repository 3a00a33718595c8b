"""Imports: the rows of a sheet, already checked, saved together and told to the journal once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.journal.bulk import Manifest, record_bulk, save_many
from vigil.domain.organisations.queries import nearest_above
from vigil.kernel.actors import Actor


@transaction.atomic
def import_systems(
    *,
    added: Sequence[InformationSystem],
    changed: Sequence[InformationSystem],
    manifest: Manifest,
    actor: Actor,
    now: datetime,
) -> None:
    """Add and change information systems."""
    save_many(added, changed)
    _record(added, changed, manifest, actor=actor, now=now)


@transaction.atomic
def import_edge_devices(
    *, added: Sequence[EdgeDevice], changed: Sequence[EdgeDevice], manifest: Manifest, actor: Actor, now: datetime
) -> None:
    """Add and change devices at the network's edge."""
    save_many(added, changed)
    _record(added, changed, manifest, actor=actor, now=now)


def _record(
    added: Sequence[InformationSystem] | Sequence[EdgeDevice],
    changed: Sequence[InformationSystem] | Sequence[EdgeDevice],
    manifest: Manifest,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    rows = [*added, *changed]
    if not rows:
        return
    organisations = [row.organisation for row in rows]
    record_bulk(
        actor=actor,
        now=now,
        action="estate.imported",
        subject=f"estate.{rows[0]._meta.model_name}:*",
        manifest=manifest,
        added=len(added),
        changed=len(changed),
        organisation=nearest_above(organisations),
        per_organisation=Counter(organisation.pk for organisation in organisations),
    )

"""Imports: the rows of a sheet, already checked, saved together and told to the journal once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, Model, Value
from django.db.models.functions import Concat, Substr

from vigil.domain.journal.bulk import Manifest, record_bulk, save_many
from vigil.domain.organisations.actions.contacts import ChannelEntry, set_channels
from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.domain.organisations.queries import nearest_above
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_LONGEST_PATH = 800


@dataclass(slots=True)
class ContactDraft:
    """A contact point as a sheet wants it, with all its channels."""

    point: ContactPoint
    channels: list[ChannelEntry] = field(default_factory=list)


@transaction.atomic
def import_organisations(
    *, added: Sequence[Organisation], changed: Sequence[Organisation], manifest: Manifest, actor: Actor, now: datetime
) -> None:
    """Add and change organisations. What moves takes its tree along.

    Raises: Refused `organisation.cycle`, `organisation.too_deep`; Conflict `bulk.taken`.
    """
    before = dict(Organisation.objects.filter(pk__in=[row.pk for row in changed]).values_list("pk", "path"))
    _give_paths([*added, *changed])
    for row in added:
        row.created_at = now
    save_many(added, changed)
    moved = [(before[row.pk], row) for row in changed if before.get(row.pk, row.path) != row.path]
    for old, row in sorted(moved, key=lambda pair: -len(pair[0])):  # the deepest first
        below = Organisation.objects.filter(path__startswith=old).exclude(pk=row.pk)
        below.update(path=Concat(Value(row.path), Substr(F("path"), len(old) + 1)))
    _record(added, changed, [*added, *changed], manifest, actor=actor, now=now)


def _give_paths(rows: Sequence[Organisation]) -> None:
    """Every row its path, whatever the order of the sheet."""
    together = {row.pk: row for row in rows}
    for row in rows:
        steps, above = [row.pk], row
        while above.parent_id in together:
            above = together[above.parent_id]
            if above.pk in steps:
                raise Refused(
                    "organisation.cycle", N_("{name} would lie under itself. Check the parents."), name=row.name
                )
            steps.append(above.pk)
        top = above.parent.path if above.parent is not None else "/"
        row.path = top + "".join(f"{step}/" for step in reversed(steps))
        if len(row.path) > _LONGEST_PATH:
            raise Refused("organisation.too_deep", N_("{name} lies too deep in the tree."), name=row.name)


@transaction.atomic
def import_people(
    *, added: Sequence[Person], changed: Sequence[Person], manifest: Manifest, actor: Actor, now: datetime
) -> None:
    """Add and change people."""
    save_many(added, changed)
    _record(added, changed, [row.organisation for row in [*added, *changed]], manifest, actor=actor, now=now)


@transaction.atomic
def import_contact_points(
    *, added: Sequence[ContactDraft], changed: Sequence[ContactDraft], manifest: Manifest, actor: Actor, now: datetime
) -> None:
    """File and change contact points with their channels; a changed channel must be tested again.

    Raises: Refused `contact.no_channel`, `contact.bad_number`, `contact.bad_address`.
    """
    for draft in added:
        draft.point.filed_at = now
    save_many([draft.point for draft in added], [draft.point for draft in changed])
    for draft in [*added, *changed]:
        set_channels(contact_point=draft.point, channels=draft.channels)
    points = [draft.point for draft in [*added, *changed]]
    organisations = [point.organisation for point in points]
    _record(points[: len(added)], points[len(added) :], organisations, manifest, actor=actor, now=now)


def _record(
    added: Sequence[Model],
    changed: Sequence[Model],
    organisations: Sequence[Organisation],
    manifest: Manifest,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    rows = [*added, *changed]
    if not rows:
        return
    record_bulk(
        actor=actor,
        now=now,
        action="organisations.imported",
        subject=f"organisations.{rows[0]._meta.model_name}:*",
        manifest=manifest,
        added=len(added),
        changed=len(changed),
        organisation=nearest_above(organisations),
        per_organisation=Counter(organisation.pk for organisation in organisations),
    )

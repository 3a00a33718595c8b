"""Bulk work: many rows saved in one transaction, told by one entry with counts and the manifest's hash."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction

from vigil.domain.journal.actions import record
from vigil.domain.journal.models import Entry
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_

M = TypeVar("M", bound=models.Model)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Manifest:
    """The file that bulk work came from: its SHA-256 stands in the chain, its name beside it."""

    sha256: str
    filename: str = ""
    refused: int = 0


def save_many(added: Sequence[M], changed: Sequence[M]) -> None:
    """Insert and update validated rows. Call it inside the transaction that records them.

    Raises: Conflict `bulk.taken` when a name or identifier was taken in the meantime.
    """
    try:
        with transaction.atomic():
            if added:
                type(added[0])._default_manager.bulk_create(added, batch_size=_BATCH)
            if changed:
                fields = [f.name for f in changed[0]._meta.concrete_fields if not f.primary_key]
                type(changed[0])._default_manager.bulk_update(changed, fields, batch_size=_BATCH)
    except IntegrityError as error:
        raise Conflict(
            "bulk.taken", N_("A name or identifier in the file was taken in the meantime. Check the file again.")
        ) from error


def record_bulk(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    subject: str,
    manifest: Manifest,
    added: int,
    changed: int,
    organisation: UUID | None,
    per_organisation: Counter[UUID],
) -> Entry:
    """One entry for all rows."""
    facts: dict[str, Any] = {
        "count": added + changed,
        "added": added,
        "changed": changed,
        "refused": manifest.refused,
        "sha256": manifest.sha256,
        "organisations": {str(key): count for key, count in sorted(per_organisation.items(), key=str)},
    }
    return record(
        actor=actor,
        now=now,
        action=action,
        subject=subject,
        organisation=organisation,
        facts=facts,
        personal={"filename": manifest.filename} if manifest.filename else None,
    )

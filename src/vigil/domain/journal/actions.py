"""Writing to the journal, and erasing what is personal in it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from vigil.domain.journal.chain import personal_digest
from vigil.domain.journal.models import ActorName, Entry, PersonalNote
from vigil.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Told:
    """One of many facts of a kind: of what, whose, and what else is told of it."""

    subject: str
    organisation: UUID | None
    facts: Mapping[str, Any]


def record(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    subject: str = "",
    organisation: UUID | None = None,
    why: str = "",
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one entry. Call it inside the transaction of the fact it tells.

    `subject` is `room.model:id`; `facts` are plain JSON values that name nobody; `personal` holds what does.
    The actor's name is always personal.

    Raises: RuntimeError when there is no transaction to belong to.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry belongs in the transaction of its fact")
    content = {"actor": actor.name, **(personal or {})} if (actor.name or personal) else None
    salt = secrets.token_hex(32) if content else ""
    entry = Entry.objects.create(
        row=_next_rows(1)[0],
        at=now,
        actor=actor.ref,
        action=action,
        subject=subject,
        organisation_id=organisation,
        why=why,
        facts=dict(facts or {}),
        personal_digest=personal_digest(salt, content) if content else "",
    )
    if content:
        PersonalNote.objects.create(entry=entry, salt=salt, content=content, who=_who(actor.name))
    return entry


def record_all(*, actor: Actor, now: datetime, action: str, told: Sequence[Told]) -> None:
    """Write an entry for each of many facts of one kind, in a few statements. As `record` in all else.

    Raises: RuntimeError when there is no transaction to belong to.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry belongs in the transaction of its fact")
    if not told:
        return
    content = {"actor": actor.name} if actor.name else None
    salts = [secrets.token_hex(32) if content else "" for _ in told]
    entries = Entry.objects.bulk_create(
        Entry(
            row=row,
            at=now,
            actor=actor.ref,
            action=action,
            subject=one.subject,
            organisation_id=one.organisation,
            facts=dict(one.facts),
            personal_digest=personal_digest(salt, content) if content else "",
        )
        for row, one, salt in zip(_next_rows(len(told)), told, salts, strict=True)
    )
    if content:
        who = _who(actor.name)
        PersonalNote.objects.bulk_create(
            PersonalNote(entry=entry, salt=salt, content=content, who=who)
            for entry, salt in zip(entries, salts, strict=True)
        )


def _who(name: str) -> ActorName | None:
    return ActorName.objects.get_or_create(name=name[:200])[0] if name else None


def _next_rows(many: int) -> list[int]:
    """Ever-growing numbers; only a hint for order, the sealer's sequence is what counts."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('journal_entry_row_seq') FROM generate_series(1, %s)", [many])
            return [int(row) for (row,) in cursor.fetchall()]
    first = int(Entry.objects.aggregate(last=models.Max("row"))["last"] or 0) + 1
    return list(range(first, first + many))


@transaction.atomic
def erase_personal(*, entry: Entry, actor: Actor, now: datetime, why: str) -> None:
    """Erase an entry's personal data. The chain still verifies; that it was erased is itself an entry."""
    note = PersonalNote.objects.select_for_update().filter(entry=entry, erased_at=None).first()
    if note is not None:
        PersonalNote.objects.filter(pk=note.pk).update(content=None, salt="", who=None, erased_at=now)
        if note.who_id is not None:
            ActorName.objects.filter(pk=note.who_id, notes=None).delete()
    record(
        actor=actor,
        now=now,
        action="journal.personal_erased",
        subject=f"journal.entry:{entry.id}",
        organisation=entry.organisation_id,
        why=why,
    )

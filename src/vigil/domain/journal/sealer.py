"""The one sealer: orders committed entries, chains them, signs the head, and keeps a copy of it outside the database.

Steps: take the sealer's lock; read entries without a place; give each the next number and its hash; sign the new
head; commit; append the head to `heads.jsonl` (fsynced). A crash between the last two leaves the file behind the
database, and the next round writes what is missing: the file never runs ahead.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from vigil.domain.journal.chain import GENESIS, entry_hash, head_message
from vigil.domain.journal.keys import key_id
from vigil.domain.journal.models import Entry, Head
from vigil.domain.journal.outside import keep_outside

_LOCK = 0x56474A4C  # "VGJL"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the sealer's lock until the transaction ends (SQLite: its write lock is enough)."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def seal(*, key: Ed25519PrivateKey, folder: Path, now: datetime, at_most: int = 5000) -> int:
    """Seal up to `at_most` waiting entries; returns how many were sealed."""
    with _alone():
        waiting = list(Entry.objects.filter(sequence=None).order_by("row")[:at_most])
        if waiting:
            last = Entry.objects.exclude(sequence=None).order_by("-sequence").first()
            sequence = last.sequence or 0 if last else 0
            previous = last.hash if last else GENESIS
            for entry in waiting:
                sequence += 1
                entry.sequence, entry.previous_hash, entry.sealed_at = sequence, previous, now
                entry.hash = previous = hash_of(entry)
            _keep_places(waiting)
            Head.objects.create(
                sequence=sequence,
                hash=previous,
                at=now,
                key_id=key_id(key.public_key()),
                signature=key.sign(head_message(sequence, previous, now)).hex(),
            )
    keep_outside(folder)
    return len(waiting)


_PLACED = ("sequence", "previous_hash", "hash", "sealed_at")


def _keep_places(entries: Sequence[Entry]) -> None:
    """Write the places of all of them in one go: the driver sends the statements together, not one round trip each."""
    meta = Entry._meta
    by_name = {field.name: field for field in meta.concrete_fields}
    fields = [by_name[name] for name in (*_PLACED, "id")]
    quoted = connection.ops.quote_name
    places = ", ".join(f"{quoted(name)} = %s" for name in _PLACED)
    statement = f"UPDATE {quoted(meta.db_table)} SET {places} WHERE {quoted('id')} = %s"  # noqa: S608 - names alone
    values = [[field.get_db_prep_save(getattr(entry, field.attname), connection) for field in fields]
              for entry in entries]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def hash_of(entry: Entry) -> str:
    """What the entry's hash should be, from its columns and its place."""
    return entry_hash(
        sequence=entry.sequence or 0,
        previous_hash=entry.previous_hash,
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        organisation_id=entry.organisation_id,
        why=entry.why,
        facts=entry.facts,
        personal_digest=entry.personal_digest,
    )

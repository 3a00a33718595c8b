"""Reading the whole chain again: does every entry still say what it said, in the place it had?

What is noticed, and by what: an edited entry by its own hash; a removed or inserted one by the next one's
`previous_hash` or by a missing number; a chain rewritten with fresh hashes by the signed heads; a chain cut short
by the heads kept outside the database; erased personal data is lawful, altered personal data is not.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from vigil.domain.journal.chain import GENESIS, head_message, personal_digest
from vigil.domain.journal.keys import key_id, signature_holds
from vigil.domain.journal.models import Entry, Head, PersonalNote
from vigil.domain.journal.outside import KeptHeads, heads_kept_outside
from vigil.domain.journal.sealer import hash_of
from vigil.kernel.phrases import N_, Phrase, phrase


@dataclass
class Verification:
    """What was read and what is wrong with it. `faults` empty means the chain holds."""

    entries: int = 0
    heads: int = 0
    waiting: int = 0
    last_hash: str = GENESIS
    last_sequence: int = 0
    faults: list[Phrase] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(*, key: Ed25519PublicKey, folder: Path, witnessed: Iterable[tuple[int, str]] = ()) -> Verification:
    """Verify the chain against its signed heads, those kept in `folder`, and `witnessed` (sequence, hash) pairs.

    The heads outside are read before the database, and the database in one snapshot, so that a sealer at work meanwhile
    is no false alarm: what is kept outside is never ahead of what is committed.
    """
    outside = heads_kept_outside(folder)
    with _snapshot():
        found = Verification(waiting=Entry.objects.filter(sequence=None).count())
        hashes = _walk(found)
        _check_heads(found, key, hashes)
        _check_outside(found, outside, key, hashes)
    for sequence, seen in witnessed:
        if hashes.get(sequence) != seen:
            found.faults.append(
                phrase(N_("The chain does not hold the head {sequence} that a witness saw."), sequence=sequence)
            )
    return found


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of the database from the first read to the last; nobody who writes has to wait for it."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Django's own transactions here take the write lock at once
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def _walk(found: Verification) -> dict[int, str]:
    previous, expected, hashes = GENESIS, 1, {}
    digests = _personal_digests()
    for entry in Entry.objects.exclude(sequence=None).order_by("sequence").iterator(chunk_size=2000):
        sequence = entry.sequence or 0
        if sequence != expected:
            found.faults.append(phrase(N_("Entries {first} to {last} are missing."), first=expected, last=sequence - 1))
        if entry.previous_hash != previous and sequence == expected:
            found.faults.append(phrase(N_("Entry {sequence} does not follow the entry before it."), sequence=sequence))
        if entry.hash != hash_of(entry):
            found.faults.append(phrase(N_("Entry {sequence} was altered."), sequence=sequence))
        if entry.personal_digest and digests.get(entry.id, entry.personal_digest) != entry.personal_digest:
            found.faults.append(phrase(N_("The personal data beside entry {sequence} was altered."), sequence=sequence))
        if entry.personal_digest and entry.id not in digests:
            found.faults.append(
                phrase(
                    N_("The personal data beside entry {sequence} is gone without a record."),
                    sequence=sequence,
                )
            )
        previous, expected = entry.hash, sequence + 1
        hashes[sequence] = entry.hash
        found.entries += 1
    found.last_hash, found.last_sequence = previous, expected - 1
    return hashes


def _personal_digests() -> dict[Any, str]:
    """Digest by entry id; erased notes answer with their entry's own digest."""
    digests = {}
    told = set(Entry.objects.filter(action="journal.personal_erased").values_list("subject", flat=True))
    notes = PersonalNote.objects.select_related("entry").iterator(chunk_size=2000)
    for note in notes:
        if note.erased_at is not None and note.content is None:
            if f"journal.entry:{note.entry_id}" not in told:
                continue  # gone without a record
            digests[note.entry_id] = note.entry.personal_digest
        else:
            try:
                digests[note.entry_id] = personal_digest(note.salt, note.content or {})
            except ValueError:
                digests[note.entry_id] = "unreadable"
    return digests


def _check_heads(found: Verification, key: Ed25519PublicKey, hashes: dict[int, str]) -> None:
    ours = key_id(key)
    for head in Head.objects.order_by("sequence").iterator():
        found.heads += 1
        if head.key_id != ours or not _signed(key, head.sequence, head.hash, head.at, head.signature):
            found.faults.append(phrase(N_("The signature of head {sequence} is broken."), sequence=head.sequence))
        elif hashes.get(head.sequence) != head.hash:
            found.faults.append(phrase(N_("Head {sequence} was signed over another history."), sequence=head.sequence))
    last = Head.objects.order_by("-sequence").first()
    if found.entries and (last is None or last.sequence != found.last_sequence):
        found.faults.append(phrase(N_("The end of the chain has no signed head.")))


def _check_outside(found: Verification, outside: KeptHeads, key: Ed25519PublicKey, hashes: dict[int, str]) -> None:
    if outside.garbled:
        found.faults.append(phrase(N_("{n} lines of the heads kept outside cannot be read."), n=outside.garbled))
    if found.heads > 1 and not outside.heads:
        found.faults.append(phrase(N_("The heads kept outside the database are gone.")))
    for head in outside.heads:
        if not _signed(key, head.sequence, head.hash, head.at, head.signature):
            found.faults.append(
                phrase(N_("The head {sequence} kept outside the database is not ours."), sequence=head.sequence)
            )
        elif head.sequence > found.last_sequence:
            found.faults.append(
                phrase(
                    N_("The chain was cut short: it ends at {last}, but head {sequence} was signed."),
                    last=found.last_sequence,
                    sequence=head.sequence,
                )
            )
        elif hashes.get(head.sequence) != head.hash:
            found.faults.append(phrase(N_("The history up to entry {sequence} was rewritten."), sequence=head.sequence))


def _signed(key: Ed25519PublicKey, sequence: int, hash: str, at: datetime, signature: str) -> bool:
    return signature_holds(key, signature, head_message(sequence, hash, at))

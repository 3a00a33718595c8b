"""What weeks of use leave behind, written in bulk: answers, proofs, calls, probes, letters, the journal."""

import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models

from vigil.domain.directives.models import (
    Assignment,
    Campaign,
    Chase,
    ChaseState,
    Directive,
    Drill,
    DrillProbe,
    Receipt,
    Recipient,
    RelayedAnswer,
    Watch,
)
from vigil.domain.journal.chain import head_message, personal_digest
from vigil.domain.journal.keys import key_id, signing_key
from vigil.domain.journal.models import ActorName, Entry, Head, PersonalNote
from vigil.domain.journal.sealer import hash_of, seal
from vigil.domain.mailbox.models import Letter, LetterPart, LetterState
from vigil.domain.organisations.models import ContactChannel, Home, Organisation
from vigil.domain.readiness.models import ProofSnapshot, Source
from vigil.kernel.phrases import N_, phrase

_BATCH = 2000
STATES = ("delivered", "read", "accepted", "refused")
VERDICTS = ("met", "at_risk", "not_met", "cannot_tell")


def _save(rows: Sequence[Any]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=_BATCH)


def answer(campaign: Campaign, chance: random.Random, now: datetime) -> None:
    """Most have read, many accepted, few refused; each obligation has a proof of the basis that its home allows."""
    recipients = list(Recipient.objects.filter(campaign=campaign).exclude(sent_at=None))
    receipts = []
    for one in recipients:
        reached = chance.choices((0, 1, 2, 3), (25, 20, 50, 5))[0]
        one.state, one.state_at = STATES[reached], now
        one.reason = "không thuộc phạm vi" if reached == 3 else ""
        kinds = STATES[: reached + 1] if reached < 3 else ("delivered", "read", "refused")
        receipts += [
            Receipt(recipient=one, directive_id=campaign.directive_id, kind=kind, at=now, received_at=now,
                    basis="measured" if kind == "delivered" or one.home == Home.HERE else "attested", by="Trực ban")
            for kind in kinds
        ]  # fmt: skip
    Recipient.objects.bulk_update(recipients, ["state", "state_at", "reason"], batch_size=500)
    Receipt.objects.filter(recipient__campaign=campaign).delete()
    _save(receipts)
    accepted = [one.watch_id for one in recipients if one.state == "accepted" and one.watch_id]
    for start in range(0, len(accepted), 5000):
        Watch.objects.filter(pk__in=accepted[start : start + 5000]).update(state="open", opened_at=now)
    _proofs(campaign, chance, now)


def _proofs(campaign: Campaign, chance: random.Random, now: datetime) -> None:
    sentence = phrase(N_("Not measured yet.")).to_json()
    rows: list[ProofSnapshot] = []
    found = Assignment.objects.filter(watch__received__campaign=campaign, applies=True)
    for pk, kind, home in found.values_list("pk", "obligation__kind", "watch__organisation__home").iterator():
        sources = []
        if home == Home.HERE or kind == "contact_point":
            sources.append((Source.PROVER, "measured"))
        if home == Home.PEER:
            sources.append((Source.REPORT, "reported"))
        if home == Home.GUEST and chance.random() < 0.75:
            sources.append((Source.STATEMENT, "attested"))
        for source, basis in sources:
            expired = chance.random() < 0.08 and source != Source.PROVER
            measured = now - timedelta(hours=chance.randrange(1, 48))
            rows.append(
                ProofSnapshot(
                    assignment_id=pk, source=source, basis=basis, verdict=chance.choices(VERDICTS, (60, 15, 15, 10))[0],
                    sentence=sentence, facts=[], first_measured_at=measured, measured_at=measured,
                    valid_until=now - timedelta(hours=1) if expired else now + timedelta(hours=12),
                )
            )  # fmt: skip
    _save(rows)
    past = [  # what was said before: one earlier snapshot for every other
        ProofSnapshot(assignment_id=row.assignment_id, source=row.source, basis=row.basis, verdict="not_met",
                      sentence=sentence, facts=[], first_measured_at=row.measured_at - timedelta(days=1),
                      measured_at=row.measured_at - timedelta(hours=3), valid_until=row.measured_at, current=False)
        for row in rows[::2]
    ]  # fmt: skip
    _save(past)


def drill(campaign: Campaign, chance: random.Random, now: datetime) -> Drill:
    """A drill that is over: the desk and every channel of every addressee at home here or a guest."""
    made = Drill.objects.create(
        campaign=campaign, started_at=now - timedelta(hours=4), answer_by_at=now - timedelta(hours=3), probed=True,
        ended_at=now - timedelta(hours=3),
    )  # fmt: skip
    tasks = campaign.recipients.filter(role="task")
    outcomes, weights = ("answered", "silent", "failed"), (70, 25, 5)
    probes = [
        DrillProbe(drill=made, organisation_id=owner, kind="peer" if home == Home.PEER else "desk",
                   outcome=chance.choices(outcomes, weights)[0], sent_at=made.started_at)
        for owner, home in tasks.values_list("organisation_id", "home")
    ]  # fmt: skip
    channels = ContactChannel.objects.filter(contact_point__organisation__received__in=tasks.exclude(home=Home.PEER))
    probes += [
        DrillProbe(drill=made, organisation_id=owner, channel_id=pk, kind=kind, label=label, sent_at=made.started_at,
                   outcome=chance.choices(outcomes, weights)[0])
        for pk, kind, owner, label in channels.values_list(
            "pk", "kind", "contact_point__organisation_id", "contact_point__label"
        )
    ]  # fmt: skip
    _save(probes)
    return made


def calls_and_relays(campaign: Campaign, chance: random.Random, now: datetime) -> None:
    """A fifth of the addressees is to be called, half has been reminded; each peer reports of ten below it."""
    tasks = list(campaign.recipients.filter(role="task"))
    silent = [one for one in tasks if one.state in ("sent", "delivered", "not_sent")]
    to_call = silent[: len(tasks) // 5]
    rows = [
        Chase(recipient=one, directive_id=campaign.directive_id, rule=rule, channel=channel, missing="not_read",
              state=state, due_at=now, created_at=now, done_at=None if state == ChaseState.DUE else now)
        for group, rule, channel, state in (
            (to_call, "bench-call", "call", ChaseState.DUE), (tasks[::2], "bench-mail", "mail", ChaseState.SENT),
        )
        for one in group
    ]  # fmt: skip
    _save(rows)
    _save(
        [
            RelayedAnswer(recipient=one, key=f"{one.pk}-{number}", name=f"Đơn vị cấp dưới {number}", at=now,
                          state=chance.choice(STATES), counts={"attested": {"met": 4, "not_met": 2}})
            for one in tasks if one.home == Home.PEER for number in range(10)
        ]
    )  # fmt: skip


def letters(authority: Organisation, directive: Directive, chance: random.Random, now: datetime) -> None:
    """Mail in."""
    made = [
        Letter(organisation=authority, message_id=f"<{number}@donvi.example>", sha256=f"{number:064x}",
               sender="truc@donvi.example", subject=f"V/v phối hợp {number}", received_at=now,
               state=LetterState.TAKEN if number % 4 else LetterState.OFFERED)
        for number in range(2000)
    ]  # fmt: skip
    _save(made)
    _save([LetterPart(letter=one, position=0, filename="cong-van.txt", media_type="text/plain", sha256=one.sha256,
                      size_bytes=1000, about="V/v phối hợp",
                      directive=directive if one.state == LetterState.TAKEN else None) for one in made])  # fmt: skip


def journal(organisations: Sequence[Organisation], count: int, chance: random.Random, now: datetime) -> float:
    """Seal what the real actions wrote (returns entries a second), then chain `count` further entries after it."""
    key = signing_key(settings.VIGIL_KEYS)
    began, sealed = time.perf_counter(), 0
    while done := seal(key=key, folder=settings.VIGIL_JOURNAL, now=now):
        sealed += done
    speed = sealed / (time.perf_counter() - began)
    last = Entry.objects.exclude(sequence=None).order_by("-sequence")[0]
    row = int(Entry.objects.aggregate(most=models.Max("row"))["most"] or 0)
    sequence, previous = last.sequence or 0, last.hash
    actions = ("proof.verdict_changed", "recipient.read", "recipient.accepted", "contact.filed", "system.changed")
    rows, notes = [], []
    content = {"actor": "timekeeper"}
    who = ActorName.objects.get_or_create(name="timekeeper")[0]
    for number in range(count):
        owner, row, sequence = chance.choice(organisations), row + 1, sequence + 1
        entry = Entry(row=row, at=now - timedelta(minutes=count - number), actor="worker:timekeeper",
                      action=actions[number % 5], subject=f"organisations.organisation:{owner.pk}",
                      organisation_id=owner.pk, facts={"item": "1.a", "was": "met", "is": "not_met",},
                      personal_digest=personal_digest(f"{number:064x}", content), sequence=sequence,
                      previous_hash=previous, sealed_at=now)  # fmt: skip
        entry.hash = previous = hash_of(entry)
        rows.append(entry)
        notes.append(PersonalNote(entry=entry, salt=f"{number:064x}", content=content, who=who))
    _save(rows)
    _save(notes)
    Head.objects.create(sequence=sequence, hash=previous, at=now, key_id=key_id(key.public_key()),
                        signature=key.sign(head_message(sequence, previous, now)).hex())  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('journal_entry_row_seq', %s)", [row])
    return speed

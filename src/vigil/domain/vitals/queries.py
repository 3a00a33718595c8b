"""What works and what does not, in plain words. A check that cannot be made says so; it is never "works"."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from django.db import DatabaseError, connection

from vigil.domain.journal.models import Entry
from vigil.domain.outbox.queries import undelivered
from vigil.domain.vitals.models import WorkerBeat
from vigil.kernel.phrases import N_, Phrase, phrase

State = Literal["works", "warns", "fails", "unknown"]
BEAT_EVERY = timedelta(seconds=60)
LOW_DISK_BYTES = 2 * 1024**3
FULL_DISK_BYTES = 256 * 1024**2
WORK: dict[str, str] = {
    "timekeeper": N_("seals the journal and keeps proofs fresh"),
    "courier": N_("sends e-mail and messages"),
    "campaigner": N_("carries campaigns to their recipients"),
    "liaison": N_("keeps the links to other Vigils"),
    "postman": N_("fetches dispatches from the mailbox"),
    "watchman": N_("watches shifts and hand-overs"),
    "sentinel": N_("watches sources and alerts nobody took"),
    "pager": N_("calls people, step by step"),
    "hunter": N_("searches kept events again"),
    "receiver": N_("takes in events over the network"),
    "tailer": N_("follows files of events"),
    "detector": N_("reads events and raises alerts"),
}
"""What each worker is for, by its name before a number."""


@dataclass(frozen=True, slots=True)
class Vital:
    """One sign: its name, whether it is well, and a sentence; of a worker, what it is for."""

    name: str
    state: State
    sentence: Phrase
    work: Phrase | None = None


def health(*, now: datetime, folder: Path, workers: Sequence[str], clock: Callable[[], Vital]) -> list[Vital]:
    """Every sign. `clock` measures the clock's offset (an adapter's business, so it is passed in)."""
    database = _database()
    signs = [database]
    if database.state == "works":
        signs += [_journal(now), *_workers(now, workers), _outbox(now)]
    else:
        why = phrase(N_("Unknown while the database does not answer."))
        signs += [Vital(name, "unknown", why) for name in ("journal", "workers", "messages")]
    return [*signs, _disk(folder), clock()]


def _database() -> Vital:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return Vital(
            "database",
            "fails",
            phrase(N_("The database does not answer ({kind})."), kind=type(error).__name__),
        )
    return Vital("database", "works", phrase(N_("The database answers ({vendor})."), vendor=connection.vendor))


def _journal(now: datetime) -> Vital:
    oldest = Entry.objects.filter(sequence=None).order_by("row").first()
    if oldest is None:
        return Vital("journal", "works", phrase(N_("Every entry of the journal is sealed.")))
    waiting = Entry.objects.filter(sequence=None).count()
    behind_s = int((now - oldest.at).total_seconds())
    state: State = "works" if behind_s < 120 else "fails"
    return Vital(
        "journal",
        state,
        phrase(
            N_("{waiting} entries wait for the sealer, the oldest for {seconds} s."),
            waiting=waiting,
            seconds=behind_s,
        ),
    )


def _workers(now: datetime, expected: Sequence[str]) -> list[Vital]:
    beats = {beat.name: beat for beat in WorkerBeat.objects.filter(name__in=expected)}
    return [_worker(name, beats.get(name), now) for name in expected]


def _worker(name: str, beat: WorkerBeat | None, now: datetime) -> Vital:
    state, sentence = _told(name, beat, now)
    work = WORK.get(name.partition("-")[0])
    return Vital(f"worker {name}", state, sentence, phrase(work) if work else None)


def _told(name: str, beat: WorkerBeat | None, now: datetime) -> tuple[State, Phrase]:
    if beat is None:
        return "fails", phrase(N_("The worker {name} has never run."), name=name)
    silent_s = int((now - beat.at).total_seconds())
    if now - beat.at > BEAT_EVERY:
        return "fails", phrase(N_("The worker {name} has been silent for {seconds} s."), name=name, seconds=silent_s)
    if beat.failed:
        why = Phrase(beat.detail)
        return "warns", phrase(N_("The worker {name} runs, but its last round failed: {detail}"), name=name, detail=why)
    return "works", phrase(N_("The worker {name} ran {seconds} s ago."), name=name, seconds=max(0, silent_s))


def _outbox(now: datetime) -> Vital:
    stuck = undelivered(now, older_than=timedelta(minutes=5))
    if stuck:
        return Vital("messages", "warns", phrase(N_("{n} messages have not left for over five minutes."), n=stuck))
    return Vital("messages", "works", phrase(N_("No message is overdue.")))


def _disk(folder: Path) -> Vital:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Vital(
            "disk",
            "unknown",
            phrase(N_("The data folder cannot be measured ({kind})."), kind=type(error).__name__),
        )
    gigabytes = f"{free / 1024**3:.1f}"
    if free < FULL_DISK_BYTES:
        return Vital("disk", "fails", phrase(N_("The disk is full: {free} GB are left."), free=gigabytes))
    if free < LOW_DISK_BYTES:
        return Vital("disk", "warns", phrase(N_("The disk is nearly full: {free} GB are left."), free=gigabytes))
    return Vital("disk", "works", phrase(N_("{free} GB of disk are free."), free=gigabytes))

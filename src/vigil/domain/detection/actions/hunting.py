"""Running a hunt, turn by turn: who took it holds it for a while; what was found is committed with how far it went.

A hunt whose holder is gone is taken by the next one. A holder that comes back too late finds that the turn is
another's, and commits nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max, Q

from vigil.domain.detection.actions.taking import Hit, Within, take_hits
from vigil.domain.detection.models import HuntState, RetroHunt
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_

HELD: Final = timedelta(seconds=30)
_AT_ONCE: Final = 2_000


@dataclass
class Progress:
    """How far a hunt has come."""

    files_done: int = 0
    files_total: int = 0
    events: int = 0
    found: int = 0
    damaged: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)


def waiting(now: datetime) -> list[RetroHunt]:
    """Hunts that nobody runs, in the order in which they should: tests first, for somebody sits before the page.

    Then whose organisation was served longest ago, and of its hunts the one that was; so nobody's long hunt keeps
    another's from running.
    """
    free = Q(state=HuntState.WAITING) | (
        Q(state=HuntState.RUNNING) & (Q(held_until=None) | Q(held_until__lt=now))
    )  # fmt: skip
    rows = list(RetroHunt.objects.filter(free).order_by("asked_at")[:1000])
    owners = {row.organisation_id for row in rows}
    served = dict(
        RetroHunt.objects.filter(organisation__in=owners)
        .values_list("organisation")
        .annotate(last=Max("served_at"))
        .order_by()
    )
    long_ago = datetime.min.replace(tzinfo=now.tzinfo)
    return sorted(
        rows,
        key=lambda row: (
            not row.test, served.get(row.organisation_id) or long_ago, row.served_at or long_ago, row.asked_at
        ),
    )  # fmt: skip


def take_turn(hunt: RetroHunt, now: datetime) -> RetroHunt | None:
    """Hold it; None when another was first."""
    rows = RetroHunt.objects.filter(pk=hunt.pk, turn=hunt.turn, state=hunt.state)
    taken = rows.update(
        turn=hunt.turn + 1, state=HuntState.RUNNING, held_until=now + HELD, served_at=now,
        started_at=hunt.started_at or now,
    )  # fmt: skip
    return RetroHunt.objects.select_related("organisation").get(pk=hunt.pk) if taken else None


def hold_on(hunt: RetroHunt, now: datetime, held: timedelta = HELD) -> bool:
    """Hold it for so long at least; whether somebody asks to stop it. Written only where it would soon be given up.

    Raises: Conflict `hunt.moved` when it is another's by now.
    """
    found = _mine(hunt).values_list("stop_asked", "held_until").first()
    if found is None:
        raise _moved()
    stop_asked, until = found
    if (until is None or until < now + held - HELD / 2) and not _mine(hunt).update(held_until=now + held):
        raise _moved()
    return bool(stop_asked)


def give_way(hunt: RetroHunt, now: datetime) -> None:
    """Let others have their turn; it goes on later."""
    _mine(hunt).update(held_until=None, served_at=now)


@transaction.atomic
def keep_found(
    *, hunt: RetroHunt, progress: Progress, hits: Sequence[Hit], within: Within, actor: Actor, now: datetime
) -> int:
    """Commit how far it went and what it found, as one; returns how many alerts are new.

    A test raises none. Raises: Conflict `hunt.moved` when it is another's by now.
    """
    raised = 0
    if not hunt.test:
        for start in range(0, len(hits), _AT_ONCE):
            some = [replace(hit, hunt=hunt.pk) for hit in hits[start : start + _AT_ONCE]]
            raised += len(take_hits(hits=some, within=within, actor=actor, now=now))
    moved = _mine(hunt).update(
        files_done=progress.files_done,
        files_total=max(progress.files_done, progress.files_total),
        events=progress.events,
        found=progress.found,
        raised=F("raised") + raised,
        damaged=progress.damaged,
        result=progress.result,
        cursor=progress.cursor,
        held_until=now + HELD,
    )
    if not moved:
        raise _moved()
    return raised


@transaction.atomic
def end_hunt(*, hunt: RetroHunt, state: HuntState, fault: str = "", actor: Actor, now: datetime) -> None:
    """It is over: done, stopped, or failed with a reason. Raises: Conflict `hunt.moved`."""
    if not _mine(hunt).update(state=state, fault=fault[:500], ended_at=now, held_until=None, cursor={}):
        raise _moved()
    hunt.refresh_from_db()
    _tell(hunt, "detection.hunt_ended", actor, now)


def _mine(hunt: RetroHunt) -> Any:
    return RetroHunt.objects.filter(pk=hunt.pk, turn=hunt.turn, state=HuntState.RUNNING)


def _moved() -> Conflict:
    return Conflict("hunt.moved", N_("Another process runs this hunt by now."))


def _tell(hunt: RetroHunt, action: str, actor: Actor, now: datetime) -> None:
    facts: Mapping[str, Any] = {
        "title": hunt.title,
        "state": hunt.state,
        "test": hunt.test,
        "files": hunt.files_done,
        "damaged": hunt.damaged,
        "events": hunt.events,
        "found": hunt.found,
        "raised": hunt.raised,
        "fault": hunt.fault,
    }
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.retrohunt:{hunt.pk}",
        organisation=hunt.organisation_id,
        facts=facts,
    )

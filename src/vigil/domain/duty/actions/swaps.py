"""Swaps: one asks, the other agrees, a lead approves once every rule is checked again."""

from datetime import datetime

from django.db import IntegrityError, transaction

from vigil.domain.duty.actions.changes import Change, Outlook, make, outlook
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyRow, Origin, Swap, SwapState
from vigil.domain.organisations.models import Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.phrases import N_


def change_of(swap: Swap) -> Change:
    """What the swap does to the roster."""
    row, other = swap.row, swap.other_row
    if other is None:
        return Change((row,), ((row.shift, swap.to_person, row.kind),))
    return Change((row, other), ((row.shift, other.person, row.kind), (other.shift, row.person, other.kind)))


def judged(swap: Swap) -> Outlook:
    """What it would break, as things stand now."""
    return outlook(swap.row.roster, change_of(swap))


@transaction.atomic
def propose(
    *, row: DutyRow, to_person: Person, other_row: DutyRow | None, reason: str, actor: Actor, now: datetime
) -> Swap:
    """Ask that `to_person` takes `row`; with `other_row` (theirs), that the two are exchanged.

    Raises: Refused `roster.never` (on leave, stands elsewhere), `swap.not_theirs`, `roster.no_member`;
    Conflict `swap.asked`, `roster.superseded`, `roster.over`.
    """
    if row.superseded_at is not None or (other_row is not None and other_row.superseded_at is not None):
        raise Conflict("roster.superseded", N_("This row of the roster was changed meanwhile."))
    if row.starts_at <= now or (other_row is not None and other_row.starts_at <= now):
        raise Conflict("roster.over", N_("This shift has begun; ask the lead for relief instead."))
    if other_row is not None and (other_row.person_id != to_person.pk or other_row.roster_id != row.roster_id):
        raise Refused("swap.not_theirs", N_("The shift offered in exchange is not theirs."))
    if to_person.pk == row.person_id:
        raise Refused("swap.with_oneself", N_("A swap needs two people."))
    swap = Swap(row=row, to_person=to_person, other_row=other_row, reason=reason.strip()[:500], proposed_at=now)
    forbidden = judged(swap).forbidden
    if forbidden:
        raise Refused("roster.never", N_("Not possible: {why}"), why=forbidden[0].phrase)
    try:
        with transaction.atomic():
            swap.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("swap.asked", N_("For this shift a swap is asked for already.")) from error
    _tell(swap, "swap_proposed", actor, now)
    return swap


@transaction.atomic
def agree(*, swap: Swap, person: Person, actor: Actor, now: datetime) -> Swap:
    """The one who is asked agrees. Raises: NotAllowed `swap.not_asked`; Conflict `swap.decided`."""
    if swap.to_person_id != person.pk:
        raise NotAllowed("swap.not_asked", N_("Only who is asked can agree."))
    _step(swap, [SwapState.PROPOSED], state=SwapState.AGREED, agreed_at=now)
    _tell(swap, "swap_agreed", actor, now)
    return swap


@transaction.atomic
def approve(*, swap: Swap, actor: Actor, now: datetime, reason: str = "") -> Swap:
    """A lead approves: every rule is checked as things stand now; what is broken needs the lead's reason.

    Raises: as `changes.make`; Conflict `swap.decided`, `swap.not_agreed`.
    """
    current = Swap.objects.select_for_update().get(pk=swap.pk)
    if current.state == SwapState.PROPOSED:
        raise Conflict("swap.not_agreed", N_("The other has not agreed yet."))
    _step(swap, [SwapState.AGREED], state=SwapState.APPROVED, decided_at=now, decided_reason=reason.strip()[:500])
    make(
        roster=swap.row.roster,
        change=change_of(swap),
        version=None,
        actor=actor,
        now=now,
        reason=reason,
        origin=Origin.SWAP,
    )
    _tell(swap, "swap_approved", actor, now)
    return swap


@transaction.atomic
def refuse(*, swap: Swap, reason: str, actor: Actor, now: datetime) -> Swap:
    """The other, or the lead, says no. Raises: Conflict `swap.decided`."""
    open_ = [SwapState.PROPOSED, SwapState.AGREED]
    _step(swap, open_, state=SwapState.REFUSED, decided_at=now, decided_reason=reason.strip()[:500])
    _tell(swap, "swap_refused", actor, now)
    return swap


@transaction.atomic
def withdraw(*, swap: Swap, actor: Actor, now: datetime) -> Swap:
    """Whoever asked takes it back. Raises: Conflict `swap.decided`."""
    _step(swap, [SwapState.PROPOSED, SwapState.AGREED], state=SwapState.WITHDRAWN, decided_at=now)
    _tell(swap, "swap_withdrawn", actor, now)
    return swap


def _step(swap: Swap, states: list[SwapState], **fields: object) -> None:
    if not Swap.objects.filter(pk=swap.pk, state__in=states).update(**fields):
        raise Conflict("swap.decided", N_("This swap was decided already."))
    swap.refresh_from_db()


def _tell(swap: Swap, action: str, actor: Actor, now: datetime) -> None:
    tell(
        swap,
        action,
        organisation=swap.row.roster.watch.organisation_id,
        actor=actor,
        now=now,
        personal={"from": swap.row.person.name, "to": swap.to_person.name},
        facts={"row": str(swap.row_id)},
    )

"""Planning, opening, keeping and closing a watch; who answers for which obligation."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from vigil.domain.directives.models import (
    Assignment,
    Directive,
    DirectiveState,
    Watch,
    WatchState,
    window_instants,
)
from vigil.domain.journal.actions import record
from vigil.domain.organisations.audiences import addressed
from vigil.domain.organisations.models import Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import OpenItem


@transaction.atomic
def plan_watch(
    *,
    directive: Directive,
    first_day: date | None,
    last_day: date | None,
    actor: Actor,
    now: datetime,
    window_origin: str = "edited",
) -> Watch:
    """Plan a watch over whole days in Viet Nam, with an assignment for each obligation.

    Raises: Refused `watch.not_confirmed`, `watch.no_window`, `watch.window_crossed`; Conflict `watch.exists`.
    """
    if directive.state != DirectiveState.CONFIRMED:
        raise Refused("watch.not_confirmed", N_("Only a confirmed directive can be watched over."))
    starts_at, ends_at = _window(first_day, last_day)
    try:
        with transaction.atomic():
            watch = Watch.objects.create(
                organisation=directive.organisation,
                directive=directive,
                title=(directive.window_event or directive.subject)[:500],
                starts_at=starts_at,
                ends_at=ends_at,
                window_origin=window_origin,
            )
    except IntegrityError as error:
        raise Conflict("watch.exists", N_("There is already a watch over this directive.")) from error
    classes = directive.organisation.audience_set
    for obligation in directive.obligations.all():
        Assignment.objects.create(watch=watch, obligation=obligation, applies=addressed(obligation.audience, classes))
    _tell(watch, "watch.planned", actor, now, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
    return watch


def _window(first_day: date | None, last_day: date | None) -> tuple[datetime, datetime]:
    if first_day is None or last_day is None:
        raise Refused("watch.no_window", N_("Say on which day the watch starts and on which it ends."))
    if last_day < first_day:
        raise Refused("watch.window_crossed", N_("The watch cannot end before it starts."))
    if (last_day - first_day).days > 366:
        raise Refused("watch.window_long", N_("A watch lasts at most a year."))
    return window_instants(first_day, last_day)


@transaction.atomic
def open_watch(*, watch: Watch, actor: Actor, now: datetime) -> Watch:
    """Open a planned watch. Raises: Conflict `watch.already_open`."""
    opened = Watch.objects.filter(pk=watch.pk, state=WatchState.PLANNED).update(state=WatchState.OPEN, opened_at=now)
    if not opened:
        raise Conflict("watch.already_open", N_("This watch was opened or closed already."))
    watch.refresh_from_db()
    _tell(watch, "watch.opened", actor, now)
    return watch


@transaction.atomic
def move_window(*, watch: Watch, first_day: date, last_day: date, why: str, actor: Actor, now: datetime) -> Watch:
    """Change the window of a watch that is not closed, with a reason."""
    starts_at, ends_at = _window(first_day, last_day)
    if not why.strip():
        raise Refused("watch.no_reason", N_("Say why."))
    moved = (
        Watch.objects.filter(pk=watch.pk)
        .exclude(state=WatchState.CLOSED)
        .update(starts_at=starts_at, ends_at=ends_at, window_origin="edited")
    )
    if not moved:
        raise Conflict("watch.closed", N_("This watch is closed."))
    before = (watch.starts_at, watch.ends_at)
    watch.refresh_from_db()
    record(
        actor=actor,
        now=now,
        action="watch.window_moved",
        subject=f"directives.watch:{watch.id}",
        organisation=watch.organisation_id,
        why=why,
        facts={"was": [x.isoformat() for x in before], "is": [starts_at.isoformat(), ends_at.isoformat()]},
    )
    return watch


@transaction.atomic
def close_watch(*, watch: Watch, note: str, open_items: Sequence[OpenItem], actor: Actor, now: datetime) -> Watch:
    """Close an open watch. What is still open is listed in the journal; closing over it needs a note.

    Raises: Refused `watch.open_items`; Conflict `watch.closed`.
    """
    if open_items and not note.strip():
        raise Refused(
            "watch.open_items",
            N_("{n} things are still open. Say in a note why the watch is closed all the same."),
            n=len(open_items),
        )
    closed = Watch.objects.filter(pk=watch.pk, state=WatchState.OPEN).update(
        state=WatchState.CLOSED, closed_at=now, closing_note=note
    )
    if not closed:
        raise Conflict("watch.closed", N_("This watch is not open."))
    watch.refresh_from_db()
    record(
        actor=actor,
        now=now,
        action="watch.closed",
        subject=f"directives.watch:{watch.id}",
        organisation=watch.organisation_id,
        why=note,
        facts={"open_items": [item.statement.to_json() for item in open_items]},
    )
    return watch


@transaction.atomic
def assign(
    *,
    assignment: Assignment,
    person: Person | None,
    own_deadline_at: datetime | None,
    applies: bool,
    applies_reason: str,
    actor: Actor,
    now: datetime,
) -> Assignment:
    """Say who answers for an obligation, by when, and whether it applies (a change of that needs a reason).

    Raises: Refused `assignment.foreign_person`, `assignment.no_reason`; Conflict `watch.closed`.
    """
    watch = assignment.watch
    if watch.state == WatchState.CLOSED:
        raise Conflict("watch.closed", N_("This watch is closed."))
    if person is not None and not person.organisation.path.startswith(watch.organisation.path):
        raise Refused("assignment.foreign_person", N_("This person belongs to another organisation."))
    if applies != assignment.applies and not applies_reason.strip():
        raise Refused("assignment.no_reason", N_("Say why the obligation does or does not apply."))
    assignment.person, assignment.own_deadline_at = person, own_deadline_at
    assignment.applies, assignment.applies_reason = applies, applies_reason[:500]
    assignment.save(update_fields=["person", "own_deadline_at", "applies", "applies_reason"])
    record(
        actor=actor,
        now=now,
        action="assignment.changed",
        subject=f"directives.assignment:{assignment.id}",
        organisation=watch.organisation_id,
        why=applies_reason,
        facts={
            "item": assignment.obligation.code,
            "person": str(person.id) if person else "",
            "deadline": own_deadline_at.isoformat() if own_deadline_at else "",
            "applies": applies,
        },
    )
    return assignment


def _tell(watch: Watch, action: str, actor: Actor, now: datetime, **facts: str) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"directives.watch:{watch.id}",
        organisation=watch.organisation_id,
        facts={"directive": str(watch.directive_id), **facts},
    )

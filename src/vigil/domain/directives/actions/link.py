"""A later directive bears on an earlier one: it is its numbered issue, amends it, or withdraws it. Proofs stay."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from vigil.domain.directives.models import (
    Assignment,
    Directive,
    DirectiveLink,
    DirectiveState,
    LinkKind,
    Watch,
    WatchState,
)
from vigil.domain.journal.actions import record
from vigil.domain.organisations.audiences import addressed
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_


@transaction.atomic
def link_directives(*, later: Directive, earlier: Directive, kind: str, actor: Actor, now: datetime) -> DirectiveLink:
    """Link two confirmed directives of one organisation.

    A numbered issue or an amendment takes over the earlier one's watches: an obligation with the same item number
    keeps its assignment and so its proofs; one that is new is added; one that is gone is marked dropped, with its
    proofs. A withdrawal marks the earlier directive withdrawn; its watches stay until somebody closes them.

    Raises: Refused `directive.link_*`; Conflict `directive.linked_already`.
    """
    if later.organisation_id != earlier.organisation_id or later.pk == earlier.pk:
        raise Refused("directive.link_foreign", N_("Only two directives of one organisation can be linked."))
    if DirectiveState.DRAFT in (later.state, earlier.state):
        raise Refused("directive.link_draft", N_("Confirm both directives before linking them."))
    if kind == LinkKind.NUMBERED_ISSUE and not later.is_numbered:
        raise Refused("directive.link_unnumbered", N_("The later directive has no number."))
    if kind != LinkKind.WITHDRAWAL and _both_watched(later, earlier):
        raise Conflict(
            "directive.link_both_watched",
            N_("Both directives have a watch that is not closed. Close one of them before linking."),
        )
    if _leads_back(later, earlier):
        raise Refused("directive.link_circle", N_("These directives are already linked the other way round."))
    try:
        with transaction.atomic():
            link = DirectiveLink.objects.create(later=later, earlier=earlier, kind=kind, linked_at=now)
    except IntegrityError as error:
        raise Conflict("directive.linked_already", N_("These directives are already linked.")) from error
    moved = 0
    if kind == LinkKind.WITHDRAWAL:
        Directive.objects.filter(pk=earlier.pk).update(state=DirectiveState.WITHDRAWN)
    else:
        # those of other organisations are carried over by the campaign, in batches
        own = earlier.watches.filter(organisation=earlier.organisation)
        for watch in own.exclude(state=WatchState.CLOSED):
            take_over(watch, later, now)
            moved += 1
    record(
        actor=actor,
        now=now,
        action="directive.linked",
        subject=f"directives.directive:{later.id}",
        organisation=later.organisation_id,
        facts={"earlier": str(earlier.id), "kind": kind, "watches_moved": moved},
    )
    return link


def _both_watched(later: Directive, earlier: Directive) -> bool:
    unclosed = Watch.objects.exclude(state=WatchState.CLOSED)
    return all(unclosed.filter(directive=directive).exists() for directive in (later, earlier))


def _leads_back(later: Directive, earlier: Directive) -> bool:
    """Whether `earlier` already stands, through links, on `later`."""
    frontier, seen = {earlier.pk}, set()
    while frontier:
        seen |= frontier
        frontier = set(DirectiveLink.objects.filter(later__in=frontier).values_list("earlier_id", flat=True)) - seen
    return later.pk in seen


def take_over(watch: Watch, later: Directive, now: datetime) -> None:
    """Let a watch go on under a later directive.

    An assignment goes on only where the same item still asks for the same kind of thing.
    """
    wanted = {obligation.code: obligation for obligation in later.obligations.all()}
    classes = watch.organisation.audience_set
    for assignment in watch.assignments.select_for_update().select_related("obligation"):
        successor = wanted.get(assignment.obligation.code)
        if successor is None or successor.kind != assignment.obligation.kind:
            if assignment.dropped_at is None:
                Assignment.objects.filter(pk=assignment.pk).update(dropped_at=now)
            continue
        del wanted[successor.code]
        changes: dict[str, Any] = {"obligation": successor, "dropped_at": None}
        if not assignment.applies_reason:  # nobody decided it by hand: the new audience decides
            changes["applies"] = addressed(successor.audience, classes)
        Assignment.objects.filter(pk=assignment.pk).update(**changes)
    for obligation in wanted.values():
        Assignment.objects.create(watch=watch, obligation=obligation, applies=addressed(obligation.audience, classes))
    Watch.objects.filter(pk=watch.pk).update(directive=later)

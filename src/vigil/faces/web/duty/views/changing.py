"""Changing the roster on its page: moving, exchanging, taking in and out, relieving, swaps; rules checked at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.directives.models import Watch
from vigil.domain.duty.actions.changes import Change, Judge, Outlook, make, relieve, who_could_stand
from vigil.domain.duty.actions.swaps import approve, refuse
from vigil.domain.duty.models import DutyRow, DutyShift, Kind, Member, Roster, Swap
from vigil.domain.organisations.models import Person
from vigil.faces.web.duty.said import said
from vigil.faces.web.duty.views.roster import context_of, part, roster_of, version_of
from vigil.faces.web.scoping import actor_of, demanded, one_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, Refused, VigilError
from vigil.kernel.phrases import N_, Phrase


def _missing() -> NotFound:
    return NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))


def _key(told: Any) -> UUID:
    try:
        return UUID(str(told))
    except ValueError:
        raise _missing() from None


def _row(roster: Roster, told: Any) -> DutyRow:
    row = DutyRow.objects.filter(pk=_key(told), roster=roster).select_related("shift__post", "person").first()
    if row is None:
        raise _missing()
    return row


def _shift(roster: Roster, told: Any) -> DutyShift:
    shift = DutyShift.objects.filter(pk=_key(told), roster=roster, dropped_at=None).select_related("post").first()
    if shift is None:
        raise _missing()
    return shift


def _person(roster: Roster, told: Any) -> Person:
    member = Member.objects.filter(person=_key(told), organisation=roster.watch.organisation_id, retired_at=None)
    found = member.select_related("person").first()
    if found is None:
        raise _missing()
    return found.person


def _change(roster: Roster, asked: Any) -> Change:
    """What is asked for. `row` and `shift`: a move; `row` and `other`: an exchange; `row` and `person`: another person
    in the same place; `shift` and `person`: a place taken; `row` alone: taken out.

    Raises: NotFound for what is not in this roster.
    """
    row = _row(roster, asked["row"]) if asked.get("row") else None
    shift = _shift(roster, asked["shift"]) if asked.get("shift") else None
    person = _person(roster, asked["person"]) if asked.get("person") else None
    if row is not None and asked.get("other"):
        other = _row(roster, asked["other"])
        return Change((row, other), ((row.shift, other.person, row.kind), (other.shift, row.person, other.kind)))
    if row is not None and shift is not None:
        return Change((row,), ((shift, person or row.person, row.kind),))
    if row is not None and person is not None:
        return Change((row,), ((row.shift, person, row.kind),))
    if row is not None:
        return Change((row,))
    if shift is not None and person is not None:
        kind = asked.get("kind", Kind.ON_SITE)
        return Change((), ((shift, person, kind if kind in Kind.values else Kind.ON_SITE),))
    raise _missing()


def _told(seen: Outlook) -> dict[str, Any]:
    return {
        "allowed": not seen.breaks,
        "never": bool(seen.forbidden),
        "breaks": [one.phrase.said(gettext) for one in seen.breaks],
        "opens": [one.said(gettext) for one in seen.opens],
    }


@login_required
@require_GET
def look(request: HttpRequest, pk: str) -> HttpResponse:
    """What a change would do, while it is being dragged."""
    _, roster = roster_of(request, pk)
    return JsonResponse(_told(Judge(roster).outlook(_change(roster, request.GET))))


@login_required
@require_POST
def change(request: HttpRequest, pk: str) -> HttpResponse:
    """Make a change. Against a rule: asks for the reason first."""
    watch, roster = roster_of(request, pk)
    wanted = _change(roster, request.POST)

    def act() -> None:
        make(
            roster=roster, change=wanted, version=version_of(request), actor=actor_of(request), now=clock.now(),
            reason=said(request, "reason"),
        )  # fmt: skip

    return _done(request, watch, act)


def _done(request: HttpRequest, watch: Watch, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except Refused as error:
        if error.code != "roster.rules":
            return part(request, watch, error=error)
        asked = {
            name: request.POST[name] for name in ("row", "other", "shift", "person", "kind") if request.POST.get(name)
        }
        return part(request, watch, ask={"why": error.phrase.said(gettext), "fields": asked, "address": request.path})
    except VigilError as error:
        return part(request, watch, error=error)
    return part(request, watch, done=gettext("Changed."))


@login_required
@require_POST
def relief(request: HttpRequest, pk: str) -> HttpResponse:
    """Somebody goes in the middle of a shift, another stands for the rest."""
    watch, roster = roster_of(request, pk)
    row, person = _row(roster, request.POST.get("row")), _person(roster, request.POST.get("person"))

    def act() -> None:
        relieve(
            row=row, person=person, version=version_of(request), actor=actor_of(request), now=clock.now(),
            reason=said(request, "reason"),
        )  # fmt: skip

    return _done(request, watch, act)


@login_required
@require_GET
def panel(request: HttpRequest, pk: str) -> HttpResponse:
    """Beside the table: one row, or one shift, with who else could stand there and what it would break."""
    watch, roster = roster_of(request, pk)
    now, judge = clock.now(), Judge(roster)
    row = _row(roster, request.GET["row"]) if request.GET.get("row") else None
    shift = row.shift if row else _shift(roster, request.GET.get("shift"))
    asked = request.GET.get("kind", "")
    kind = row.kind if row else asked if asked in Kind.values else Kind.ON_SITE
    found, more = who_could_stand(judge, shift, instead_of=row, kind=kind)
    context = {
        "watch": watch,
        "roster": roster,
        "row": row,
        "why": Phrase.from_json(row.why) if row and row.why else None,
        "shift": shift,
        "candidates": [{"member": member, **_told(seen)} for member, seen in found],
        "more": more,
        "shifts": roster.shifts.filter(dropped_at=None, post=shift.post_id, ends_at__gt=now).exclude(pk=shift.pk),
        "on_now": row is not None and row.starts_at < now < row.ends_at,
        "over": shift.ends_at <= now,
        "gone": row is not None and (row.superseded_at is not None or row.ends_at <= now),
        "kind": kind,
    }
    if not request.headers.get("HX-Request"):
        return render(request, "duty/roster.html", {**context_of(request, watch), **context, "panel": True})
    return render(request, "duty/panel.html", context)


def _swap(request: HttpRequest, pk: str) -> Swap:
    rows = Swap.objects.select_related(
        "row__roster__watch__organisation", "row__person", "row__shift__post", "to_person"
    )
    swap = one_of(request, rows, pk, by="row__roster__watch__organisation")
    demanded(request, "duty.plan", swap.row.roster.watch.organisation)
    return swap


@login_required
@require_POST
def swap_approve(request: HttpRequest, pk: str) -> HttpResponse:
    """The lead says yes; every rule is checked as things stand now."""
    swap = _swap(request, pk)
    watch = swap.row.roster.watch

    def act() -> None:
        approve(swap=swap, actor=actor_of(request), now=clock.now(), reason=said(request, "reason"))

    return _done(request, watch, act)


@login_required
@require_POST
def swap_refuse(request: HttpRequest, pk: str) -> HttpResponse:
    """The lead says no."""
    swap = _swap(request, pk)

    def act() -> None:
        refuse(swap=swap, reason=said(request, "reason"), actor=actor_of(request), now=clock.now())

    return _done(request, swap.row.roster.watch, act)

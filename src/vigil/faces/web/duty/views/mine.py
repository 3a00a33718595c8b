"""My shifts, on a telephone: check in, see who hands over, ask for a swap, subscribe to the calendar."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.duty.actions.handovers import digest_of as digest
from vigil.domain.duty.actions.handovers import draw_up, give, list_of, take
from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.presence import check_in, rows_with_dues
from vigil.domain.duty.actions.swaps import agree, propose, refuse, withdraw
from vigil.domain.duty.coverage import EARLY
from vigil.domain.duty.models import (
    DutyRow,
    HandOver,
    HandOverState,
    How,
    KeyUse,
    Kind,
    Member,
    Screen,
    Swap,
    SwapState,
)
from vigil.domain.duty.queries import in_force, rows_of_person
from vigil.domain.readiness.provers import all_open_items
from vigil.faces.web.detection.strip import needing_me
from vigil.faces.web.duty.door import Door, door_of
from vigil.faces.web.duty.said import clean, key_or_none, said
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_, Phrase
from vigil.kernel.proofs import OpenItem

MOST_SHIFTS = 20
STILL_GIVEN = timedelta(hours=8)
MOST_NOTE = 5000


def through_a_door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Behind a key: no account. Else: signed in, and linked to a person."""

    def inside(request: HttpRequest, *args: Any, token: str = "", **kwargs: Any) -> HttpResponse:
        door = door_of(request, token)
        if door is None:
            return render(request, "duty/nobody.html")
        return view(request, door, *args, **kwargs)

    guarded = login_required(inside)

    @wraps(view)
    @never_cache
    def answer(request: HttpRequest, *args: Any, token: str = "", **kwargs: Any) -> HttpResponse:
        return inside(request, *args, token=token, **kwargs) if token else guarded(request, *args, **kwargs)

    return answer


@require_GET
@through_a_door
def shifts(request: HttpRequest, door: Door) -> HttpResponse:
    """Now and next; the code of a screen may come with the address (from its picture)."""
    now = clock.now()
    rows = list(rows_of_person(door.person.pk, now)[:MOST_SHIFTS])
    around = _around(rows)
    cards = [_card(door, around, row, due, checks, now) for row, due, checks in rows_with_dues(rows)]
    standing = Swap.objects.filter(row__superseded_at=None, row__starts_at__gt=now)
    standing = standing.filter(Q(other_row=None) | Q(other_row__superseded_at=None))
    swaps = standing.filter(to_person=door.person, state=SwapState.PROPOSED).select_related(
        "row__person", "row__shift__post", "other_row"
    )
    asked = standing.filter(row__person=door.person, state__in=[SwapState.PROPOSED, SwapState.AGREED])
    code = "".join(letter for letter in request.GET.get("code", "") if letter.isdigit())[:6]
    context = {
        "door": door,
        "now": now,
        "cards": cards,
        "code": code,
        "to_me": [{"swap": one, "agree": door.url("my_swap_answer", one.pk, "agree"),
                   "refuse": door.url("my_swap_answer", one.pk, "refuse")} for one in swaps],
        "asked": [{"swap": one, "withdraw": door.url("my_swap_answer", one.pk, "withdraw")}
                  for one in asked.select_related("to_person", "row")],
        "calendar": door.url("my_calendar"),
        "hand_overs": _to_take(door),
        "not_given": _not_given(door, now),
        "needs_me": [] if door.token else needing_me(request)[:5],
    }  # fmt: skip
    return render(request, "duty/shifts.html", context)


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds somebody's shifts, read at once for all of them: hand-overs, colleagues, posts with a screen."""

    given: dict[UUID, HandOver]
    colleagues: dict[UUID, list[DutyRow]]
    screens: set[UUID]


def _around(rows: list[DutyRow]) -> Around:
    shifts = {row.shift_id for row in rows}
    given = HandOver.objects.filter(shift_in__in=shifts, state=HandOverState.GIVEN).order_by("drawn_at")
    colleagues: dict[UUID, list[DutyRow]] = defaultdict(list)
    for row in in_force().filter(shift__in=shifts).order_by("-leads", "person__name"):
        colleagues[row.shift_id].append(row)
    posts = {row.shift.post_id for row in rows}
    screens = set(Screen.objects.filter(post__in=posts, revoked_at=None).values_list("post", flat=True))
    return Around({one.shift_in_id: one for one in given if one.shift_in_id}, colleagues, screens)


def _card(door: Door, around: Around, row: DutyRow, due: Any, checks: Any, now: Any) -> dict[str, Any]:
    on_now = row.starts_at <= now < row.ends_at
    before = around.given.get(row.shift_id)
    colleagues = around.colleagues.get(row.shift_id, [])
    return {
        "row": row,
        "on_now": on_now,
        "may_check_in": row.kind == Kind.ON_SITE and row.starts_at - EARLY <= now < row.ends_at,
        "due_at": due,
        "late": on_now and due is not None and due < now,
        "last": checks[-1] if checks else None,
        "check_in": door.url("my_check_in", row.pk),
        "hand_over": door.url("my_handover", row.shift_id) if on_now and row.kind == Kind.ON_SITE else "",
        "takes": door.url("my_takeover", before.pk) if before else "",
        "swap": door.url("my_swap", row.pk) if row.starts_at > now and row.shift.post.provider_id is None else "",
        "colleagues": [one for one in colleagues if one.person_id != door.person.pk and one.ends_at > now],
        "has_screen": row.shift.post_id in around.screens,
    }


def _to_take(door: Door) -> list[dict[str, Any]]:
    rows = in_force().filter(person=door.person, kind=Kind.ON_SITE)
    given = HandOver.objects.filter(shift_in__in=rows.values("shift"), state=HandOverState.GIVEN)
    return [
        {"hand_over": one, "url": door.url("my_takeover", one.pk)}
        for one in given.select_related("shift_out__post", "out_by")
    ]


def _not_given(door: Door, now: datetime) -> list[dict[str, Any]]:
    """Shifts of this person that have just ended and that nobody of them has handed over yet."""
    rows = in_force().filter(person=door.person, kind=Kind.ON_SITE, shift__post__provider=None)
    rows = rows.filter(ends_at__lte=now, shift__ends_at__lte=now, shift__ends_at__gt=now - STILL_GIVEN)
    given = HandOver.objects.exclude(state=HandOverState.DRAWN).values("shift_out")
    rows = rows.exclude(shift__in=given).order_by("ends_at")
    return [{"row": row, "url": door.url("my_handover", row.shift_id)} for row in rows]


@require_POST
@through_a_door
def here(request: HttpRequest, door: Door, row: UUID) -> HttpResponse:
    """I am here: with the code on the screen, or without."""
    code, own = said(request, "code", 20), door.row(row)
    try:
        made = check_in(row=own, how=How.SCREEN if code else door.how, code=code, actor=door.actor, now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    else:
        messages.success(request, gettext("You are checked in: {place}.").format(place=made.get_place_display()))
    return redirect(door.url("my_duty"))


@require_http_methods(["GET", "POST"])
@through_a_door
def hand_over(request: HttpRequest, door: Door, shift: UUID) -> HttpResponse:
    """Give: the list of what is open, with remarks, signed."""
    row = in_force().filter(shift=shift, person=door.person, kind=Kind.ON_SITE).first()
    if row is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    now = clock.now()
    items = all_open_items(row.shift.post.organisation_id, now)
    found = draw_up(shift=row.shift, items=items, actor=door.actor, now=now)
    items = _besides(found, items)
    if request.method == "POST":
        try:
            give(
                hand_over=found, person=door.person, items=items, digest=request.POST.get("digest", ""),
                remarks=_remarks(request), note=said(request, "note", MOST_NOTE), actor=door.actor, now=now,
            )  # fmt: skip
        except VigilError as error:
            return _not_signed(request, door, found, items, "give", error)
        messages.success(request, gettext("Signed. The next shift signs too; until then it stays on your list."))
        return redirect(door.url("my_duty"))
    return render(request, "duty/handover_sign.html", _signing(door, found, items, "give"))


@require_http_methods(["GET", "POST"])
@through_a_door
def take_over(request: HttpRequest, door: Door, pk: UUID) -> HttpResponse:
    """Take: the same list, with what came or was closed since."""
    found = (
        HandOver.objects.filter(pk=pk, shift_in__rows__person=door.person, shift_in__rows__superseded_at=None)
        .select_related("shift_out__post", "shift_in", "out_by")
        .first()
    )
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    now = clock.now()
    items = _besides(found, all_open_items(found.shift_out.post.organisation_id, now))
    if request.method == "POST":
        try:
            take(
                hand_over=found, person=door.person, items=items, digest=request.POST.get("digest", ""),
                note=said(request, "note", MOST_NOTE), actor=door.actor, now=now,
            )  # fmt: skip
        except VigilError as error:
            return _not_signed(request, door, found, items, "take", error)
        messages.success(request, gettext("Taken over. The post is yours."))
        return redirect(door.url("my_duty"))
    return render(request, "duty/handover_sign.html", _signing(door, found, items, "take"))


def _besides(found: HandOver, items: Sequence[OpenItem]) -> list[OpenItem]:
    """That this very hand-over waits is no item of its own list: the signature ends it."""
    own = reverse("handover", args=[found.pk])
    return [one for one in items if one.link != own]


def _remarks(request: HttpRequest) -> dict[str, str]:
    """What was written beside the items, by key; every item that was shown with a field has an entry."""
    return {
        name.removeprefix("remark-"): clean(str(text))
        for name, text in request.POST.items()
        if name.startswith("remark-")
    }


def _not_signed(
    request: HttpRequest, door: Door, found: HandOver, items: Any, verb: str, error: VigilError
) -> HttpResponse:
    """The list as it stands now, with what was written kept, and what has come since it was shown marked."""
    messages.error(request, error.phrase.said(gettext))
    found.refresh_from_db()
    context = _signing(door, found, items, verb)
    if verb == "give" and context["may_sign"]:
        written = _remarks(request)
        for one in context["items"]:
            one["remark"] = written.get(one["key"], one["remark"])
            one["came"] = one["key"] not in written
    context["note"] = said(request, "note", MOST_NOTE)
    return render(request, "duty/handover_sign.html", context, status=error.status)


def _signing(door: Door, found: HandOver, items: Any, verb: str) -> dict[str, Any]:
    listed = [{**one, "phrase": Phrase.from_json(one["statement"])} for one in list_of(found, items)]
    may = found.state == (HandOverState.DRAWN if verb == "give" else HandOverState.GIVEN)
    return {"door": door, "hand_over": found, "items": listed, "digest": digest(found, items), "verb": verb,
            "may_sign": may, "back": door.url("my_duty")}  # fmt: skip


@require_http_methods(["GET", "POST"])
@through_a_door
def swap(request: HttpRequest, door: Door, row: UUID) -> HttpResponse:
    """Ask somebody to take a shift, or to exchange it for one of theirs."""
    own = door.row(row)
    others = in_force().filter(roster=own.roster, kind=own.kind, starts_at__gt=clock.now(), shift__post__provider=None)
    others = others.filter(person__left_at=None).exclude(person=door.person).order_by("starts_at")
    if request.method == "POST":
        try:
            wanted, theirs = _wanted(request, own)
            propose(
                row=own, to_person=wanted, other_row=theirs, reason=said(request, "reason"),
                actor=door.actor, now=clock.now(),
            )  # fmt: skip
        except VigilError as error:
            messages.error(request, error.phrase.said(gettext))
            return redirect(request.path)
        messages.success(request, gettext("Asked. When the other agrees, the lead decides."))
        return redirect(door.url("my_duty"))
    members = Member.objects.filter(
        organisation=own.roster.watch.organisation_id, retired_at=None, person__left_at=None
    ).exclude(person=door.person)
    context = {"door": door, "row": own, "others": others[:200], "members": members.select_related("person"),
               "back": door.url("my_duty")}  # fmt: skip
    return render(request, "duty/swap.html", context)


def _wanted(request: HttpRequest, own: DutyRow) -> tuple[Any, DutyRow | None]:
    """Whom the form names: `person:ID`, or `row:ID` for an exchange. Raises: NotFound for who is not of this roster."""
    kind, _, key = request.POST.get("with", "").partition(":")
    pk = key_or_none(key)
    if kind == "row" and pk:
        theirs = in_force().filter(pk=pk, roster=own.roster).first()
        if theirs is not None:
            return theirs.person, theirs
    if kind == "person" and pk:
        member = Member.objects.filter(person=pk, organisation=own.roster.watch.organisation_id, retired_at=None)
        found = member.select_related("person").first()
        if found is not None:
            return found.person, None
    raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))


@require_POST
@through_a_door
def swap_answer(request: HttpRequest, door: Door, pk: UUID, verb: str) -> HttpResponse:
    """Agree or refuse as the one who is asked; withdraw as the one who asked."""
    rows = (
        Swap.objects.filter(row__person=door.person)
        if verb == "withdraw"
        else Swap.objects.filter(to_person=door.person)
    )
    found = rows.filter(pk=pk).select_related("row__person", "row__roster__watch", "to_person").first()
    if found is None or verb not in ("agree", "refuse", "withdraw"):
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    try:
        if verb == "agree":
            agree(swap=found, person=door.person, actor=door.actor, now=clock.now())
        elif verb == "refuse":
            refuse(swap=found, reason=said(request, "reason"), actor=door.actor, now=clock.now())
        else:
            withdraw(swap=found, actor=door.actor, now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    return redirect(door.url("my_duty"))


@require_POST
@through_a_door
def calendar(request: HttpRequest, door: Door) -> HttpResponse:
    """A secret address of one's own calendar, shown once."""
    _, token = make_key(
        organisation=door.person.organisation,
        person=door.person,
        use=KeyUse.CALENDAR,
        actor=door.actor,
        now=clock.now(),
    )
    address = request.build_absolute_uri(reverse("calendar_feed", args=[token]))
    return render(request, "duty/calendar_made.html", {"address": address, "back": door.url("my_duty"), "door": door})

"""Who is on now, who is next, what was handed over; the post's own screen; calendars; the telephone tree."""

from datetime import timedelta
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.duty.actions.keys import key_of, make_key, revoke_key
from vigil.domain.duty.actions.presence import attest_past, code_on, sha256
from vigil.domain.duty.models import DutyKey, DutyRow, HandOver, KeyUse, Kind, Roster, Screen
from vigil.domain.duty.queries import function_holes, in_force, on_now
from vigil.faces.web.duty.calendars import feed
from vigil.faces.web.duty.said import said
from vigil.faces.web.duty.tree import telephone_tree
from vigil.faces.web.duty.views.roster import PLAN, planned, watch_of
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_, Phrase

_SEEN_EVERY = timedelta(seconds=30)
MOST_KEYS = 200


@signed_in_or_stale
@require_GET
def now_page(request: HttpRequest, pk: str) -> HttpResponse:
    """Who is on, by function, with check-in mark and telephone; who is next; the last hand-overs."""
    watch = watch_of(request, pk)
    now = clock.now()
    roster = Roster.objects.filter(watch=watch).select_related("watch__organisation").first()
    rows = in_force().filter(roster=roster) if roster else DutyRow.objects.none()
    lately = DutyRow.objects.filter(
        roster=roster, superseded_at=None, kind=Kind.ON_SITE, starts_at__lte=now, ends_at__gt=now - timedelta(hours=24)
    ).select_related("person", "shift__post")
    context = {
        "watch": watch,
        "roster": roster,
        "now": now,
        "on": on_now(rows, now),
        "holes": function_holes(roster, now)[:5] if roster else [],
        "hand_overs": _hand_overs(watch.organisation_id, now),
        "lately": lately.order_by("-starts_at")[:30],
        "may_plan": permitted(user_of(request), PLAN, watch.organisation),
        "keys": DutyKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None,
                                       organisation=watch.organisation).select_related("person").order_by(
                                           "use", "person__name", "-made_at")[:MOST_KEYS],
    }  # fmt: skip
    return render(request, "duty/now_part.html" if request.headers.get("HX-Request") else "duty/now.html", context)


def _hand_overs(organisation: Any, now: Any) -> list[HandOver]:
    rows = HandOver.objects.filter(shift_out__post__organisation=organisation, drawn_at__gt=now - timedelta(days=2))
    return list(rows.select_related("shift_out__post", "shift_in", "out_by", "in_by")[:20])


@login_required
@require_GET
def hand_over(request: HttpRequest, pk: str) -> HttpResponse:
    """A hand-over as it was signed."""
    rows = HandOver.objects.select_related("shift_out__post__organisation", "shift_in", "out_by", "in_by")
    found = one_of(request, rows, pk, by="shift_out__post__organisation")
    listed = [{**one, "phrase": Phrase.from_json(one["statement"])} for one in found.items]
    return render(request, "duty/handover.html", {"hand_over": found, "items": listed})


@login_required
@require_POST
def attest(request: HttpRequest, pk: str) -> HttpResponse:
    """A lead states, with their name, that somebody was or is there."""
    rows = DutyRow.objects.select_related("roster__watch__organisation", "shift__post", "person")
    row = one_of(request, rows, pk, by="roster__watch__organisation")
    demanded(request, PLAN, row.roster.watch.organisation)
    now = clock.now()
    start = row.starts_at if request.POST.get("from_start") else min(now, row.ends_at - timedelta(minutes=1))
    try:
        attest_past(
            row=row, at=start, by=user_of(request).display_name, note=said(request, "note"),
            actor=actor_of(request), now=now, attester=user_of(request).person_id,
        )  # fmt: skip
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    else:
        messages.success(request, gettext("Attested, with your name under it."))
    return redirect("duty_now", pk=row.roster.watch_id)


@never_cache
@require_GET
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """The post's own screen: the code, a picture of it for telephones, who is on and who comes."""
    now = clock.now()
    found = (
        Screen.objects.filter(token_sha256=sha256(token), revoked_at=None).select_related("post__organisation").first()
    )
    if found is None:
        raise NotFound("duty.key", N_("This link opens nothing (any more). Ask your lead for a new one."))
    if found.seen_at is None or now - found.seen_at > _SEEN_EVERY:
        Screen.objects.filter(pk=found.pk).update(seen_at=now)
    code, left = code_on(found, now)
    address = f"{settings.VIGIL_BASE_URL}{reverse('my_duty')}?code={code}"
    context = {
        "screen": found,
        "post": found.post,
        "code": f"{code[:3]} {code[3:]}",
        "left": left,
        "picture": segno.make(address, micro=False).svg_data_uri(scale=6, border=2, dark="#000", light="#fff"),
        "now": now,
        "now_ms": int(now.timestamp() * 1000),
        "stale_after_ms": int((now + timedelta(seconds=60)).timestamp() * 1000),
        "on": on_now(in_force([found.post.organisation_id]).filter(shift__post=found.post), now),
        "address": request.path,
    }
    return render(
        request, "duty/screen_part.html" if request.headers.get("HX-Request") else "duty/screen.html", context
    )


@never_cache
@require_GET
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address, as iCalendar."""
    key = key_of(token, KeyUse.CALENDAR, clock.now())
    response = HttpResponse(feed(key, clock.now()), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="vigil.ics"'
    return response


@login_required
@require_POST
def team_calendar(request: HttpRequest, pk: str) -> HttpResponse:
    """A secret address of the whole team's calendar, shown once."""
    watch = planned(request, pk)
    _, token = make_key(
        organisation=watch.organisation, person=None, use=KeyUse.CALENDAR, actor=actor_of(request), now=clock.now()
    )
    address = request.build_absolute_uri(reverse("calendar_feed", args=[token]))
    back = reverse("duty_now", args=[pk])
    return render(request, "duty/calendar_made.html", {"address": address, "back": back})


@login_required
@require_POST
def key_revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """A secret address opens no longer."""
    key = one_of(request, DutyKey.objects.select_related("organisation"), pk)
    demanded(request, PLAN, key.organisation)
    revoke_key(key=key, actor=actor_of(request), now=clock.now())
    watch = key.organisation.watches.order_by("-starts_at").values_list("pk", flat=True).first()
    return redirect("duty_now", pk=watch) if watch else redirect("home")


@login_required
@require_GET
def tree(request: HttpRequest, pk: str) -> HttpResponse:
    """The telephone tree as PDF, as of now: for the wall, and for when Vigil is gone."""
    watch = watch_of(request, pk)
    demanded(request, "people.read", watch.organisation)
    response = HttpResponse(telephone_tree(watch, clock.now()), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="cay-dien-thoai.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response

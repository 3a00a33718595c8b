"""The board: clock, day n of N, each obligation with its proof and what to do next; and the wall's version of it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.calendar import holidays_between
from vigil.domain.directives.models import Campaign, CampaignState, Watch, WatchState
from vigil.domain.organisations.models import Home
from vigil.domain.organisations.queries import contact_points_filed
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import provers_by_kind
from vigil.domain.readiness.queries import board_of
from vigil.faces.web.detection.strip import detection_of
from vigil.faces.web.directives.forms import WindowForm
from vigil.faces.web.duty.wall import duty_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis, Verdict


def signed_in_or_stale(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Sign-in for people; for a page that asks for news, 401: it keeps what it shows and says that it is stale."""
    guarded = login_required(view)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            return HttpResponse(status=401)
        _stay_signed_in(request)
        return guarded(request, *args, **kwargs)

    return answer


def _stay_signed_in(request: HttpRequest) -> None:
    """A wall that is looked at stays signed in; its session is written now and then, not with every look."""
    now = int(clock.now().timestamp())
    if request.user.is_authenticated and abs(now - request.session.get("looked_at", 0)) >= RENEWED_EVERY_S:
        request.session["looked_at"] = now


FRESH_FOR = timedelta(minutes=1)
MEASURED_WITHIN = timedelta(minutes=15)
RENEWED_EVERY_S = 300


def _watches() -> QuerySet[Watch]:
    return Watch.objects.select_related("organisation", "directive")


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The board of the watch that matters most now; without any, the way to the first one."""
    now = clock.now()
    rank = Case(
        When(state=WatchState.OPEN, starts_at__lte=now, ends_at__gt=now, then=Value(0)),
        When(state=WatchState.OPEN, then=Value(1)),
        When(state=WatchState.PLANNED, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    kept_here = scoped(request, _watches().filter(organisation__home=Home.HERE))
    first = kept_here.annotate(rank=rank).order_by("rank", "-opened_at", "-starts_at").first()
    if first is None:
        in_force = scoped(request, Campaign.objects.filter(state=CampaignState.SENT), permission="campaigns.manage")
        newest = in_force.order_by("-sent_at").first()
        return redirect("start") if newest is None else redirect("campaign", pk=newest.pk)
    return _board(request, first)


@signed_in_or_stale
@require_GET
def board(request: HttpRequest, pk: str) -> HttpResponse:
    """The board of one watch; the rows alone when htmx asks for news."""
    return _board(request, one_of(request, _watches(), pk))


def _board(request: HttpRequest, watch: Watch) -> HttpResponse:
    context = _context(request, watch)
    if request.headers.get("HX-Request"):
        return render(request, "readiness/rows.html", context)
    others = scoped(request, _watches()).exclude(pk=watch.pk).exclude(state=WatchState.CLOSED)
    context |= {
        "others": others.order_by("-starts_at")[:10],
        "may_manage": permitted(user_of(request), "watches.manage", watch.organisation),
        "provider_links": watch.organisation.provider_links.select_related("provider")[:20],
        "window_form": WindowForm(initial={"first_day": watch.first_day, "last_day": watch.last_day}),
    }
    return render(request, "readiness/board.html", context)


@signed_in_or_stale
@require_GET
def wall(request: HttpRequest, pk: str) -> HttpResponse:
    """The wallboard: one screen, no mouse, readable at five metres."""
    context = _context(request, one_of(request, _watches(), pk))
    template = "readiness/wall_part.html" if request.headers.get("HX-Request") else "readiness/wall.html"
    return render(request, template, context)


@login_required
@require_POST
def measure(request: HttpRequest, pk: str) -> HttpResponse:
    """Measure now rather than at the next round."""
    watch = one_of(request, _watches(), pk)
    demanded(request, "contacts.test", watch.organisation)
    if watch.state == WatchState.CLOSED:
        raise Conflict("watch.closed", N_("This watch is closed."))
    prove_watch(watch=watch, provers=provers_by_kind(), actor=actor_of(request), now=clock.now())
    return redirect("watch", pk=pk)


def _context(request: HttpRequest, watch: Watch) -> dict[str, Any]:
    now = clock.now()
    shown = board_of(watch, now)
    return {
        "watch": watch,
        "directive": watch.directive,
        "board": shown,
        "now": now,
        "now_ms": int(now.timestamp() * 1000),
        "stale_after_ms": int((now + FRESH_FOR).timestamp() * 1000),
        "measured_too_long_ago": watch.state != WatchState.CLOSED
        and (shown.measured_at is None or now - shown.measured_at > MEASURED_WITHIN),
        "day": watch.day_number(now),
        "ended": now >= watch.ends_at,
        "counts": [(verdict.value, shown.count(verdict)) for verdict in Verdict],
        "met_by_basis": [(basis.value, shown.count(Verdict.MET, basis)) for basis in Basis],
        "holidays": holidays_between(watch.first_day, watch.last_day, get_language() or "vi"),
        "hotlines": _hotlines(watch),
        **duty_of(watch, now),
        **detection_of(request, watch.organisation, now),
    }


def _hotlines(watch: Watch) -> list[dict[str, Any]]:
    """The numbers to call: our own contact points', and those that the dispatch gives (historical until tested)."""
    own = [
        {
            "org": point.label,
            "numbers": [c.value for c in point.channels.all() if c.kind != "email"],
            "verified": point.verified_at,
        }
        for point in contact_points_filed(watch.organisation_id)
    ]
    given = [
        {"org": row.get("org"), "numbers": [*(row.get("hotline") or []), *(row.get("phone") or [])], "verified": None}
        for row in watch.directive.contacts
    ]
    return [line for line in [*given, *own] if line["numbers"]]

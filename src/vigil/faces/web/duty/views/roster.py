"""The roster of a watch: begun, planned, published, looked at, printed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.models import Watch
from vigil.domain.duty.actions.planning import draft, publish
from vigil.domain.duty.actions.posts import add_members, name_who_may_lead, save_post, stand_down
from vigil.domain.duty.models import DutyShift, Member, Post, Roster, Swap, SwapState
from vigil.domain.duty.problems import RULES, rows_of, shifts_of
from vigil.domain.duty.queries import broken_in, function_holes, standing_plan
from vigil.engines.roster.picture import svg
from vigil.faces.web.duty.forms import BeginForm, RulesForm
from vigil.faces.web.duty.grid import grid_of
from vigil.faces.web.duty.strips import strips_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, Refused, VigilError
from vigil.kernel.phrases import N_, Phrase

PLAN = "duty.plan"
SOLVER_S = 8.0


def watch_of(request: HttpRequest, pk: str) -> Watch:
    """The watch, if its organisation may be seen. Raises: NotFound."""
    return one_of(request, Watch.objects.select_related("organisation", "directive"), pk)


def planned(request: HttpRequest, pk: str) -> Watch:
    """The watch, for who may plan its duty. Raises: NotFound, NotAllowed."""
    watch = watch_of(request, pk)
    demanded(request, PLAN, watch.organisation)
    return watch


def roster_of(request: HttpRequest, pk: str) -> tuple[Watch, Roster]:
    """The watch and its roster, for who may plan. Raises: NotFound (also where none is begun yet), NotAllowed."""
    watch = planned(request, pk)
    found = Roster.objects.filter(watch=watch).select_related("watch__organisation").first()
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return watch, found


def version_of(request: HttpRequest) -> int | None:
    """Which version of the roster the page was made from; None: it does not say. What is no number fits no version."""
    told = request.POST.get("version", "")
    if not told:
        return None
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1


@login_required
@require_GET
def roster(request: HttpRequest, pk: str) -> HttpResponse:
    """The roster as strips and table; without one, the way to it."""
    watch = watch_of(request, pk)
    return render(request, "duty/roster.html", context_of(request, watch))


def part(request: HttpRequest, watch: Watch, **more: Any) -> HttpResponse:
    """What changed, for htmx; for a browser without it, the whole page again."""
    if not request.headers.get("HX-Request"):
        if more.get("ask") is not None:
            return render(request, "duty/roster.html", {**context_of(request, watch), **more})
        error = more.get("error")
        if isinstance(error, VigilError):
            messages.error(request, error.phrase.said(gettext))
        elif more.get("done"):
            messages.success(request, more["done"])
        return redirect("roster", pk=watch.pk)
    return render(request, "duty/roster_part.html", {**context_of(request, watch), **more})


def context_of(request: HttpRequest, watch: Watch) -> dict[str, Any]:
    """Everything that the roster's page shows."""
    now = clock.now()
    found = Roster.objects.filter(watch=watch).select_related("watch__organisation").first()
    shifts = shifts_of(found) if found else []
    rows = rows_of(found) if found else []
    plan = standing_plan(found) if found and shifts else None
    members = Member.objects.filter(organisation=watch.organisation, retired_at=None, person__left_at=None)
    posts = Post.objects.filter(organisation=watch.organisation, retired_at=None)
    may_plan = permitted(user_of(request), PLAN, watch.organisation) and watch.state != "closed"
    names = {str(member.person_id): member.person.name for member in members.select_related("person")}
    context: dict[str, Any] = {
        "watch": watch,
        "roster": found,
        "now": now,
        "plan": plan,
        "broken": broken_in(plan) if plan else [],
        "holes": [hole for hole in plan.functions if hole.span.end > now] if plan else [],
        "open_now": [one for one in plan.unfilled if one.span.end > now] if plan else [],
        "strips": strips_of(watch, plan, now),
        "grids": grid_of(shifts, rows, plan, now),
        "fairness": [{"name": names.get(one.person, ""), "one": one} for one in plan.fairness] if plan else [],
        "impossible": _impossible(found),
        "posts": posts.select_related("provider"),
        "own_posts": [post for post in posts if post.provider_id is None],
        "members": members.count(),
        "swaps": _swaps(found),
        "may_plan": may_plan,
        "rules_form": RulesForm(initial={**RULES, **(found.rules if found else {})}),
    }
    if may_plan and not shifts:
        context["begin_form"] = BeginForm(organisation=watch.organisation)
    return context


def _impossible(found: Roster | None) -> Phrase | None:
    said = found.summary.get("impossible") if found else None
    return Phrase.from_json(said) if said else None


def _swaps(found: Roster | None) -> list[Swap]:
    if found is None:
        return []
    waiting = Swap.objects.filter(
        Q(other_row=None) | Q(other_row__superseded_at=None),
        row__roster=found,
        row__superseded_at=None,
        state__in=[SwapState.PROPOSED, SwapState.AGREED],
    )
    return list(waiting.select_related("row__person", "row__shift__post", "to_person", "other_row__shift"))


@login_required
@require_POST
def begin(request: HttpRequest, pk: str) -> HttpResponse:
    """The first roster in one step: a post, who stands, who may lead, and a draft of the plan."""
    watch = planned(request, pk)
    if DutyShift.objects.filter(roster__watch=watch, dropped_at=None).exists():
        messages.error(request, gettext("Somebody has begun this roster meanwhile. Here it is."))
        return redirect("roster", pk=watch.pk)
    form = BeginForm(request.POST, organisation=watch.organisation)
    if not form.is_valid():
        return render(
            request, "duty/roster.html", {**context_of(request, watch), "begin_form": form}, status=Refused.status
        )
    now, actor = clock.now(), actor_of(request)
    try:
        with transaction.atomic():
            chosen = list(form.cleaned_data["people"])
            add_members(organisation=watch.organisation, people=chosen, actor=actor, now=now)
            stand_down(organisation=watch.organisation, among=form.listed, besides=chosen, actor=actor, now=now)
            leads = list(form.cleaned_data["leads"])
            name_who_may_lead(organisation=watch.organisation, among=chosen, leads=leads, actor=actor, now=now)
            post = form.post(watch.organisation)
            save_post(post=post, actor=actor, now=now)
            draft(watch=watch, posts=[*_own_posts(watch)], actor=actor, now=now)
    except VigilError as error:
        form.add_error(None, error.phrase.said(gettext))
        return render(
            request, "duty/roster.html", {**context_of(request, watch), "begin_form": form}, status=error.status
        )
    messages.success(request, gettext("The roster is drafted. Look at its holes, then publish it."))
    return redirect("roster", pk=watch.pk)


def _own_posts(watch: Watch) -> list[Post]:
    return list(Post.objects.filter(organisation=watch.organisation_id, retired_at=None, provider=None))


@login_required
@require_POST
def plan_anew(request: HttpRequest, pk: str) -> HttpResponse:
    """Plan again over all posts; what was set by hand stays."""
    watch = planned(request, pk)
    form = RulesForm(request.POST)
    asked = any(name in request.POST for name in form.fields)
    try:
        if asked and not form.is_valid():
            raise Refused("input.invalid", N_("Not saved: {faults}"), faults=_faults(form))
        rules = form.cleaned_data if asked else None
        draft(
            watch=watch, posts=_own_posts(watch), actor=actor_of(request), now=clock.now(),
            version=version_of(request), rules=rules, solver_s=SOLVER_S if request.POST.get("solver") else 0,
        )  # fmt: skip
    except VigilError as error:
        return part(request, watch, error=error)
    return part(request, watch, done=gettext("Planned anew."))


def _faults(form: RulesForm) -> str:
    return "; ".join(f"{form.fields[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items())


@login_required
@require_POST
def publish_now(request: HttpRequest, pk: str) -> HttpResponse:
    """From now on it counts."""
    watch, found = roster_of(request, pk)
    try:
        publish(roster=found, version=version_of(request), actor=actor_of(request), now=clock.now())
    except VigilError as error:
        return part(request, watch, error=error)
    done = gettext("The roster is published: proofs, calendars and reminders follow it.")
    if holes := function_holes(found, clock.now()):
        done += " " + ngettext(
            "It has {n} hole, which 1.a says too.", "It has {n} holes, which 1.a says too.", len(holes)
        ).format(n=len(holes))
    return part(request, watch, done=done)


@login_required
@require_GET
def picture(request: HttpRequest, pk: str) -> HttpResponse:
    """The plan and its fairness as a picture."""
    watch = watch_of(request, pk)
    found = Roster.objects.filter(watch=watch).select_related("watch__organisation").first()
    plan = standing_plan(found) if found else None
    if plan is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return HttpResponse(svg(plan, gettext), content_type="image/svg+xml")

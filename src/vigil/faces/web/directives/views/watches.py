"""Watches: list, plan and open, move the window, close."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.directives.actions.watches import assign, close_watch, move_window, open_watch, plan_watch
from vigil.domain.directives.models import Assignment, Directive, Watch
from vigil.domain.organisations.models import Person
from vigil.domain.organisations.queries import under
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import all_open_items, provers_by_kind
from vigil.faces.web.directives.forms import AssignForm, CloseForm, WindowForm
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped
from vigil.kernel import clock


@login_required
@require_GET
def watches(request: HttpRequest) -> HttpResponse:
    """Every watch in sight, newest window first."""
    rows = scoped(request, Watch.objects.select_related("organisation", "directive").order_by("-starts_at", "-id"))
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "directives/watches.html", {"page": page})


@login_required
@require_POST
def plan_and_open(request: HttpRequest, pk: str) -> HttpResponse:
    """Open a watch over a confirmed directive, at once or planned for later."""
    directive = one_of(request, Directive.objects.select_related("organisation"), pk)
    demanded(request, "watches.manage", directive.organisation)
    form = WindowForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Say on which day the watch starts and on which it ends."))
        return redirect("directive", pk=pk)
    first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
    as_read = (first, last) == (directive.window_start, directive.window_end)
    watch = plan_watch(
        directive=directive,
        first_day=first,
        last_day=last,
        actor=actor_of(request),
        now=clock.now(),
        window_origin="read" if as_read else "edited",
    )
    if "plan" not in request.POST:
        open_watch(watch=watch, actor=actor_of(request), now=clock.now())
    prove_watch(watch=watch, provers=provers_by_kind(), actor=actor_of(request), now=clock.now())
    return redirect("watch", pk=watch.pk)


@login_required
@require_POST
def open_planned(request: HttpRequest, pk: str) -> HttpResponse:
    """Open a planned watch."""
    watch = one_of(request, Watch.objects.select_related("organisation"), pk)
    demanded(request, "watches.manage", watch.organisation)
    open_watch(watch=watch, actor=actor_of(request), now=clock.now())
    return redirect("watch", pk=pk)


@login_required
@require_POST
def move(request: HttpRequest, pk: str) -> HttpResponse:
    """Move the window, with a reason."""
    watch = one_of(request, Watch.objects.select_related("organisation"), pk)
    demanded(request, "watches.manage", watch.organisation)
    form = WindowForm(request.POST)
    if form.is_valid():
        move_window(watch=watch, **form.cleaned_data, actor=actor_of(request), now=clock.now())
        messages.success(request, gettext("The window was moved."))
    else:
        messages.error(request, gettext("Say on which day the watch starts and on which it ends."))
    return redirect("watch", pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: str) -> HttpResponse:
    """Look at what is still open, then close."""
    watch = one_of(request, Watch.objects.select_related("organisation", "directive"), pk)
    demanded(request, "watches.manage", watch.organisation)
    left = all_open_items(watch.organisation_id, clock.now())
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        close_watch(
            watch=watch, note=form.cleaned_data["note"], open_items=left, actor=actor_of(request), now=clock.now()
        )
        messages.success(request, gettext("The watch is closed."))
        return redirect("watch", pk=pk)
    return render(request, "directives/close.html", {"watch": watch, "left": left, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def assignment(request: HttpRequest, pk: str) -> HttpResponse:
    """Who answers for one obligation of a watch."""
    rows = Assignment.objects.select_related("watch__organisation", "obligation", "person")
    found = one_of(request, rows, pk, by="watch__organisation")
    people = Person.objects.filter(organisation__in=under([found.watch.organisation]), left_at=None)
    initial = {
        "person": found.person,
        "own_deadline_at": found.own_deadline_at,
        "applies": found.applies,
        "applies_reason": found.applies_reason,
    }
    form = AssignForm(request.POST or None, people=people, initial=initial)
    if request.method == "POST":
        demanded(request, "watches.manage", found.watch.organisation)
        if form.is_valid():
            assign(assignment=found, **form.cleaned_data, actor=actor_of(request), now=clock.now())
            messages.success(request, gettext("Saved."))
            return redirect("watch", pk=found.watch_id)
    return render(request, "directives/assignment.html", {"assignment": found, "form": form, "watch": found.watch})

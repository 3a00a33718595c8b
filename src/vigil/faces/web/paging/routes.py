"""How a person is reached: one's own routes, and, for the lead, those of others; and a test page by each."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.organisations.models import Person
from vigil.domain.paging.actions.routes import (
    add_route,
    keep_implied_routes,
    order_routes,
    pause_route,
    remove_route,
    send_test_page,
)
from vigil.domain.paging.channels import channels, implied_routes
from vigil.domain.paging.models import Page, Route
from vigil.faces.web.dressing import dress
from vigil.faces.web.paging.pages import page_not_there
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.errors import VigilError


class RouteForm(forms.Form):
    """A channel and an address on it."""

    channel = forms.ChoiceField(label=_("Channel"))
    address = forms.CharField(label=_("Number or address"), max_length=320)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(name, channel.label(language)) for name, channel in channels().usable.items()]
        dress(self)


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own routes; an account without a person behind it is told what to do."""
    person = user_of(request).person
    if person is None:
        return render(request, "paging/nobody.html")
    return redirect("routes", pk=person.pk)


def _person(request: HttpRequest, pk: object) -> Person:
    """Oneself, or somebody whose routes one may manage."""
    own = user_of(request).person
    if own is not None and str(own.pk) == str(pk):
        return own
    found = one_of(request, Person.objects.select_related("organisation"), str(pk))
    demanded(request, "paging.manage", found.organisation)
    return found


@login_required
@require_http_methods(["GET", "POST"])
def routes(request: HttpRequest, pk: str) -> HttpResponse:
    """The routes in their order; a further one."""
    person, language = _person(request, pk), request.LANGUAGE_CODE or "vi"
    form, error = RouteForm(request.POST or None, language=language), None
    if request.method == "POST" and form.is_valid():
        try:
            keep_implied_routes(person=person, actor=actor_of(request), now=clock.now())
            add_route(person=person, **form.cleaned_data, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("The route is there. Send a test page by it."))
            return redirect("routes", pk=pk)
    return _shown(request, person, form, error)


def _shown(request: HttpRequest, person: Person, form: RouteForm, error: VigilError | None) -> HttpResponse:
    language, usable = request.LANGUAGE_CODE or "vi", channels().usable
    rows = []
    tests = Page.objects.filter(route__person=person, is_test=True).order_by("raised_at")
    last = {test.route_id: test for test in tests}
    for row in Route.objects.filter(person=person):
        channel = usable.get(row.channel)
        label = channel.label(language) if channel else row.channel
        rows.append({"route": row, "label": label, "works": channel is not None, "test": last.get(row.pk)})
    implied = [] if rows else [(usable[name].label(language), address) for name, address in implied_routes(person)]
    context = {
        "person": person,
        "rows": rows,
        "implied": implied,
        "form": form,
        "error": error,
        "own": user_of(request).person_id == person.pk,
        "may_see": permitted(user_of(request), "paging.read", person.organisation),
    }
    status = error.status if error else 422 if form.is_bound else 200
    return render(request, "paging/routes.html", context, status=status)


@login_required
@require_POST
def change(request: HttpRequest, pk: str) -> HttpResponse:
    """One change of a route: test, up, pause, resume, remove."""
    route = Route.objects.select_related("person__organisation").filter(pk=pk).first()
    if route is None:
        raise page_not_there()
    person = _person(request, route.person_id)
    what, actor, now = request.POST.get("what", ""), actor_of(request), clock.now()
    try:
        if what == "test":
            send_test_page(route=route, actor=actor, now=now)
            messages.success(request, gettext("A test page is on its way. Take it by its link or its code."))
        elif what == "up":
            keys = [row.pk for row in Route.objects.filter(person=person)]
            place = keys.index(route.pk)
            keys.insert(max(place - 1, 0), keys.pop(place))
            order_routes(person=person, order=keys, actor=actor, now=now)
        elif what in {"pause", "resume"}:
            pause_route(route=route, paused=what == "pause", actor=actor, now=now)
        elif what == "remove":
            remove_route(route=route, actor=actor, now=now)
    except VigilError as error:
        return _shown(request, person, RouteForm(language=request.LANGUAGE_CODE or "vi"), error)
    return redirect("routes", pk=person.pk)

"""Hunts over stored events: asked for, watched as they go, stopped; and the lists of indicators that they look for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.actions.hunts import ask_hunt, stop_hunt
from vigil.domain.detection.actions.lists import add_list, retire_list
from vigil.domain.detection.models import Alert, HuntState, IndicatorList, Origin, RetroHunt, Rule
from vigil.domain.detection.queries import visible_rules
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.sight import MANAGE, READ, choices, one_seen, speaking_for, usual_organisation
from vigil.faces.web.detection.words import shipped_named
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.lists.finding import find
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import actor_of, demanded, scoped, user_of, visible
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import VigilError
from vigil.kernel.tlp import Tlp

MOST_SHOWN: Final = 200
_MOST_NAMED: Final = 50
_MOST_ALERTS: Final = 100
_FOUND_IN: Final = ("title", "product", "category", "service", "techniques")
UNDER_WAY: Final = (HuntState.WAITING, HuntState.RUNNING)


@signed_in_or_stale
@require_GET
def hunts(request: HttpRequest) -> HttpResponse:
    """All hunts, the newest first; the rows alone when htmx asks for news."""
    rows = scoped(request, RetroHunt.objects.select_related("organisation"), permission=READ).order_by("-asked_at")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    owners = {row.organisation_id for row in page}
    may = set(visible(request, MANAGE).filter(pk__in=owners).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": [{"hunt": row, "may": row.organisation_id in may and row.state in UNDER_WAY} for row in page],
        "lively": any(row.state in UNDER_WAY for row in page),
        "here": request.get_full_path(),
    }
    return render(
        request, "detection/hunt_rows.html" if request.headers.get("HX-Request") else "detection/hunts.html", context
    )


@signed_in_or_stale
@require_GET
def hunt(request: HttpRequest, pk: str) -> HttpResponse:
    """One hunt as it goes, and what it found."""
    found = one_seen(request, RetroHunt.objects.select_related("organisation"), pk)
    alerts = Alert.objects.filter(organisation=found.organisation, detections__hunt=found).distinct()
    rules = Rule.objects.filter(pk__in=found.rules[:_MOST_NAMED]).defer("text").order_by("title")
    lively = found.state in UNDER_WAY
    context = {
        "hunt": found,
        "rules": rules,
        "more_rules": max(0, len(found.rules) - _MOST_NAMED),
        "lists": IndicatorList.objects.filter(organisation=found.organisation, pk__in=found.lists),
        "alerts": [] if found.test else alerts.order_by("-weight", "-last_at")[:_MOST_ALERTS],
        "alert_count": 0 if found.test else alerts.count(),
        "lively": lively,
        "may_stop": lively and not found.stop_asked and permitted(user_of(request), MANAGE, found.organisation),
        "here": request.get_full_path(),
    }
    page = "detection/hunt_body.html" if request.headers.get("HX-Request") else "detection/hunt_page.html"
    return render(request, page, context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose rules by words, lists and days."""
    owner, now = speaking_for(request), clock.now()
    demanded(request, MANAGE, owner)
    words = request.GET.get("q", "")[:100]
    there = visible_rules(owner.pk).filter(unusable="").defer("text").order_by("title")
    named = there.filter(origin=Origin.VIGIL, uid__in=shipped_named(words))
    found = list((find(there, words, _FOUND_IN) | named)[:MOST_SHOWN]) if words else []
    error = None
    if request.method == "POST":
        text = request.POST.get("days", "7")
        days = min(365, max(1, int(text))) if text.isdecimal() and len(text) < 6 else 7
        try:
            asked = ask_hunt(
                organisation=owner,
                title=request.POST.get("title", "").replace("\0", "")[:300],
                rules=_keys(request, "rule"),
                lists=_keys(request, "list"),
                since=now - timedelta(days=days),
                until=now,
                actor=actor_of(request),
                now=now,
            )
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("Asked for. It begins as soon as there is room."))
            return redirect("hunt", pk=asked.pk)
    context: dict[str, Any] = {
        "owner": owner,
        "organisations": choices(request, MANAGE),
        "q": words,
        "found": found,
        "full": len(found) == MOST_SHOWN,
        "lists": IndicatorList.objects.filter(organisation=owner, retired_at=None),
        "error": error,
    }
    return render(request, "detection/hunt_new.html", context, status=error.status if error else 200)


def _keys(request: HttpRequest, name: str) -> list[UUID]:
    found = []
    for text in request.POST.getlist(name)[:2000]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@login_required
@require_POST
def stop(request: HttpRequest, pk: str) -> HttpResponse:
    """Cancel or stop one."""
    hunt = one_seen(request, RetroHunt.objects.select_related("organisation"), pk)
    demanded(request, MANAGE, hunt.organisation)
    try:
        stop_hunt(hunt=hunt, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    return redirect("hunts")


class ListForm(forms.Form):
    """A list of indicators as it is handed in."""

    name = forms.CharField(label=_("Name"), max_length=200)
    tlp = forms.ChoiceField(label=_("TLP"), choices=[(one.value, one.label) for one in Tlp], initial=Tlp.AMBER.value)
    days = forms.IntegerField(
        label=_("Look back over so many days"),
        min_value=0,
        max_value=365,
        initial=7,
        help_text=_("0: only from now on."),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = OrganisationField(visible(request, MANAGE), label=_("Organisation"))
        self.fields = {"organisation": first, **self.fields}
        dress(self)


@login_required
@require_http_methods(["GET", "POST"])
def indicators(request: HttpRequest) -> HttpResponse:
    """The lists, and a further one."""
    allowed = visible(request, MANAGE)
    initial = {"organisation": usual_organisation(request, MANAGE)}
    form = ListForm(request.POST or None, request=request, initial=initial)
    error = None
    if request.method == "POST" and form.is_valid():
        owner: Organisation = form.cleaned_data["organisation"]
        demanded(request, MANAGE, owner)
        try:
            content, _filename = uploaded(request, "file")
            name, tlp = form.cleaned_data["name"], form.cleaned_data["tlp"]
            made = add_list(
                organisation=owner, name=name, tlp=tlp, content=content, actor=actor_of(request), now=clock.now()
            )
        except VigilError as refused:
            error = refused
        else:
            told = gettext("%(accepted)s indicators are looked for from now on; %(refused)s were refused.")
            messages.success(request, told % {"accepted": made.accepted, "refused": made.refused})
            days = form.cleaned_data["days"]
            return looked_back(request, made.organisation, made.name, days, lists=[made.pk])
    rows = scoped(request, IndicatorList.objects.select_related("organisation"), permission=READ)
    page = Paginator(rows.order_by("-added_at"), 50).get_page(request.GET.get("page"))
    managed = set(allowed.filter(pk__in={row.organisation_id for row in page}).values_list("pk", flat=True))
    context = {
        "page": page,
        "managed": managed,
        "form": form if allowed.exists() else None,
        "error": error,
    }
    status = error.status if error else 422 if form.is_bound and form.errors else 200
    return render(request, "detection/indicators.html", context, status=status)


def looked_back(
    request: HttpRequest,
    owner: Organisation,
    title: str,
    days: int,
    *,
    rules: Sequence[UUID] = (),
    lists: Sequence[UUID] = (),
) -> HttpResponse:
    """What arrives now is looked for in what was kept, too, where that is asked for."""
    if not days or not (rules or lists):
        return redirect("indicators" if lists else "rules")
    now = clock.now()
    try:
        hunt = ask_hunt(
            organisation=owner, title=title, rules=rules, lists=lists, since=now - timedelta(days=min(days, 365)),
            until=now, actor=actor_of(request), now=now,
        )  # fmt: skip
    except VigilError as refused:
        messages.error(request, refused.phrase.said(gettext))
        return redirect("hunts")
    return redirect("hunt", pk=hunt.pk)


@login_required
@require_POST
def retire(request: HttpRequest, pk: str) -> HttpResponse:
    """Its indicators are looked for no more."""
    found = one_seen(request, IndicatorList.objects.select_related("organisation"), pk)
    demanded(request, MANAGE, found.organisation)
    try:
        retire_list(listed=found, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    return redirect("indicators")

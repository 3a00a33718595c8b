"""Providers of a watch (1.b): asked, sent, answered with people and hours; or none, with a name under it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.duty.actions.providers import (
    Promise,
    ask,
    mark_sent,
    record_answer,
    record_refusal,
    say_none,
    take_back_none,
)
from vigil.domain.duty.models import Function, Kind, ProviderRequest
from vigil.faces.web.duty.views.roster import PLAN, planned, watch_of
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

MOST_PROMISES = 60


@login_required
@require_GET
def providers(request: HttpRequest, pk: str) -> HttpResponse:
    """Each provider and where its request is."""
    watch = watch_of(request, pk)
    asked = list(
        watch.provider_requests.select_related("provider").prefetch_related("commitments__person", "commitments__post")
    )
    links = list(watch.organisation.provider_links.select_related("provider"))
    known = {one.provider_id for one in asked}
    by_provider = {link.provider_id: link for link in links}
    context = {
        "watch": watch,
        "asked": [
            {"request": one, "link": by_provider.get(one.provider_id) if one.provider_id else None} for one in asked
        ],
        "links": [link for link in links if link.provider_id not in known],
        "none": next((one for one in asked if one.provider_id is None), None),
        "functions": Function.choices,
        "kinds": Kind.choices,
        "lines": range(4),
        "may_plan": permitted(user_of(request), PLAN, watch.organisation) and watch.state != "closed",
    }
    return render(request, "duty/providers.html", context)


@login_required
@require_POST
def provider_ask(request: HttpRequest, pk: str) -> HttpResponse:
    """Draft the request to a provider of the organisation."""
    watch, _ = planned(request, pk)
    links = watch.organisation.provider_links.select_related("provider")
    link = next((one for one in links if str(one.provider_id) == request.POST.get("provider")), None)
    if link is None:
        messages.error(request, gettext("Choose one of the organisation's providers."))
        return redirect("providers", pk=pk)
    tried(
        request,
        lambda: ask(
            watch=watch, provider=link.provider,
            functions=request.POST.getlist("functions"), asked=request.POST.get("asked", ""),
            answer_by_at=_instant(request.POST.get("answer_by", "")), actor=actor_of(request), now=clock.now(),
        ),
        gettext("Drafted. Take the letter from below, let the clerk number it, then say that it is sent."),
    )  # fmt: skip
    return redirect("providers", pk=pk)


def _instant(said: str) -> datetime | None:
    try:
        found = parse_datetime(said[:40]) if said else None
    except ValueError:
        found = None
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def _request(request: HttpRequest, pk: str) -> ProviderRequest:
    rows = ProviderRequest.objects.select_related("watch__organisation", "provider")
    found = one_of(request, rows, pk, by="watch__organisation")
    demanded(request, PLAN, found.watch.organisation)
    return found


@login_required
@require_POST
def provider_sent(request: HttpRequest, pk: str) -> HttpResponse:
    """The letter has gone out."""
    found = _request(request, pk)
    tried(
        request,
        lambda: mark_sent(request=found, note=request.POST.get("note", ""), actor=actor_of(request), now=clock.now()),
        gettext("Kept."),
    )
    return redirect("providers", pk=found.watch_id)


@login_required
@require_POST
def provider_answer(request: HttpRequest, pk: str) -> HttpResponse:
    """What the provider answered: people and hours, or no."""
    found = _request(request, pk)
    by, answer = request.POST.get("by", ""), request.POST.get("answer", "")

    def act() -> Any:
        if request.POST.get("refused"):
            return record_refusal(request=found, by=by, answer=answer, actor=actor_of(request), now=clock.now())
        return record_answer(
            request=found, by=by, answer=answer, promises=_promises(request), actor=actor_of(request), now=clock.now()
        )

    tried(request, act, gettext("Kept; whoever was promised stands in the roster."))
    return redirect("providers", pk=found.watch_id)


def _promises(request: HttpRequest) -> list[Promise]:
    """One a line of the form. Raises: Refused `provider.hours` for a line without hours."""
    said = request.POST
    found = []
    for n in range(MOST_PROMISES):
        name = said.get(f"name-{n}", "").strip()
        if not name:
            continue
        starts_at, ends_at = _instant(said.get(f"from-{n}", "")), _instant(said.get(f"to-{n}", ""))
        if starts_at is None or ends_at is None:
            raise Refused("provider.hours", N_("{name}: say from when to when."), name=name[:100])
        found.append(
            Promise(
                name[:200], said.get(f"mobile-{n}", "")[:40], "", said.get(f"kind-{n}", "on_call"), starts_at, ends_at
            )
        )
    return found


@login_required
@require_POST
def provider_none(request: HttpRequest, pk: str) -> HttpResponse:
    """There is no provider: recorded with a name; or taken back."""
    watch, _ = planned(request, pk)

    def act() -> Any:
        if request.POST.get("back"):
            return take_back_none(watch=watch, actor=actor_of(request), now=clock.now())
        return say_none(
            watch=watch, by=request.POST.get("by", ""), answer=request.POST.get("answer", ""),
            actor=actor_of(request), now=clock.now(),
        )  # fmt: skip

    tried(request, act, gettext("Kept."))
    return redirect("providers", pk=pk)

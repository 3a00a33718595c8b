"""Providers of a watch (1.b): asked, sent, answered with people and hours; or none, with a name under it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.models import Watch
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
from vigil.faces.web.duty.said import instant, said
from vigil.faces.web.duty.views.roster import PLAN, planned, watch_of
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

MOST_PROMISES = 60
MOST_TEXT = 5000
MORE_LINES = 4


@login_required
@require_GET
def providers(request: HttpRequest, pk: str) -> HttpResponse:
    """Each provider and where its request is."""
    watch = watch_of(request, pk)
    return render(request, "duty/providers.html", _context(request, watch))


def _context(request: HttpRequest, watch: Watch, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    """The page; with `typed`, an answer that could not be taken, as it was written."""
    asked = list(
        watch.provider_requests.select_related("provider", "watch").prefetch_related(
            "commitments__person", "commitments__post"
        )
    )
    links = list(watch.organisation.provider_links.select_related("provider"))
    known = {one.provider_id for one in asked}
    by_provider = {link.provider_id: link for link in links}
    return {
        "watch": watch,
        "asked": [
            {
                "request": one,
                "link": by_provider.get(one.provider_id) if one.provider_id else None,
                "typed": typed if typed and typed["pk"] == one.pk else None,
                "lines": typed["lines"] if typed and typed["pk"] == one.pk else _lines(one),
            }
            for one in asked
        ],
        "links": [link for link in links if link.provider_id not in known],
        "none": next((one for one in asked if one.provider_id is None), None),
        "functions": Function.choices,
        "kinds": Kind.choices,
        "may_plan": permitted(user_of(request), PLAN, watch.organisation) and watch.state != "closed",
    }


@login_required
@require_POST
def provider_ask(request: HttpRequest, pk: str) -> HttpResponse:
    """Draft the request to a provider of the organisation."""
    watch = planned(request, pk)
    links = watch.organisation.provider_links.select_related("provider")
    link = next((one for one in links if str(one.provider_id) == request.POST.get("provider")), None)
    if link is None:
        messages.error(request, gettext("Choose one of the organisation's providers."))
        return redirect("providers", pk=pk)
    told = said(request, "answer_by")
    answer_by_at = instant(told)
    if told and answer_by_at is None:
        messages.error(request, gettext("No such day in the calendar of a duty."))
        return redirect("providers", pk=pk)
    tried(
        request,
        lambda: ask(
            watch=watch, provider=link.provider,
            functions=request.POST.getlist("functions"), asked=said(request, "asked", MOST_TEXT),
            answer_by_at=answer_by_at, actor=actor_of(request), now=clock.now(),
        ),
        gettext("Drafted. Take the letter from below, let the clerk number it, then say that it is sent."),
    )  # fmt: skip
    return redirect("providers", pk=pk)


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
        lambda: mark_sent(request=found, note=said(request, "note"), actor=actor_of(request), now=clock.now()),
        gettext("Kept."),
    )
    return redirect("providers", pk=found.watch_id)


@login_required
@require_POST
def provider_answer(request: HttpRequest, pk: str) -> HttpResponse:
    """What the provider answered: people and hours, or no. What cannot be taken is shown again as it was typed."""
    found = _request(request, pk)
    by, answer = said(request, "by", 200), said(request, "answer", MOST_TEXT)
    try:
        if request.POST.get("refused"):
            record_refusal(request=found, by=by, answer=answer, actor=actor_of(request), now=clock.now())
        else:
            record_answer(
                request=found, by=by, answer=answer, promises=_promises(request), actor=actor_of(request),
                now=clock.now(),
            )  # fmt: skip
    except (Refused, Conflict) as error:
        typed = {"pk": found.pk, "by": by, "answer": answer, "lines": _typed(request), "error": error}
        context = _context(request, found.watch, typed)
        return render(request, "duty/providers.html", context, status=error.status)
    messages.success(request, gettext("Kept; whoever was promised stands in the roster."))
    return redirect("providers", pk=found.watch_id)


def _typed(request: HttpRequest) -> list[dict[str, str]]:
    """The lines of an answer as they were sent."""
    lines = [
        {part: said(request, f"{part}-{n}", 200) for part in ("name", "mobile", "kind", "from", "to")}
        for n in range(MOST_PROMISES)
        if f"name-{n}" in request.POST
    ]
    return lines or [_blank(None) for _ in range(MORE_LINES)]


def _blank(watch: Watch | None) -> dict[str, str]:
    starts, ends = (_local(watch.starts_at), _local(watch.ends_at)) if watch else ("", "")
    return {"name": "", "mobile": "", "kind": Kind.ON_CALL, "from": starts, "to": ends}


def _local(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%Y-%m-%dT%H:%M}"


def _lines(asked: ProviderRequest) -> list[dict[str, str]]:
    """What stands, to be corrected, since a new answer replaces the whole; and some empty lines."""
    standing = [
        {
            "name": one.person.name,
            "mobile": one.person.mobile,
            "kind": one.kind,
            "from": _local(one.starts_at),
            "to": _local(one.ends_at),
        }
        for one in asked.commitments.all()
        if one.withdrawn_at is None
    ]
    return [*standing, *(_blank(asked.watch) for _ in range(MORE_LINES))][:MOST_PROMISES]


def _promises(request: HttpRequest) -> list[Promise]:
    """One a line of the form. Raises: Refused `provider.hours` for a line without hours."""
    found = []
    for n in range(MOST_PROMISES):
        name, mobile = said(request, f"name-{n}", 200), said(request, f"mobile-{n}", 40)
        if not name:
            continue
        starts_at, ends_at = instant(said(request, f"from-{n}")), instant(said(request, f"to-{n}"))
        if starts_at is None or ends_at is None:
            raise Refused("provider.hours", N_("{name}: say from when to when."), name=name[:100])
        found.append(Promise(name, mobile, "", request.POST.get(f"kind-{n}", "on_call"), starts_at, ends_at))
    return found


@login_required
@require_POST
def provider_none(request: HttpRequest, pk: str) -> HttpResponse:
    """There is no provider: recorded with a name; or taken back."""
    watch = planned(request, pk)

    def act() -> Any:
        if request.POST.get("back"):
            return take_back_none(watch=watch, actor=actor_of(request), now=clock.now())
        return say_none(
            watch=watch, by=said(request, "by"), answer=said(request, "answer", MOST_TEXT),
            actor=actor_of(request), now=clock.now(),
        )  # fmt: skip

    tried(request, act, gettext("Kept."))
    return redirect("providers", pk=pk)

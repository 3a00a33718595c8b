"""The call list: whom a person must telephone, why, on which numbers; and what came of it."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.directives.models import Chase, RecipientState
from vigil.domain.directives.rules import MISSING
from vigil.domain.flows.chasing import called, due_calls
from vigil.domain.organisations.models import ContactChannel, Person
from vigil.faces.web.campaigns.forms import CallForm
from vigil.faces.web.campaigns.views.campaigns import MANAGE, PER_PAGE, own_campaigns
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock


@login_required
@require_GET
def calls(request: HttpRequest, pk: str) -> HttpResponse:
    """Who is to be called in this campaign, oldest first; those who cannot be reached in writing besides."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    # Whether a call is still due is costly to ask of thousands: asked once, for the count and for the page.
    due = list(due_calls(found, clock.now()).order_by("due_at", "pk").values_list("pk", flat=True))
    page = Paginator(due, PER_PAGE).get_page(request.GET.get("page"))
    unreached = list(
        found.recipients.filter(state=RecipientState.NOT_SENT)
        .exclude(send_error="")
        .select_related("organisation")
        .order_by("organisation__name")[:200]
    )
    shown = list(
        Chase.objects.filter(pk__in=list(page.object_list))
        .select_related("recipient__organisation")
        .order_by("due_at", "pk")
    )
    numbers = numbers_of([c.recipient.organisation_id for c in shown] + [r.organisation_id for r in unreached])
    context = {
        "campaign": found,
        "page": page,
        "lines": [
            {
                "call": call,
                "missing": gettext(MISSING[call.missing]) if call.missing in MISSING else call.missing,
                "numbers": numbers[call.recipient.organisation_id],
                "form": CallForm(prefix=None),
            }
            for call in shown
        ],
        "unreached": [
            {"recipient": r, "why": gettext(r.send_error), "numbers": numbers[r.organisation_id]} for r in unreached
        ],
    }
    return render(request, "campaigns/calls.html", context)


@login_required
@require_POST
def call(request: HttpRequest, pk: str) -> HttpResponse:
    """What came of one call."""
    rows = Chase.objects.select_related("recipient__campaign__organisation", "recipient__organisation")
    found = one_of(request, rows, pk, by="recipient__campaign__organisation")
    demanded(request, MANAGE, found.recipient.campaign.organisation)
    form = CallForm(request.POST)
    if form.is_valid():
        tried(
            request,
            lambda: called(
                found=found,
                outcome=form.cleaned_data["outcome"],
                note=form.cleaned_data["note"],
                by=user_of(request).display_name,
                actor=actor_of(request),
                now=clock.now(),
            ),
            gettext("Noted."),
        )
    return redirect("campaign_calls", pk=found.recipient.campaign_id)


def numbers_of(organisations: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The telephones of each organisation: its contact points', then its people's."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    channels = ContactChannel.objects.filter(
        contact_point__organisation__in=organisations, contact_point__retired_at=None
    ).exclude(kind__in=["email", "fax"])
    for channel in channels.select_related("contact_point"):
        point = channel.contact_point
        found[point.organisation_id].append(
            {"who": point.label, "number": channel.value, "verified": point.verified_at is not None}
        )
    people = Person.objects.filter(organisation__in=organisations, left_at=None).exclude(mobile="", phone="")
    for person in people.order_by("name"):
        if len(found[person.organisation_id]) < 6:
            number = person.mobile or person.phone
            found[person.organisation_id].append({"who": person.name, "number": number, "verified": False})
    return found

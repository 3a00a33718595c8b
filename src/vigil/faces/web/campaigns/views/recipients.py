"""One recipient as its sender sees it: receipts, proofs by basis, attachments, links, what was entered by hand."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.guests import make_links, revoke_links
from vigil.domain.accounts.models import GuestLink, SecondFactor
from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.actions.receipts import receipt
from vigil.domain.directives.models import Attachment, Recipient
from vigil.domain.directives.originals import fetch
from vigil.domain.flows.campaigns import LINK_OUTLIVES
from vigil.domain.flows.redelivery import send_again
from vigil.domain.readiness.campaigns import rows_of
from vigil.faces.web.campaigns.forms import EnterForm
from vigil.faces.web.campaigns.views.calls import numbers_of
from vigil.faces.web.campaigns.views.campaigns import MANAGE
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock
from vigil.kernel.proofs import Basis

BY = "campaign__organisation"


def _recipients() -> QuerySet[Recipient]:
    return Recipient.objects.select_related("campaign__organisation", "campaign__directive", "organisation", "watch")


@login_required
@require_GET
def recipient(request: HttpRequest, pk: str) -> HttpResponse:
    """What one recipient received, answered and proved."""
    found = one_of(request, _recipients(), pk, by=BY)
    now = clock.now()
    context = {
        "recipient": found,
        "campaign": found.campaign,
        "rows": rows_of([found], now).get(found.pk, []),
        "receipts": found.receipts.select_related("directive").order_by("-received_at"),
        "attachments": found.attachments.all(),
        "chases": found.chases.order_by("-created_at")[:50],
        "relayed": found.relayed.order_by("name")[:500],
        "relayed_count": found.relayed.count(),
        "relays_here": found.relayed_by.select_related("organisation").first(),
        "links": GuestLink.objects.filter(organisation=found.organisation)[:20],
        "numbers": numbers_of([found.organisation_id])[found.organisation_id],
        "enter_form": EnterForm(),
        "why_not_sent": gettext(found.send_error) if found.send_error else "",
        "now": now,
        "may_manage": permitted(user_of(request), MANAGE, found.campaign.organisation),
    }
    return render(request, "campaigns/recipient.html", context)


@login_required
@require_POST
def enter(request: HttpRequest, pk: str) -> HttpResponse:
    """Enter by hand what came on paper or by telephone."""
    found = one_of(request, _recipients(), pk, by=BY)
    demanded(request, MANAGE, found.campaign.organisation)
    form = EnterForm(request.POST)
    if form.is_valid():
        tried(
            request,
            lambda: receipt(
                recipient=found,
                **form.cleaned_data,
                basis=Basis.ATTESTED,
                directive=found.directive or found.campaign.directive,
                actor=actor_of(request),
                now=clock.now(),
            ),
            gettext("Noted, as attested."),
        )
    return redirect("recipient", pk=pk)


@login_required
@require_POST
@never_cache
def letter(request: HttpRequest, pk: str) -> HttpResponse:
    """A fresh link with its code, to be printed and handed over. It is shown in this answer alone."""
    found = one_of(request, _recipients(), pk, by=BY)
    demanded(request, MANAGE, found.campaign.organisation)
    now = clock.now()
    made = make_links(
        organisations=[(found.organisation, "")],
        second_factor=SecondFactor.NONE if request.POST.get("factor") == "none" else SecondFactor.TOTP,
        expires_at=max(found.campaign.ends_at, now) + LINK_OUTLIVES,
        actor=actor_of(request),
        now=now,
    )[0]
    context = {
        "recipient": found,
        "campaign": found.campaign,
        "fresh": made,
        "address": f"{settings.VIGIL_BASE_URL}/g/",
        "direct": f"{settings.VIGIL_BASE_URL}/g/{made.token}/",
    }
    return render(request, "campaigns/letter.html", context)


@login_required
@require_POST
def again(request: HttpRequest, pk: str) -> HttpResponse:
    """Try once more with one that could not be sent it."""
    found = one_of(request, _recipients(), pk, by=BY)
    demanded(request, MANAGE, found.campaign.organisation)
    tried(
        request,
        lambda: send_again(recipient=found, base_url=settings.VIGIL_BASE_URL, actor=actor_of(request), now=clock.now()),
        gettext("It is on its way again."),
    )
    return redirect("recipient", pk=pk)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """Revoke every link of this organisation at once."""
    found = one_of(request, _recipients(), pk, by=BY)
    demanded(request, MANAGE, found.campaign.organisation)
    tried(
        request,
        lambda: revoke_links(
            organisation=found.organisation,
            why=request.POST.get("why", "")[:500],
            actor=actor_of(request),
            now=clock.now(),
        ),
        gettext("The links are revoked; they no longer open."),
    )
    return redirect("recipient", pk=pk)


@login_required
@require_GET
def attachment(request: HttpRequest, pk: str) -> HttpResponse:
    """A file that came with an answer, as a download."""
    rows = Attachment.objects.select_related("recipient")
    found = one_of(request, rows, pk, by="recipient__campaign__organisation")
    return download(found)


def download(found: Attachment) -> HttpResponse:
    """The bytes, to be saved and never shown in the browser."""
    response = HttpResponse(fetch(settings.VIGIL_ORIGINALS, found.sha256), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    response.headers["Cache-Control"] = "no-store"
    return response

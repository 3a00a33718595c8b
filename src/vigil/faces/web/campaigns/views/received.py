"""What an organisation at home here received, and its answers; relaying it to those below."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.actions.campaigns import choose, draft_campaign
from vigil.domain.directives.models import Campaign, Recipient, RecipientState
from vigil.domain.directives.queries import reach_of
from vigil.domain.organisations.models import Home
from vigil.faces.web.campaigns.answering import act, answering_context
from vigil.faces.web.campaigns.views.campaigns import MANAGE, upper_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.proofs import Basis

ANSWER = "received.answer"


def _received() -> QuerySet[Recipient]:
    rows = Recipient.objects.filter(home=Home.HERE).exclude(state=RecipientState.NOT_SENT)
    return rows.select_related("campaign__organisation", "campaign__directive", "organisation", "watch", "directive")


@login_required
@require_GET
def received(request: HttpRequest) -> HttpResponse:
    """What was sent to the organisations in sight, newest first."""
    rows = scoped(request, _received().order_by("-sent_at", "pk"))
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "campaigns/received.html", {"page": page})


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pk: str) -> HttpResponse:
    """Read it, accept or refuse it, state what is done."""
    found = one_of(request, _received(), pk)
    user = user_of(request)
    if request.method == "POST":
        demanded(request, ANSWER, found.organisation)
        act(request, found, by=user.display_name, basis=Basis.MEASURED)
        return redirect("received_one", pk=pk)
    relays = Campaign.objects.select_related("relays__campaign").filter(relays=found).order_by("-created_at").first()
    context = answering_context(found) | {
        "may_answer": permitted(user, ANSWER, found.organisation),
        "by": user.display_name,
        "may_relay": permitted(user, MANAGE, found.organisation) and reach_of(found.organisation).exists(),
        "relays": relays,
        "upper": "" if relays is None else upper_of(relays),
        "post_to": request.path,
    }
    return render(request, "campaigns/received_one.html", context)


@login_required
@require_POST
def relay(request: HttpRequest, pk: str) -> HttpResponse:
    """Send it on to those below; their answers roll up into this organisation's."""
    found = one_of(request, _received(), pk)
    demanded(request, MANAGE, found.organisation)
    actor, now = actor_of(request), clock.now()
    directive = found.directive or found.campaign.directive
    try:
        made = draft_campaign(directive=directive, relays=found, actor=actor, now=now)
        choose(
            campaign=made,
            audiences=made.audiences,
            picked=(),
            answer_by_at=made.answer_by_at,
            exercise=made.exercise,
            rules=None,
            actor=actor,
            now=now,
        )
    except (Refused, Conflict) as error:
        messages.error(request, error.phrase.said(gettext))
        return redirect("received_one", pk=pk)
    return redirect("campaign", pk=made.pk)

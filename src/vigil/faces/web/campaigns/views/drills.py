"""A drill as its sender sees it: who answered on which channel, who stayed silent; and the desk's answer to it."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from vigil.domain.directives.models import Drill, DrillProbe, ProbeOutcome
from vigil.domain.flows.drilling import DESK, answer_at_desk, begin_drill, run_drill
from vigil.domain.organisations.models import Home
from vigil.faces.web.campaigns.views.campaigns import MANAGE, PER_PAGE, own_campaigns
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.lists.paging import page_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

ANSWER = "received.answer"
LONGEST_MINUTES = 24 * 60
_OURS = {"kind": DESK, "organisation__home": Home.HERE}  # nobody at the sender's answers for a guest's desk


@login_required
@require_POST
def start(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask all contact points of a campaign, now."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    now = clock.now()
    asked = request.POST.get("minutes", "60")
    minutes = min(int(asked), LONGEST_MINUTES) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 60

    def act() -> None:
        drill = begin_drill(
            campaign=found, answer_by_at=now + timedelta(minutes=minutes), actor=actor_of(request), now=now
        )
        run_drill(drill=drill, base_url=settings.VIGIL_BASE_URL, actor=actor_of(request), now=now)

    if tried(request, act, gettext("The drill has begun.")):
        return redirect("drill", pk=found.drills.latest("started_at").pk)
    return redirect("campaign", pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def drill(request: HttpRequest, pk: str) -> HttpResponse:
    """The sender sees everybody's probes, an organisation its own; POST: "we are here"."""
    organisations = visible(request)
    found = Drill.objects.select_related("campaign__organisation").filter(pk=pk).first()
    own = DrillProbe.objects.none() if found is None else scoped(request, found.probes.all())
    sender = found is not None and organisations.filter(campaigns=found.campaign_id).exists()
    if found is None or not (sender or own.exists()):
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    if request.method == "POST":
        asked = request.POST.get("organisation", "")
        probe = next((p for p in own.filter(**_OURS) if str(p.organisation_id) == asked), None)
        if probe is None:
            raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
        demanded(request, ANSWER, probe.organisation)
        by = user_of(request).display_name
        tried(
            request,
            lambda: answer_at_desk(
                drill=found, organisation=probe.organisation, by=by, actor=actor_of(request), now=clock.now()
            ),
            gettext("Thank you: the sender sees that you are here."),
        )
        return redirect("drill", pk=pk)
    shown = found.probes.all() if sender else own
    wanted = request.GET.get("outcome", "")
    rows = shown.filter(outcome=wanted) if wanted in ProbeOutcome.values else shown
    page, probes = page_of(rows.select_related("organisation", "channel"), request.GET.get("page"), PER_PAGE)
    counted = shown.order_by().values_list("outcome").annotate(Count("pk"))
    counts: dict[str, int] = dict(counted)
    desks = scoped(request, found.probes.filter(**_OURS, outcome=ProbeOutcome.WAITING), permission=ANSWER)
    context = {
        "drill": found,
        "campaign": found.campaign,
        "sender": sender,
        "page": page,
        "probes": probes,
        "counts": [(value, label, counts.get(value, 0)) for value, label in ProbeOutcome.choices],
        "desks": desks.select_related("organisation")[:20],
    }
    return render(request, "campaigns/drill.html", context)

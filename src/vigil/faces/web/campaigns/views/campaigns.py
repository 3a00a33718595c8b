"""The sender's pages: a campaign prepared, sent, and how it stands, organisation by organisation."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.actions.campaigns import (
    amend_campaign,
    choose,
    close_campaign,
    draft_campaign,
    send_campaign,
    withdraw_campaign,
)
from vigil.domain.directives.models import (
    Campaign,
    CampaignState,
    Chase,
    ChaseState,
    Directive,
    DirectiveState,
    LinkKind,
    Recipient,
    RecipientState,
)
from vigil.domain.directives.queries import BELOW, counts_by_state, not_addressed, reach_of
from vigil.domain.directives.rules import rules_of
from vigil.domain.flows.campaigns import carry
from vigil.domain.readiness.campaigns import rows_of, standing_as_of
from vigil.domain.readiness.queries import Row
from vigil.faces.web.campaigns.forms import AmendForm, ChooseForm, EndForm
from vigil.faces.web.lists.editing import tried
from vigil.faces.web.lists.paging import page_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.proofs import Basis, Verdict

MANAGE = "campaigns.manage"
PER_PAGE = 50
AT_ONCE = 50  # so many are carried in the request, the others by the worker


def own_campaigns() -> QuerySet[Campaign]:
    """Campaigns that are sent from here."""
    return Campaign.objects.exclude(organisation=None).select_related("organisation", "directive", "relays__campaign")


@login_required
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    """Every campaign in sight, and the confirmed directives that could become one."""
    rows = scoped(request, own_campaigns().order_by("-created_at"), permission=MANAGE)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    ready = scoped(
        request,
        Directive.objects.filter(state=DirectiveState.CONFIRMED, campaigns=None).select_related("organisation"),
        permission=MANAGE,
    )
    context = {"page": page, "ready": ready.exclude(received__isnull=False).order_by("-confirmed_at")[:10]}
    return render(request, "campaigns/campaigns.html", context)


@login_required
@require_POST
def new(request: HttpRequest, pk: str) -> HttpResponse:
    """Begin a campaign over a confirmed directive."""
    directive = one_of(request, Directive.objects.select_related("organisation"), pk)
    demanded(request, MANAGE, directive.organisation)
    try:
        made = draft_campaign(directive=directive, actor=actor_of(request), now=clock.now())
    except (Refused, Conflict) as error:
        messages.error(request, error.phrase.said(gettext))
        return redirect("directive", pk=pk)
    choose(
        campaign=made,
        audiences=made.audiences,
        picked=(),
        answer_by_at=made.answer_by_at,
        exercise=made.exercise,
        rules=None,
        actor=actor_of(request),
        now=clock.now(),
    )
    return redirect("campaign", pk=made.pk)


@login_required
@require_GET
def campaign(request: HttpRequest, pk: str) -> HttpResponse:
    """A campaign: whom it will go to, or how it stands."""
    found = one_of(request, own_campaigns(), pk)
    if found.state == CampaignState.DRAFT:
        return render(request, "campaigns/draft.html", _draft(request, found))
    return render(request, "campaigns/campaign.html", _standing(request, found))


def _draft(request: HttpRequest, found: Campaign, form: ChooseForm | None = None) -> dict[str, Any]:
    assert found.organisation is not None  # noqa: S101 - `own_campaigns` holds no other
    chosen = {row["code"]: row["role"] for row in found.audiences}
    members = _members(found)
    recipients = found.recipients.select_related("organisation").order_by("organisation__name")
    named = found.recipients.order_by().values_list("named_by").annotate(Count("pk"))
    homes, roles = (
        dict(found.recipients.order_by().values_list(field).annotate(Count("pk"))) for field in ("home", "role")
    )
    addressed = found.recipients.values("organisation")
    return {
        "campaign": found,
        "form": form
        or ChooseForm(
            members=members,
            chosen=chosen,
            initial={"answer_by_at": found.answer_by_at, "exercise": found.exercise},
        ),
        "empty": [code for code in chosen if code != BELOW and not members.get(code)],
        "doubles": sum(n for codes, n in named if len(codes) > 1),
        "not_addressed": sorted(not_addressed(found)),
        "recipients": recipients.only("role", "home", "named_by", "campaign_id", "organisation__name")[:300],
        "recipient_count": sum(roles.values()),
        "homes": homes,
        "acting": roles.get("task", 0),
        "informed": roles.get("copy", 0),
        "rules": [rule.sentence for rule in rules_of(found.rules)],
        "pickable": reach_of(found.organisation).exclude(pk__in=addressed).order_by("name").only("name")[:500],
        "may_manage": permitted(user_of(request), MANAGE, found.organisation),
    }


def _members(found: Campaign) -> dict[str, int]:
    assert found.organisation is not None  # noqa: S101
    reach = reach_of(found.organisation)
    counts: Counter[str] = Counter()
    for codes, n in reach.order_by().values_list("audience_codes").annotate(Count("pk")):
        for code in codes:
            counts[code] += n
    counts[BELOW] = reach.filter(parent=found.organisation).count()
    return counts


@login_required
@require_POST
def choose_recipients(request: HttpRequest, pk: str) -> HttpResponse:
    """Say whom it goes to."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    form = ChooseForm(request.POST, members=_members(found), chosen={})
    if not form.is_valid():
        return render(request, "campaigns/draft.html", _draft(request, found, form), status=422)
    rules = None
    if "rules" in request.POST:
        rules = [row for row in found.rules if f"rule_{row['code']}" in request.POST]

    def save() -> None:
        choose(
            campaign=found,
            audiences=form.audiences(),
            picked=_picked(request),
            answer_by_at=form.cleaned_data["answer_by_at"],
            exercise=form.cleaned_data["exercise"],
            rules=rules,
            actor=actor_of(request),
            now=clock.now(),
        )

    def save_and_send() -> None:
        save()
        _put_in_force(request, found)

    if "send" in request.POST:
        tried(request, save_and_send, gettext("The campaign is in force."))
    else:
        tried(request, save, gettext("Saved."))
    return redirect("campaign", pk=pk)


def _picked(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("picked"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@login_required
@require_POST
def send(request: HttpRequest, pk: str) -> HttpResponse:
    """Put it in force; the first recipients have it at once, the others within moments."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    tried(request, lambda: _put_in_force(request, found), gettext("The campaign is in force."))
    return redirect("campaign", pk=pk)


def _put_in_force(request: HttpRequest, found: Campaign) -> None:
    now, actor = clock.now(), actor_of(request)
    sent = send_campaign(campaign=found, actor=actor, now=now)
    carry(campaign=sent, base_url=settings.VIGIL_BASE_URL, actor=actor, now=now, at_most=AT_ONCE)


@login_required
@require_POST
def amend(request: HttpRequest, pk: str) -> HttpResponse:
    """Let a later directive take this one's place."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    form = AmendForm(request.POST, later=_later(request, found))
    if form.is_valid():

        def act() -> None:
            now = clock.now()
            amended = amend_campaign(campaign=found, later=form.cleaned_data["later"], actor=actor_of(request), now=now)
            carry(campaign=amended, base_url=settings.VIGIL_BASE_URL, actor=actor_of(request), now=now, at_most=AT_ONCE)

        tried(request, act, gettext("The later directive goes to everybody."))
    else:
        messages.error(request, gettext("Link the confirmed later directive to this one first."))
    return redirect("campaign", pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: str) -> HttpResponse:
    """Withdraw or close."""
    found = one_of(request, own_campaigns(), pk)
    demanded(request, MANAGE, found.organisation)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor, now, note = actor_of(request), clock.now(), form.cleaned_data["note"]

        def act() -> None:
            if form.cleaned_data["how"] == "withdraw":
                ended = withdraw_campaign(campaign=found, why=note, actor=actor, now=now)
            else:
                ended = close_campaign(campaign=found, note=note, actor=actor, now=now)
            carry(campaign=ended, base_url=settings.VIGIL_BASE_URL, actor=actor, now=now, at_most=AT_ONCE)

        if tried(request, act, gettext("Everybody who had it is told.")):
            return redirect("campaign", pk=pk)
    open_states = [s for s in RecipientState.values if s not in (RecipientState.ACCEPTED, RecipientState.REFUSED)]
    unanswered = found.recipients.filter(role="task", state__in=open_states).count()
    return render(request, "campaigns/end.html", {"campaign": found, "form": form, "unanswered": unanswered})


def _later(request: HttpRequest, found: Campaign) -> QuerySet[Directive]:
    rows = Directive.objects.filter(
        links_back__earlier=found.directive,
        links_back__kind__in=[LinkKind.AMENDMENT, LinkKind.NUMBERED_ISSUE],
        state=DirectiveState.CONFIRMED,
    )
    upper = (
        found.relays.directive_id if found.relays is not None else None
    )  # its issuer's row, sent to us: in our sight
    own = rows.filter(Q(organisation__in=visible(request, MANAGE)) | Q(pk=upper))
    return own.distinct()


def upper_of(found: Campaign) -> str:
    """What became of the directive that `found` relays: "" (nothing new), "amended", "withdrawn" or "closed"."""
    if found.relays is None or found.state != CampaignState.SENT:
        return ""
    above = found.relays.campaign
    if above.state in (CampaignState.WITHDRAWN, CampaignState.CLOSED):
        return above.state
    return "amended" if found.relays.directive_id not in (None, found.directive_id) else ""


def _filtered(request: HttpRequest, found: Campaign) -> QuerySet[Recipient]:
    rows = Recipient.objects.filter(campaign=found).select_related("organisation")
    state, role, text = (request.GET.get(name, "") for name in ("state", "role", "q"))
    if state in RecipientState.values:
        rows = rows.filter(state=state)
    if role in ("task", "copy"):
        rows = rows.filter(role=role)
    if request.GET.get("late") and found.answer_by_at and found.answer_by_at < clock.now():
        rows = rows.filter(role="task").exclude(state__in=[RecipientState.ACCEPTED, RecipientState.REFUSED])
    if request.GET.get("home") in ("here", "peer", "guest"):
        rows = rows.filter(home=request.GET["home"])
    if text.strip():
        asked = text.strip()[:100]
        rows = rows.filter(Q(organisation__name__icontains=asked) | Q(organisation__code__iexact=asked))
    return rows.order_by("organisation__name", "pk")


def _cells(rows: Sequence[Row], codes: Sequence[str]) -> list[Row | None]:
    by_code = {row.assignment.obligation.code: row for row in rows}
    return [by_code.get(code) for code in codes]


def _standing(request: HttpRequest, found: Campaign) -> dict[str, Any]:
    now = clock.now()
    page, shown = page_of(_filtered(request, found), request.GET.get("page"), PER_PAGE)
    boards = rows_of(shown, now)
    standing, counted_at = standing_as_of(found, now)
    codes = [line.obligation.code for line in standing]
    counts = counts_by_state(found)
    return {
        "campaign": found,
        "now": now,
        "page": page,
        "grid": [{"recipient": r, "cells": _cells(boards.get(r.pk, []), codes)} for r in shown],
        "codes": codes,
        "counted_at": counted_at,
        "standing": [
            {
                "line": line,
                "cells": [(basis, [(v, line.count(basis, v)) for v in Verdict]) for basis in Basis],
            }
            for line in standing
        ],
        "states": [
            (state, label, counts["task"][state], counts["copy"][state]) for state, label in RecipientState.choices
        ],
        "tasks": sum(counts["task"].values()),
        "to_call": Chase.objects.filter(recipient__campaign=found, state=ChaseState.DUE).count()
        + found.recipients.filter(state=RecipientState.NOT_SENT).exclude(send_error="").count(),
        "behind": found.recipients.filter(carried_version__lt=found.version).count(),
        "rules": [rule.sentence for rule in rules_of(found.rules)],
        "drills": found.drills.all()[:5],
        "overdue": found.answer_by_at is not None and found.answer_by_at < now,
        "upper": upper_of(found),
        "amend_form": AmendForm(later=_later(request, found)),
        "may_amend": _later(request, found).exists(),
        "may_manage": permitted(user_of(request), MANAGE, found.organisation),
    }

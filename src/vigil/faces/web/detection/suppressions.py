"""Suppressions: what raises no alert for a while, whose it is, why, until when, and how much it held back."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.detection.actions.suppressions import LONGEST, lift, suppress
from vigil.domain.detection.models import Rule, Suppression
from vigil.domain.detection.named import key_named, lately_raised
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.sight import MANAGE, READ, one_seen, usual_organisation
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import actor_of, demanded, scoped, visible
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

PER_PAGE: Final = 50


class SuppressionForm(forms.Form):
    """What, why, for how long."""

    key = forms.CharField(
        label=_("Rule or indicator"),
        max_length=300,
        required=False,
        help_text=_("Its title, id or value; empty: whatever is about the entity below."),
        widget=forms.TextInput(attrs={"list": "raised", "autocomplete": "off"}),
    )
    entity = forms.CharField(
        label=_("Entity"), max_length=300, required=False, help_text=_("Empty: whatever the rule finds, anywhere.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=LONGEST.days, initial=7)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"organisation": OrganisationField(organisations, label=_("Organisation")), **self.fields}
        dress(self)


@login_required
@require_GET
def suppressions(request: HttpRequest) -> HttpResponse:
    """Those that hold, the next to end first; with `?over=1` those that are over, the newest first."""
    now, over = clock.now(), request.GET.get("over") == "1"
    rows = scoped(request, Suppression.objects.select_related("organisation"), permission=READ)
    holding = rows.filter(lifted_at=None, expires_at__gt=now)
    ended = rows.exclude(lifted_at=None, expires_at__gt=now)
    shown = ended.order_by("-created_at", "pk") if over else holding.order_by("expires_at", "pk")
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    owners = {row.organisation_id for row in page}
    context = {
        "over": over,
        "page": page,
        "holding": holding.count() if over else page.paginator.count,
        "managed": set(visible(request, MANAGE).filter(pk__in=owners).values_list("pk", flat=True)),
    }
    return render(request, "detection/suppressions.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Suppress something; prepared where a page offered it."""
    allowed = visible(request, MANAGE)
    demanded(request, MANAGE, usual_organisation(request, MANAGE))
    initial = {
        "organisation": usual_organisation(request, MANAGE),
        "key": request.GET.get("key", "")[:300],
        "entity": request.GET.get("entity", "")[:300],
    }
    form = SuppressionForm(request.POST or None, organisations=allowed, initial=initial)
    error = None
    if request.method == "POST" and form.is_valid():
        owner, now = form.cleaned_data["organisation"], clock.now()
        demanded(request, MANAGE, owner)
        try:
            key = key_named(owner.pk, form.cleaned_data["key"], gettext)
            suppress(
                organisation=owner,
                key=key,
                title=_title(key, owner),
                entity=form.cleaned_data["entity"],
                reason=form.cleaned_data["reason"],
                until=now + timedelta(days=form.cleaned_data["days"]),
                actor=actor_of(request),
                now=now,
            )
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("Suppressed. What it holds back is counted."))
            return redirect("suppressions")
    status = error.status if error else 422 if form.is_bound and form.errors else 200
    usual = usual_organisation(request, MANAGE)
    raised = lately_raised(usual.pk, gettext) if usual is not None else []
    context = {"form": form, "error": error, "title": request.GET.get("title", "")[:300], "raised": raised}
    return render(request, "detection/suppression_new.html", context, status=status)


def _title(key: str, owner: Organisation) -> str:
    """The rule's title, if it is one that this organisation has."""
    rows = Rule.objects.filter(uid=key)
    found = rows.filter(organisation=None).first() or rows.filter(organisation=owner).first()
    return found.title if found else ""


@login_required
@require_POST
def lift_one(request: HttpRequest, pk: str) -> HttpResponse:
    """It raises alerts again."""
    found = one_seen(request, Suppression.objects.select_related("organisation"), pk)
    demanded(request, MANAGE, found.organisation)
    try:
        lift(suppression=found, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    else:
        messages.success(request, gettext("It raises alerts again."))
    return redirect("suppressions")

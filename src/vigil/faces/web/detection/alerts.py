"""One alert: what, where, how often, by when, the events as evidence, what was done; and a call that came in."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import MATRIX, permitted
from vigil.domain.detection.actions.alerts import close, give, give_back, note, page_key, reopen
from vigil.domain.detection.actions.calls import enter_call
from vigil.domain.detection.actions.taking import OTHERS
from vigil.domain.detection.models import Alert, AlertKind, AlertVerdict, Detection, Level
from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.models import Page
from vigil.domain.paging.unreached import unreached
from vigil.faces.web.detection.queue import said_title
from vigil.faces.web.detection.sight import HANDLE, MANAGE, age_of, not_there, one_seen, usual_organisation
from vigil.faces.web.detection.techniques import techniques_of
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import actor_of, demanded, user_of, visible
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound, Refused, VigilError
from vigil.kernel.phrases import N_

_EVENTS = 25
_LONG = 5000


@login_required
@require_GET
def alert(request: HttpRequest, pk: str) -> HttpResponse:
    """Everything about one."""
    return _shown(request, _one(request, pk))


@login_required
@require_POST
def act(request: HttpRequest, pk: str, what: str) -> HttpResponse:
    """A step; a note, a reason or a verdict comes with it."""
    found = _one(request, pk)
    demanded(request, HANDLE, found.organisation)
    step = _STEPS.get(what)
    if step is None:
        raise not_there()
    text = request.POST.get("text", "")[:_LONG]
    try:
        told = step(request, found, text, actor_of(request))
    except VigilError as error:
        return _shown(request, _one(request, pk), error)
    if told:
        messages.success(request, told)
    return redirect("alert", pk=pk)


def _noted(request: HttpRequest, found: Alert, text: str, actor: Actor) -> str:
    note(alert=found, text=text, actor=actor, now=clock.now())
    return ""


def _closed(request: HttpRequest, found: Alert, text: str, actor: Actor) -> str:
    close(alert=found, verdict=request.POST.get("verdict", ""), text=text, actor=actor, now=clock.now())
    return gettext("Closed.")


def _returned(request: HttpRequest, found: Alert, text: str, actor: Actor) -> str:
    give_back(alert=found, actor=actor, now=clock.now(), text=text)
    return gettext("It waits for somebody again.")


def _reopened(request: HttpRequest, found: Alert, text: str, actor: Actor) -> str:
    reopen(alert=found, text=text, actor=actor, now=clock.now())
    return gettext("It waits for somebody again.")


def _given(request: HttpRequest, found: Alert, text: str, actor: Actor) -> str:
    to = next((user for user in handlers(found.organisation) if str(user.pk) == request.POST.get("to")), None)
    if to is None:
        raise Refused("alert.no_holder", N_("Say to whom."))
    give(alert=found, to=to, actor=actor, now=clock.now(), text=text)
    return gettext("%(name)s has it now.") % {"name": to.display_name}


_STEPS: dict[str, Callable[[HttpRequest, Alert, str, Actor], str]] = {
    "note": _noted,
    "close": _closed,
    "return": _returned,
    "reopen": _reopened,
    "give": _given,
}


def handlers(organisation: Organisation) -> list[User]:
    """Those whose role lets them handle this organisation's alerts, by name."""
    over = Q(grants__organisation=None) | Q(grants__organisation__in=_above(organisation))
    users = User.objects.filter(over, is_active=True, grants__role__in=MATRIX[HANDLE]).distinct().order_by("username")
    return list(users[:200])


def _above(organisation: Organisation) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=[part for part in organisation.path.split("/") if part])


def _one(request: HttpRequest, pk: str) -> Alert:
    rows = Alert.objects.select_related("organisation", "source", "rule", "taken_by", "hunt")
    return one_seen(request, rows, pk)


def _shown(request: HttpRequest, found: Alert, error: VigilError | None = None) -> HttpResponse:
    now, may_handle = clock.now(), permitted(user_of(request), HANDLE, found.organisation)
    evidence = Paginator(Detection.objects.filter(alert=found).select_related("source").order_by("-at"), _EVENTS)
    entity = "" if found.entity == OTHERS else found.entity  # which stands for whatever the rule finds
    query = {"organisation": str(found.organisation_id), "key": found.key, "title": found.title, "entity": entity}
    pages = Page.objects.filter(organisation=found.organisation_id, dedupe_key=page_key(found))
    paged = pages.order_by("-raised_at").first()
    context = {
        "alert": found,
        "title": said_title(found),
        "techniques": techniques_of(found.techniques),
        "page": evidence.get_page(request.GET.get("page")),
        "notes": found.notes.all()[:500],
        "may_handle": may_handle,
        "mine": found.taken_by_id == user_of(request).pk,
        "handlers": handlers(found.organisation) if may_handle else [],
        "verdicts": AlertVerdict.choices,
        "suppress": f"{reverse('suppression_new')}?{urlencode(query)}"
        if found.kind not in (AlertKind.SILENCE, AlertKind.HOTLINE)
        and permitted(user_of(request), MANAGE, found.organisation)
        else "",
        "paged": paged,
        "unreached": paged is not None and unreached().filter(pk=paged.pk).exists(),
        "left_s": None if found.due_at is None else int((found.due_at - now).total_seconds()),
        "age_s": age_of(found.raised_at, now),
        "error": error,
    }
    return render(request, "detection/alert.html", context, status=error.status if error else 200)


class CallForm(forms.Form):
    """What somebody said on the telephone."""

    organisation = OrganisationField(Organisation.objects.none())
    caller = forms.CharField(label=_("Who calls, and how they are reached"), max_length=300)
    what = forms.CharField(label=_("What is reported, in one line"), max_length=300)
    level = forms.ChoiceField(label=_("How grave"), choices=Level.choices, initial=Level.HIGH)
    entity = forms.CharField(label=_("About which machine, address or person"), max_length=300, required=False)
    details = forms.CharField(label=_("More"), max_length=_LONG, required=False, widget=forms.Textarea)
    called_at = forms.DateTimeField(
        label=_("When, if not now"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        dress(self)


@login_required
@require_http_methods(["GET", "POST"])
def call(request: HttpRequest) -> HttpResponse:
    """A call to the hotline becomes an alert."""
    allowed = visible(request, HANDLE)
    if not allowed.exists():
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    initial = {"organisation": usual_organisation(request, HANDLE)}
    form = CallForm(request.POST or None, organisations=allowed, initial=initial)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            made = enter_call(**form.cleaned_data, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("Entered. It waits for somebody."))
            return redirect("alert", pk=made.pk)
    status = error.status if error else 422 if form.is_bound and form.errors else 200
    return render(request, "detection/call.html", {"form": form, "error": error}, status=status)

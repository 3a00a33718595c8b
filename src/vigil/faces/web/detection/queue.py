"""The queue of alerts: what nobody has taken first, the gravest and oldest on top; taking and closing many at once."""

from typing import Any, Final
from uuid import UUID

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Case, Count, IntegerField, Model, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.detection.actions.alerts import take
from vigil.domain.detection.actions.many import MOST, Done, close_many, take_many
from vigil.domain.detection.models import Alert, AlertKind, AlertState, AlertVerdict, Level, LogSource
from vigil.domain.detection.titles import title_of, told
from vigil.faces.web.detection.sight import HANDLE, MANAGE, READ, age_of, one_seen
from vigil.faces.web.detection.words import shipped_named
from vigil.faces.web.lists.filters import ListFilters
from vigil.faces.web.lists.paging import MOST_FOUND, page_of
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import actor_of, demanded, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import Refused, VigilError
from vigil.kernel.phrases import N_

PER_PAGE: Final = 50
_STATES: Final = [("any", _("All")), *AlertState.choices, ("mine", _("Mine")), ("overdue", _("Beyond the deadline"))]


class AlertFilters(ListFilters):
    """By words, organisation, state, level, kind and source."""

    found_in = ("title", "entity", "key", "taken_name", "organisation__name")
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=_STATES, method="filter_state", empty_label=_("Not closed")
    )
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices, empty_label=_("Any"))
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=AlertKind.choices, empty_label=_("Any"))
    source = django_filters.CharFilter(label=_("Source"), method="filter_source")

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = scoped(self.request, LogSource.objects.filter(retired_at=None), permission=READ).order_by("name")
        known = list(rows.values_list("pk", "name")[:200])
        self.form.fields["source"].widget = forms.Select(
            choices=[("", _("Any")), *known], attrs={"class": "form-select"}
        )

    def filter_words(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """Every word in one of the fields, or in the title as it is read."""
        return super().filter_words(rows, name, value) | rows.filter(key__in=shipped_named(value))

    def filter_state(self, rows: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """A state, those that I have, or those that are late; see `filter_queryset`."""
        if value == "mine":
            return rows.filter(taken_by=self.request.user, state=AlertState.TAKEN)
        if value == "overdue":
            return rows.filter(state=AlertState.OPEN, due_at__lt=clock.now())
        return rows if value == "any" else rows.filter(state=value)

    def filter_source(self, rows: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """One source."""
        try:
            return rows.filter(source=UUID(value))
        except ValueError:
            return rows.none()

    def filter_queryset(self, rows: QuerySet[Alert]) -> QuerySet[Alert]:
        """What is closed is left out by default."""
        if not self.form.cleaned_data.get("state"):
            rows = rows.exclude(state=AlertState.CLOSED)
        found: QuerySet[Alert] = super().filter_queryset(rows)
        return found


def ordered(rows: QuerySet[Alert]) -> QuerySet[Alert]:
    """What waits first, then what is taken, then what is closed; the gravest and oldest of each first."""
    rank = Case(
        When(state=AlertState.OPEN, then=Value(0)),
        When(state=AlertState.TAKEN, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "-weight", "raised_at", "pk")


@signed_in_or_stale
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue; its rows alone when htmx asks for news."""
    now = clock.now()
    seen = scoped(request, Alert.objects.select_related("organisation", "source"), permission=READ)
    filters = AlertFilters(request.GET, queryset=ordered(seen), request=request)
    searched = bool(request.GET.get("q", "").strip())
    page, found = page_of(filters.qs, request.GET.get("page"), PER_PAGE, searched=searched)
    may = set(
        visible(request, HANDLE).filter(pk__in={row.organisation_id for row in found}).values_list("pk", flat=True)
    )
    rows = [
        {
            "alert": alert,
            "may": alert.organisation_id in may,
            "age_s": age_of(alert.raised_at, now),
            "last_s": age_of(alert.last_at, now),
            "left_s": None if alert.due_at is None else int((alert.due_at - now).total_seconds()),
        }
        for alert in found
    ]
    context = {
        "rows": rows,
        "page": page,
        "most_found": MOST_FOUND if searched and page.paginator.count >= MOST_FOUND else 0,
        "filter": filters,
        "narrowed": any(value for name, value in request.GET.items() if name != "page"),
        "counts": _counts(seen, now),
        "may_handle": bool(may),
        "now": now,
        "stale_after_ms": int((now.timestamp() + 30) * 1000),
        "now_ms": int(now.timestamp() * 1000),
        "verdicts": AlertVerdict.choices,
        "here": request.get_full_path(),
        "any": seen.exists() if not rows else True,
    }
    return render(
        request, "detection/rows.html" if request.headers.get("HX-Request") else "detection/queue.html", context
    )


def _counts(seen: QuerySet[Alert], now: Any) -> dict[str, int]:
    standing = seen.exclude(state=AlertState.CLOSED)
    waits = Q(state=AlertState.OPEN)
    return standing.aggregate(
        critical=Count("pk", filter=waits & Q(level=Level.CRITICAL)),
        high=Count("pk", filter=waits & Q(level=Level.HIGH)),
        others=Count("pk", filter=waits & ~Q(level__in=[Level.CRITICAL, Level.HIGH])),
        overdue=Count("pk", filter=waits & Q(due_at__lt=now)),
        taken=Count("pk", filter=Q(state=AlertState.TAKEN)),
    )


@login_required
@require_POST
def take_one(request: HttpRequest, pk: str) -> HttpResponse:
    """One click: it is mine."""
    alert = one_seen(request, Alert.objects.select_related("organisation"), pk)
    demanded(request, HANDLE, alert.organisation)
    try:
        take(alert=alert, by=user_of(request), actor=actor_of(request), now=clock.now())
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    else:
        messages.success(request, gettext("It is yours: %(title)s") % {"title": said_title(alert)})
    return redirect(back(request, reverse("alert", args=[alert.pk])))


@login_required
@require_http_methods(["GET", "POST"])
def many(request: HttpRequest) -> HttpResponse:
    """Take or close those that are ticked; who comes by its address (back, a bookmark) is led to the queue."""
    if request.method == "GET":
        return redirect("alerts")
    keys = _ticked(request)
    allowed = scoped(request, Alert.objects.all(), permission=HANDLE).filter(pk__in=keys)
    found = list(allowed.values_list("pk", flat=True))
    if not found:
        messages.warning(request, gettext("Tick some alerts first."))
        return redirect(back(request, reverse("alerts")))
    actor, now = actor_of(request), clock.now()
    try:
        if request.POST.get("what") == "close":
            verdict, text = request.POST.get("verdict", ""), request.POST.get("text", "")[:5000]
            done = close_many(alerts=found, verdict=verdict, text=text, actor=actor, now=now)
            told = ngettext("%(n)s alert closed.", "%(n)s alerts closed.", done.count) % {"n": done.count}
        elif request.POST.get("what") == "take":
            done = take_many(alerts=found, by=user_of(request), actor=actor, now=now)
            told = ngettext("%(n)s alert is yours.", "%(n)s alerts are yours.", done.count) % {"n": done.count}
        else:
            raise Refused("alert.no_step", N_("Say whether to take or to close them."))
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
        return redirect(back(request, reverse("alerts")))
    if done.left:
        told += " " + gettext("%(n)s were somebody's or done already.") % {"n": done.left}
    messages.success(request, told)
    if done.offers:
        return render(request, "detection/offers.html", {"offers": _offers(request, done), "back": back(request, "")})
    return redirect(back(request, reverse("alerts")))


def _offers(request: HttpRequest, done: Done) -> list[dict[str, Any]]:
    may = set(visible(request, MANAGE).values_list("pk", flat=True))
    return [
        {
            "offer": offer,
            "link": reverse("suppression_new")
            + "?"
            + urlencode(
                {
                    "organisation": str(offer.organisation),
                    "key": offer.key,
                    "title": offer.title,
                    "entity": offer.entity,
                }
            ),
        }
        for offer in done.offers
        if offer.organisation in may
    ]


def _ticked(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("alert")[:MOST]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def said_title(alert: Alert) -> str:
    """The title; Vigil's own in the reader's language."""
    return told(title_of(alert), gettext)


def back(request: HttpRequest, otherwise: str) -> str:
    """Where the form came from, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise or reverse("alerts")

"""Sources: which are alive, how much they send, how late, what was rejected; how to make one send."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.actions.sources import (
    events_organisation,
    renew_token,
    retire_source,
    save_source,
    token_mark,
)
from vigil.domain.detection.models import Listener, LogSource, TailPosition
from vigil.domain.detection.queries import (
    SourceNow,
    events_this_hour,
    much_rejected,
    sources_now,
    with_silence,
)
from vigil.domain.detection.signs import strangers
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.sight import MANAGE, READ, age_of, one_seen, percent_of, usual_organisation
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.lists.finding import find
from vigil.faces.web.lists.paging import MOST_FOUND, page_of
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import actor_of, demanded, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

PER_PAGE = 50
_ORDER = ("-quiet", "-behind", "name", "pk")
_OLD_S = 30
_WAYS = {
    "syslog_udp": "Syslog (UDP)",
    "syslog_tcp": "Syslog (TCP)",
    "syslog_tls": "Syslog (TLS)",
    "http": "HTTP (_bulk, HEC)",
    "https": "HTTPS (_bulk, HEC)",
}
FORMATS = [
    ("auto", _("As it comes (told by its content)")),
    ("json", "JSON"),
    ("windows", _("Windows events (JSON)")),
    ("syslog", "Syslog"),
    ("cef", "CEF"),
    ("leef", "LEEF"),
    ("apache", "Apache"),
    ("nginx", "nginx"),
    ("iis", "W3C (IIS)"),
    ("bind", "BIND"),
    ("unbound", "Unbound"),
    ("dnsdist", "dnsdist"),
    ("zeek", "Zeek"),
    ("suricata", "Suricata (EVE)"),
    ("auditd", "auditd"),
    ("cloudtrail", "AWS CloudTrail"),
    ("fortinet", "Fortinet"),
    ("text", _("Text, a message in every line")),
]


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a source."""

    class Meta:
        model = LogSource
        fields = [
            "organisation", "name", "format", "address", "host", "product", "category", "service", "path",
            "silent_after_s", "most_lag_s",
        ]  # fmt: skip
        help_texts = {
            "address": _("Of what comes by syslog; empty where a token tells it."),
            "host": _("As it stands in the records, where several send through one address."),
            "product": _("As rules call it: windows, linux, fortinet… Only where the format does not tell."),
            "path": _("On this machine, below a folder that VIGIL_LOG_FOLDERS names; * and ** may stand in it."),
            "silent_after_s": _("0: it may be silent."),
        }

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.format
        known = FORMATS if kept in dict(FORMATS) else [*FORMATS, (kept, kept)]
        self.fields["format"] = forms.ChoiceField(label=_("Format"), choices=known)
        if self.instance._state.adding:
            self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        else:
            del self.fields["organisation"]
        dress(self)

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in LogSource._meta.fields}  # the action looks at all of it, once


@signed_in_or_stale
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """All of them, the silent ones first; the rows alone when htmx asks for news."""
    now = clock.now()
    rows = scoped(request, LogSource.objects.filter(retired_at=None), permission=READ).select_related("organisation")
    words = request.GET.get("q", "")[:100]
    if words:
        rows = find(rows, words, ("name", "address", "host", "product", "organisation__name"))
    counts: dict[str, int] = {} if words else _counted(rows, now)
    standing = with_silence(rows, now).order_by(*_ORDER)
    number, known = request.GET.get("page"), counts.get("all")
    page, found = page_of(standing, number, PER_PAGE, searched=bool(words), count=known)
    of: Any = rows
    if words:
        of = list(page.paginator.object_list)  # the keys of what was found: it need not be searched again
        rows = LogSource.objects.filter(pk__in=of)
        counts = _counted(rows, now)
    shown = [_line(one, now) for one in sources_now(found, now)]
    doors = _listeners(request, now)
    context = {
        "rows": shown,
        "q": words,
        "now": now,
        "now_ms": int(now.timestamp() * 1000),
        "stale_after_ms": int((now.timestamp() + 60) * 1000),
        "here": request.get_full_path(),
        "page": page,
        "most_found": MOST_FOUND if words and page.paginator.count >= MOST_FOUND else 0,
        "silent": counts["silent"],
        "late": counts["late"],
        "rejected": much_rejected(rows, now),
        "last_hour": events_this_hour(of, now),
        "listeners": doors,
        "strangers": strangers(now) if doors else [],
    }
    template = "detection/source_rows.html" if request.headers.get("HX-Request") else "detection/sources.html"
    return render(request, template, context)


def _counted(rows: QuerySet[LogSource], now: Any) -> dict[str, int]:
    return with_silence(rows, now).aggregate(
        all=Count("pk"), silent=Count("pk", filter=Q(quiet=True)), late=Count("pk", filter=Q(behind=True))
    )


def _listeners(request: HttpRequest, now: Any) -> list[dict[str, Any]]:
    """Where events come in, and what strangers sent: for who manages the sources of whoever gets those."""
    owner = events_organisation()
    if owner is None or not permitted(user_of(request), MANAGE, owner):
        return []
    return [
        {
            "door": door,
            "word": _WAYS.get(door.name, door.name),
            "last_s": age_of(door.last_at, now),
            "old": (now - door.updated_at).total_seconds() > _OLD_S,
        }
        for door in Listener.objects.all()
    ]


def _line(one: SourceNow, now: Any) -> dict[str, Any]:
    source = one.source
    return {
        "one": one,
        "source": source,
        "heard_s": age_of(source.last_received_at, now),
        "event_s": age_of(source.last_event_at, now),
        "rejected": percent_of(one.rejected_share),
        "day": sum(one.hours),
    }


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a source."""
    allowed = visible(request, MANAGE)
    demanded(request, MANAGE, usual_organisation(request, MANAGE))
    initial = {"organisation": usual_organisation(request, MANAGE)}
    form = SourceForm(request.POST or None, organisations=allowed, initial=initial)
    error = None
    if request.method == "POST" and form.is_valid():
        demanded(request, MANAGE, form.instance.organisation)
        try:
            made = save_source(
                source=form.instance, actor=actor_of(request), now=clock.now(), managed=_managed(request)
            )
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("Entered. Below is how it is made to send."))
            return redirect("source", pk=made.pk)
    status = error.status if error else 422 if form.is_bound and form.errors else 200
    return render(request, "detection/source_new.html", {"form": form, "error": error}, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, pk: str) -> HttpResponse:
    """One source: how it does, its settings, how it is made to send."""
    found = _one(request, pk)
    if request.method == "GET":
        return _shown(request, found)
    demanded(request, MANAGE, found.organisation)
    form = SourceForm(request.POST, instance=found, organisations=visible(request, MANAGE))
    if not form.is_valid():
        return _shown(request, found, form=form)
    try:
        save_source(source=form.instance, actor=actor_of(request), now=clock.now(), managed=_managed(request))
    except VigilError as error:
        return _shown(request, _one(request, pk), form=form, error=error)
    messages.success(request, gettext("Saved."))
    return redirect("source", pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def token(request: HttpRequest, pk: str) -> HttpResponse:
    """A new token, shown on this answer alone: sent again (F5), the same request makes no other."""
    found = _one(request, pk)
    if request.method == "GET":
        return redirect("source", pk=found.pk)
    demanded(request, MANAGE, found.organisation)
    try:
        made = renew_token(
            source=found, before=_mark(request.POST.get("before")), actor=actor_of(request), now=clock.now()
        )  # fmt: skip
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
        return redirect("source", pk=found.pk)
    found.refresh_from_db()
    return _shown(request, found, token=made)


@login_required
@require_POST
def retire(request: HttpRequest, pk: str) -> HttpResponse:
    """Nothing is expected of it any more."""
    found = _one(request, pk)
    demanded(request, MANAGE, found.organisation)
    retire_source(
        source=found, actor=actor_of(request), now=clock.now(), why=request.POST.get("why", "").replace("\0", "")[:500]
    )
    messages.success(request, gettext("Nothing is expected of this source any more."))
    return redirect("sources")


def _mark(said: str | None) -> str | None:
    """What a page knows of the token; what no page says is none's."""
    return said if said is None or re.fullmatch("([0-9a-f]{12})?", said) else "-"


def _managed(request: HttpRequest) -> Callable[[UUID], bool]:
    return lambda pk: visible(request, MANAGE).filter(pk=pk).exists()


def _told_host() -> str:
    """Where sources are told to send: the address that events are taken in at, or this Vigil's name where it is any."""
    host: str = settings.VIGIL_RECEIVER_HOST
    return urlsplit(settings.VIGIL_BASE_URL).hostname or host if host in ("0.0.0.0", "::") else host  # noqa: S104


def _one(request: HttpRequest, pk: str) -> LogSource:
    return one_seen(request, LogSource.objects.select_related("organisation"), pk)


def _shown(
    request: HttpRequest,
    found: LogSource,
    *,
    form: SourceForm | None = None,
    error: VigilError | None = None,
    token: str = "",
) -> HttpResponse:
    now, may_manage = clock.now(), permitted(user_of(request), MANAGE, found.organisation)
    if may_manage and form is None:
        form = SourceForm(instance=found, organisations=visible(request, MANAGE))
    context = {
        **_line(sources_now([found], now)[0], now),
        "form": form if may_manage and found.retired_at is None else None,
        "error": error,
        "token": token,
        "host": _told_host(),
        "syslog_port": settings.VIGIL_SYSLOG_PORT,
        "tls_port": settings.VIGIL_SYSLOG_TLS_PORT,
        "scheme": "https" if settings.VIGIL_EVENTS_HTTPS_PORT else "http",
        "http_port": settings.VIGIL_EVENTS_HTTPS_PORT or settings.VIGIL_EVENTS_HTTP_PORT,
        "shown_token": token or "TOKEN",
        "mark": token_mark(found),
        "samples": found.rejected_samples,
        "tail": TailPosition.objects.filter(source=found).first(),
    }
    bad = form is not None and form.is_bound and form.errors
    return render(request, "detection/source.html", context, status=error.status if error else 422 if bad else 200)

"""Search over kept events, and one of them: what it says, and what happened around it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from vigil.adapters.event_search import Cursor, EventSearch, FoundEvent, FoundPage, as_rule, parse
from vigil.adapters.event_store import LIST, META, EventStore
from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.models import Detection, LogSource
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.sight import MANAGE, choices, not_there, speaking_for
from vigil.faces.web.dressing import dress
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import user_of
from vigil.kernel import clock
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import Refused, Unavailable, VigilError
from vigil.kernel.phrases import N_

AROUND: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=400)
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_PAGE: Final = 50
_SPANS: Final = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
_MOST_BARS: Final = 192
_STEPS: Final = (timedelta(minutes=60), timedelta(hours=6), timedelta(days=1), timedelta(days=7))
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S"


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=_MOMENT)


class SearchForm(forms.Form):
    """What is looked for, when, and of which source."""

    q = forms.CharField(label=_("Look for"), required=False, max_length=1000, strip=True)
    span = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[
            ("1h", _("Last hour")),
            ("24h", _("Last 24 hours")),
            ("7d", _("Last 7 days")),
            ("30d", _("Last 30 days")),
            ("90d", _("Last 90 days")),
            ("", _("From … to …")),
        ],
    )
    since = forms.DateTimeField(
        label=_("From"), required=False, widget=_moment(), input_formats=[_MOMENT, "%Y-%m-%dT%H:%M"]
    )
    until = forms.DateTimeField(
        label=_("Until"), required=False, widget=_moment(), input_formats=[_MOMENT, "%Y-%m-%dT%H:%M"]
    )
    source = forms.ChoiceField(label=_("Source"), required=False)

    def __init__(self, *args: Any, sources: list[LogSource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(one.pk), one.name) for one in sources]
        self.fields["source"] = forms.ChoiceField(label=_("Source"), required=False, choices=[("", _("All")), *known])
        self.fields["q"].widget.attrs.update(type="search", autocomplete="off", spellcheck="false")
        self.fields["q"].widget.input_type = "search"
        dress(self)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when. Raises: Refused `search.window`."""
        span = self.cleaned_data.get("span")
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if span in _SPANS and since is None:
            return now - _SPANS[span], now
        last = max(EARLIEST, min(until or now, LATEST))
        first = since or last - _SPANS["24h"]
        if not first < last or last - first > LONGEST or first < EARLIEST:
            raise Refused("search.window", N_("The window ends after it begins, and covers at most 400 days."))
        return first, last


@dataclass(frozen=True, slots=True)
class Bar:
    """Of the histogram: its place (of a thousand) and height (of 60), how many, from when until when."""

    x: str
    width: str
    y: str
    height: str
    count: int
    since: datetime
    until: datetime
    link: str


@signed_in_or_stale
@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """The search and what it found; further rows alone when htmx asks for them."""
    owner, now = speaking_for(request), clock.now()
    sources = list(LogSource.objects.filter(organisation=owner).order_by("name"))
    asked = "q" in request.GET
    data = request.GET.copy()
    if not any(data.get(name) for name in ("span", "since", "until")):
        data["span"] = "24h"
    form = SearchForm(data, sources=sources)
    context: dict[str, Any] = {
        "owner": owner,
        "organisations": choices(request),
        "form": form,
        "asked": asked,
        "by_id": {str(one.pk): one.name for one in sources},
        "has_sources": bool(sources),
    }
    error: VigilError | None = None
    if asked and form.is_valid():
        try:
            context |= _searched(request, owner, form, sources, now)
        except VigilError as refused:
            error = refused
    context["error"] = error
    further = request.headers.get("HX-Request") and "after" in request.GET and error is None
    status = error.status if error else 422 if asked and not form.is_valid() else 200
    return render(request, "detection/event_rows.html" if further else "detection/events.html", context, status=status)


def _searched(
    request: HttpRequest, owner: Organisation, form: SearchForm, sources: list[LogSource], now: datetime
) -> dict[str, Any]:
    text = form.cleaned_data["q"]
    query, (since, until) = parse(text), form.window(now)
    chosen = form.cleaned_data["source"]
    after = _cursor(request.GET.get("after", ""))
    if after is not None and (pinned := _instant(request.GET.get("to", ""))) is not None:
        until = min(until, pinned)
        since = _instant(request.GET.get("from", "")) or since
    page = EventSearch(EventStore(settings.VIGIL_EVENTS)).find(
        query, [one.pk for one in sources if not chosen or str(one.pk) == chosen], since, until, now=now, most=_PAGE,
        after=after, count=after is None,
    )  # fmt: skip
    names = {one.pk: one.name for one in sources}
    rows = [{"event": one, "source": names.get(one.source, ""), "link": _link(owner, one)} for one in page.events]
    more = ""
    if page.after is not None:
        stays = {"from": since.isoformat(), "to": until.isoformat(), "after": f"{page.after[0]}.{page.after[1]}"}
        asked = {name: request.GET[name] for name in ("q", "span", "since", "until", "source") if name in request.GET}
        more = f"{reverse('stored_events')}?{urlencode({'organisation': str(owner.pk), **asked, **stays})}"
    drafted = None
    if page.events and permitted(user_of(request), MANAGE, owner):
        first = page.events[0]
        if as_rule(query) is not None:
            log = {"product": first.product, "category": first.category, "service": first.service}
            drafted = f"{reverse('own_rule_new')}?{urlencode({'organisation': owner.pk, 'query': text, **log})}"
    bars = _bars(request, page, since, until)
    return {
        "page": page, "rows": rows, "more": more, "since": since, "until": until, "drafted": drafted, "bars": bars,
        "most": max((bar.count for bar in bars), default=0),
    }  # fmt: skip


def _cursor(text: str) -> Cursor | None:
    number, _point, event = text.partition(".")
    return (int(number), event[:200]) if number.isdecimal() and len(number) < 20 and event else None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and EARLIEST.year < found.year < LATEST.year else None


def _link(owner: Organisation, one: FoundEvent) -> str:
    told = {"organisation": str(owner.pk), "id": one.id, "at": one.at.isoformat(), "source": str(one.source)}
    return f"{reverse('stored_event')}?{urlencode({**told, 'day': one.day.isoformat()})}"


def _bars(request: HttpRequest, page: FoundPage, since: datetime, until: datetime) -> list[Bar]:
    """Counts by hour, or by so many hours that the bars can be told apart; each leads to its own time."""
    if not page.hours:
        return []
    step = next((one for one in _STEPS if (until - since) / one <= _MOST_BARS), _STEPS[-1])
    begun = since.astimezone(VIETNAM).replace(minute=0, second=0, microsecond=0)
    if step > _STEPS[0]:
        begun = begun.replace(hour=0)
    many = int((until - begun) / step) + 1
    counts = [0] * many
    for hour, count in page.hours.items():
        place = int((hour - begun) / step)
        if 0 <= place < many:
            counts[place] += count
    most, width = max(counts), 1000 / many
    made = []
    for n, count in enumerate(counts):
        if count:
            height = 2 + 58 * count / most
            first, last = begun + n * step, begun + (n + 1) * step
            query = request.GET.copy()
            for name in ("span", "after", "from", "to"):
                query.pop(name, None)
            query["since"], query["until"] = first.strftime(_MOMENT), last.strftime(_MOMENT)
            x, y = f"{n * width:.2f}", f"{60 - height:.2f}"
            thick = f"{max(1.0, width * 0.85):.2f}"
            made.append(Bar(x, thick, y, f"{height:.2f}", count, first, last, f"?{query.urlencode()}"))
    return made


@login_required
@require_GET
def event(request: HttpRequest) -> HttpResponse:
    """One event by its id; its fields alone when htmx asks for them."""
    owner, at = speaking_for(request), _instant(request.GET.get("at", ""))
    wanted = request.GET.get("id", "")[:200]
    if not wanted or at is None:
        raise not_there()
    sources = {one.pk: one for one in LogSource.objects.filter(organisation=owner)}
    try:
        named = {UUID(request.GET["source"])} & set(sources) if request.GET.get("source") else set(sources)
    except ValueError:
        raise not_there() from None
    since, until = at - timedelta(minutes=10), clock.now() + timedelta(minutes=10)
    if (day := _instant(f"{request.GET.get('day', '')[:10]}T00:00:00+00:00")) is not None:
        since, until = day, day + timedelta(days=1)
    try:
        found = EventStore(settings.VIGIL_EVENTS).seek(named, wanted, since, until)
    except TimeoutError:
        raise Unavailable(
            "search.not_in_time", N_("It was not found in the time there is. Search for it by its words.")
        ) from None
    context: dict[str, Any] = {"owner": owner, "id": wanted, "at": at, "found": found}
    if found is not None:
        kept = found.columns
        when = kept.get("_at")
        when = when.astimezone(UTC) if isinstance(when, datetime) else at
        host = str(kept.get("_host") or "")
        fields = [
            (name.removeprefix("field.").removesuffix(LIST), value)
            for name, value in kept.items()
            if name not in META.names and value not in ("", [])
        ]
        context |= {
            "kept": {name.removeprefix("_"): kept.get(name) for name in META.names},
            "source": sources[found.source],
            "fields": sorted(fields, key=lambda one: one[0]),
            "at": when,
            "host": host,
            "around": _around(owner, when, f'_host:"{_quoted(host)}"' if host else ""),
            "all_around": _around(owner, when, ""),
            "alerts": Detection.objects.filter(organisation=owner, event=wanted).select_related("alert")[:20],
        }
    only_fields = request.headers.get("HX-Request") and found is not None
    template = "detection/event_fields.html" if only_fields else "detection/event.html"
    return render(request, template, context, status=200 if found is not None else 404)


def _quoted(text: str) -> str:
    return "".join(f"\\{letter}" if letter in '"*?' else letter for letter in text)


def _around(owner: Organisation, at: datetime, query: str) -> str:
    since, until = ((at + shift).astimezone(VIETNAM).strftime(_MOMENT) for shift in (-AROUND, AROUND))
    told = {"organisation": str(owner.pk), "q": query, "since": since, "until": until}
    return f"{reverse('stored_events')}?{urlencode(told)}"

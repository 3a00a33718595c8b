"""The original beside what was read; correcting; confirming."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.actions.review import confirm, correct
from vigil.domain.directives.calendar import holidays_between
from vigil.domain.directives.models import Directive, DirectiveState, WatchState
from vigil.domain.organisations.audiences import audiences
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import provers_by_kind
from vigil.faces.web.directives.forms import DirectiveForm, LinkForm, ObligationFormSet, WindowForm
from vigil.faces.web.directives.marking import how_of, marked_text, marks_of
from vigil.faces.web.directives.pictures import page_pictures
from vigil.faces.web.directives.sight import directive_in_sight
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import VigilError
from vigil.kernel.phrases import Phrase

HEAD = ("kind", "issuer", "issuer_parent", "number", "place", "issued_on", "subject")
WINDOW = ("window_event", "window_start", "window_end")
BODY = ("addressees", "vuln_references", "cves", "products", "deadlines", "contacts", "refs")
FOOT = ("recipients", "signatory_authority", "signatory_title", "signatory_name")
_SPANS = {"issued_on": "date", **dict.fromkeys(WINDOW, "window"), **dict.fromkeys(FOOT[1:], "signatory")}


def _get(request: HttpRequest, pk: str) -> Directive:
    return one_of(request, Directive.objects.select_related("dispatch", "organisation"), pk)


@login_required
@require_GET
def directive(request: HttpRequest, pk: str) -> HttpResponse:
    """The review while it is a draft, the directive once confirmed."""
    return _page(request, directive_in_sight(request, pk))


def _page(
    request: HttpRequest,
    found: Directive,
    *,
    form: DirectiveForm | None = None,
    items: Any = None,
    error: VigilError | None = None,
    status: int = 200,
) -> HttpResponse:
    reading = found.dispatch.reading
    readings = reading.get("readings", {})
    items = items or ObligationFormSet(prefix="items", initial=_items(found))
    form = form or DirectiveForm(directive=found)
    hows = how_of(readings) | {name: {"how": "edited"} for name in found.origins}
    marks = marks_of(readings)
    context = {
        "directive": found,
        "dispatch": found.dispatch,
        "form": form,
        "items": items,
        "sections": [_section(form, names, hows) for names in (HEAD, WINDOW, BODY, FOOT)],
        "original": marked_text(found.dispatch.text, marks),
        "pictures": page_pictures(found.dispatch, marks),
        "cut": len(found.dispatch.text) > 200_000,
        "reading": reading,
        "obligation_notes": readings.get("obligations", []),
        "unaddressed": _unaddressed(readings),
        "warnings": [Phrase.from_json(w["phrase"]) for w in found.dispatch.document.get("warnings", [])],
        "signatures": [
            {**s, "phrase": Phrase.from_json(s["phrase"])} for s in found.dispatch.document.get("signatures", [])
        ],
        "window_note": _window_note(readings.get("window") or {}),
        "error": error,
        "may_edit": permitted(user_of(request), "dispatches.import", found.organisation),
        "may_confirm": permitted(user_of(request), "directives.confirm", found.organisation),
        "may_watch": permitted(user_of(request), "watches.manage", found.organisation),
        "audience_codes": list(audiences().values()),
        **_after_confirming(request, found),
    }
    template = "directives/review.html" if found.state == DirectiveState.DRAFT else "directives/directive.html"
    return render(request, template, context, status=status)


def _window_note(window: dict[str, Any]) -> dict[str, Any]:
    """What was read of the window apart from what was inferred, and the days off in lieu that may extend it."""
    suggestion = window.get("suggestion") or {}
    days = [date.fromisoformat(day) for day in suggestion.get("days_off") or []]
    return {
        "read": [piece["text"] for piece in window.get("read") or []],
        "inferred": any((window.get(part) or {}).get("how") == "inferred" for part in ("start", "end")),
        "days_off": days,
        "days_off_text": ", ".join(f"{day.day}/{day.month}/{day.year}" for day in days),
        "end": date.fromisoformat(suggestion["end"]) if suggestion.get("end") else None,
    }


def _section(form: DirectiveForm, names: tuple[str, ...], hows: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"field": form[name], "how": hows.get(name, {"how": "absent"}), "span": _SPANS.get(name, name)}
        for name in names
    ]


def _items(found: Directive) -> list[dict[str, Any]]:
    return [
        {"code": item.code, "kind": item.kind, "audience": item.audience, "text": item.text}
        for item in found.obligations.filter(derived=False)
    ]


def _unaddressed(readings: dict[str, Any]) -> list[dict[str, Any]]:
    """Audiences that an item names and "Kính gửi" does not: the program shows the mismatch."""
    return [
        {"item": item.get("id"), "classes": item["audience"]["not_addressed"]}
        for item in readings.get("obligations", [])
        if isinstance(item.get("audience"), dict) and item["audience"].get("not_addressed")
    ]


def _after_confirming(request: HttpRequest, found: Directive) -> dict[str, Any]:
    if found.state == DirectiveState.DRAFT:
        return {}
    others = Directive.objects.filter(organisation=found.organisation).exclude(pk=found.pk)
    others = others.exclude(state=DirectiveState.DRAFT)
    initial = {"first_day": found.window_start, "last_day": found.window_end}
    return {
        "watches": scoped(request, found.watches.select_related("organisation"))[:10],
        "has_watch": found.watches.filter(organisation=found.organisation).exclude(state=WatchState.CLOSED).exists(),
        "may_send": permitted(user_of(request), "campaigns.manage", found.organisation)
        and found.state == DirectiveState.CONFIRMED,
        "campaign": scoped(request, found.campaigns.exclude(organisation=None)).first(),
        "window_form": WindowForm(initial=initial),
        "link_form": LinkForm(earlier=others) if others.exists() else None,
        "links_back": found.links_back.select_related("earlier"),
        "links_on": found.links_on.select_related("later"),
        "holidays": holidays_between(found.window_start, found.window_end)
        if found.window_start and found.window_end and (found.window_end - found.window_start).days < 60
        else {},
    }


@login_required
@require_POST
def save(request: HttpRequest, pk: str) -> HttpResponse:
    """Keep the corrections; with `confirm` pressed, stand for them too."""
    found = _get(request, pk)
    demanded(request, "dispatches.import", found.organisation)
    confirming = "confirm" in request.POST
    if confirming:
        demanded(request, "directives.confirm", found.organisation)
    form = DirectiveForm(request.POST, directive=found)
    items = ObligationFormSet(request.POST, prefix="items")
    if not (form.is_valid() and items.is_valid()):
        return _page(request, found, form=form, items=items, status=422)
    rows = [row.cleaned_data for row in items if row.cleaned_data.get("code")]
    wordy = [row for row in items.extra_forms if row.cleaned_data.get("text") and not row.cleaned_data.get("code")]
    for row in wordy:
        row.add_error("code", gettext("Give the item a number, or empty its words."))
    if wordy:
        return _page(request, found, form=form, items=items, status=422)
    try:
        with transaction.atomic():  # what cannot be confirmed is not half saved either
            found = correct(
                directive=found,
                version=form.cleaned_data["version"],
                changes=form.changes(),
                obligations=_with_deadlines(found, rows),
                actor=actor_of(request),
                now=clock.now(),
            )
            if confirming:
                confirm(directive=found, version=found.version, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        found.refresh_from_db()
        if found.state != DirectiveState.DRAFT:
            return _page(request, found, error=error, status=error.status)
        return _page(request, found, form=form, items=items, error=error, status=error.status)
    messages.success(request, gettext("Confirmed.") if confirming else gettext("Saved."))
    return redirect("directive", pk=found.pk)


def _with_deadlines(found: Directive, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deadlines that obligations already have are kept by item."""
    known = {item.code: item.deadline_at for item in found.obligations.all()}
    keys = ("code", "kind", "audience", "text")
    return [{**{key: row.get(key, "") for key in keys}, "deadline_at": known.get(row["code"])} for row in rows]


@login_required
@require_POST
def link(request: HttpRequest, pk: str) -> HttpResponse:
    """Say that this directive numbers, amends or withdraws an earlier one."""
    found = _get(request, pk)
    demanded(request, "directives.confirm", found.organisation)
    others = Directive.objects.filter(organisation=found.organisation).exclude(pk=found.pk)
    form = LinkForm(request.POST, earlier=others)
    if form.is_valid():
        link_directives(
            later=found,
            earlier=form.cleaned_data["earlier"],
            kind=form.cleaned_data["kind"],
            actor=actor_of(request),
            now=clock.now(),
        )
        for watch in found.watches.filter(organisation=found.organisation).exclude(state=WatchState.CLOSED):
            prove_watch(watch=watch, provers=provers_by_kind(), actor=actor_of(request), now=clock.now())
        messages.success(request, gettext("Linked. The watches and their proofs were kept."))
    else:
        messages.error(request, gettext("Choose the earlier directive."))
    return redirect("directive", pk=found.pk)

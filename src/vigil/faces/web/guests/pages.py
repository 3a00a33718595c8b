"""Behind the door: what this organisation received, its contact point, its people and systems by sheet."""

import hashlib
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.adapters.inventories import read_sheet
from vigil.domain.directives.models import Attachment, Recipient, RecipientState
from vigil.domain.journal.bulk import Manifest
from vigil.domain.organisations.actions.contacts import file_contact_point
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.organisations.queries import contact_points_filed
from vigil.faces.web.campaigns.answering import act, answering_context
from vigil.faces.web.campaigns.views.recipients import download
from vigil.faces.web.estate.lists import SYSTEMS
from vigil.faces.web.guests.door import INSIDE, NAME, guests_only
from vigil.faces.web.lists.editing import saved
from vigil.faces.web.lists.planning import plan
from vigil.faces.web.lists.views import sheet_file
from vigil.faces.web.organisations.forms import ContactForm
from vigil.faces.web.organisations.lists import PEOPLE
from vigil.faces.web.scoping import actor_of, guest_of, one_of, scoped
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, Refused, VigilError
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis

LISTS = {"people": PEOPLE, "systems": SYSTEMS}


def _received() -> QuerySet[Recipient]:
    rows = Recipient.objects.exclude(state=RecipientState.NOT_SENT, send_error="")
    rows = rows.exclude(campaign__state="draft")
    return rows.select_related("campaign__organisation", "campaign__directive", "organisation", "watch", "directive")


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    shared = {"guest": guest_of(request), "guest_name": getattr(request, "guest_name", "")}
    return render(request, f"guests/{template}.html", shared | context, status=status)


@guests_only
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What was sent to this organisation, and what is still asked of it."""
    rows = list(scoped(request, _received().order_by("-sent_at")))
    if len(rows) == 1 and "all" not in request.GET:
        return redirect("guest_received", pk=rows[0].pk)
    return _page(request, "home", {"rows": rows})


@guests_only
@require_http_methods(["GET", "POST"])
def received(request: HttpRequest, pk: str) -> HttpResponse:
    """One directive: confirm reading, accept, state, check in, attach."""
    found = one_of(request, _received(), pk)
    if request.method == "POST":
        name_given = request.POST.get("by", "").strip()[:200]
        if name_given:
            request.session[NAME] = name_given
        by = name_given or getattr(request, "guest_name", "")
        request.guest_name = by  # type: ignore[attr-defined]
        act(request, found, by=by, basis=Basis.ATTESTED)
        return redirect("guest_received", pk=pk)
    points = contact_points_filed(found.organisation_id)
    context = answering_context(found) | {
        "may_answer": True,
        "points": points,
        "post_to": request.path,
        "by": getattr(request, "guest_name", ""),
    }
    return _page(request, "received", context)


@guests_only
@require_POST
def name(request: HttpRequest) -> HttpResponse:
    """Who is answering: every answer bears this name."""
    request.session[NAME] = request.POST.get("by", "").strip()[:200]
    return redirect("guest_home")


@guests_only
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Go; the link still opens."""
    for key in (INSIDE, NAME):
        request.session.pop(key, None)
    messages.success(request, gettext("You have left. Your answers are kept."))
    return redirect("guest_code")


@guests_only
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """File the contact point, or change it."""
    guest = guest_of(request)
    assert guest is not None  # noqa: S101 - `guests_only`
    chosen = request.GET.get("point", "")
    points = scoped(request, contact_points_filed(guest.organisation_id), permission="contacts.edit")
    instance = one_of(request, points, chosen) if chosen else ContactPoint(organisation=guest.organisation)
    form = ContactForm(request.POST or None, instance=instance)

    def save() -> None:
        file_contact_point(
            contact_point=form.instance, channels=form.channels(), actor=actor_of(request), now=clock.now()
        )

    if request.method == "POST" and saved(form, save):
        messages.success(request, gettext("The contact point is filed; the sender sees it."))
        return redirect("guest_home")
    return _page(request, "contact", {"form": form, "points": points}, status=422 if form.is_bound else 200)


@guests_only
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, what: str) -> HttpResponse:
    """People or systems from a sheet: good rows are taken, the others listed with the reason."""
    listing = _listing(what)
    context: dict[str, Any] = {"what": what, "listing": listing, "title": gettext(listing.title)}
    context["count"] = scoped(request, listing.rows(request)).count()
    context["columns"] = [column for column in listing.layout(request).all_columns() if column.key != "id"]
    if request.method == "GET":
        return _page(request, "upload", context)
    try:
        data, filename = uploaded(request, "file")
        if not data:
            raise Refused("sheet.no_file", N_("Choose a file first; an empty file cannot be read."))
        with transaction.atomic():
            planned = plan(listing.layout(request), read_sheet(data))
            listing.import_rows(
                added=planned.things("added"),
                changed=planned.things("changed"),
                manifest=Manifest(hashlib.sha256(data).hexdigest(), filename[-200:], planned.counts["refused"]),
                actor=actor_of(request),
                now=clock.now(),
            )
    except VigilError as error:
        return _page(request, "upload", context | {"error": error}, status=error.status)
    context |= {"plan": planned, "counts": planned.counts, "refused": planned.of("refused")[:200]}
    context["count"] = scoped(request, listing.rows(request)).count()
    return _page(request, "upload", context)


@guests_only
@require_GET
def template(request: HttpRequest, what: str) -> HttpResponse:
    """An empty sheet to fill in."""
    listing = _listing(what)
    layout = listing.layout(request)
    return sheet_file(listing, layout, "xlsx", [[c.sample for c in layout.all_columns()]], f"{listing.name}-template")


def _listing(what: str) -> Any:
    if what not in LISTS:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return LISTS[what]


@guests_only
@require_GET
def attachment(request: HttpRequest, pk: str) -> HttpResponse:
    """One's own file back."""
    rows = Attachment.objects.select_related("recipient")
    return download(one_of(request, rows, pk, by="recipient__organisation"))

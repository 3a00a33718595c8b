"""The pages that every list has: itself, its export, an empty template, the import with its preview."""

import hashlib
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django_tables2 import RequestConfig

from vigil.adapters.inventories import SheetLimits, read_sheet, write_csv, write_xlsx
from vigil.domain.accounts.permissions import organisations_for, permitted
from vigil.domain.journal.bulk import Manifest
from vigil.faces.web.lists.carrying import Parcel, packed, unpacked
from vigil.faces.web.lists.layout import Layout
from vigil.faces.web.lists.listing import Listing
from vigil.faces.web.lists.planning import Plan, plan
from vigil.faces.web.scoping import actor_of, user_of
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import NotAllowed, Refused, VigilError
from vigil.kernel.phrases import N_

PER_PAGE = 50
SHOWN_REFUSED = 200
SHOWN_ROWS = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def list_urls(listing: Listing) -> list[URLPattern]:
    """The addresses of a list: `/people/`, `/people/export.csv`, `/people/template.xlsx`, `/people/import/`..."""
    name, extra = listing.name, {"listing": listing}
    found = [path(f"{name}/", show, extra, name=name), path(f"{name}/import/", take_in, extra, name=f"{name}_import")]
    for kind in ("csv", "xlsx"):
        more = {**extra, "kind": kind}
        found.append(path(f"{name}/export.{kind}", export, more, name=f"{name}_export_{kind}"))
        found.append(path(f"{name}/template.{kind}", template, more, name=f"{name}_template_{kind}"))
    return found


def may_change(request: HttpRequest, listing: Listing) -> bool:
    """Whether the user may change such things somewhere."""
    user = user_of(request)
    return permitted(user, listing.permission, None) or organisations_for(user, listing.permission).exists()


def _filtered(request: HttpRequest, listing: Listing) -> Any:
    return listing.filters(request.GET, queryset=listing.rows(request), request=request)


@login_required
@require_GET
def show(request: HttpRequest, listing: Listing) -> HttpResponse:
    """The list, found, filtered, sorted, a page at a time."""
    filters = _filtered(request, listing)
    table = listing.table(filters.qs)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    narrowed = any(value not in (None, "", []) for value in filters.form.cleaned_data.values())
    context = {
        "listing": listing,
        "table": table,
        "filter": filters,
        "narrowed": narrowed,
        "may_change": may_change(request, listing),
        **_words(listing),
    }
    return render(request, "lists/list.html", context)


def _words(listing: Listing) -> dict[str, str]:
    return {
        "title": gettext(listing.title),
        "new_label": gettext(listing.new_label),
        "empty_title": gettext(listing.empty_title),
        "empty_text": gettext(listing.empty_text),
    }


@login_required
@require_GET
def export(request: HttpRequest, listing: Listing, kind: str) -> HttpResponse:
    """What the list shows under the same filters, as a sheet."""
    layout = listing.layout(request)
    rows = layout.wrapped(_filtered(request, listing).qs.iterator(chunk_size=1000))
    cells = (list(layout.shown(thing).values()) for thing in rows)
    return sheet_file(listing, layout, kind, cells, f"{listing.name}-{clock.today():%Y%m%d}")


@login_required
@require_GET
def template(request: HttpRequest, listing: Listing, kind: str) -> HttpResponse:
    """A sheet with the header alone and one row that shows how to fill it."""
    layout = listing.layout(request)
    return sheet_file(listing, layout, kind, [[c.sample for c in layout.fixed_columns]], f"{listing.name}-template")


def sheet_file(listing: Listing, layout: Layout[Any], kind: str, rows: Any, name: str) -> HttpResponse:
    """A sheet to download: the layout's header and `rows`."""
    header = [column.heading() for column in layout.fixed_columns]
    if kind == "csv":
        data, media_type = write_csv(header, rows), "text/csv; charset=utf-8"
    else:
        data, media_type = write_xlsx(gettext(listing.title), header, rows), _XLSX
    response = HttpResponse(data, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Choose a file, look at what it would do, then do it."""
    if not may_change(request, listing):
        raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."))
    if request.method == "GET":
        return _choose(request, listing)
    try:
        if request.POST.get("parcel"):
            return _do(request, listing)
        return _preview(request, listing, _read(request))
    except VigilError as error:
        return _choose(request, listing, error)


def _choose(request: HttpRequest, listing: Listing, error: VigilError | None = None) -> HttpResponse:
    context = {
        "listing": listing,
        "error": error,
        "columns": [column for column in listing.layout(request).all_columns() if column.key != "id"],
        "limit": SheetLimits(),
        **_words(listing),
    }
    return render(request, "lists/import.html", context, status=error.status if error else 200)


def _read(request: HttpRequest) -> Parcel:
    data, name = uploaded(request, "file")
    if not data:
        raise Refused("sheet.no_file", N_("Choose a file first; an empty file cannot be read."))
    return Parcel(read_sheet(data), hashlib.sha256(data).hexdigest(), name[-200:])


def _preview(request: HttpRequest, listing: Listing, parcel: Parcel, error: VigilError | None = None) -> HttpResponse:
    planned = plan(listing.layout(request), parcel.sheet)
    context = {
        "listing": listing,
        "plan": planned,
        "counts": planned.counts,
        "refused": planned.of("refused")[:SHOWN_REFUSED],
        "good": (planned.of("added") + planned.of("changed"))[:SHOWN_ROWS],
        "unknown": planned.unknown,
        "parcel": packed(request, listing.name, parcel),
        "filename": parcel.filename,
        "error": error,
        **_words(listing),
    }
    return render(request, "lists/preview.html", context, status=error.status if error else 200)


def _do(request: HttpRequest, listing: Listing) -> HttpResponse:
    """Import what was previewed, looked at anew: all of it, or its valid rows, in one transaction."""
    parcel = unpacked(request, listing.name, request.POST["parcel"])
    try:
        with transaction.atomic():
            planned = plan(listing.layout(request), parcel.sheet)
            refused = planned.counts["refused"]
            if refused and request.POST.get("mode") != "valid":
                raise Refused("sheet.rows_refused", N_("Nothing was imported: {n} rows are not accepted."), n=refused)
            _save(request, listing, parcel, planned)
    except VigilError as error:
        return _preview(request, listing, parcel, error)
    messages.success(request, _told(planned))
    return redirect(listing.name)


def _save(request: HttpRequest, listing: Listing, parcel: Parcel, planned: Plan[Any]) -> None:
    listing.import_rows(
        added=planned.things("added"),
        changed=planned.things("changed"),
        manifest=Manifest(parcel.sha256, parcel.filename, planned.counts["refused"]),
        actor=actor_of(request),
        now=clock.now(),
    )


def _told(planned: Plan[Any]) -> str:
    counts = planned.counts
    if not counts["added"] and not counts["changed"]:
        return gettext("Nothing to change: everything in the file is here already.")
    told = gettext("Imported: {added} added, {changed} changed, {same} unchanged.").format(**counts)
    if counts["refused"]:
        told += " " + ngettext("{n} row was left out.", "{n} rows were left out.", counts["refused"]).format(
            n=counts["refused"]
        )
    return told

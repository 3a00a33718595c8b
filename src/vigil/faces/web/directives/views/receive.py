"""A dispatch comes in: by file or by paste."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from vigil.adapters.documents import ocr_available, page_picture
from vigil.domain.accounts.permissions import organisations_for
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.models import Directive
from vigil.domain.directives.originals import fetch
from vigil.faces.web.directives.forms import ReceiveForm
from vigil.faces.web.directives.sight import directive_in_sight
from vigil.faces.web.scoping import (
    actor_of,
    default_organisation,
    demanded,
    remember_organisation,
    scoped,
    user_of,
)
from vigil.faces.web.uploads import uploaded
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, VigilError


@login_required
@require_GET
def dispatches(request: HttpRequest) -> HttpResponse:
    """Every dispatch that came in, newest first."""
    rows = scoped(request, Directive.objects.select_related("dispatch", "organisation").order_by("-created_at", "-id"))
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(subject__icontains=words) | rows.filter(number__icontains=words)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "directives/dispatches.html", {"page": page, "q": words})


@login_required
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest) -> HttpResponse:
    """Drop or paste; on success go to the review."""
    organisations = organisations_for(user_of(request), "dispatches.import")
    chosen = default_organisation(request, "dispatches.import")
    form = ReceiveForm(request.POST or None, organisations=organisations, initial={"organisation": chosen})
    context = {"form": form, "ocr": ocr_available(), "limit_mb": settings.VIGIL_UPLOAD_BYTES // 1024**2}
    if request.method == "GET":
        return render(request, "directives/receive.html", context)
    try:
        data, filename = uploaded(request, "file")
    except VigilError as error:
        return render(request, "directives/receive.html", {**context, "error": error}, status=error.status)
    if not form.is_valid():
        return render(request, "directives/receive.html", context, status=422)
    if not data and form.cleaned_data["text"].strip():
        data, filename = form.cleaned_data["text"].encode(), "dan-vao.txt"
    elif not data and not filename:
        form.add_error(None, gettext("Choose a file, or paste the text."))
        return render(request, "directives/receive.html", context, status=422)
    organisation = form.cleaned_data["organisation"]
    demanded(request, "dispatches.import", organisation)
    remember_organisation(request, organisation)
    try:
        directive = receive_dispatch(
            data=data,
            filename=filename,
            organisation=organisation,
            originals=settings.VIGIL_ORIGINALS,
            anchors=settings.VIGIL_TRUST_ANCHORS,
            actor=actor_of(request),
            now=clock.now(),
        )
    except Conflict as already:
        context["already"] = already.facts.get("directive")
        return render(request, "directives/receive.html", {**context, "error": already}, status=409)
    except VigilError as error:
        if error.code == "dispatch.secret":  # nothing of it goes back either: a browser keeps pages
            context["form"] = ReceiveForm(organisations=organisations, initial={"organisation": organisation})
        page = render(request, "directives/receive.html", {**context, "error": error}, status=error.status)
        page.headers["Cache-Control"] = "no-store"
        return page
    return redirect("directive", pk=directive.pk)


@login_required
@require_GET
def picture(request: HttpRequest, pk: str, page: int) -> HttpResponse:
    """One page of the original, drawn anew in a child process; kept by the reader's own browser alone."""
    directive = directive_in_sight(request, pk)
    drawn = page_picture(fetch(settings.VIGIL_ORIGINALS, directive.dispatch.sha256), page)
    return HttpResponse(drawn, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@login_required
@require_GET
def original(request: HttpRequest, pk: str) -> HttpResponse:
    """The bytes as they arrived, always as a download: nothing of a stranger's file is ever opened in a page."""
    directive = directive_in_sight(request, pk)
    data = fetch(settings.VIGIL_ORIGINALS, directive.dispatch.sha256)
    name = directive.dispatch.filename or directive.dispatch.sha256
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )

"""Offers from the mailbox: read one as a dispatch, or say that it is not ours."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.mailbox.actions import refuse_letter, take_part
from vigil.domain.mailbox.models import Letter, LetterPart, LetterState
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped
from vigil.kernel import clock
from vigil.kernel.errors import VigilError


@login_required
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """What is offered, newest first; below it what was taken or set aside."""
    return _page(request)


def _page(request: HttpRequest, error: VigilError | None = None) -> HttpResponse:
    letters = scoped(
        request, Letter.objects.select_related("organisation").prefetch_related("parts"), permission="dispatches.import"
    )
    offered = letters.filter(state=LetterState.OFFERED).order_by("-received_at", "-id")
    done = letters.exclude(state=LetterState.OFFERED).order_by("-received_at", "-id")
    context = {
        "offered": offered[:100],
        "page": Paginator(done, 50).get_page(request.GET.get("page")),
        "configured": bool(settings.VIGIL_IMAP_URL),
        "error": error,
    }
    return render(request, "mailbox/mailbox.html", context, status=error.status if error else 200)


@login_required
@require_POST
def take(request: HttpRequest, pk: str) -> HttpResponse:
    """Read one part as a dispatch and go to its review."""
    part = one_of(request, LetterPart.objects.select_related("letter__organisation"), pk, by="letter__organisation")
    demanded(request, "dispatches.import", part.letter.organisation)
    try:
        directive = take_part(
            part=part,
            originals=settings.VIGIL_ORIGINALS,
            anchors=settings.VIGIL_TRUST_ANCHORS,
            actor=actor_of(request),
            now=clock.now(),
        )
    except VigilError as error:
        return _page(request, error)
    return redirect("directive", pk=directive.pk)


@login_required
@require_POST
def refuse(request: HttpRequest, pk: str) -> HttpResponse:
    """Not ours."""
    letter = one_of(request, Letter.objects.select_related("organisation"), pk)
    demanded(request, "dispatches.import", letter.organisation)
    try:
        refuse_letter(letter=letter, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        return _page(request, error)
    messages.success(request, gettext("Set aside."))
    return redirect("mailbox")

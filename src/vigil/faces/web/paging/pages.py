"""Pages that wait for somebody, the story of one, and answering it signed in or for somebody on the telephone."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.paging.actions.answering import answer_as_told, give_answer, revoke_links
from vigil.domain.paging.channels import channels
from vigil.domain.paging.models import Answer, How, Page, PageState
from vigil.domain.paging.unreached import unreached
from vigil.faces.web.accounts.lockout import address_of
from vigil.faces.web.lists.paging import page_of
from vigil.faces.web.paging.story import story_of
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, Refused, VigilError
from vigil.kernel.phrases import N_

_OPEN = [PageState.EXHAUSTED, PageState.OPEN, PageState.ACKNOWLEDGED]


def _rows() -> QuerySet[Page]:
    return Page.objects.select_related("organisation", "acknowledged_by", "policy", "route__person")


@login_required
@require_GET
def pages(request: HttpRequest) -> HttpResponse:
    """What waits, what nobody answered first; below it what is done."""
    seen = scoped(request, _rows(), permission="paging.read")
    waiting = list(seen.filter(state__in=_OPEN, is_test=False).order_by("raised_at")[:200])
    waiting.sort(key=lambda row: _OPEN.index(PageState(row.state)))
    done = seen.filter(Q(state=PageState.RESOLVED) | Q(is_test=True)).order_by("-raised_at")
    page, over = page_of(done, request.GET.get("page"), 50)
    context = {
        "waiting": waiting,
        "may_answer": _may_answer(request, waiting),
        "page": page,
        "over": over,
    }
    return render(request, "paging/pages.html", context)


def _may_answer(request: HttpRequest, rows: list[Page]) -> set[Any]:
    owners = {row.organisation_id for row in rows}
    allowed = set(visible(request, "paging.answer").filter(pk__in=owners).values_list("pk", flat=True))
    return {row.pk for row in rows if row.organisation_id in allowed}


def _one(request: HttpRequest, pk: str, permission: str = "paging.read") -> Page:
    found = one_of(request, _rows(), pk)
    demanded(request, permission, found.organisation)
    return found


@login_required
@require_GET
def page(request: HttpRequest, pk: str) -> HttpResponse:
    """One page and everything that happened to it."""
    return _shown(request, _one(request, pk))


def _about(found: Page) -> str:
    """The address of the alert that it is about; empty: it is about something else."""
    kind, _, key = found.subject.partition(":")
    try:
        return reverse("alert", args=[UUID(key)]) if kind == "detection.alert" else ""
    except ValueError:
        return ""


def _shown(request: HttpRequest, found: Page, error: VigilError | None = None) -> HttpResponse:
    user, language = user_of(request), request.LANGUAGE_CODE or "vi"
    names = {name: channel.label(language) for name, channel in channels().usable.items()}
    context = {
        "found": found,
        "story": story_of(found, names),
        "unreached": unreached().filter(pk=found.pk).exists(),
        "about": _about(found) if permitted(user, "alerts.read", found.organisation) else "",
        "error": error,
        "may_answer": permitted(user, "paging.answer", found.organisation),
        "may_manage": permitted(user, "paging.manage", found.organisation),
        "pending": found.steps.filter(decided_at=None).first(),
    }
    return render(request, "paging/page.html", context, status=error.status if error else 200)


@login_required
@require_POST
def answer(request: HttpRequest, pk: str) -> HttpResponse:
    """One tap: I take it, I cannot, it is done."""
    found, user = _one(request, pk, "paging.answer"), user_of(request)
    try:
        given = _answer_in(request)
        give_answer(
            page=found,
            answer=given,
            how=How.PAGE,
            person=user.person,
            actor=actor_of(request),
            now=clock.now(),
            why=request.POST.get("why", "").strip()[:500],
        )
    except VigilError as error:
        return _shown(request, _one(request, pk), error)
    messages.success(request, said_of(given))
    return redirect("page", pk=pk)


@login_required
@require_POST
def told(request: HttpRequest, pk: str) -> HttpResponse:
    """Somebody reads out their code; whoever hears it enters it here."""
    found = _one(request, pk, "paging.answer")
    try:
        given = _answer_in(request)
        answer_as_told(
            page=found,
            code=request.POST.get("code", "")[:60],
            answer=given,
            source=address_of(request),
            actor=actor_of(request),
            now=clock.now(),
        )
    except VigilError as error:
        return _shown(request, _one(request, pk), error)
    messages.success(request, said_of(given))
    return redirect("page", pk=pk)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """A link fell into wrong hands: none of this page's links and codes works any more."""
    found = _one(request, pk, "paging.manage")
    revoke_links(page=found, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("The links and codes of this page do not work any more."))
    return redirect("page", pk=pk)


def _answer_in(request: HttpRequest) -> str:
    return checked_answer(request.POST.get("answer", ""))


def checked_answer(text: str) -> str:
    """Raises: Refused `paging.no_answer`."""
    if text not in Answer.values:
        raise Refused("paging.no_answer", N_("Say whether you take it, cannot, or have done it."))
    return text


def said_of(given: str) -> str:
    """What whoever answered reads."""
    return {
        Answer.TAKEN: gettext("You have taken it. Nobody else is called."),
        Answer.DECLINED: gettext("Noted. The next one is asked at once."),
        Answer.DONE: gettext("Noted as done."),
    }[Answer(given)]


def page_not_there() -> NotFound:
    """For what is not there and what is not theirs alike."""
    return NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))

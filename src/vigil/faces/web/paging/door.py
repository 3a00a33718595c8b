"""The public door: a link or a code. Opening it answers nothing, since scanners open links; its buttons do."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vigil.domain.accounts.models import User
from vigil.domain.paging.actions.answering import answer_by_key, open_by_token
from vigil.domain.paging.keys import key_of_code
from vigil.domain.paging.messages import title_of
from vigil.domain.paging.models import How, PageKey
from vigil.faces.web.accounts.lockout import address_of
from vigil.faces.web.paging.pages import checked_answer, said_of
from vigil.kernel import clock
from vigil.kernel.errors import VigilError


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a message was opened, or one of its buttons pressed."""
    key = open_by_token(token=token, now=clock.now())
    with override(_language(request, key)):
        return _answered(request, key, How.LINK)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """A code is typed in; then the same page as behind the link."""
    if request.method != "POST":
        return _door(request)
    try:
        given = request.POST.get("code", "")[:60]
        key = key_of_code(given, source=address_of(request), now=clock.now())
    except VigilError as error:
        return _door(request, error)
    with override(_language(request, key)):
        return _answered(request, key, How.CODE, code=given)


def _door(request: HttpRequest, error: VigilError | None = None) -> HttpResponse:
    return _quiet(render(request, "paging/code.html", {"error": error}, status=error.status if error else 200))


def _answered(request: HttpRequest, key: PageKey, how: How, code: str = "") -> HttpResponse:
    context: dict[str, Any] = {"key": key, "found": key.page, "title": title_of(key.page), "code": code}
    status = 200
    if request.method == "POST" and "answer" in request.POST:
        user = request.user if isinstance(request.user, User) else None
        try:
            given = checked_answer(request.POST["answer"])
            why = request.POST.get("why", "").strip()
            context["found"] = answer_by_key(key=key, answer=given, how=how, signed_in=user, now=clock.now(), why=why)
            context["said"] = said_of(given)
        except VigilError as error:
            key.page.refresh_from_db()
            context["error"], status = error, error.status
    found = context["found"]
    context["mine"] = found.acknowledged_by_id == key.person_id
    return _quiet(render(request, "paging/answer.html", context, status=status))


def _language(request: HttpRequest, key: PageKey) -> str:
    """What this browser chose, else the person's own."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else key.person.language


def _quiet(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response

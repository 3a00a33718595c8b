"""The one translator of errors: a page for people, problem+json (RFC 9457) for machines."""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext

from vigil.kernel.errors import VigilError

log = logging.getLogger(__name__)


def problem_response(request: HttpRequest, error: VigilError) -> HttpResponse:
    """The answer to a `VigilError`, in the shape that the caller asked for."""
    status, detail = error.status, error.phrase.said(gettext)
    if "application/json" in request.headers.get("Accept", "") or request.path == "/healthz":
        body = {
            "type": f"urn:vigil:problem:{error.code}",
            "title": gettext(error.title),
            "status": status,
            "detail": detail,
            "code": error.code,
        }
        return HttpResponse(
            json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
        )
    context = {
        "title": gettext(error.title),
        "detail": detail,
        "code": error.code,
        "facts": error.facts,
        "status": status,
    }
    template = "parts/problem.html" if request.headers.get("HX-Request") else "problem.html"
    return render(request, template, context, status=status)


class ProblemMiddleware:
    """Turns a `VigilError` that a view raised into an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django calls this when a view raised."""
        if not isinstance(exception, VigilError):
            return None
        if exception.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("%s on %s", exception.code, request.path)
        return problem_response(request, exception)


def _plain_page(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    context = {"title": title, "detail": detail, "code": str(status), "status": status}
    return render(request, "problem.html", context, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it is not there, or not theirs to see."""
    return _plain_page(request, 404, gettext("Not found"), gettext("There is nothing here, or it is not yours to see."))


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _plain_page(request, 403, gettext("Not allowed"), gettext("Your role does not permit this here."))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token is not this session's, mostly because one signed in again in another window."""
    return _plain_page(
        request,
        403,
        gettext("The form was too old"),
        gettext("You signed in again meanwhile, or cookies are off. Go back, load the page again, and repeat."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: too much, or not understood."""
    return _plain_page(
        request, 400, gettext("Not accepted"), gettext("The request was too large or could not be understood.")
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """429: asked too often."""
    return _plain_page(request, 429, gettext("Too often"), gettext("That was asked too often. Wait a few minutes."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault; the log has it. Drawn without the request, which may be what is broken."""
    context = {
        "title": gettext("Something in Vigil went wrong"),
        "detail": gettext("The fault is in the log. What you entered was not saved."),
        "code": "500",
        "theme": "auto",
    }
    return HttpResponse(render_to_string("problem.html", context), status=500)

"""Requests below /api/ skip what pages need: session, cookies, CSRF, templates; and every answer that is an error is
problem+json, whoever made it."""

import logging
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import get_resolver
from django.utils import translation

from vigil.faces.api.problems import MEDIA, NoSuchMethod, TooLarge, not_found, problem
from vigil.kernel.errors import Refused, VigilError
from vigil.kernel.phrases import N_

log = logging.getLogger(__name__)
BELOW: Final = "/api/"
REFERENCE: Final = "/api/v1/reference"  # the one page here, for people
MOST_BODY: Final = 1_000_000


class ApiShortcut:
    """Early in the chain: an API request goes straight to its operation, everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        seconds = settings.SECURE_HSTS_SECONDS
        self._strictly = f"max-age={seconds}" if seconds else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BELOW) or request.path_info == REFERENCE:
            return self._get_response(request)
        request.COOKIES = {}
        wished = request.headers.get("Accept-Language", "")[:40].lower()
        with translation.override("vi" if wished.startswith("vi") else "en"):
            answer = _answer(request)
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        if self._strictly and request.is_secure():
            answer["Strict-Transport-Security"] = self._strictly
        return answer


def _answer(request: HttpRequest) -> HttpResponse:
    try:
        _check_size(request)
        found = get_resolver().resolve(request.path_info)
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
    except Http404:
        return problem(not_found())
    except VigilError as error:
        return problem(error)
    except RequestDataTooBig:
        return problem(TooLarge("api.too_large", N_("The request is larger than is read here.")))
    except (SuspiciousOperation, BadRequest, MultiPartParserError, UnicodeDecodeError):
        return problem(Refused("api.unreadable", N_("The body cannot be read as what it says it is.")))
    except Exception:
        log.exception("API: %s %s", request.method, request.path_info)
        return problem(VigilError("api.broken", N_("The fault is in the log.")))
    if answer.status_code == 405:
        refused = problem(NoSuchMethod("api.method", N_("This address does not know that method.")))
        refused["Allow"] = answer.get("Allow", "")
        return refused
    if answer.status_code >= 400 and answer.get("Content-Type") != MEDIA:
        return problem(VigilError("api.broken", N_("The fault is in the log.")))
    return answer


def _check_size(request: HttpRequest) -> None:
    """Raises: TooLarge before a byte of the body is read."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    upload = request.content_type == "multipart/form-data"
    most = settings.VIGIL_UPLOAD_BYTES + MOST_BODY if upload else MOST_BODY
    if not told.isdigit() or int(told) > most:
        raise TooLarge("api.too_large", N_("The request is larger than is read here."))

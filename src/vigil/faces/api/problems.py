"""Errors of the API: always application/problem+json (RFC 9457) with a stable code."""

from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja.errors import ValidationError

from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_

MEDIA: Final = "application/problem+json"
_MOST_FAULTS = 20


class NoToken(VigilError):
    """Who asks is not known."""

    status = 401
    title = N_("Who is asking?")


class TooLarge(VigilError):
    """More bytes than are read."""

    status = 413
    title = N_("Too large")


class NoSuchMethod(VigilError):
    """The address is known, what is asked of it is not."""

    status = 405
    title = N_("Not possible here")


def problem(error: VigilError, **more: Any) -> HttpResponse:
    """The answer to an error, in the language that is active."""
    body = {
        "type": f"urn:vigil:problem:{error.code}",
        "title": gettext(error.title),
        "status": error.status,
        "detail": error.phrase.said(gettext),
        "code": error.code,
        **more,
    }
    answer = HttpResponse(orjson.dumps(body, default=str), status=error.status, content_type=MEDIA)
    if error.status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="vigil"'
    if "retry_after_s" in error.facts:
        answer["Retry-After"] = str(error.facts["retry_after_s"])
    return answer


def not_found() -> NotFound:
    """What is not there, and what is not theirs: the same."""
    return NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))


def invalid(error: ValidationError) -> HttpResponse:
    """422 with the place and the fault of each field."""
    from vigil.kernel.errors import Refused

    faults = [
        {"at": ".".join(str(part) for part in fault["loc"])[:200], "fault": str(fault["msg"])[:300]}
        for fault in error.errors[:_MOST_FAULTS]
    ]
    refused = Refused("api.invalid", N_("{n} fields are not as they should be; see errors."), n=len(error.errors))
    return problem(refused, errors=faults)


def view_not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """404 for whatever else lies below /api/."""
    return problem(not_found())

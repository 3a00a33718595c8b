"""Whose failures are counted together, and what somebody sees who is locked out."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from vigil.faces.web.problems import problem_response
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_


def username_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The account name that an attempt was made on, whatever the form called its field; one spelling for all cases."""
    named = (credentials or {}).get("username") or (request.POST.get("login") if request is not None else "")
    return str(named or "").strip().casefold()


def address_of(request: HttpRequest) -> str:
    """Where the attempt came from. Behind a proxy of ours, what that proxy saw: the last of X-Forwarded-For."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.VIGIL_BEHIND_PROXY:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        return forwarded or seen
    return seen


def locked_out(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """403 with how long to wait."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    return problem_response(
        request,
        NotAllowed(
            "account.locked",
            N_("Too many wrong passwords. Wait {minutes} minutes, or ask an administrator."),
            minutes=minutes,
        ),
    )

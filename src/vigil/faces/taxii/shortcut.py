"""Requests below /taxii2/ skip what pages need: session, cookies, CSRF, language, templates. See decision 0006."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

BELOW: Final = "/taxii2/"


class TaxiiShortcut:
    """First in the chain: a TAXII request goes straight to its view, everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._resolver = get_resolver("vigil.faces.taxii.urls")
        seconds = settings.SECURE_HSTS_SECONDS
        self._strictly = f"max-age={seconds}" if seconds else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BELOW):
            return self._get_response(request)
        found = self._resolver.resolve(request.path_info[len(BELOW) - 1 :])
        response: HttpResponse = found.func(request, *found.args, **found.kwargs)
        if self._strictly and request.is_secure():
            response["Strict-Transport-Security"] = self._strictly
        return response

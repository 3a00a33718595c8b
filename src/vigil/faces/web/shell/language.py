"""Vietnamese first: what a browser says it prefers does not count, what its user chose does."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from vigil.domain.accounts.models import User


class LanguageMiddleware:
    """The language of a page: the browser's choice on this Vigil, else the account's, else Vietnamese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(language_of(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE or settings.LANGUAGE_CODE)
        return response


def language_of(request: HttpRequest) -> str:
    """`vi` or `en`."""
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in known:
        return chosen
    user = getattr(request, "user", None)
    if isinstance(user, User) and user.language in known:
        return user.language
    return settings.LANGUAGE_CODE

"""Whoever must have a second factor and has none can do nothing but set one up."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from vigil.domain.accounts.models import User
from vigil.domain.accounts.second_factor import demanded_of, has_own_factor
from vigil.faces.web.problems import problem_response
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_

_KEY: Final = "factor_of_provider"
_SET_UP: Final = frozenset(
    {
        "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
        "account_reauthenticate", "account_logout", "account_login", "set_language", "healthz",
    }
)  # fmt: skip


class SecondFactorDemand:
    """Lets through to setting one up, signing out and the language; everything else is turned away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Django calls this when it knows whither a request goes."""
        if not settings.VIGIL_MFA_ROLES or not isinstance(request.user, User):
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in _SET_UP:
            return None
        user = request.user
        if not demanded_of(user) or has_own_factor(user) or request.session.get(_KEY):
            return None
        page = request.method == "GET" and "application/json" not in request.headers.get("Accept", "")
        if page and not request.headers.get("HX-Request"):
            messages.warning(request, gettext("Your role demands a second factor. Set one up to go on."))
            return redirect("mfa_index")
        wording = N_("Your role demands a second factor. Set one up to go on.")
        return problem_response(request, NotAllowed("account.second_factor_needed", wording))


def remember_provider_factor(request: HttpRequest) -> None:
    """For this session alone: a trusted provider asked for several factors."""
    if getattr(request, "provider_factor", False):
        request.session[_KEY] = True
    else:
        request.session.pop(_KEY, None)

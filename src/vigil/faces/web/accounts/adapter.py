"""How django-allauth is bent to the house: nobody signs up, sign-ins are told to the journal, secrets are sealed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.actions import signed_in
from vigil.domain.accounts.models import RoleGrant, User
from vigil.domain.accounts.sealing import box
from vigil.faces.web.accounts.factor_demand import remember_provider_factor
from vigil.faces.web.accounts.lockout import address_of
from vigil.faces.web.scoping import user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotAllowed, Unavailable
from vigil.kernel.phrases import N_


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes sign-up; tells the journal who signed in, and by what."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": _("That is not your present password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As lock-outs count it."""
        return address_of(request)

    def login(self, request: HttpRequest, user: User) -> None:
        """Every factor was right: sign in."""
        by, factor = _methods(request, user)
        super().login(request, user)
        remember_provider_factor(request)
        signed_in(user=user, by=by, factor=factor, actor=user.as_actor(), now=clock.now())

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The board; for whom no role is held, the page that says so."""
        if not RoleGrant.objects.filter(user=user_of(request)).exists():
            return reverse("no_role")
        return str(super().get_login_redirect_url(request))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Raises: NotAllowed `account.closed`, to somebody who proved to be its owner."""
        raise NotAllowed("account.closed", N_("This account is closed. Ask an administrator."))


def _methods(request: HttpRequest, user: User) -> tuple[str, str]:
    """By what somebody signs in, and the second factor (`none`: there is none; a passkey alone is both)."""
    records: list[dict[str, Any]] = get_authentication_records(request, user)
    factor = next((str(one["type"]) for one in reversed(records) if one["method"] == "mfa"), "none")
    if any(one.get("passwordless") for one in records):
        return "passkey", factor
    if any(one["method"] == "socialaccount" for one in records):
        return "oidc", "provider" if getattr(request, "provider_factor", False) and factor == "none" else factor
    return "ldap" if str(getattr(user, "backend", "")).endswith("DirectoryBackend") else "password", factor


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Seals what authenticators and recovery codes are made from."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That is not the right code, or it has run out."),
    }

    def encrypt(self, text: str) -> str:
        """Under a key that is not in the database."""
        return box(b"vigil second factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises: Unavailable `account.factor_unreadable` when the installation's key is another one by now."""
        try:
            return box(b"vigil second factor").decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise Unavailable(
                "account.factor_unreadable",
                N_("The second factor cannot be read with this installation's key. An administrator can reset it."),
            ) from None

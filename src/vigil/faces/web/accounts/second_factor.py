"""One's second factor: what is set up, adding and removing it, and being asked for it at sign-in.

The ceremonies are django-allauth's; what happens is told to the journal in the transaction that does it.
"""

from typing import Any

from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ByCode
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from vigil.domain.accounts.second_factor import demanded_of, factor_changed
from vigil.faces.web.scoping import user_of
from vigil.kernel import clock
from vigil.kernel.phrases import N_

MOST_KEYS = 20


def _tell(request: HttpRequest, change: str, kind: str) -> None:
    user = user_of(request)
    factor_changed(user=user, change=change, kind=kind, actor=user.as_actor(), now=clock.now())


class Told:
    """A form whose change and journal entry are one: `told` is what changed, and of which kind; `said` is shown."""

    told: tuple[str, str]
    said: str
    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        """Do it, and tell it."""
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            _tell(self.request, *self.told)
        messages.success(self.request, gettext(self.said))
        return answer


@method_decorator(never_cache, name="dispatch")
class Factors(IndexView):  # type: ignore[misc]  # allauth ships no types
    """What is set up."""

    template_name = "accounts/factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With whether it is demanded."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "demanded": demanded_of(user_of(self.request))}


@method_decorator(never_cache, name="dispatch")
class SetUpApp(Told, ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """An authenticator app: the picture to scan, the first code."""

    template_name = "accounts/factor_app.html"
    told = ("added", "totp")
    said = N_("The authenticator app is set up.")


class RemoveApp(Told, DeactivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """Forget the authenticator app."""

    template_name = "accounts/factor_remove.html"
    told = ("removed", "totp")
    said = N_("The authenticator app is removed.")


class AddKey(Told, AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """A passkey or security key."""

    template_name = "accounts/factor_key.html"
    told = ("added", "webauthn")
    said = N_("The key is added.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the form as it was sent, so that its faults show."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "form": kwargs.get("form") or context["form"]}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Not more than anybody carries."""
        if Authenticator.objects.filter(user_id=request.user.pk, type="webauthn").count() >= MOST_KEYS:
            messages.error(request, gettext("There are {n} keys already. Remove one first.").format(n=MOST_KEYS))
            return self.get(request, *args, **kwargs)  # type: ignore[no-any-return]
        return super().post(request, *args, **kwargs)  # type: ignore[no-any-return]


class RemoveKey(Told, RemoveWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """Forget a passkey."""

    template_name = "accounts/factor_remove.html"
    success_url = reverse_lazy("mfa_index")
    told = ("removed", "webauthn")
    said = N_("The key is removed.")


@method_decorator(never_cache, name="dispatch")
class Codes(ViewRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    """The recovery codes, shown once."""

    template_name = "accounts/factor_codes.html"


class NewCodes(Told, GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    """New recovery codes; the old ones stop working."""

    template_name = "accounts/factor_new_codes.html"
    told = ("renewed", "recovery_codes")
    said = N_("New recovery codes were made; the old ones work no more.")


class AskFactor(AuthenticateView):  # type: ignore[misc]  # allauth ships no types
    """The second step of a sign-in."""

    template_name = "accounts/factor_asked.html"


class AgainByCode(ByCode):  # type: ignore[misc]  # allauth ships no types
    """A code once more, before something weighty."""

    template_name = "accounts/again.html"


class AgainByKey(ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """A passkey once more."""

    template_name = "accounts/again.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to the same page, which says why."""
        for message in form.errors.get("credential", []):
            messages.error(self.request, str(message))
        return self.get(self.request)  # type: ignore[no-any-return]


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """A passkey alone; GET answers a script with the challenge."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Not for whom a provider vouches: whoever is shut out there must not come in past it."""
        user = form.cleaned_data["credential"].user
        if not user.has_usable_password():
            factor_changed(user=user, change="failed", kind="webauthn", actor=user.as_actor(), now=clock.now())
            wording = gettext("This account signs in at its provider; the passkey is asked for after that.")
            messages.error(self.request, wording)
            return redirect("account_login")
        return super().form_valid(form)  # type: ignore[no-any-return]

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say it in the reader's language."""
        messages.error(self.request, gettext("This passkey is not known here. Sign in with your password."))
        return redirect("account_login")


urlpatterns = [
    path("me/second-factor/", Factors.as_view(), name="mfa_index"),
    path("me/second-factor/app/", SetUpApp.as_view(), name="mfa_activate_totp"),
    path("me/second-factor/app/remove/", RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("me/second-factor/codes/", Codes.as_view(), name="mfa_view_recovery_codes"),
    path("me/second-factor/codes/new/", NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("me/second-factor/keys/add/", AddKey.as_view(), name="mfa_add_webauthn"),
    path("me/second-factor/keys/<int:pk>/remove/", RemoveKey.as_view(), name="mfa_remove_webauthn"),
]

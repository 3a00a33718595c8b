"""Signing in: name and password (here or in the directory), a passkey, a provider; and the page for who has no role."""

from typing import Any

from allauth.account.views import LoginView, ReauthenticateView
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from vigil.domain.accounts.models import RoleGrant
from vigil.faces.web.accounts import second_factor as factor
from vigil.faces.web.accounts.oidc import callback, leave
from vigil.faces.web.scoping import user_of
from vigil.kernel.errors import Unavailable


class SignIn(LoginView):  # type: ignore[misc]  # allauth ships no types
    """The first page of all."""

    unavailable: Unavailable | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """When the directory does not answer, the page says so, and local accounts sign in as ever."""
        try:
            answer: HttpResponse = super().post(request, *args, **kwargs)
        except Unavailable as error:
            self.unavailable = error
            form = self.get_form_class()(request=request, initial={"login": request.POST.get("login", "")[:150]})
            answer = self.render_to_response(self.get_context_data(form=form), status=error.status)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what is configured."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "oidc": settings.VIGIL_OIDC, "ldap": settings.VIGIL_LDAP, "error": self.unavailable}


class Again(ReauthenticateView):  # type: ignore[misc]  # allauth ships no types
    """The password once more."""

    template_name = "accounts/again.html"


@login_required
@never_cache
@require_GET
def no_role(request: HttpRequest) -> HttpResponse:
    """Known, but without a role: what to ask whom."""
    user = user_of(request)
    linked = SocialAccount.objects.filter(user=user).values_list("provider", flat=True)
    has_role = RoleGrant.objects.filter(user=user).exists()
    return render(request, "accounts/no_role.html", {"linked": list(linked), "has_role": has_role})


urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-in/second-factor/", factor.AskFactor.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", factor.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("sign-in/again/", Again.as_view(), name="account_reauthenticate"),
    path("sign-in/again/code/", factor.AgainByCode.as_view(), name="mfa_reauthenticate"),
    path("sign-in/again/key/", factor.AgainByKey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("sign-in/<slug:provider_id>/", leave, name="openid_connect_login"),
    path("sign-in/<slug:provider_id>/back/", callback, name="openid_connect_callback"),
    path("me/no-role/", no_role, name="no_role"),
]

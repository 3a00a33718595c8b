"""One's own tokens of the API: made (shown once), listed, revoked. Another's are not there."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from vigil.domain.accounts.models import ApiToken, User
from vigil.domain.accounts.permissions import MATRIX, organisations_for
from vigil.domain.accounts.tokens import LONGEST_DAYS, make_token, revoke_token
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import actor_of, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_


class TokenForm(forms.Form):
    """A name, what it may do, where, for how long."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What uses it, for example: monitoring."))
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), widget=forms.CheckboxSelectMultiple, help_text=_("Only what you may do yourself is offered.")
    )
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=LONGEST_DAYS, initial=90)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [(scope, scope) for scope in MATRIX if organisations_for(user, scope).exists()]
        self.fields["scopes"].choices = held  # type: ignore[attr-defined]
        self.fields["organisation"] = OrganisationField(
            organisations_for(user), label=_("Organisation (empty: all of yours)"), required=False
        )
        dress(self)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; a new one, whose secret stands in this answer alone."""
    user, now = user_of(request), clock.now()
    form = TokenForm(request.POST or None, user=user)
    context: dict[str, Any] = {"form": form, "now": now}
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            context["fresh"] = make_token(user=user, **form.cleaned_data, actor=actor_of(request), now=now)
            context["form"], status = TokenForm(user=user), 200
        except VigilError as error:
            context["error"], status = error, error.status
    context["tokens"] = ApiToken.objects.filter(user=user).select_related("organisation")[:200]
    return render(request, "accounts/tokens.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """End one of one's own tokens."""
    found = ApiToken.objects.filter(user=user_of(request), pk=pk).first()
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    revoke_token(token=found, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("The token is revoked; it works no more."))
    return redirect("tokens")


urlpatterns = [
    path("me/tokens/", tokens, name="tokens"),
    path("me/tokens/<uuid:pk>/revoke/", revoke, name="token_revoke"),
]

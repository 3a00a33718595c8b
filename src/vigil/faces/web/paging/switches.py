"""Dead-man's switches: who is listened for, and the addresses that they ping."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.actions.switches import make_switch, ping, revoke_switch
from vigil.domain.paging.models import DeadMan, Ping
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import actor_of, default_organisation, demanded, one_of, scoped, visible
from vigil.kernel import clock
from vigil.kernel.errors import VigilError


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who shall be heard, and how often."""

    class Meta:
        model = DeadMan
        fields = ["organisation", "name", "period_s", "grace_s"]

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        dress(self)


@login_required
@require_http_methods(["GET", "POST"])
def switches(request: HttpRequest) -> HttpResponse:
    """Everything that is listened for; a further one, whose address is shown once."""
    may_manage = visible(request, "paging.manage")
    initial = {"organisation": default_organisation(request, "paging.manage")}
    form = SwitchForm(request.POST or None, organisations=may_manage, initial=initial)
    error, address = None, ""
    if request.method == "POST" and form.is_valid():
        demanded(request, "paging.manage", form.instance.organisation)
        try:
            _made, token = make_switch(switch=form.instance, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            address = f"{settings.VIGIL_BASE_URL}/deadman/{token}"
            form = SwitchForm(organisations=may_manage, initial=initial)
    rows = DeadMan.objects.filter(revoked_at=None).select_related("organisation")
    context = {
        "rows": scoped(request, rows, permission="paging.read").order_by("name")[:500],
        "form": form if may_manage.exists() else None,
        "error": error,
        "address": address,
        "outside": bool(settings.VIGIL_DEADMAN_URL),
        "ping": Ping.objects.filter(pk=1).first(),
    }
    status = error.status if error else 422 if form.is_bound and not address else 200
    response = render(request, "paging/switches.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke(request: HttpRequest, pk: str) -> HttpResponse:
    """Listen for it no more."""
    found = one_of(request, DeadMan.objects.select_related("organisation"), pk)
    demanded(request, "paging.manage", found.organisation)
    revoke_switch(switch=found, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("Its address does not work any more."))
    return redirect("switches")


@csrf_exempt  # a machine pings; the token in the address is its only right, and it can do nothing else
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ping_here(request: HttpRequest, token: str) -> HttpResponse:
    """It lives."""
    return _heard(token, well=True)


@csrf_exempt  # as above
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fail_here(request: HttpRequest, token: str) -> HttpResponse:
    """It lives, and says that something of it fails."""
    return _heard(token, well=False)


def _heard(token: str, *, well: bool) -> HttpResponse:
    ping(token=token, well=well, now=clock.now())
    return HttpResponse("OK\n", content_type="text/plain; charset=utf-8")

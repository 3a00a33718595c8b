"""From nothing to a running watch in five steps; this is the first."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from vigil.domain.accounts.permissions import organisations_for, permitted
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import ContactPoint, Organisation
from vigil.faces.web.scoping import actor_of, demanded, remember_organisation, user_of
from vigil.faces.web.start.forms import StartForm
from vigil.kernel import clock
from vigil.kernel.errors import VigilError


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Name the organisation and its contact point, or take one that is there already."""
    user = user_of(request)
    form = StartForm(request.POST or None, language=get_language() or "vi")
    context: dict[str, Any] = {
        "may_found": permitted(user, "organisations.edit", None),
        "organisations": organisations_for(user, "dispatches.import").order_by("name")[:200],
        "form": form,
    }
    if request.method == "POST" and form.is_valid():
        demanded(request, "organisations.edit", None)
        try:
            organisation = _found(request, form)
        except VigilError as error:
            return render(request, "start/start.html", {**context, "error": error}, status=error.status)
        remember_organisation(request, organisation)
        return redirect("dispatch_new")
    return render(request, "start/start.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def _found(request: HttpRequest, form: StartForm) -> Organisation:
    values, actor, now = form.cleaned_data, actor_of(request), clock.now()
    organisation = Organisation(name=values["name"], audience_codes=values["audience_codes"])
    save_organisation(organisation=organisation, actor=actor, now=now)
    channels = [ChannelEntry("mobile", values["phone"]), ChannelEntry("email", values["email"])]
    point = ContactPoint(organisation=organisation, label=values["label"])
    file_contact_point(contact_point=point, channels=channels, actor=actor, now=now)
    return organisation

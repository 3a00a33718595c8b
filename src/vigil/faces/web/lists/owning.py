"""For which organisation a new thing is made: as the address says, the only one there is, or asked for first."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.permissions import organisations_for
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import demanded, one_of, user_of
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_


class OwnerForm(forms.Form):
    """Which organisation."""

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        dress(self)


def owner_of_new(request: HttpRequest, permission: str, *, title: str, back: str) -> Organisation | HttpResponse:
    """The organisation that the new thing belongs to, or the page that asks for it.

    Raises: NotAllowed when the user may make such things nowhere; NotFound for an organisation not theirs to see.
    """
    offered = organisations_for(user_of(request), permission)
    if not offered.exists():
        raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."))
    wish = request.GET.get("organisation", "")
    if _is_identifier(wish):
        found = one_of(request, Organisation.objects.all(), wish, by="")
        demanded(request, permission, found)
        return found
    few = list(offered[:2])
    if len(few) == 1:
        return few[0]
    form = OwnerForm({"organisation": wish} if wish else None, organisations=offered)
    if form.is_bound and form.is_valid():
        chosen: Organisation = form.cleaned_data["organisation"]
        return chosen
    context = {"form": form, "title": title, "back": back}
    return render(request, "lists/owner.html", context, status=422 if form.is_bound else 200)


def _is_identifier(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

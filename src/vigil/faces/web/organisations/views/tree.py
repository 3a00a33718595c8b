"""Organisations: one's own page, adding, changing; units and providers."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import organisations_for, permitted
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.organisations.actions.tree import (
    remove_provider_link,
    remove_unit,
    save_organisation,
    save_provider_link,
    save_unit,
)
from vigil.domain.organisations.models import ContactPoint, Organisation, Person, ProviderLink, Unit
from vigil.faces.web.lists.editing import form_page, saved, tried
from vigil.faces.web.organisations.forms import OrganisationForm, ProviderForm, UnitForm
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_

EDIT = "organisations.edit"


@login_required
@require_GET
def organisation(request: HttpRequest, pk: str) -> HttpResponse:
    """An organisation and what it holds."""
    found = one_of(request, Organisation.objects.select_related("parent"), pk, by="")
    visible = scoped(request, Organisation.objects.all(), by="")
    contacts = ContactPoint.objects.filter(organisation=found, retired_at=None).prefetch_related("channels")
    context = {
        "organisation": found,
        "parent": visible.filter(children=found).first(),
        "children": scoped(request, Organisation.objects.filter(parent=found), by=""),
        "units": scoped(request, Unit.objects.filter(organisation=found)),
        "providers": scoped(request, ProviderLink.objects.filter(organisation=found).select_related("provider")),
        "clients": scoped(request, ProviderLink.objects.filter(provider=found).select_related("organisation")),
        "visible": set(visible.filter(client_links__organisation=found).values_list("pk", flat=True)),
        "contacts": scoped(request, contacts),
        "counts": _counts(request, found),
        "may_edit": permitted(user_of(request), EDIT, found),
        "may_file": permitted(user_of(request), "contacts.edit", found),
        "may_read_journal": permitted(user_of(request), "journal.read", found),
    }
    return render(request, "organisations/organisation.html", context)


def _counts(request: HttpRequest, found: Organisation) -> dict[str, int]:
    people = Person.objects.filter(organisation=found, left_at=None)
    systems = InformationSystem.objects.filter(organisation=found, retired_at=None)
    return {
        "people": scoped(request, people).count(),
        "systems": scoped(request, systems).count(),
        "edge": scoped(request, EdgeDevice.objects.filter(organisation=found)).count(),
    }


@login_required
@require_http_methods(["GET", "POST"])
def organisation_new(request: HttpRequest) -> HttpResponse:
    """Add an organisation under one that the user may change; at the top, for who may change all."""
    parents = organisations_for(user_of(request), EDIT)
    everywhere = permitted(user_of(request), EDIT, None)
    if not everywhere and not parents.exists():
        raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."))
    form = OrganisationForm(
        request.POST or None,
        parents=parents,
        may_stand_alone=everywhere,
        may_move=True,
        initial={"parent": request.GET.get("parent", "")},
    )
    if request.method == "POST" and saved(form, lambda: _save(request, form)):
        return redirect("organisation", pk=form.instance.pk)
    return form_page(request, form, title=gettext("New organisation"), back=reverse("organisations"))


@login_required
@require_http_methods(["GET", "POST"])
def organisation_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change an organisation. Only who may change its parent, too, may move it."""
    found = one_of(request, Organisation.objects.select_related("parent"), pk, by="")
    demanded(request, EDIT, found)
    everywhere = permitted(user_of(request), EDIT, None)
    may_move = everywhere if found.parent is None else permitted(user_of(request), EDIT, found.parent)
    parents = organisations_for(user_of(request), EDIT).exclude(path__startswith=found.path)
    form = OrganisationForm(
        request.POST or None, instance=found, parents=parents, may_stand_alone=everywhere, may_move=may_move
    )
    if request.method == "POST" and saved(form, lambda: _save(request, form)):
        return redirect("organisation", pk=pk)
    back = reverse("organisation", args=[pk])
    return form_page(request, form, title=gettext("Change {name}").format(name=found.name), back=back)


def _save(request: HttpRequest, form: OrganisationForm) -> None:
    save_organisation(organisation=form.instance, actor=actor_of(request), now=clock.now())


def _owner(request: HttpRequest, pk: str) -> Organisation:
    found = one_of(request, Organisation.objects.all(), pk, by="")
    demanded(request, EDIT, found)
    return found


@login_required
@require_http_methods(["GET", "POST"])
def unit_new(request: HttpRequest, pk: str) -> HttpResponse:
    """Add a unit."""
    return _unit(request, Unit(organisation=_owner(request, pk)), gettext("New unit"))


@login_required
@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a unit."""
    found = one_of(request, Unit.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    return _unit(request, found, gettext("Change {name}").format(name=found.name))


def _unit(request: HttpRequest, found: Unit, title: str) -> HttpResponse:
    form = UnitForm(request.POST or None, instance=found)
    back = reverse("organisation", args=[found.organisation_id])

    def save() -> None:
        save_unit(unit=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect(back)
    return form_page(request, form, title=title, back=back, intro=found.organisation.name)


@login_required
@require_POST
def unit_remove(request: HttpRequest, pk: str) -> HttpResponse:
    """Take a unit out."""
    found = one_of(request, Unit.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    tried(
        request,
        lambda: remove_unit(unit=found, actor=actor_of(request), now=clock.now()),
        gettext("The unit was taken out."),
    )
    return redirect("organisation", pk=found.organisation_id)


@login_required
@require_http_methods(["GET", "POST"])
def provider_new(request: HttpRequest, pk: str) -> HttpResponse:
    """Say who serves the organisation."""
    owner = _owner(request, pk)
    form = ProviderForm(
        request.POST or None, instance=ProviderLink(organisation=owner), providers=_providers(request, owner)
    )
    back = reverse("organisation", args=[pk])

    def save() -> None:
        save_provider_link(link=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect(back)
    return form_page(request, form, title=gettext("New provider"), back=back, intro=owner.name)


def _providers(request: HttpRequest, owner: Organisation) -> QuerySet[Organisation]:
    return scoped(request, Organisation.objects.exclude(pk=owner.pk), by="")


@login_required
@require_POST
def provider_remove(request: HttpRequest, pk: str) -> HttpResponse:
    """The provider no longer serves the organisation."""
    found = one_of(request, ProviderLink.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    tried(
        request,
        lambda: remove_provider_link(link=found, actor=actor_of(request), now=clock.now()),
        gettext("The provider was taken out."),
    )
    return redirect("organisation", pk=found.organisation_id)

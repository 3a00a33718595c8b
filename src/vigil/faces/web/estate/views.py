"""Systems and edge devices: their pages, adding, changing, retiring."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.estate.actions import (
    remove_edge_device,
    retire_system,
    return_system,
    save_edge_device,
    save_system,
)
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.faces.web.estate.forms import EdgeForm, SystemForm
from vigil.faces.web.estate.tables import platform_words
from vigil.faces.web.lists.editing import form_page, saved, tried
from vigil.faces.web.lists.owning import owner_of_new
from vigil.faces.web.scoping import actor_of, demanded, one_of, user_of
from vigil.kernel import clock

EDIT = "estate.edit"


@login_required
@require_GET
def system(request: HttpRequest, pk: str) -> HttpResponse:
    """A system."""
    found = one_of(request, InformationSystem.objects.select_related("organisation", "operating_unit"), pk)
    context = {
        "system": found,
        "platforms": platform_words(found.platforms),
        "may_edit": permitted(user_of(request), EDIT, found.organisation),
        "may_read_journal": permitted(user_of(request), "journal.read", found.organisation),
    }
    return render(request, "estate/system.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def system_new(request: HttpRequest) -> HttpResponse:
    """Add a system."""
    title = gettext("New system")
    owner = owner_of_new(request, EDIT, title=title, back=reverse("systems"))
    if isinstance(owner, HttpResponse):
        return owner
    return _system(request, InformationSystem(organisation=owner), title, reverse("systems"))


@login_required
@require_http_methods(["GET", "POST"])
def system_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a system."""
    found = one_of(request, InformationSystem.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    return _system(request, found, gettext("Change {name}").format(name=found.name), reverse("system", args=[pk]))


def _system(request: HttpRequest, found: InformationSystem, title: str, back: str) -> HttpResponse:
    form = SystemForm(request.POST or None, instance=found)

    def save() -> None:
        save_system(system=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect("system", pk=form.instance.pk)
    return form_page(request, form, title=title, back=back, intro=found.organisation.name)


@login_required
@require_POST
def system_use(request: HttpRequest, pk: str, retired: bool) -> HttpResponse:
    """It is no longer in use, or in use again."""
    found = one_of(request, InformationSystem.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    action = retire_system if retired else return_system
    done = gettext("The system is retired; its history stays.") if retired else gettext("The system is in use again.")
    tried(request, lambda: action(system=found, actor=actor_of(request), now=clock.now()), done)
    return redirect("system", pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def edge_new(request: HttpRequest) -> HttpResponse:
    """Add a device."""
    title = gettext("New device")
    owner = owner_of_new(request, EDIT, title=title, back=reverse("edge"))
    if isinstance(owner, HttpResponse):
        return owner
    return _device(request, EdgeDevice(organisation=owner), title, reverse("edge"))


@login_required
@require_GET
def edge_device(request: HttpRequest, pk: str) -> HttpResponse:
    """A device."""
    found = one_of(request, EdgeDevice.objects.select_related("organisation"), pk)
    context = {
        "device": found,
        "may_edit": permitted(user_of(request), EDIT, found.organisation),
        "may_read_journal": permitted(user_of(request), "journal.read", found.organisation),
    }
    return render(request, "estate/device.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def edge_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a device."""
    found = one_of(request, EdgeDevice.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    title = gettext("Change {name}").format(name=found.name)
    return _device(request, found, title, reverse("edge_device", args=[pk]))


def _device(request: HttpRequest, found: EdgeDevice, title: str, back: str) -> HttpResponse:
    form = EdgeForm(request.POST or None, instance=found)

    def save() -> None:
        save_edge_device(device=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect("edge_device", pk=form.instance.pk)
    return form_page(request, form, title=title, back=back, intro=found.organisation.name)


@login_required
@require_POST
def edge_remove(request: HttpRequest, pk: str) -> HttpResponse:
    """The device stands there no longer."""
    found = one_of(request, EdgeDevice.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    done = gettext("{name} was taken out.").format(name=found.name)
    tried(request, lambda: remove_edge_device(device=found, actor=actor_of(request), now=clock.now()), done)
    return redirect("edge")

"""People: adding, changing, leaving."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.organisations.actions.people import person_left, person_returned, save_person
from vigil.domain.organisations.models import ContactPoint, Person
from vigil.faces.web.lists.editing import form_page, saved, tried
from vigil.faces.web.lists.owning import owner_of_new
from vigil.faces.web.organisations.forms import PersonForm
from vigil.faces.web.scoping import actor_of, demanded, one_of, scoped, user_of
from vigil.kernel import clock

EDIT = "contacts.edit"


@login_required
@require_GET
def person(request: HttpRequest, pk: str) -> HttpResponse:
    """A person and the contact points they answer."""
    found = one_of(request, Person.objects.select_related("organisation", "unit"), pk)
    context = {
        "person": found,
        "contacts": scoped(request, ContactPoint.objects.filter(person=found, retired_at=None)),
        "may_edit": permitted(user_of(request), EDIT, found.organisation),
        "may_read_journal": permitted(user_of(request), "journal.read", found.organisation),
    }
    return render(request, "organisations/person.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person."""
    title = gettext("New person")
    owner = owner_of_new(request, EDIT, title=title, back=reverse("people"))
    if isinstance(owner, HttpResponse):
        return owner
    return _person(request, Person(organisation=owner), title, reverse("people"))


@login_required
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a person."""
    found = one_of(request, Person.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    return _person(request, found, gettext("Change {name}").format(name=found.name), reverse("person", args=[pk]))


def _person(request: HttpRequest, found: Person, title: str, back: str) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=found)

    def save() -> None:
        save_person(person=form.instance, actor=actor_of(request), now=clock.now())

    if request.method == "POST" and saved(form, save):
        return redirect("person", pk=form.instance.pk)
    return form_page(request, form, title=title, back=back, intro=found.organisation.name)


@login_required
@require_POST
def person_presence(request: HttpRequest, pk: str, left: bool) -> HttpResponse:
    """They have left, or are back."""
    found = one_of(request, Person.objects.select_related("organisation"), pk)
    demanded(request, EDIT, found.organisation)
    action = person_left if left else person_returned
    done = gettext("{name} has left.") if left else gettext("{name} is here again.")
    tried(request, lambda: action(person=found, actor=actor_of(request), now=clock.now()), done.format(name=found.name))
    return redirect("person", pk=pk)

"""The three lists of this room."""

from django.db.models import QuerySet
from django.http import HttpRequest

from vigil.domain.organisations.actions.imports import import_contact_points, import_organisations, import_people
from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.faces.web.lists.listing import Listing
from vigil.faces.web.organisations.filters import ContactFilters, OrganisationFilters, PersonFilters
from vigil.faces.web.organisations.sheets.contacts import ContactLayout
from vigil.faces.web.organisations.sheets.organisations import OrganisationLayout
from vigil.faces.web.organisations.sheets.people import PersonLayout
from vigil.faces.web.organisations.tables import ContactTable, OrganisationTable, PersonTable
from vigil.faces.web.scoping import scoped
from vigil.kernel.phrases import N_


def _organisations(request: HttpRequest) -> QuerySet[Organisation]:
    return scoped(request, Organisation.objects.order_by("path"), by="")


def _people(request: HttpRequest) -> QuerySet[Person]:
    return scoped(request, Person.objects.select_related("organisation", "unit").order_by("name", "pk"))


def _contacts(request: HttpRequest) -> QuerySet[ContactPoint]:
    rows = ContactPoint.objects.select_related("organisation", "person").prefetch_related("channels")
    return scoped(request, rows.order_by("label", "pk"))


ORGANISATIONS = Listing(
    name="organisations",
    title=N_("Organisations"),
    icon="building",
    permission="organisations.edit",
    new_label=N_("New organisation"),
    new_url="organisation_new",
    empty_title=N_("No organisation yet"),
    empty_text=N_("Add your organisation, or import a list of them."),
    rows=_organisations,
    table=OrganisationTable,
    filters=OrganisationFilters,
    layout=OrganisationLayout,
    import_rows=import_organisations,
)
PEOPLE = Listing(
    name="people",
    title=N_("People"),
    icon="users",
    permission="contacts.edit",
    new_label=N_("New person"),
    new_url="person_new",
    empty_title=N_("Nobody here yet"),
    empty_text=N_("Add the people who stand watch or can be called, or import a list of them."),
    rows=_people,
    table=PersonTable,
    filters=PersonFilters,
    layout=PersonLayout,
    import_rows=import_people,
)
CONTACTS = Listing(
    name="contacts",
    title=N_("Contact points"),
    icon="phone",
    permission="contacts.edit",
    new_label=N_("New contact point"),
    new_url="contact_new",
    empty_title=N_("No contact point yet"),
    empty_text=N_("File one with a number or an address, then send it a test: an answer proves that it works."),
    rows=_contacts,
    table=ContactTable,
    filters=ContactFilters,
    layout=ContactLayout,
    import_rows=import_contact_points,
)

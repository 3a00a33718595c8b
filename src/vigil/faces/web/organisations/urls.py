"""Addresses of the organisations, people and contact points pages."""

from django.urls import path

from vigil.faces.web.lists import list_urls
from vigil.faces.web.organisations.lists import CONTACTS, ORGANISATIONS, PEOPLE
from vigil.faces.web.organisations.views import answer, contacts, people, tree

urlpatterns = [
    *list_urls(ORGANISATIONS),
    path("organisations/new/", tree.organisation_new, name="organisation_new"),
    path("organisations/<uuid:pk>/", tree.organisation, name="organisation"),
    path("organisations/<uuid:pk>/edit/", tree.organisation_edit, name="organisation_edit"),
    path("organisations/<uuid:pk>/units/new/", tree.unit_new, name="unit_new"),
    path("organisations/<uuid:pk>/providers/new/", tree.provider_new, name="provider_new"),
    path("units/<uuid:pk>/", tree.unit, name="unit"),
    path("units/<uuid:pk>/remove/", tree.unit_remove, name="unit_remove"),
    path("providers/<uuid:pk>/remove/", tree.provider_remove, name="provider_remove"),
    *list_urls(PEOPLE),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<uuid:pk>/", people.person, name="person"),
    path("people/<uuid:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<uuid:pk>/left/", people.person_presence, {"left": True}, name="person_left"),
    path("people/<uuid:pk>/returned/", people.person_presence, {"left": False}, name="person_returned"),
    *list_urls(CONTACTS),
    path("contacts/new/", contacts.contact_new, name="contact_new"),
    path("contacts/<uuid:pk>/", contacts.contact, name="contact"),
    path("contacts/<uuid:pk>/edit/", contacts.contact_edit, name="contact_edit"),
    path("contacts/<uuid:pk>/retire/", contacts.contact_retire, name="contact_retire"),
    path("channels/<uuid:pk>/test/", contacts.channel_test, name="channel_test"),
    path("tests/<uuid:pk>/code/", contacts.test_code, name="test_code"),
    path("t/<str:token>/", answer.answer, name="contact_answer"),
]

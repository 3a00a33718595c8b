"""Addresses of the journal pages."""

from django.urls import path

from vigil.faces.web.journal import views

urlpatterns = [
    path("journal/", views.journal, name="journal"),
    path("journal/verify/", views.verify_now, name="journal_verify"),
    path("journal/<uuid:pk>/erase/", views.erase, name="journal_erase"),
]

"""Addresses of the API, below /api/."""

from django.urls import path

from vigil.faces.api.problems import view_not_found
from vigil.faces.api.reference import reference
from vigil.faces.api.server import api

urlpatterns = [
    path("v1/reference", reference, name="api_reference"),
    path("v1/", api.urls),
    path("<path:rest>", view_not_found),
    path("", view_not_found),
]

"""Addresses of the systems and network edge pages."""

from django.urls import path

from vigil.faces.web.estate import views
from vigil.faces.web.estate.lists import EDGE, SYSTEMS
from vigil.faces.web.lists import list_urls

urlpatterns = [
    *list_urls(SYSTEMS),
    path("systems/new/", views.system_new, name="system_new"),
    path("systems/<uuid:pk>/", views.system, name="system"),
    path("systems/<uuid:pk>/edit/", views.system_edit, name="system_edit"),
    path("systems/<uuid:pk>/retire/", views.system_use, {"retired": True}, name="system_retire"),
    path("systems/<uuid:pk>/return/", views.system_use, {"retired": False}, name="system_return"),
    *list_urls(EDGE),
    path("edge/new/", views.edge_new, name="edge_new"),
    path("edge/<uuid:pk>/", views.edge_device, name="edge_device"),
    path("edge/<uuid:pk>/edit/", views.edge_edit, name="edge_edit"),
    path("edge/<uuid:pk>/remove/", views.edge_remove, name="edge_remove"),
]

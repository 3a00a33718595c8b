"""Addresses of the health pages."""

from django.urls import path

from vigil.faces.web.vitals import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("health/", views.health_page, name="health"),
]

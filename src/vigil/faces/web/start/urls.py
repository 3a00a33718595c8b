"""Addresses of the first-run path."""

from django.urls import path

from vigil.faces.web.start import views

urlpatterns = [path("start/", views.start, name="start")]

"""Addresses of the regimes pages."""

from django.urls import path

from vigil.faces.web.regimes import views

urlpatterns = [
    path("regimes/", views.regimes, name="regimes"),
    path("regimes/<str:clause_id>/", views.clause, name="clause"),
]

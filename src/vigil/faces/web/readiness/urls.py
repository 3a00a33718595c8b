"""Addresses of the board."""

from django.urls import path

from vigil.faces.web.readiness import views

urlpatterns = [
    path("", views.home, name="home"),
    path("watches/<uuid:pk>/", views.board, name="watch"),
    path("watches/<uuid:pk>/wall/", views.wall, name="wall"),
    path("watches/<uuid:pk>/measure/", views.measure, name="watch_measure"),
]

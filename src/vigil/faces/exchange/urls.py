"""Addresses of the letters between Vigils."""

from django.urls import path

from vigil.faces.exchange import views
from vigil.faces.exchange.letters import endpoint

app_name = "exchange"
urlpatterns = [
    path("enrol", endpoint("enrol", views.enrol, signed=False), name="enrol"),
    path("token", endpoint("token", views.token), name="token"),
    path("heartbeat", endpoint("heartbeat", views.heartbeat), name="heartbeat"),
    path("rotate", endpoint("rotate", views.rotate), name="rotate"),
]

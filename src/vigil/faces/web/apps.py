"""Registers the pages' template tags and static files with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The web face; it has no models."""

    name = "vigil.faces.web"
    label = "web"

"""Registers the room with Django."""

from django.apps import AppConfig


class DirectivesConfig(AppConfig):
    """The room `directives`."""

    name = "vigil.domain.directives"
    label = "directives"
    default_auto_field = "django.db.models.BigAutoField"

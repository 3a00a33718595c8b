"""Registers the room with Django."""

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    """The room `changes`."""

    name = "vigil.domain.changes"
    label = "changes"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the room with Django."""

from django.apps import AppConfig


class VitalsConfig(AppConfig):
    """The room `vitals`."""

    name = "vigil.domain.vitals"
    label = "vitals"
    default_auto_field = "django.db.models.BigAutoField"

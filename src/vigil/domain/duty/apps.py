"""Registers the room with Django."""

from django.apps import AppConfig


class DutyConfig(AppConfig):
    """The room `duty`."""

    name = "vigil.domain.duty"
    label = "duty"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the room with Django."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    """The room `readiness`."""

    name = "vigil.domain.readiness"
    label = "readiness"
    default_auto_field = "django.db.models.BigAutoField"

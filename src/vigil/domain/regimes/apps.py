"""Registers the room with Django."""

from django.apps import AppConfig


class RegimesConfig(AppConfig):
    """The room `regimes`."""

    name = "vigil.domain.regimes"
    label = "regimes"
    default_auto_field = "django.db.models.BigAutoField"

"""Registers the room with Django."""

from django.apps import AppConfig


class EstateConfig(AppConfig):
    """The room `estate`."""

    name = "vigil.domain.estate"
    label = "estate"
    default_auto_field = "django.db.models.BigAutoField"

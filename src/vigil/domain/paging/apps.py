"""Registers the room with Django."""

from django.apps import AppConfig


class PagingConfig(AppConfig):
    """The room `paging`."""

    name = "vigil.domain.paging"
    label = "paging"
    default_auto_field = "django.db.models.BigAutoField"

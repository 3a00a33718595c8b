"""Registers the room with Django."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """The room `mailbox`."""

    name = "vigil.domain.mailbox"
    label = "mailbox"
    default_auto_field = "django.db.models.BigAutoField"

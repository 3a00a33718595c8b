"""What the commands share: lazy loading, language, printing facts, starting Django."""

import gettext as gettext_module
import importlib
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import click

from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import VigilError

REFUSED, UNAVAILABLE = 3, 4


class LazyCommands(click.Group):
    """A group that imports a command's module only when it is called."""

    def __init__(self, *args: Any, commands_at: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._commands_at = commands_at or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, without importing anything."""
        return sorted({*super().list_commands(ctx), *self._commands_at})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        target = self._commands_at.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


def language() -> str:
    """`vi` unless VIGIL_LANG says `en`."""
    return "en" if os.environ.get("VIGIL_LANG", "vi").lower().startswith("en") else "vi"


@cache
def translator(code: str | None = None) -> Callable[[str], str]:
    """The catalogue's translation; English where the catalogue is not compiled."""
    folder = str(files("vigil").joinpath("locale"))
    return gettext_module.translation("django", folder, languages=[code or language()], fallback=True).gettext


def tell_error(error: VigilError) -> int:
    """Say an error on stderr in the user's language; returns the exit code."""
    translate = translator()
    click.echo(f"{translate(error.title)}: {error.phrase.said(translate)} [{error.code}]", err=True)
    return UNAVAILABLE if error.status in (500, 503) else REFUSED


def print_json(value: Any) -> None:
    """Facts for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def settings_alone() -> Any:
    """The settings, without the models: for what must happen before there is a database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
    from django.conf import settings

    return settings


def start_django() -> None:
    """Make the domain usable; every command that needs the database calls this first."""
    settings_alone()
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language())


def cli_actor() -> Actor:
    """Whoever sits at this machine's keyboard, as the operating system names them."""
    import getpass

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return Actor("cli", name, name)


def local(at: datetime | None) -> str:
    """An instant as people here read it: ISO 8601 in the zone of the pages, with its offset; empty for none."""
    return at.astimezone(VIETNAM).isoformat(sep=" ", timespec="seconds") if at else ""


def progress(text: str) -> None:
    """A line of progress, on stderr and only to a person."""
    if sys.stderr.isatty():
        click.echo(text, err=True)

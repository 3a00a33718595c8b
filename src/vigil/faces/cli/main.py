"""The entry point. Commands are loaded when they are called, so that reading a dispatch never waits for a database.

Exit codes: 0 done; 1 checked and found wanting; 2 called wrongly; 3 refused; 4 something needed is not available.
"""

import sys

import click

from vigil.faces.cli.terms import UNAVAILABLE, LazyCommands, tell_error, translator
from vigil.kernel.errors import VigilError

COMMANDS = {
    "dispatch": "vigil.faces.cli.dispatch:dispatch",
    "document": "vigil.faces.cli.document:document",
    "misp": "vigil.faces.cli.misp:misp",
    "watch": "vigil.faces.cli.watch:watch",
    "journal": "vigil.faces.cli.journal:journal",
    "account": "vigil.faces.cli.account:account",
    "prepare": "vigil.faces.cli.prepare:prepare",
    "serve": "vigil.faces.cli.serve:serve",
    "worker": "vigil.faces.cli.serve:worker",
    "health": "vigil.faces.cli.health:health",
    "taxii": "vigil.faces.cli.taxii:taxii",
    "backup": "vigil.faces.cli.backup:backup",
    "restore": "vigil.faces.cli.backup:restore",
    "page": "vigil.faces.cli.paging:page",
    "channels": "vigil.faces.cli.paging:channels",
    "link": "vigil.faces.cli.link:link",
    "campaign": "vigil.faces.cli.campaign:campaign",
    "hunt": "vigil.faces.cli.hunt:hunt",
    "roster": "vigil.faces.cli.roster:roster",
    "rules": "vigil.faces.cli.detection:rules",
    "search": "vigil.faces.cli.detection:search",
    "sources": "vigil.faces.cli.detection:sources",
    "alerts": "vigil.faces.cli.detection:alerts",
}


@click.group(cls=LazyCommands, commands_at=COMMANDS)
@click.version_option(package_name="vigil")
def cli() -> None:
    """Vigil: a cyber watch over a holiday, from the dispatch to the proof."""


def main() -> None:
    """Run the command line; errors become one plain line and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except VigilError as error:
        sys.exit(tell_error(error))
    except OSError as error:
        click.echo(f"{error.strerror or type(error).__name__}: {error.filename or ''}", err=True)
        sys.exit(UNAVAILABLE)
    except Exception as error:
        if type(error).__name__ == "ImproperlyConfigured":  # Django is not imported here
            click.echo(f"Vigil: {error}", err=True)
            sys.exit(2)
        if type(error).__module__.startswith("django.db"):
            click.echo(
                translator()("The database does not answer; run `vigil prepare` first. ({why})").format(why=error),
                err=True,
            )
            sys.exit(UNAVAILABLE)
        raise

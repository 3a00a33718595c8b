"""`vigil journal verify`: read the whole chain again."""

import json
import sys
from pathlib import Path

import click

from vigil.faces.cli.terms import print_json, start_django, translator


@click.group()
def journal() -> None:
    """The journal and its chain."""


@journal.command()
@click.option(
    "--witness",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads that another party kept (JSON lines: sequence, hash).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(witness: Path | None, as_json: bool) -> None:
    """Verify every entry, every signed head and the heads kept outside (exit 1 when something is wrong)."""
    start_django()
    from django.conf import settings

    from vigil.domain.journal.keys import verifying_key
    from vigil.domain.journal.verification import verify as verify_chain

    found = verify_chain(
        key=verifying_key(settings.VIGIL_KEYS),
        folder=settings.VIGIL_JOURNAL,
        witnessed=_witnessed(witness) if witness else (),
    )
    if as_json:
        print_json(
            {
                "holds": found.holds,
                "entries": found.entries,
                "heads": found.heads,
                "waiting": found.waiting,
                "last_sequence": found.last_sequence,
                "last_hash": found.last_hash,
                "faults": [fault.said(translator()) for fault in found.faults],
            }
        )
    else:
        say = translator()
        click.echo(
            say("{entries} entries, {heads} signed heads, {waiting} waiting for the sealer; last {hash}").format(
                entries=found.entries, heads=found.heads, waiting=found.waiting, hash=found.last_hash[:16]
            )
        )
        for fault in found.faults:
            click.echo(f"! {fault.said(say)}")
        click.echo(say("The journal holds.") if found.holds else say("The journal does NOT hold."))
    sys.exit(0 if found.holds else 1)


def _witnessed(path: Path) -> list[tuple[int, str]]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(int(row["sequence"]), str(row["hash"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise click.BadParameter(f"{path.name}: {error}") from error

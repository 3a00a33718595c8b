"""`vigil health`: what works and what does not."""

import sys

import click

from vigil.faces.cli.terms import print_json, start_django, translator


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def health(as_json: bool) -> None:
    """Say what works and what does not (exit 1 when something fails or cannot be told)."""
    start_django()
    from vigil.faces.vitals import signs

    found = signs()
    if as_json:
        print_json([{"name": v.name, "state": v.state, "sentence": v.sentence.said(translator())} for v in found])
    else:
        for vital in found:
            click.echo(f"{vital.state:8} {vital.name:22} {vital.sentence.said(translator())}")
    sys.exit(0 if all(vital.state in ("works", "warns") for vital in found) else 1)

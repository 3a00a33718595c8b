"""`vigil misp`: MISP events and feeds to STIX, and STIX to a MISP feed; without a database."""

import json
from pathlib import Path
from typing import Any

import click

from vigil.faces.cli.terms import print_json, translator
from vigil.kernel import clock
from vigil.kernel.files import place_file
from vigil.kernel.tlp import Tlp


@click.group()
def misp() -> None:
    """MISP: read events and feeds, write a feed."""


@misp.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the STIX bundle to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the account, and the bundle unless it is written.")
def read(path: Path, output: Path | None, as_json: bool) -> None:
    """Read PATH, a file of events or a feed's folder, as STIX 2.1 indicators."""
    from vigil.adapters.peers.misp import read_path

    found = read_path(path, clock.now())
    if output is not None:
        place_file(output, json.dumps(found.bundle(), ensure_ascii=False).encode())
    if as_json:
        print_json(found.summary() if output is not None else {**found.summary(), "bundle": found.bundle()})
        return
    _tell(found.summary())


@misp.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="STIX JSON."
)
@click.option(
    "--tlp-ceiling", type=click.Choice([label.value for label in Tlp]), required=True, help="Nothing stricter leaves."
)
@click.option("--for", "audience", multiple=True, type=click.UUID, help="UUID of an organisation that reads the feed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with each object that was withheld.")
def write(folder: Path, source: Path, tlp_ceiling: str, audience: tuple[Any, ...], as_json: bool) -> None:
    """Write FOLDER as a MISP feed from STIX indicators."""
    from vigil.adapters.peers.misp import write_feed

    made = write_feed(folder, source, ceiling=Tlp(tlp_ceiling), now=clock.now(), audience=frozenset(map(str, audience)))
    if as_json:
        print_json({**made.summary(), "objects": [{"id": w.id, "reason": w.reason} for w in made.withheld]})
        return
    _tell(made.summary())


def _tell(summary: dict[str, Any]) -> None:
    say = translator()
    words = {
        "events": say("Events"),
        "indicators": say("Indicators"),
        "attributes": say("Attributes"),
        "unmapped": say("Types that are not mapped"),
        "left_out": say("Left out"),
        "bad_attributes": say("Bad attributes"),
        "bad_events": say("Bad events"),
        "withheld": say("Withheld"),
    }
    for name, value in summary.items():
        shown = ", ".join(f"{key} {n}" for key, n in value.items()) or "0" if isinstance(value, dict) else value
        click.echo(f"{words[name]}: {shown}")

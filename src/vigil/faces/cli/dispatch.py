"""`vigil dispatch read FILE`: what a dispatch asks, from file to obligations, without a database.

Exit codes: 0 read; 2 called wrongly; 3 refused (the file cannot be taken, or bears a secrecy grade);
4 something needed is not available (the text recognition for scans).
"""

import os
import sys
from pathlib import Path
from typing import Any

import click

from vigil.adapters.documents import Document, extract
from vigil.adapters.documents.files import bytes_of_file, bytes_of_stream
from vigil.engines import dispatch as engine
from vigil.faces.cli.terms import language, print_json, translator
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, Phrase


@click.group()
def dispatch() -> None:
    """Official dispatches: read one and show what it asks."""


@dispatch.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the reading, and `document` beside it.")
@click.option("--text", "with_text", is_flag=True, help="Put the text itself into the JSON, for the spans.")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of the summary (default: VIGIL_LANG, vi).")
@click.option(
    "--anchors",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of certificates whose signatures are trusted.",
)
def read(file: str, as_json: bool, with_text: bool, lang: str | None, anchors: Path | None) -> None:
    """Read FILE ("-": standard input) and show fields, obligations, signatures and warnings."""
    if lang is not None:
        os.environ["VIGIL_LANG"] = lang  # so that an error, told elsewhere, speaks the same language
    data = bytes_of_stream(sys.stdin.buffer) if file == "-" else bytes_of_file(Path(file))
    document = extract(data, file, early_check=refuse_secret, progress=_tell_progress, anchors=anchors)
    reading = engine.read(document.text).to_json()
    if as_json:
        print_json({**reading, "document": _facts(document, with_text=with_text)})
        return
    from vigil.faces.cli.dispatch_summary import summary

    click.echo("\n".join(summary(reading, document, translator(language()), language())))


def refuse_secret(text: str) -> None:
    """Raises: Refused `dispatch.secret` when the text bears the stamp of a secrecy grade."""
    if engine.secrecy_grade(text) is not None:
        raise Refused(
            "dispatch.secret",
            N_(
                "The document bears a secrecy grade. It was refused and nothing of it was kept. "
                "Handle it on a machine approved for state secrets, never on a connected one."
            ),
        )


def _facts(document: Document, *, with_text: bool) -> dict[str, Any]:
    facts = document.to_json()
    return {**facts, "text": document.text} if with_text else facts


def _tell_progress(step: Phrase) -> None:
    click.echo(step.said(translator(language())), err=True)

"""`vigil hunt LOGS... [--rules DIR]`: every rule over every event, without a database.

Exit codes: 0 searched, nothing found; 1 something found; 2 called wrongly; 3 no rule can run, or no log can be read;
4 nothing found, but not every log could be read to its end.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from vigil.faces.cli.terms import REFUSED, language, print_json, translator
from vigil.kernel.arrow import without_pandas

FOUND = 1
NOT_ALL_READ = 4


class _Format(click.ParamType[str]):
    """One of the formats; they are read only when somebody names one."""

    name = "format"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it stands, or a refusal that lists them all."""
        without_pandas()
        from vigil.adapters.log_sources import FORMATS

        if value not in FORMATS:
            self.fail(", ".join(FORMATS), param, ctx)
        return value


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--rules",
    "places",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A folder, file or archive of Sigma rules; may be given several times (default: the rules that Vigil ships).",
)
@click.option("--shipped", is_flag=True, help="Also the rules that Vigil ships.")
@click.option(
    "--indicators",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A list of domains, addresses, networks, URLs and hashes to look for too.",
)
@click.option(
    "--source", help="What the logs are: PRODUCT[/SERVICE[/CATEGORY]] as rules name it (default: told from the events)."
)
@click.option(
    "--format",
    "form",
    type=_Format(),
    default="auto",
    show_default=True,
    help="How the logs are written (default: told line by line).",
)
@click.option(
    "--level",
    type=click.Choice(["informational", "low", "medium", "high", "critical"]),
    help="Only rules of this level and above.",
)
@click.option(
    "--counts",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write file, rule id, events matched, title (TSV).",
)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that share the logs."
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep compiled rules there (default: the user's cache folder).",
)
@click.option("--no-cache", is_flag=True, help="Compile the rules anew and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language (default: VIGIL_LANG, vi).")
def hunt(
    logs: tuple[Path, ...],
    places: tuple[Path, ...],
    shipped: bool,
    listed: Path | None,
    source: str | None,
    form: str,
    level: str | None,
    counts: Path | None,
    processes: int,
    cache: Path | None,
    no_cache: bool,
    as_json: bool,
    lang: str | None,
) -> None:
    """Search LOGS (files or folders) with Sigma rules: what was found, by level, with first and last time."""
    if lang is not None:
        os.environ["VIGIL_LANG"] = lang
    say = translator(language())
    without_pandas()
    from vigil.adapters.log_sources import passed_over, pieces
    from vigil.adapters.sigma_rules import kept_plan, rule_texts
    from vigil.adapters.sigma_rules.lists import read_indicators
    from vigil.adapters.sigma_rules.shipped import shipped_texts
    from vigil.faces.cli.hunt_summary import as_facts, passed_over_lines, rows, summary
    from vigil.faces.cli.hunting import Hunt
    from vigil.kernel import clock

    try:
        texts = list(rule_texts(places))
        if shipped or not places:
            texts += shipped_texts()
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    plan, read, _ = kept_plan(texts, None if no_cache else cache or _cache_folder())
    if not read.rules:
        _refuse(say("No rule can run."))
    try:
        known = read_indicators(listed) if listed is not None else None
        work, others = pieces(logs), passed_over(logs)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not work:
        lines = passed_over_lines(others, say)
        _refuse("\n".join([say("No log to read."), *lines]))
    made = Hunt(
        plan,
        _source(source),
        level,
        processes,
        known,
        format=form,
        now=clock.now().astimezone(clock.VIETNAM),
        correlations=read.correlations,
    ).over(work, progress=_progress(as_json))
    if counts is not None:
        counts.write_text("".join("\t".join(row) + "\n" for row in rows(made, plan)), encoding="utf-8")
    if as_json:
        print_json({**as_facts(made, plan, read, known), "passed_over": [str(path) for path in others]})
    else:
        click.echo("\n".join([*summary(made, plan, read, say, known), *passed_over_lines(others, say)]))
    if made.findings.counts or made.findings.seen or made.met:
        sys.exit(FOUND)
    if made.unread:
        sys.exit(NOT_ALL_READ if made.events else REFUSED)


def _refuse(why: str) -> None:
    click.echo(why, err=True)
    sys.exit(REFUSED)


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigil" / "plans"


def _source(said: str | None):  # type: ignore[no-untyped-def]
    from vigil.engines.detection.terms import Source

    if said is None:
        return None
    product, _, rest = said.partition("/")
    service, _, category = rest.partition("/")
    return Source(category=category, product=product, service=service)


def _progress(quiet: bool):  # type: ignore[no-untyped-def]
    if quiet or not sys.stderr.isatty():
        return None

    def show(done: int, of: int, events: int) -> None:
        click.echo(f"\r{done}/{of} · {events:,}", nl=done == of, err=True)

    return show


__all__: Sequence[str] = ("hunt",)

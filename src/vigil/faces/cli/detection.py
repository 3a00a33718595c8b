"""`vigil rules`, `search`, `sources`, `alerts`: the rule set, kept events, what sends them, what waits for somebody."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from vigil.faces.cli.terms import cli_actor, local, print_json, progress, start_django, translator
from vigil.kernel.phrases import N_

if TYPE_CHECKING:
    from vigil.domain.detection.models import LogSource
    from vigil.domain.detection.queries import SourceNow
    from vigil.domain.organisations.models import Organisation

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ORGANISATION = click.option(
    "--organisation", help="Agency code, identifier or name; else whose the events of unknown senders are."
)


@click.group()
def rules() -> None:
    """Detection rules: import, list."""


@rules.command("import")
@click.argument("places", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@_JSON
def import_set(places: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Make the rule set what PLACES hold (folders, files, release archives): add, change, retire.

    Exit 1 when some rules cannot run; they are kept with their reason. With --dry-run always 0.
    """
    start_django()
    from vigil.adapters.sigma_rules import rule_texts
    from vigil.domain.detection.actions.rules import import_rules
    from vigil.domain.detection.models import Origin
    from vigil.kernel import clock
    from vigil.kernel.errors import Refused
    from vigil.kernel.phrases import phrase

    progress("...")
    try:
        texts = list(rule_texts(places))
    except ValueError as error:
        raise Refused("rules.archive", N_("The archive cannot be read: {why}"), why=str(error)) from error
    if dry_run:
        _say_what_would_change(texts, as_json)
        return
    done = import_rules(texts=texts, origin=Origin.SIGMAHQ, actor=cli_actor(), now=clock.now())
    if as_json:
        print_json(
            {
                "added": done.added,
                "changed": done.changed,
                "unchanged": done.unchanged,
                "retired": done.retired,
                "unusable": done.unusable,
                "left": list(done.left),
            }
        )
    else:
        told = phrase(
            N_("{added} added, {changed} changed, {unchanged} unchanged, {retired} retired; {unusable} cannot run."),
            added=done.added, changed=done.changed, unchanged=done.unchanged, retired=done.retired,
            unusable=done.unusable,
        )  # fmt: skip
        click.echo(told.said(translator()))
        for name in done.left:
            click.echo(phrase(N_("left out, its id is another set's: {name}"), name=name).said(translator()))
    sys.exit(1 if done.unusable or done.left else 0)


def _say_what_would_change(texts: list[tuple[str, bytes]], as_json: bool) -> None:
    from vigil.domain.detection.actions.rules import would_change
    from vigil.domain.detection.models import Origin
    from vigil.domain.detection.reasons import reason_of_rule
    from vigil.domain.detection.rule_files import read_rules
    from vigil.domain.detection.titles import told as in_words

    found, said = would_change(read_rules(texts), Origin.SIGMAHQ), translator()
    told = {
        "added": [(one.title, one.name) for one in found.added],
        "changed": [(one.title, one.name) for _, one in found.changed],
        "retired": [(one.title, one.name) for one in found.gone],
        "unusable": [(one.title, one.unusable) for one in found.unusable],
        "left": [(one.title, one.name) for one in found.left],
    }
    if as_json:
        print_json({what: [list(one) for one in several] for what, several in told.items()})
    else:
        for what, several in told.items():
            for title, more in several:
                why = in_words(reason_of_rule(more), said) if what == "unusable" else more
                click.echo(f"{said(_CHANGES[what]):16} {title}  ({why})")
    sys.exit(1 if found.unusable or found.left else 0)


@rules.command("list")
@_ORGANISATION
@click.option(
    "--state", type=click.Choice(["running", "off", "unusable", "all"]), default="all", show_default=True,
    help="Which of them.",
)  # fmt: skip
@_JSON
def list_rules(organisation: str | None, state: str, as_json: bool) -> None:
    """Say which rules run for an organisation, which do not, and which cannot and why."""
    start_django()
    from vigil.domain.detection.queries import rules_for, visible_rules
    from vigil.domain.detection.reasons import reason_of_rule
    from vigil.domain.detection.titles import title_of_rule, told
    from vigil.kernel import clock

    said = translator()
    owner = _organisation(organisation)
    run = set(rules_for(owner.pk, clock.now()).values_list("pk", flat=True))
    found = []
    for row in visible_rules(owner.pk).defer("text").order_by("title"):
        is_ = "unusable" if row.unusable else "running" if row.pk in run else "off"
        if state in ("all", is_):
            found.append((row, told(title_of_rule(row), said), is_))
    if as_json:
        print_json(
            [
                {
                    "id": str(row.pk), "uid": row.uid, "title": title, "level": row.level, "origin": row.origin,
                    "state": is_, "why": row.unusable, "techniques": row.techniques,
                }
                for row, title, is_ in found
            ]
        )  # fmt: skip
        return
    for row, title, is_ in found:
        why = f"  ({told(reason_of_rule(row.unusable), said)})" if row.unusable else ""
        click.echo(f"{said(_RUNS[is_]):16} {said(_LEVELS[row.level]):12} {title}{why}")


@rules.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 365), help="Over the last so many days.")
@click.option("--seconds", default=120, show_default=True, type=click.IntRange(1), help="For so long at most.")
@_ORGANISATION
@_JSON
def test_rule(file: Path, days: int, seconds: int, organisation: str | None, as_json: bool) -> None:
    """Try the rule in FILE on stored events before it goes live: how often, on which days, on what.

    No alert comes of it. Exit 1 when the time was up before everything was read.
    """
    start_django()
    from vigil.faces.cli.searching import tried

    tried(file, _organisation(organisation), days, seconds, as_json)


@click.command(context_settings={"ignore_unknown_options": True})  # "-word" is a search
@click.argument("query", default="")
@click.option("--since", help="From when: 2026-04-30T08:00, or 7d, 24h, 30m ago.  [default: 24h]")
@click.option("--until", help="Until when, likewise.  [default: now]")
@click.option("--source", "named", multiple=True, help="Of this source alone (name or identifier); several times.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="Show at most so many.")
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(1), help="Search for so long at most.")
@_ORGANISATION
@_JSON
def search(
    query: str, since: str | None, until: str | None, named: tuple[str, ...], limit: int, seconds: int,
    organisation: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Search stored events: words, field:value, "two words", -not, OR, brackets, * and ? (see the reference).

    Exit 1 when the time was up before everything was read.
    """
    start_django()
    from vigil.faces.cli.searching import searched

    searched(query, _organisation(organisation), since, until, named, limit, seconds, as_json)


@click.group()
def sources() -> None:
    """Sources of events: list, add, token."""


@sources.command("list")
@_JSON
def list_sources(as_json: bool) -> None:
    """Say how every source does (exit 1 when one is silent)."""
    start_django()
    from vigil.domain.detection.models import LogSource
    from vigil.domain.detection.queries import sources_now
    from vigil.kernel import clock

    rows = list(LogSource.objects.filter(retired_at=None).select_related("organisation"))
    found, said = sources_now(rows, clock.now()), translator()
    if as_json:
        print_json([{**_facts(one.source), "state": _state(one), "silent": one.silent,
                     "late": one.late, "day": sum(one.hours),
                     "rejected_share": round(one.rejected_share, 4)} for one in found])  # fmt: skip
    else:
        for one in found:
            heard = local(one.source.last_received_at) or "-"
            name = f"{one.source.organisation.name}: {one.source.name}"
            click.echo(f"{one.source.pk}  {said(_STATES[_state(one)]):16} {heard:25} {name}")
    sys.exit(1 if any(one.silent for one in found) else 0)


@sources.command("add")
@click.option("--name", required=True, help="How it is called.")
@_ORGANISATION
@click.option("--address", default="", help="Address or network that sends (syslog).")
@click.option("--host", default="", help="Name of the host in its records.")
@click.option("--format", "format_", default="auto", show_default=True, help="How its records are written.")
@click.option("--product", default="", help="What rules call it: windows, linux...")
@click.option("--path", default="", help="File that is followed.")
@click.option("--silent-after-s", default=900, show_default=True, help="Silent after so many seconds (0: never).")
@_JSON
def add(
    name: str, organisation: str | None, address: str, host: str, format_: str, product: str, path: str,
    silent_after_s: int, as_json: bool,
) -> None:  # fmt: skip
    """Enter a source."""
    start_django()
    from vigil.domain.detection.actions.sources import save_source
    from vigil.domain.detection.models import LogSource
    from vigil.kernel import clock

    source = LogSource(
        organisation=_organisation(organisation), name=name, address=address, host=host, format=format_,
        product=product, path=path, silent_after_s=max(0, silent_after_s),
    )  # fmt: skip
    save_source(source=source, actor=cli_actor(), now=clock.now())
    if as_json:
        print_json(_facts(source))
    else:
        click.echo(str(source.pk))


@sources.command("token")
@click.argument("source")
@_JSON
def token(source: str, as_json: bool) -> None:
    """Make a new token for SOURCE (identifier or name) and print it; it cannot be had again."""
    start_django()
    from vigil.domain.detection.actions.sources import renew_token
    from vigil.domain.detection.models import LogSource
    from vigil.kernel import clock
    from vigil.kernel.errors import NotFound

    rows = LogSource.objects.filter(retired_at=None).select_related("organisation")
    try:
        found = list(rows.filter(pk=UUID(source)))
    except ValueError:
        found = list(rows.filter(name=source)[:2])
    if len(found) != 1:
        raise NotFound("source.unknown", N_("No source, or more than one, is known as {wanted}."), wanted=source)
    made = renew_token(source=found[0], actor=cli_actor(), now=clock.now())
    if as_json:
        print_json({"source": str(found[0].pk), "token": made})
    else:
        click.echo(made)


@click.group()
def alerts() -> None:
    """Alerts: list."""


@alerts.command("list")
@click.option(
    "--state", type=click.Choice(["open", "taken", "closed", "standing"]), default="standing", show_default=True,
    help="Which of them; standing: not closed.",
)  # fmt: skip
@_JSON
def list_alerts(state: str, as_json: bool) -> None:
    """Say which alerts there are, the gravest and oldest first (exit 1 when one was not taken in time)."""
    start_django()
    from vigil.domain.detection.models import Alert, AlertState
    from vigil.domain.detection.titles import title_of, told
    from vigil.kernel import clock

    now, said = clock.now(), translator()
    rows = Alert.objects.select_related("organisation").order_by("-weight", "raised_at")
    chosen = rows.exclude(state=AlertState.CLOSED) if state == "standing" else rows.filter(state=state)
    late = rows.filter(state=AlertState.OPEN, exercise=False, due_at__lt=now).exists()
    found = [(row, told(title_of(row), said)) for row in chosen[:1000]]
    if as_json:
        print_json(
            [
                {
                    "id": str(row.pk), "organisation": row.organisation.name, "kind": row.kind, "level": row.level,
                    "title": title, "entity": row.entity, "count": row.count, "state": row.state,
                    "techniques": row.techniques, "raised_at": row.raised_at.isoformat(),
                    "due_at": row.due_at.isoformat() if row.due_at else None, "taken_by": row.taken_name,
                    "verdict": row.verdict, "exercise": row.exercise,
                }
                for row, title in found
            ]
        )  # fmt: skip
    else:
        for row, title in found:
            held = f"  ({row.taken_name})" if row.taken_name else ""
            state, level = said(_STANDS[row.state]), said(_LEVELS[row.level])
            click.echo(f"{row.pk}  {state:18} {level:12} x{row.count:<5} {title}  {row.entity}{held}")
    sys.exit(1 if late else 0)


def _organisation(named: str | None) -> "Organisation":
    """The one that is named, or whose the events are, or the only one that is kept here."""
    from vigil.domain.detection.actions.sources import events_organisation
    from vigil.domain.organisations.models import Home, Organisation
    from vigil.kernel.errors import NotFound

    rows = Organisation.objects.all()
    if named is None:
        owner = events_organisation()
        found = [owner] if owner is not None else list(rows.filter(home=Home.HERE)[:2])
    else:
        try:
            found = list(rows.filter(pk=UUID(named)))
        except ValueError:
            found = list(rows.filter(code=named) or rows.filter(name__iexact=named)[:2])
    if len(found) != 1:
        raise NotFound(
            "organisation.unknown", N_("No organisation, or more than one, is known as {wanted}."), wanted=named or "-"
        )
    return found[0]


_CHANGES = {
    "added": N_("Would be added"),
    "changed": N_("Would change"),
    "retired": N_("Would retire"),
    "unusable": N_("Cannot run"),
    "left": N_("Left out"),
}
_RUNS = {"running": N_("Runs"), "off": N_("Is off"), "unusable": N_("Cannot run")}
_STANDS = {"open": N_("Waits for somebody"), "taken": N_("Taken"), "closed": N_("Closed")}
_LEVELS = {
    "informational": N_("Informational"),
    "low": N_("Low"),
    "medium": N_("Medium"),
    "high": N_("High"),
    "critical": N_("Critical"),
}
_STATES = {"silent": N_("Silent"), "late": N_("Read late"), "unheard": N_("Has sent nothing yet"), "alive": N_("Alive")}


def _state(one: "SourceNow") -> str:
    """As the page of sources says it, in a word for machines."""
    if one.silent or one.late:
        return "silent" if one.silent else "late"
    return "alive" if one.source.last_received_at else "unheard"


def _facts(source: "LogSource") -> dict[str, Any]:
    return {
        "id": str(source.pk),
        "organisation": source.organisation.name,
        "name": source.name,
        "format": source.format,
        "address": source.address,
        "host": source.host,
        "product": source.product,
        "events": source.events,
        "rejected": source.rejected,
        "lag_s": source.lag_s,
        "last_received_at": _instant(source.last_received_at),
        "last_event_at": _instant(source.last_event_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None

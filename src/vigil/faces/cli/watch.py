"""`vigil watch`: from a dispatch to a running watch without a browser."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigil.faces.cli.terms import cli_actor, print_json, start_django, translator

if TYPE_CHECKING:
    from vigil.domain.directives.models import Directive, Watch
    from vigil.domain.organisations.models import Organisation


@click.group()
def watch() -> None:
    """Watches: open one over a dispatch, look at its board, close it."""


@watch.command("open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--organisation", "wanted", required=True, help="Whose watch: identifier, agency code, short name or name."
)
@click.option(
    "--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="First day; else as read from the dispatch."
)
@click.option("--to", "last_day", type=click.DateTime(["%Y-%m-%d"]), help="Last day; else as read from the dispatch.")
@click.option("--yes", is_flag=True, help="You have read the reading below and stand for it (else you are asked).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def open_(file: Path, wanted: str, first_day: Any, last_day: Any, yes: bool, as_json: bool) -> None:
    """Read the dispatch FILE, show what was read, confirm it, and open the watch."""
    start_django()
    from django.conf import settings
    from django.db import transaction

    from vigil.adapters.documents.files import bytes_of_file
    from vigil.domain.directives.actions.receive import receive_dispatch
    from vigil.domain.directives.actions.review import confirm
    from vigil.domain.directives.actions.watches import open_watch, plan_watch
    from vigil.domain.directives.models import Directive, DirectiveState
    from vigil.kernel import clock
    from vigil.kernel.errors import Conflict

    organisation = _organisation(wanted)
    actor = cli_actor()
    try:
        directive = receive_dispatch(
            data=bytes_of_file(file),
            filename=file.name,
            organisation=organisation,
            originals=settings.VIGIL_ORIGINALS,
            anchors=settings.VIGIL_TRUST_ANCHORS,
            actor=actor,
            now=clock.now(),
        )
    except Conflict as already:
        directive = Directive.objects.get(pk=already.facts["directive"])
    if directive.state == DirectiveState.DRAFT:
        if not as_json:
            _show_directive(directive)
        if not yes and not click.confirm(translator()("Is this what the dispatch says, and do you stand for it?")):
            sys.exit(1)
        directive = confirm(directive=directive, version=directive.version, actor=actor, now=clock.now())
    first = first_day.date() if first_day else directive.window_start
    last = last_day.date() if last_day else directive.window_end
    origin = "edited" if first_day or last_day else "read"
    with transaction.atomic():
        planned = plan_watch(
            directive=directive, first_day=first, last_day=last, actor=actor, now=clock.now(), window_origin=origin
        )
        opened = open_watch(watch=planned, actor=actor, now=clock.now())
    _prove(opened)
    _print_board(opened, as_json)


@watch.command()
@click.argument("identifier", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(identifier: str | None, as_json: bool) -> None:
    """Show the board of a watch (without IDENTIFIER: list the watches)."""
    start_django()
    from vigil.domain.directives.models import Watch

    if identifier is None:
        rows = [_watch_facts(each) for each in Watch.objects.select_related("organisation")]
        if as_json:
            print_json(rows)
        for row in rows if not as_json else []:
            click.echo(_line(row))
        return
    _print_board(_watch(identifier), as_json)


@watch.command()
@click.argument("identifier")
@click.option("--note", default="", help="Why it is closed, when something is still open.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def close(identifier: str, note: str, as_json: bool) -> None:
    """Close a watch. What is still open is listed; closing over it needs a note."""
    start_django()
    from vigil.domain.directives.actions.watches import close_watch
    from vigil.domain.readiness.provers import all_open_items
    from vigil.kernel import clock

    found = _watch(identifier)
    _prove(found)
    left = all_open_items(found.organisation_id, clock.now())
    for item in left if not as_json else []:
        click.echo(f"- {item.statement.said(translator())}")
    closed = close_watch(watch=found, note=note, open_items=left, actor=cli_actor(), now=clock.now())
    _print_board(closed, as_json)


def _organisation(wanted: str) -> "Organisation":
    from django.core.exceptions import ValidationError

    from vigil.domain.organisations.models import Organisation

    for field in ("pk", "code", "short_name__iexact", "name__iexact"):
        try:
            found = list(Organisation.objects.filter(**{field: wanted})[:2])
        except (ValidationError, ValueError):
            continue
        if len(found) == 1:
            return found[0]
    raise click.UsageError(translator()("There is no single organisation {name}.").format(name=wanted))


def _watch(identifier: str) -> "Watch":
    from django.core.exceptions import ValidationError

    from vigil.domain.directives.models import Watch

    try:
        return Watch.objects.select_related("organisation", "directive").get(pk=identifier)
    except (Watch.DoesNotExist, ValidationError) as error:
        raise click.UsageError(translator()("There is no watch {id}.").format(id=identifier)) from error


def _prove(found: "Watch") -> None:
    from vigil.domain.readiness.actions import prove_watch
    from vigil.domain.readiness.provers import provers_by_kind
    from vigil.kernel import clock

    prove_watch(watch=found, provers=provers_by_kind(), actor=cli_actor(), now=clock.now())


def _show_directive(directive: "Directive") -> None:
    say = translator()
    rows: list[tuple[str, str]] = [
        (say("Issuer"), directive.issuer),
        (
            say("Number and symbol"),
            directive.number + (f"  ({say('serial left blank')})" if directive.number_missing_serial else ""),
        ),
        (say("Date of issue"), f"{directive.issued_on:%d/%m/%Y}" if isinstance(directive.issued_on, date) else "—"),
        (say("Subject"), directive.subject),
        (say("Occasion"), f"{directive.window_event} {directive.window_start or '?'} .. {directive.window_end or '?'}"),
    ]
    for name, value in rows:
        click.echo(f"{name}: {value}")
    for item in directive.obligations.all():
        click.echo(f"  {item.code} [{item.audience}; {item.get_kind_display()}] {item.text}")


def _watch_facts(found: "Watch") -> dict[str, Any]:
    return {
        "id": str(found.id),
        "organisation": found.organisation.name,
        "title": found.title,
        "state": found.state,
        "first_day": str(found.first_day),
        "last_day": str(found.last_day),
        "unnumbered": not found.directive.is_numbered,
    }


def _line(facts: dict[str, Any]) -> str:
    days = f"{facts['first_day']}..{facts['last_day']}"
    return f"{facts['id']}  {facts['state']:8} {days}  {facts['organisation']}: {facts['title']}"


def _print_board(found: "Watch", as_json: bool) -> None:
    from vigil.domain.readiness.queries import board_of
    from vigil.kernel import clock
    from vigil.kernel.proofs import Verdict

    say = translator()
    board = board_of(found, clock.now())
    rows = [
        {
            "item": row.assignment.obligation.code,
            "kind": row.assignment.obligation.kind,
            "verdict": row.verdict.value,
            "basis": row.basis.value,
            "sentence": row.sentence.said(say),
            "next_step": row.next_step.said(say) if row.next_step else None,
            "measured_at": row.measured_at.isoformat() if row.measured_at else None,
        }
        for row in board.rows
    ]
    facts = _watch_facts(found)
    counts = {verdict.value: board.count(verdict) for verdict in Verdict}
    left_out = [a.obligation.code for a in board.not_applying]
    if as_json:
        print_json({**facts, "obligations": rows, "counts": counts, "not_applying": left_out})
        return
    click.echo(_line(facts))
    for row, shown in zip(board.rows, rows, strict=True):
        click.echo(f"  {shown['item']:8} {say(row.verdict.label):16} {shown['sentence']}")
        if shown["next_step"]:
            click.echo(f"           -> {shown['next_step']}")
    if left_out:
        click.echo(say("Does not apply: {items}").format(items=", ".join(left_out)))

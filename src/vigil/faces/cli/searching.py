"""What `vigil search` and `vigil rules test` do, once the database is open."""

import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click
from django.conf import settings

from vigil.adapters.event_search import EventSearch, parse
from vigil.adapters.event_store import EventStore
from vigil.domain.detection.actions.own_rules import MOST_BYTES, asked_for, faults_of
from vigil.domain.detection.models import LogSource
from vigil.domain.detection.rule_book import load_texts
from vigil.domain.organisations.models import Organisation
from vigil.faces.cli.terms import local, print_json, progress, translator
from vigil.kernel import clock
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import NotFound, Refused
from vigil.kernel.phrases import N_, phrase
from vigil.workers.past import Past
from vigil.workers.trial import Trial, try_on_the_past

_AGO: Final = re.compile(r"(\d{1,4})([dhm])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
_SHOWN: Final = 12


def searched(
    query: str, owner: Organisation, since: str | None, until: str | None, named: tuple[str, ...], limit: int,
    seconds: int, as_json: bool,
) -> None:  # fmt: skip
    """Search, print, exit."""
    now, wanted = clock.now(), parse(query)
    last = _instant(until, now) if until else now
    first = _instant(since, now) if since else last - timedelta(days=1)
    if not first < last:
        raise Refused("search.window", N_("The window ends after it begins, and covers at most 400 days."))
    sources = {one.pk: one for one in _sources(owner, named)}
    found = EventSearch(EventStore(settings.VIGIL_EVENTS), limit_s=seconds).find(
        wanted, list(sources), first, last, now=now, most=limit
    )
    if as_json:
        print_json(
            {
                "count": found.count,
                "complete": found.complete,
                "back_to": found.back_to.isoformat() if found.back_to else None,
                "files": found.files,
                "damaged": found.damaged,
                "seconds": round(found.took_s, 3),
                "hours": {hour.isoformat(): many for hour, many in sorted(found.hours.items())},
                "events": [
                    {
                        "id": one.id, "at": one.at.isoformat(), "source": sources[one.source].name, "host": one.host,
                        "product": one.product, "category": one.category, "service": one.service, "raw": one.raw,
                    }
                    for one in found.events
                ],
            }
        )  # fmt: skip
    else:
        for one in found.events:
            click.echo(f"{local(one.at)}  {one.host or '-'}  {sources[one.source].name}  {' '.join(one.raw.split())}")
        said = phrase(
            N_("{count} events of {organisation}; {shown} shown; {files} files in {seconds} s."),
            count=found.count, organisation=owner.name, shown=len(found.events), files=found.files,
            seconds=f"{found.took_s:.1f}",
        )  # fmt: skip
        click.echo(said.said(translator()), err=True)
        _warn(found.complete, found.back_to.isoformat() if found.back_to else None, found.damaged)
    sys.exit(0 if found.complete else 1)


def tried(file: Path, owner: Organisation, days: int, seconds: int, as_json: bool) -> None:
    """Try a rule, print what it did, exit."""
    with file.open("rb") as stream:
        text = stream.read(MOST_BYTES + 1).decode("utf-8-sig", "replace")
    if faults := faults_of(text, owner):
        raise Refused("rule.faulty", N_("Line {line}: {why}"), line=faults[0].line, why=faults[0].said)
    now = clock.now()
    loaded = load_texts(organisation=owner.pk, texts=[("rule", text.encode()), *asked_for(text, owner)])
    past = Past(loaded, owner.pk, now - timedelta(days=days), now)
    sources = {one.pk: one for one in _sources(owner, ())}

    def tell(done: int, of: int, events: int) -> None:
        progress(f"{done}/{of}  {events}")

    made = try_on_the_past(past, EventStore(settings.VIGIL_EVENTS), list(sources), now, seconds, tell)
    limited = bool(made.result.get("limited"))
    if as_json:
        print_json(
            {
                "events": made.events, "found": made.found, "files": made.files, "damaged": made.damaged,
                "limited": limited, "back_to": made.result.get("back_to"), "days": made.result.get("days", {}),
                "first": made.result.get("events", []),
            }
        )  # fmt: skip
    else:
        _told(made, {str(pk): one.name for pk, one in sources.items()})
        _warn(not limited, made.result.get("back_to"), made.damaged)
    sys.exit(1 if limited else 0)


def _told(made: Trial, names: dict[str, str]) -> None:
    said = phrase(
        N_("It holds on {found} of {events} events in {files} files."),
        found=made.found, events=made.events, files=made.files,
    )  # fmt: skip
    click.echo(said.said(translator()))
    for day, many in made.result.get("days", {}).items():
        click.echo(f"  {day}  {many}")
    for one in made.result.get("events", []):
        fields = "  ".join(f"{name}={value}" for name, value in list(one["shown"].items())[:_SHOWN])
        when, name = local(datetime.fromisoformat(one["at"])), names.get(one["source"] or "", "-")
        click.echo(f"{when}  {one['entity'] or '-'}  {name}  {fields}")


def _warn(complete: bool, back_to: str | None, damaged: int) -> None:
    if not complete:
        said = phrase(
            N_("The time was up: what was received before {day} was not looked at."), day=back_to or N_("today")
        )
        click.echo(said.said(translator()), err=True)
    if damaged:
        click.echo(phrase(N_("Files that cannot be read: {n}"), n=damaged).said(translator()), err=True)


def _instant(text: str, now: datetime) -> datetime:
    """An instant, or how long ago. Raises: Refused `search.instant`."""
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            "search.instant", N_("“{text}” is no time; write 2026-04-30T08:00, or 7d, 24h, 30m ago."), text=text
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)


def _sources(owner: Organisation, named: tuple[str, ...]) -> list[LogSource]:
    """The organisation's, or those of them that are named. Raises: NotFound `source.unknown`."""
    rows = list(LogSource.objects.filter(organisation=owner))
    if not named:
        return rows
    found = []
    for name in named:
        several = [one for one in rows if name in (one.name, str(one.pk))]
        if len(several) != 1:
            raise NotFound("source.unknown", N_("No source, or more than one, is known as {wanted}."), wanted=name)
        found += several
    return found

"""`vigil page` and `vigil channels`: what waits for somebody, a test page, whether the channels can be used."""

import sys
from uuid import UUID

import click

from vigil.faces.cli.terms import cli_actor, print_json, start_django, translator


@click.group()
def page() -> None:
    """Pages: list, test."""


@page.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is done, and tests (the last 100).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_pages(everything: bool, as_json: bool) -> None:
    """Say which pages are not done (exit 1 when nobody answered one of them)."""
    start_django()
    from vigil.domain.paging.models import Page, PageState

    rows = Page.objects.select_related("organisation").order_by("-raised_at")
    found = list(rows[:100] if everything else rows.filter(is_test=False).exclude(state=PageState.RESOLVED)[:1000])
    said = translator()
    if as_json:
        facts = [
            {
                "id": str(row.pk),
                "organisation": row.organisation.name,
                "state": row.state,
                "title": row.title_phrase.said(said),
                "raised_at": row.raised_at.isoformat(),
                "taken_by": row.acknowledged_name,
                "exercise": row.exercise,
            }
            for row in found
        ]
        print_json(facts)
    else:
        for row in found:
            click.echo(f"{row.pk}  {row.state:12}  {row.organisation.name}: {row.title_phrase.said(said)}")
    sys.exit(1 if any(row.state == PageState.EXHAUSTED for row in found) else 0)


@page.command("test")
@click.option("--person", required=True, help="Identifier, mail address or name of the person.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def test_person(person: str, as_json: bool) -> None:
    """Send a test page by every route of a person; answered by its link or code, a route counts as shown to work."""
    start_django()
    from django.db.models import Q

    from vigil.domain.organisations.models import Person
    from vigil.domain.paging.actions.routes import keep_implied_routes, send_test_page
    from vigil.domain.paging.models import Route
    from vigil.kernel import clock
    from vigil.kernel.errors import NotFound, Refused
    from vigil.kernel.phrases import N_

    people = Person.objects.filter(left_at=None).select_related("organisation")
    try:
        found = list(people.filter(pk=UUID(person)))
    except ValueError:
        found = list(people.filter(Q(email__iexact=person) | Q(name__iexact=person))[:2])
    if len(found) != 1:
        raise NotFound("paging.no_person", N_("Nobody, or more than one, is known as {wanted}."), wanted=person)
    actor = cli_actor()
    keep_implied_routes(person=found[0], actor=actor, now=clock.now())
    routes = list(Route.objects.filter(person=found[0], paused_at=None).select_related("person__organisation"))
    if not routes:
        raise Refused("paging.no_route", N_("There is no way to reach this person."))
    sent = [(route, send_test_page(route=route, actor=actor, now=clock.now())) for route in routes]
    if as_json:
        print_json([{"page": str(made.pk), "channel": route.channel, "address": route.address} for route, made in sent])
    else:
        for route, made in sent:
            click.echo(f"{made.pk}  {route.channel}  {route.address}")


@click.group()
def channels() -> None:
    """Channels: check."""


@channels.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """Read the file of channels and say of each whether it can be used (exit 1 when one cannot). Sends nothing."""
    start_django()
    from vigil.adapters.notifiers.channels import EMAIL
    from vigil.adapters.notifiers.gateway import check_template
    from vigil.domain.paging.channels import channels as read
    from vigil.kernel.phrases import N_, phrase

    found, said = read(), translator()
    lines: list[dict[str, object]] = []
    for name, channel in found.usable.items():
        good = name == EMAIL or check_template(channel)
        why = "" if good else phrase(N_("Its plug-in does not understand “url”.")).said(said)
        lines.append({"name": name, "works": good, "scheme": channel.scheme or "smtp", "why": why})
    lines += [{"name": name, "works": False, "scheme": "", "why": why.said(said)} for name, why in found.broken.items()]
    if found.fault is not None:
        lines.append({"name": "*", "works": False, "scheme": "", "why": found.fault.said(said)})
    if as_json:
        print_json(lines)
    else:
        for line in lines:
            click.echo(f"{'works' if line['works'] else 'fails':6} {line['name']:20} {line['scheme']:10} {line['why']}")
    sys.exit(0 if all(line["works"] for line in lines) else 1)

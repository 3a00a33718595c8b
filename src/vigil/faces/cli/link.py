"""`vigil link`: links with other Vigils without a browser."""

import sys
from typing import TYPE_CHECKING, Any

import click

from vigil.faces.cli.terms import cli_actor, print_json, start_django, translator

if TYPE_CHECKING:
    from vigil.domain.exchange.models import Peer


@click.group()
def link() -> None:
    """Links with other Vigils: make a code, enrol, compare, look, change the key, end."""


@link.command()
@click.argument("organisation")
def code(organisation: str) -> None:
    """At the authority: a one-time code for ORGANISATION (identifier, agency code, short name or name)."""
    start_django()
    from vigil.domain.exchange.actions.enrolment import make_code
    from vigil.faces.cli.watch import _organisation
    from vigil.kernel import clock

    click.echo(make_code(organisation=_organisation(organisation), actor=cli_actor(), now=clock.now()))


@link.command()
@click.argument("url")
@click.argument("code")
@click.option("--organisation", help="Which organisation of this Vigil; else the first one.")
def enrol(url: str, code: str, organisation: str | None) -> None:
    """At the organisation: enter the CODE that the authority at URL gave; prints the string to compare."""
    start_django()
    from django.conf import settings

    from vigil.domain.exchange.keyring import Keyring
    from vigil.domain.exchange.models import Link
    from vigil.domain.organisations.models import Organisation
    from vigil.faces.cli.watch import _organisation
    from vigil.kernel import clock
    from vigil.kernel.errors import NotFound
    from vigil.kernel.phrases import N_
    from vigil.workers.joining import enrol_at

    first = Organisation.objects.order_by("created_at").first()
    mine = _organisation(organisation) if organisation else first
    if mine is None:
        raise NotFound("organisation.none", N_("There is no organisation yet."))
    peer = enrol_at(
        url=url,
        code=code,
        organisation=mine,
        keyring=Keyring(settings.VIGIL_KEYS),
        actor=cli_actor(),
        now=clock.now(),
        ca=settings.VIGIL_EXCHANGE_CA,
    )
    click.echo(Link.objects.get(pk=peer.pk).comparison)


@link.command()
@click.argument("peer")
@click.option("--yes", is_flag=True, help="You have compared the two strings and they match (else you are asked).")
def confirm(peer: str, yes: bool) -> None:
    """At the authority: the strings on both screens match; the link begins."""
    start_django()
    from vigil.domain.exchange.actions.enrolment import confirm_match
    from vigil.domain.exchange.models import Link
    from vigil.kernel import clock

    found = _peer(peer)
    click.echo(Link.objects.get(pk=found.pk).comparison)
    if not yes and not click.confirm(translator()("Does the other screen show the same?")):
        sys.exit(1)
    confirm_match(peer=found, actor=cli_actor(), now=clock.now())


@link.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Every link: whether it is up, what waits, delays. Exit 1 when one that should be up is cut."""
    start_django()
    from vigil.domain.exchange.models import Peer
    from vigil.domain.exchange.queries.links import links_of
    from vigil.kernel import clock

    now = clock.now()
    rows = [_facts(one, now) for one in links_of(Peer.objects.all())]
    if as_json:
        print_json(rows)
    for row in rows if not as_json else []:
        click.echo(f"{row['peer']}  {row['side']:5}  {row['state']:7}  {'up' if row['up'] else '--':2}  {row['name']}")
    sys.exit(1 if any(row["state"] == "active" and not row["up"] for row in rows) else 0)


@link.command()
@click.argument("peer")
@click.option("--why", default="", help="Why it is ended.")
def revoke(peer: str, why: str) -> None:
    """End a link. From the next request on nothing passes."""
    start_django()
    from vigil.domain.exchange.actions.enrolment import revoke as end
    from vigil.kernel import clock

    end(peer=_peer(peer), actor=cli_actor(), now=clock.now(), why=why)


@link.command()
@click.argument("peer")
def rotate(peer: str) -> None:
    """Change our key for this link. The next heartbeat carries it out."""
    start_django()
    from django.conf import settings

    from vigil.domain.exchange.keyring import Keyring

    Keyring(settings.VIGIL_KEYS).make_next(_peer(peer).pk)


def _peer(wanted: str) -> "Peer":
    from django.core.exceptions import ValidationError
    from django.db.models import Q

    from vigil.domain.exchange.models import Peer
    from vigil.kernel.errors import NotFound
    from vigil.kernel.phrases import N_

    try:
        found = list(Peer.objects.filter(pk=wanted))
    except ValidationError:
        of = Q(name=wanted) | Q(organisation__code=wanted) | Q(organisation__short_name=wanted)
        found = list(Peer.objects.filter(of).exclude(state="revoked"))
    if len(found) != 1:
        raise NotFound("exchange.no_peer", N_("There is no single link {name}."), name=wanted)
    return found[0]


def _facts(link: Any, now: Any) -> dict[str, Any]:
    from vigil.domain.exchange.models import PeerState
    from vigil.domain.exchange.queries.links import is_up, queue_of

    queue = queue_of(link)
    return {
        "peer": str(link.peer_id),
        "name": link.peer.name,
        "side": link.peer.side,
        "state": link.peer.state,
        "comparison": link.comparison if link.peer.state == PeerState.PENDING else "",
        "up": is_up(link, now),
        "beat_at": link.beat_at,
        "outage_since": link.outage_since,
        "round_trip_ms": link.round_trip_ms,
        "clock_offset_ms": link.clock_offset_ms,
        "queue": queue.length,
        "oldest_at": queue.oldest_at,
        "last_delay_s": link.last_delay_s,
        "trouble": link.trouble["wording"] if link.trouble else "",
    }

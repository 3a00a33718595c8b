"""`vigil taxii`: collections, tokens, and publishing from a file."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from vigil.faces.cli.terms import cli_actor, print_json, start_django
from vigil.kernel import clock
from vigil.kernel.tlp import Tlp

if TYPE_CHECKING:
    from vigil.domain.exchange.models import Collection, Peer


@click.group()
def taxii() -> None:
    """The TAXII 2.1 server: its collections, the tokens of those who call, publishing."""


@taxii.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def collections(as_json: bool) -> None:
    """List the collections, what lies in them and who may do what."""
    start_django()
    from django.db.models import Count

    from vigil.domain.exchange.models import Collection, CollectionGrant

    told: list[dict[str, Any]] = []
    for it in Collection.objects.select_related("peer").annotate(held=Count("items")):
        grants = CollectionGrant.objects.filter(collection=it).select_related("peer").order_by("peer__name")
        told.append(
            {
                "id": str(it.uuid),
                "alias": it.alias,
                "peer": it.peer.name if it.peer is not None else None,
                "ceiling": Tlp.of_rank(it.tlp_ceiling).label,
                "objects": it.held,
                "grants": {g.peer.name: "read" * g.can_read + " write" * g.can_write for g in grants},
            }
        )
    if as_json:
        print_json(told)
        return
    for row in told:
        owner = f" ({row['peer']})" if row["peer"] else ""
        click.echo(f"{row['id']}  {row['alias']}{owner}  {row['ceiling']}  {row['objects']}")
        for name, rights in row["grants"].items():
            click.echo(f"    {name}: {rights.strip()}")


@taxii.command()
@click.argument("collection")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tlp", required=True, help="Label of objects that bear none: clear, green, amber, amber+strict, red.")
def publish(collection: str, file: Path, tlp: str) -> None:
    """Put the STIX objects of FILE (a bundle, an envelope or a list) into COLLECTION (identifier or shared alias)."""
    start_django()
    from vigil.domain.exchange.actions.items import publish_all

    try:
        label = Tlp.read(tlp)
        read = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    objects = read.get("objects") if isinstance(read, dict) else read
    if not isinstance(objects, list) or not all(isinstance(obj, dict) for obj in objects):
        raise click.UsageError("a bundle, an envelope or a list of STIX objects is needed")
    done = publish_all(
        collection=_collection(collection), objects=objects, tlp=label, actor=cli_actor(), now=clock.now()
    )
    print_json({"added": done.added, "already_there": done.same, "withheld": len(done.withheld)})


@taxii.group()
def token() -> None:
    """Tokens of those who call this Vigil."""


@token.command()
@click.argument("peer")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="How long it is good.")
def issue(peer: str, days: int) -> None:
    """Make a token for PEER (identifier or name), grant it its collections, and print the token, once."""
    start_django()
    from vigil.domain.exchange.actions.collections import collections_for
    from vigil.domain.exchange.actions.tokens import issue_token

    found, actor, now = _peer(peer), cli_actor(), clock.now()
    made = issue_token(peer=found, actor=actor, now=now, lasts=timedelta(days=days))
    collections_for(peer=found, actor=actor, now=now)
    click.echo(made)


@token.command()
@click.argument("peer")
@click.option("--why", default="", help="The reason, for the journal.")
def revoke(peer: str, why: str) -> None:
    """End every token of PEER (identifier or name), from its next request on."""
    start_django()
    from vigil.domain.exchange.actions.tokens import revoke_token
    from vigil.domain.exchange.models import AccessToken

    held = AccessToken.objects.filter(peer=_peer(peer), revoked_at=None).select_related("peer")
    for it in held:
        revoke_token(token=it, actor=cli_actor(), now=clock.now(), why=why)
    click.echo(len(held))


def _peer(text: str) -> "Peer":
    from vigil.domain.exchange.models import Peer

    uuid = _uuid(text)
    found = Peer.objects.filter(pk=uuid) if uuid is not None else Peer.objects.filter(name=text)
    if len(found) != 1:
        raise click.UsageError(f"{len(found)} peers are called {text}")
    return found[0]


def _collection(text: str) -> "Collection":
    from vigil.domain.exchange.models import Collection

    uuid = _uuid(text)
    shared = Collection.objects.filter(alias=text, peer=None)
    found = (Collection.objects.filter(uuid=uuid) if uuid is not None else shared).first()
    if found is None:
        raise click.UsageError(f"no collection {text}")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

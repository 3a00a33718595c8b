"""Making collections and granting them."""

from datetime import datetime
from typing import Final

from django.db import transaction

from vigil.domain.exchange.models import Collection, CollectionGrant, Peer
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

PEER_S_OWN: Final = {
    "directives": ("Directives", "Directives that concern this organisation, and their amendments."),
    "orders": ("Orders", "Orders that this organisation has to carry out."),
}
SHARED: Final = {
    "advisories": ("Advisories", "Warnings about vulnerabilities and campaigns.", Tlp.AMBER_STRICT, False),
    "indicators": ("Indicators", "Domains, addresses, URLs and hashes known to be bad.", Tlp.AMBER_STRICT, False),
    "returns": ("Returns", "What organisations answer; each reads back only its own.", Tlp.RED, True),
}


@transaction.atomic
def create_collection(
    *,
    alias: str,
    title: str,
    actor: Actor,
    now: datetime,
    description: str = "",
    peer: Peer | None = None,
    ceiling: Tlp = Tlp.AMBER_STRICT,
    own_only: bool = False,
) -> Collection:
    """A new collection that nobody may read or write until it is granted."""
    collection = Collection.objects.create(
        alias=alias,
        title=title,
        description=description,
        peer=peer,
        tlp_ceiling=ceiling.rank,
        own_only=own_only,
        created_at=now,
    )
    record(
        actor=actor,
        now=now,
        action="exchange.collection_created",
        subject=f"exchange.collection:{collection.uuid}",
        organisation=peer.organisation_id if peer is not None else None,
        facts={"alias": alias, "ceiling": ceiling.label, "own_only": own_only},
    )
    return collection


@transaction.atomic
def grant(
    *, collection: Collection, peer: Peer, actor: Actor, now: datetime, can_read: bool, can_write: bool
) -> CollectionGrant | None:
    """Set what `peer` may do with `collection`; neither takes the grant away. Unchanged, nothing is recorded.

    Raises: Conflict `exchange.not_its_collection` for a collection that belongs to another peer alone.
    """
    if collection.peer_id not in (None, peer.pk):
        raise Conflict("exchange.not_its_collection", N_("This collection belongs to another peer alone."))
    held = CollectionGrant.objects.select_for_update().filter(collection=collection, peer=peer).first()
    before = (held.can_read, held.can_write) if held is not None else (False, False)
    if before == (can_read, can_write):
        return held
    if not (can_read or can_write):
        CollectionGrant.objects.filter(collection=collection, peer=peer).delete()
        held = None
    else:
        held, _ = CollectionGrant.objects.update_or_create(
            collection=collection, peer=peer, defaults={"can_read": can_read, "can_write": can_write}
        )
    record(
        actor=actor,
        now=now,
        action="exchange.granted",
        subject=f"exchange.collection:{collection.uuid}",
        organisation=peer.organisation_id,
        facts={"alias": collection.alias, "peer": str(peer.id), "read": can_read, "write": can_write},
    )
    return held


@transaction.atomic
def collections_for(*, peer: Peer, actor: Actor, now: datetime) -> dict[str, Collection]:
    """The five collections of a peer by alias, made and granted where they are missing: its own `directives` and
    `orders`, and the shared `advisories`, `indicators` (all to read) and `returns` (to write, and to read its own).
    """
    Peer.objects.select_for_update().get(pk=peer.pk)
    found: dict[str, Collection] = {}
    for alias, (title, description) in PEER_S_OWN.items():
        found[alias] = Collection.objects.filter(peer=peer, alias=alias).first() or create_collection(
            alias=alias, title=title, description=description, peer=peer, ceiling=Tlp.RED, actor=actor, now=now
        )
    for alias in SHARED:
        found[alias] = _shared(alias, actor, now)
    for alias, collection in found.items():
        grant(collection=collection, peer=peer, can_read=True, can_write=alias == "returns", actor=actor, now=now)
    return found


def _shared(alias: str, actor: Actor, now: datetime) -> Collection:
    title, description, ceiling, own_only = SHARED[alias]
    return Collection.objects.filter(peer=None, alias=alias).first() or create_collection(
        alias=alias, title=title, description=description, ceiling=ceiling, own_only=own_only, actor=actor, now=now
    )

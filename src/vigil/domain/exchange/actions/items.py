"""Publishing: objects go into a collection for those who may read it, through the gate."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from vigil.domain.exchange.gate import Withheld
from vigil.domain.exchange.markings import marked_rank
from vigil.domain.exchange.models import Collection, Item, Peer
from vigil.domain.exchange.shelf import BATCH, Shelf, Tally
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

PORTION: Final = 20_000


@transaction.atomic
def publish(
    *,
    collection: Collection,
    objects: Sequence[dict[str, Any]],
    tlp: Tlp,
    actor: Actor,
    now: datetime,
    posted_by: Peer | None = None,
) -> list[Item]:
    """Put STIX objects into a collection at `tlp` (or their own stricter marking); returns the items that are new.

    The same version twice is one. Objects above the collection's ceiling stay out, which the journal says as
    `exchange.withheld`. One journal entry for all. Raises: Refused when an object is no STIX 2.1; then none is stored.
    """
    shelf = Shelf(collection, posted_by=posted_by, now=now)
    items = shelf.put(objects, tlp.rank)
    _tell(collection, shelf.tally, tlp=tlp, actor=actor, now=now)
    return items


def publish_all(
    *, collection: Collection, objects: Iterable[dict[str, Any]], tlp: Tlp, actor: Actor, now: datetime
) -> Tally:
    """As `publish`, for a stream of any length: held in memory are a thousand objects at a time.

    Every `PORTION` objects are one transaction with one journal entry, so that others who write wait for seconds and
    not for the whole. Broken off, it can be repeated: what is there already is left.
    """
    whole = Tally()
    stream = iter(objects)
    while batch := list(islice(stream, BATCH)):
        with transaction.atomic():
            shelf = Shelf(collection, posted_by=None, now=now)
            shelf.put(batch, tlp.rank)
            for _ in range(PORTION // BATCH - 1):
                if not (batch := list(islice(stream, BATCH))):
                    break
                shelf.put(batch, tlp.rank)
            _tell(collection, shelf.tally, tlp=tlp, actor=actor, now=now)
        whole.join(shelf.tally)
    if whole.added >= BATCH and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE exchange_item")  # else pages are sorted until its statistics catch up by themselves
    return whole


def keep_posted(*, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> Item | None:
    """Store one object that `peer` posted; None when it was there. The caller's transaction has the journal entry.

    Without a TLP marking of its own it counts as the collection's ceiling, at most AMBER+STRICT.
    Raises: Refused `exchange.too_secret` above the ceiling; Conflict `exchange.not_its_object`, somebody else's.
    """
    shelf = Shelf(collection, posted_by=peer, now=now)
    if not collection.own_only:
        theirs = Item.objects.filter(collection=collection, stix_id=obj.get("id")).exclude(posted_by=peer)
        if theirs.exists():
            raise Conflict("exchange.not_its_object", N_("This object was put here by somebody else."))
    rank = marked_rank(obj)
    unmarked = min(collection.tlp_ceiling, Tlp.AMBER_STRICT.rank)
    items = shelf.put([obj], unmarked if rank is None else rank)
    if shelf.tally.withheld:
        raise Refused(
            "exchange.too_secret",
            N_("Its TLP label is stricter than this collection takes ({ceiling})."),
            ceiling=Tlp.of_rank(collection.tlp_ceiling).label,
        )
    return items[0] if items else None


def _tell(collection: Collection, tally: Tally, *, tlp: Tlp, actor: Actor, now: datetime) -> None:
    subject = f"exchange.collection:{collection.uuid}"
    organisation: UUID | None = collection.peer.organisation_id if collection.peer is not None else None
    facts = {"alias": collection.alias, "tlp": tlp.label}
    if tally.added:
        record(
            actor=actor,
            now=now,
            action="exchange.published",
            subject=subject,
            organisation=organisation,
            facts={**facts, "count": tally.added, "same": tally.same, "sha256": tally.digest.hexdigest()},
        )
    if tally.withheld:
        record(
            actor=actor,
            now=now,
            action="exchange.withheld",
            subject=subject,
            organisation=organisation,
            facts={**facts, "count": len(tally.withheld), "reason": Withheld.TLP, "first": tally.withheld[:20]},
        )

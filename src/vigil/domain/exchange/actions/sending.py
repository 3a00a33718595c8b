"""What goes out to another Vigil: through the gate, sealed, in the transaction of the fact that it tells.

To a peer below it is published into that peer's own collection, which the peer reads. To a peer above it waits as
`Outgoing` until the liaison has posted it: at least once on the wire, in the order of its subject.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from vigil.domain.exchange.actions.items import publish
from vigil.domain.exchange.gate import may_leave
from vigil.domain.exchange.instants import read_instant, write_instant
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.markings import marked_rank
from vigil.domain.exchange.models import Collection, Item, Link, Outgoing, OutgoingState, Peer, PeerSide, PeerState
from vigil.domain.exchange.stix import check, content_digest, seal
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

KEPT: Final = timedelta(days=60)
LONGEST_WAIT_S: Final = 900.0
NOT_LINKED: Final = "not_linked"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it: one of `outgoing` (it waits), `item` (published), or `withheld` (why it stays here)."""

    outgoing: Outgoing | None = None
    item: Item | None = None
    withheld: str = ""


@transaction.atomic
def send(
    *,
    peer: Peer,
    obj: dict[str, Any],
    subject: str,
    tlp: Tlp,
    actor: Actor,
    now: datetime,
    fact_at: datetime | None = None,
    collection: str = "directives",
    needs_to_know: bool = True,
) -> Sent:
    """Send a STIX object of ours to `peer`. Call it inside the transaction of its fact.

    `subject` orders: a later message about it never overtakes an earlier one. `fact_at`: when it happened (default
    now). `needs_to_know`: whether it concerns the peer at all. What the gate refuses stays here and is recorded.
    The same version twice is one. Raises: Refused `stix.*` for an object that no peer would take.
    """
    check(obj, now=now)
    rank = max(tlp.rank, marked_rank(obj) or 0)
    withheld: str | None = may_leave(tlp=rank, needs_to_know=needs_to_know, ceiling=peer.tlp_ceiling)
    standing = Peer.objects.values_list("state", flat=True).get(pk=peer.pk)
    waits = peer.side == PeerSide.ABOVE and standing == PeerState.PENDING
    if withheld is None and standing != PeerState.ACTIVE and not waits:
        withheld = NOT_LINKED
    if withheld is not None:
        _tell_withheld(peer, obj, rank, str(withheld), actor, now)
        return Sent(withheld=str(withheld))
    if peer.side == PeerSide.ABOVE:
        return Sent(outgoing=_queue(peer, obj, subject, rank, now, fact_at or now))
    own = Collection.objects.filter(peer=peer, alias=collection).first()
    if own is None:
        raise Conflict("exchange.no_collection", N_("This peer has no collection {alias}."), alias=collection)
    link = Link.objects.select_for_update().filter(peer=peer).first()
    told = Item.objects.filter(collection=own, stix_id=obj["id"]).order_by("-version").first()
    if told is not None and told.version >= read_instant(obj["modified"]) and not _same(told, obj):
        obj = {**obj, "modified": write_instant(told.version + 1)}  # the clock was set back: a reader keeps the highest
    made = obj if link is None else _sealed(peer, obj, fact_at or now)
    items = publish(collection=own, objects=[made], tlp=Tlp.of_rank(rank), actor=actor, now=now)
    Link.objects.filter(peer=peer).update(last_out_at=now)
    return Sent(item=items[0] if items else None)


def _tell_withheld(peer: Peer, obj: dict[str, Any], rank: int, why: str, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action="exchange.withheld",
        subject=f"exchange.peer:{peer.pk}",
        organisation=peer.organisation_id,
        facts={
            "name": peer.name,
            "alias": peer.name,
            "tlp": Tlp.of_rank(rank).label,
            "count": 1,
            "reason": why,
            "first": [obj["id"]],
        },
    )


def _same(told: Item, obj: dict[str, Any]) -> bool:
    return content_digest(json.loads(bytes(told.body))) == content_digest(obj)


def _next_sequence(peer: Peer) -> int:
    """Taken under the link's lock, so that numbers grow in the order of commits."""
    link = Link.objects.select_for_update().get(peer=peer)
    Link.objects.filter(pk=link.pk).update(last_sequence=link.last_sequence + 1)
    return link.last_sequence + 1


def _sealed(peer: Peer, obj: dict[str, Any], fact_at: datetime) -> dict[str, Any]:
    key = Keyring(settings.VIGIL_KEYS).key(peer.pk)
    return seal(obj, key=key, sequence=_next_sequence(peer), fact_at=fact_at)


def _queue(peer: Peer, obj: dict[str, Any], subject: str, rank: int, now: datetime, fact_at: datetime) -> Outgoing:
    version = str(obj.get("modified", ""))
    Link.objects.select_for_update().get(peer=peer)
    told = Outgoing.objects.filter(peer=peer, stix_id=obj["id"])
    there = told.filter(version=version).first()
    if there is not None and content_digest(there.obj) == content_digest(obj):
        return there
    last = told.order_by("-version").values_list("version", flat=True).first()
    if last and last >= version:  # two in one instant, or the clock was set back: the peer keeps the highest version
        version = write_instant(read_instant(last) + 1)
        obj = {**obj, "modified": version}
    made = _sealed(peer, obj, fact_at)
    sequence = Link.objects.values_list("last_sequence", flat=True).get(peer=peer)
    return Outgoing.objects.create(
        peer=peer,
        sequence=sequence,
        subject=subject[:300],
        stix_id=obj["id"],
        version=version,
        obj=made,
        tlp=rank,
        created_at=now,
        fact_at=fact_at,
        next_attempt_at=now,
    )


def next_batch(*, peer: Peer, now: datetime, at_most: int = 50, bytes_at_most: int = 2_000_000) -> list[Outgoing]:
    """What may be posted now, in order: of each subject only its first, so that nothing overtakes."""
    heads: dict[str, Outgoing] = {}
    size = 0
    rows = Outgoing.objects.filter(peer=peer, state=OutgoingState.QUEUED).order_by("sequence")
    for row in rows[: 20 * at_most].iterator(chunk_size=100):
        if row.subject in heads:
            continue
        heads[row.subject] = row
        size += len(str(row.obj))
        if size > bytes_at_most or len(heads) >= at_most * 4:
            break
    return [row for row in heads.values() if row.next_attempt_at <= now][:at_most]


@transaction.atomic
def settled(*, accepted: Iterable[Outgoing], now: datetime) -> None:
    """The peer took these: its answer is here, their effect is there."""
    for row in accepted:
        delay = max(0.0, (now - row.fact_at).total_seconds())
        changed = Outgoing.objects.filter(pk=row.pk, state=OutgoingState.QUEUED).update(
            state=OutgoingState.SENT, settled_at=now, told=False, reason=""
        )
        if changed:
            Link.objects.filter(peer_id=row.peer_id).update(
                settled_sequence=Greatest(F("settled_sequence"), row.sequence), last_out_at=now, last_delay_s=delay
            )


@transaction.atomic
def refused_there(*, row: Outgoing, reason: str, actor: Actor, now: datetime) -> None:
    """The peer refused this one for good; the next of its subject may go."""
    if not Outgoing.objects.filter(pk=row.pk, state=OutgoingState.QUEUED).update(
        state=OutgoingState.REFUSED, settled_at=now, reason=reason[:1000]
    ):
        return
    record(
        actor=actor,
        now=now,
        action="exchange.refused_there",
        subject=f"exchange.peer:{row.peer_id}",
        organisation=row.peer.organisation_id,
        facts={"name": row.peer.name, "object": row.stix_id, "reason": reason[:300]},
    )


def not_reached(*, rows: Iterable[Outgoing], now: datetime, why: str) -> None:
    """The peer did not answer: try again after 2, 4, 8 ... 900 seconds, each a little off, so that many do not come at
    once. There is no giving up."""
    for row in rows:
        wait = min(2.0 ** min(row.attempts + 1, 12), LONGEST_WAIT_S) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        Outgoing.objects.filter(pk=row.pk, state=OutgoingState.QUEUED).update(
            attempts=row.attempts + 1, next_attempt_at=now + timedelta(seconds=wait), reason=why[:1000]
        )


def hasten(*, peer: Peer, now: datetime) -> None:
    """The peer answers again: what waits for its next attempt may go at once."""
    Outgoing.objects.filter(peer=peer, state=OutgoingState.QUEUED, next_attempt_at__gt=now).update(next_attempt_at=now)


def forget_old(*, now: datetime) -> int:
    """Remove what was settled more than sixty days ago; returns how many rows went."""
    gone, _ = Outgoing.objects.filter(settled_at__lt=now - KEPT).exclude(state=OutgoingState.QUEUED).delete()
    return gone

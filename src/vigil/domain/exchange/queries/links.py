"""Reads of links: who we are, the keys of a peer, what waits, up-time, delays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Max, Min, QuerySet, Sum

from vigil.domain.exchange.models import (
    Instance,
    Link,
    LinkSample,
    Outgoing,
    OutgoingState,
    Peer,
    PinnedKey,
    Received,
)
from vigil.domain.exchange.stix import Sender

OUTAGE_AFTER = timedelta(seconds=60)
KEY_OVERLAP = timedelta(hours=1)


def own_instance() -> UUID:
    """This database's id, made the first time it is asked for."""
    found, _ = Instance.objects.get_or_create(id=1, defaults={"instance": uuid4()})
    return found.instance


def own_sender(name: str = "") -> Sender:
    """This Vigil as the author of objects."""
    return Sender(own_instance(), name)


def pinned_key(peer: Peer, key_id: str) -> str | None:
    """The public key (hex) of `peer` with this id, whether in use or retired; None: it is not its key."""
    return PinnedKey.objects.filter(peer=peer, key_id=key_id).values_list("public_key", flat=True).first()


def answering_keys(peer: Peer, now: datetime) -> list[str]:
    """The public keys (hex) under which `peer` may sign an answer: the one in use, and those that it left within the
    hour."""
    left = PinnedKey.objects.filter(peer=peer, retired_at__gt=now - KEY_OVERLAP)
    return [peer.public_key, *left.values_list("public_key", flat=True)]


def outage_limit(link: Link) -> timedelta:
    """After how long without a heartbeat the link counts as cut: three intervals, at least a minute."""
    return max(OUTAGE_AFTER, timedelta(seconds=3 * link.interval_s))


def is_up(link: Link, now: datetime) -> bool:
    """Whether a heartbeat went through within the limit."""
    return link.beat_at is not None and now - link.beat_at <= outage_limit(link)


def waiting(peer: Peer) -> QuerySet[Outgoing]:
    """What waits to leave to a peer above."""
    return Outgoing.objects.filter(peer=peer, state=OutgoingState.QUEUED)


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits, and since when the oldest of it (the instant of its fact)."""

    length: int
    oldest_at: datetime | None


def queue_of(link: Link) -> Queue:
    """What waits on the link: ours for a peer above, what the member said for one below."""
    if link.peer.side == "below":
        return Queue(link.their_queue, link.their_oldest_at)
    rows = waiting(link.peer)
    return Queue(rows.count(), rows.aggregate(oldest=Min("fact_at"))["oldest"])


def uptime(peer: Peer, since: datetime, until: datetime) -> float | None:
    """The share (0..1) of the minutes between the two instants in which the link was up; None when none has passed."""
    started = peer.linked_at
    begins = max(since, started) if started is not None else None
    whole = (until - begins) // timedelta(minutes=1) if begins is not None else 0
    if begins is None or whole < 1:
        return None
    rows = LinkSample.objects.filter(peer=peer, at__gte=begins - timedelta(minutes=1), at__lt=until)
    up = rows.aggregate(up=Sum("up_minutes"))["up"] or 0
    return float(min(1.0, up / whole))


def longest_delay_s(peer: Peer, since: datetime) -> float | None:
    """The longest delay, from fact to receipt, of what passed since then (either way); None when nothing did."""
    came = Received.objects.filter(peer=peer, at__gte=since).aggregate(most=Max("delay_s"))["most"]
    went = [
        (row.settled_at - row.fact_at).total_seconds()
        for row in Outgoing.objects.filter(peer=peer, settled_at__gte=since, state=OutgoingState.SENT).only(
            "settled_at", "fact_at"
        )[:1000]
        if row.settled_at is not None
    ]
    both = [value for value in (came, max(went, default=None)) if value is not None]
    return max(both, default=None)


def links_of(peers: QuerySet[Peer]) -> QuerySet[Link]:
    """The links of these peers, with what pages need."""
    return Link.objects.filter(peer__in=peers).select_related("peer", "peer__organisation").order_by("peer__name")

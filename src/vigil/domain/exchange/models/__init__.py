"""Tables of the exchange, by subject."""

from vigil.domain.exchange.models.collections import Collection, CollectionGrant, Item, Status
from vigil.domain.exchange.models.link import (
    Cursor,
    EnrolmentCode,
    Instance,
    Link,
    LinkSample,
    Outgoing,
    OutgoingState,
    PinnedKey,
    Quarantined,
    Received,
    WitnessedHead,
)
from vigil.domain.exchange.models.peers import AccessToken, Peer, PeerKind, PeerSide, PeerState

__all__ = [
    "AccessToken",
    "Collection",
    "CollectionGrant",
    "Cursor",
    "EnrolmentCode",
    "Instance",
    "Item",
    "Link",
    "LinkSample",
    "Outgoing",
    "OutgoingState",
    "Peer",
    "PeerKind",
    "PeerSide",
    "PeerState",
    "PinnedKey",
    "Quarantined",
    "Received",
    "Status",
    "WitnessedHead",
]

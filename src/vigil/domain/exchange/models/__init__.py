"""Tables of the exchange, by subject."""

from vigil.domain.exchange.models.collections import Collection, CollectionGrant, Item, Status
from vigil.domain.exchange.models.peers import AccessToken, Peer, PeerKind, PeerSide, PeerState

__all__ = [
    "AccessToken",
    "Collection",
    "CollectionGrant",
    "Item",
    "Peer",
    "PeerKind",
    "PeerSide",
    "PeerState",
    "Status",
]

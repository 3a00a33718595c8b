"""Tables of the exchange, by subject."""

from vigil.domain.exchange.models.peers import AccessToken, Peer, PeerKind, PeerSide, PeerState

__all__ = ["AccessToken", "Peer", "PeerKind", "PeerSide", "PeerState"]

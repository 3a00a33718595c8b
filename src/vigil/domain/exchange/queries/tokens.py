"""Whose token it is. Asked anew for every request, so that a revocation holds from the next one on."""

import hashlib
from datetime import datetime

from vigil.domain.exchange.models import AccessToken, Peer, PeerSide, PeerState

LONGEST_TOKEN = 200


def token_digest(token: str) -> str:
    """SHA-256 (hex), the only form in which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def peer_of_token(token: str, now: datetime) -> Peer | None:
    """The peer below that carries `token`; None when the token is unknown, expired or revoked, or its peer is not
    linked."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    found = (
        AccessToken.objects.filter(
            sha256=token_digest(token),
            expires_at__gt=now,
            revoked_at=None,
            peer__state=PeerState.ACTIVE,
            peer__side=PeerSide.BELOW,
        )
        .select_related("peer")
        .first()
    )
    return found.peer if found is not None else None

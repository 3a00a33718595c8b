"""Tokens by which peers below are known: shown once, kept as SHA-256, revoked at once."""

from datetime import datetime, timedelta

from django.db import transaction

from vigil.domain.exchange.models import AccessToken, Peer, PeerSide, PeerState
from vigil.domain.exchange.queries.tokens import token_digest
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_

TOKEN_BITS = 256
LASTS = timedelta(days=90)


@transaction.atomic
def issue_token(*, peer: Peer, actor: Actor, now: datetime, lasts: timedelta = LASTS) -> str:
    """A fresh token for `peer`, returned here and nowhere else. Earlier ones stay good until they end or are revoked.

    Raises: Conflict `exchange.peer_not_below` for a peer that does not call us, or is revoked.
    """
    if peer.side != PeerSide.BELOW or peer.state == PeerState.REVOKED:
        raise Conflict("exchange.peer_not_below", N_("A token is for a linked peer that calls this Vigil."))
    token = new_token(TOKEN_BITS)
    kept = AccessToken.objects.create(peer=peer, sha256=token_digest(token), issued_at=now, expires_at=now + lasts)
    record(
        actor=actor,
        now=now,
        action="exchange.token_issued",
        subject=f"exchange.accesstoken:{kept.id}",
        organisation=peer.organisation_id,
        facts={"peer": str(peer.id), "until": kept.expires_at.isoformat()},
    )
    return token


@transaction.atomic
def revoke_token(*, token: AccessToken, actor: Actor, now: datetime, why: str = "") -> None:
    """End a token now. Once revoked it stays so; revoking it again changes nothing."""
    if not AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        return
    token.revoked_at = now
    record(
        actor=actor,
        now=now,
        action="exchange.token_revoked",
        subject=f"exchange.accesstoken:{token.id}",
        organisation=token.peer.organisation_id,
        why=why,
        facts={"peer": str(token.peer_id)},
    )

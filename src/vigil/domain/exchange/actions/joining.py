"""Making a link, at the organisation: its side of the enrolment, the token it was given, the end that it is told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from vigil.domain.exchange.actions.enrolment import pin
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Collection, Link, Peer, PeerSide, PeerState
from vigil.domain.exchange.stix import key_id_of, public_hex
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.letters import comparison
from vigil.kernel.phrases import Phrase
from vigil.kernel.tlp import Tlp


@transaction.atomic
def join(
    *,
    organisation: Organisation,
    peer_id: UUID,
    url: str,
    name: str,
    remote_id: UUID,
    instance: UUID,
    public_key: str,
    keyring: Keyring,
    actor: Actor,
    now: datetime,
) -> Peer:
    """Keep the authority that answered our code as a peer above, still to be compared. `peer_id`: ours for it, under
    which the keyring holds the key that was sent; `remote_id`: its for us; `public_key`: its own."""
    peer = Peer.objects.create(
        id=peer_id,
        organisation=organisation,
        name=name[:300] or url,
        side=PeerSide.ABOVE,
        url=url,
        public_key=public_key,
        tlp_ceiling=Tlp.RED.rank,
        created_at=now,
    )
    own = public_hex(keyring.key(peer_id).public_key())
    said = comparison(public_key, own, str(remote_id))
    Link.objects.create(peer=peer, remote_id=remote_id, instance=instance, comparison=said)
    pin(peer=peer, public_key=public_key, since=now)
    record(
        actor=actor,
        now=now,
        action="exchange.enrolment_sent",
        subject=f"exchange.peer:{peer.id}",
        organisation=organisation.id,
        facts={"name": peer.name, "url": url},
    )
    return peer


@transaction.atomic
def take_access(
    *, peer: Peer, expires_at: datetime, api_root: str, collections: dict[str, str], actor: Actor, now: datetime
) -> None:
    """The authority gave us a token (the keyring has it): the link is active. Local collections of the same names hold
    what will arrive; nobody else is granted them."""
    Link.objects.filter(peer=peer).update(token_expires_at=expires_at, api_root=api_root, collections=collections)
    for alias in collections:
        Collection.objects.get_or_create(
            peer=peer, alias=alias, defaults={"title": alias, "tlp_ceiling": Tlp.RED.rank, "created_at": now}
        )
    linked = Peer.objects.filter(pk=peer.pk, state=PeerState.PENDING).update(state=PeerState.ACTIVE, linked_at=now)
    record(
        actor=actor,
        now=now,
        action="exchange.linked" if linked else "exchange.token_renewed",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name, "until": expires_at.isoformat()},
    )
    peer.refresh_from_db()


@transaction.atomic
def end_there(*, peer: Peer, code: str, keyring: Keyring, actor: Actor, now: datetime) -> None:
    """The authority says, under its signature, that it ended the link. Said once; the secrets go."""
    if (
        not Peer.objects.filter(pk=peer.pk)
        .exclude(state=PeerState.REVOKED)
        .update(state=PeerState.REVOKED, revoked_at=now)
    ):
        return
    record(
        actor=actor,
        now=now,
        action="exchange.revoked_there",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name, "code": code},
    )
    keyring.forget(peer.id)
    peer.refresh_from_db()


def note_trouble(*, peer: Peer, trouble: Phrase | None) -> None:
    """What keeps the link from working now, for its page; None: nothing does."""
    kept: dict[str, Any] | None = trouble.to_json() if trouble is not None else None
    Link.objects.filter(peer=peer).update(trouble=kept)


@transaction.atomic
def own_key_replaced(*, peer: Peer, public_key: str, actor: Actor, now: datetime) -> None:
    """The authority knows our next key for this link: journalled, with its id."""
    record(
        actor=actor,
        now=now,
        action="exchange.key_replaced",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name, "key": key_id_of(public_key)},
    )

"""Making a link. At the authority: a code, its use by a stranger, the comparison, tokens, keys, the end of the link.

    officer makes a code --> member's Vigil posts code and public key --> peer "to be compared"
    two people compare one string --> "they match" --> peer "linked" --> the member fetches its token

The code is spoken: 12 letters, of which four find it and eight are secret; 24 hours, once, five tries.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import F

from vigil.domain.exchange.actions.collections import collections_for
from vigil.domain.exchange.actions.tokens import issue_token
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import (
    AccessToken,
    Collection,
    EnrolmentCode,
    Link,
    Peer,
    PeerSide,
    PeerState,
    PinnedKey,
)
from vigil.domain.exchange.queries.links import KEY_OVERLAP
from vigil.domain.exchange.stix import key_id_of, public_hex
from vigil.domain.journal.actions import record
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Home, Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.identifiers import new_spoken_code
from vigil.kernel.letters import comparison
from vigil.kernel.phrases import N_

CODE_LASTS: Final = timedelta(hours=24)
TRIES: Final = 5
TOKEN_LASTS: Final = timedelta(days=30)
_SELECTOR: Final = 4
_HEX_32 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@transaction.atomic
def make_code(*, organisation: Organisation, actor: Actor, now: datetime) -> str:
    """A one-time code `XXXX-XXXX-XXXX` for an organisation, returned here and nowhere else. Earlier ones end."""
    EnrolmentCode.objects.filter(organisation=organisation, used_at=None).delete()
    code = new_spoken_code(12)
    while EnrolmentCode.objects.filter(selector=code[:_SELECTOR]).exists():
        code = new_spoken_code(12)
    made = EnrolmentCode.objects.create(
        organisation=organisation,
        selector=code[:_SELECTOR],
        sha256=hashlib.sha256(code.encode()).hexdigest(),
        made_at=now,
        expires_at=now + CODE_LASTS,
    )
    record(
        actor=actor,
        now=now,
        action="exchange.code_made",
        subject=f"exchange.enrolmentcode:{made.id}",
        organisation=organisation.id,
        facts={"until": made.expires_at.isoformat()},
    )
    return "-".join(code[n : n + 4] for n in range(0, 12, 4))


@dataclass(frozen=True, slots=True)
class Pending:
    """What a member is told when its code was good."""

    peer: Peer
    public_key: str
    comparison: str


def accept_enrolment(
    *, code: str, public_key: str, name: str, instance: UUID, keyring: Keyring, actor: Actor, now: datetime
) -> Pending:
    """A stranger with a good code becomes a peer that is still to be compared.

    Raises: Refused `exchange.bad_public_key`; NotAllowed `exchange.bad_code`, alike for every reason. A wrong code is
    counted, and the fifth ends it.
    """
    _usable_key(public_key)
    plain = re.sub(r"[^0-9A-Z]", "", code.upper())[:40]
    with transaction.atomic():
        found = (
            EnrolmentCode.objects.select_for_update()
            .filter(selector=plain[:_SELECTOR], used_at=None, expires_at__gt=now, failures__lt=TRIES)
            .select_related("organisation")
            .first()
        )
        good = found is not None and found.sha256 == hashlib.sha256(plain.encode()).hexdigest()
        if found is not None and good:
            return _pending(found, public_key, name, instance, keyring, actor, now)
        if found is not None:
            EnrolmentCode.objects.filter(pk=found.pk).update(failures=F("failures") + 1)
            record(
                actor=actor,
                now=now,
                action="exchange.code_failed",
                subject=f"exchange.enrolmentcode:{found.id}",
                organisation=found.organisation_id,
                facts={"count": found.failures + 1},
            )
    raise NotAllowed("exchange.bad_code", N_("This code is wrong, used or expired."))


def _usable_key(public_key: str) -> None:
    try:
        if not _HEX_32.fullmatch(public_key):
            raise ValueError(public_key)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError as error:
        raise Refused("exchange.bad_public_key", N_("This is not an Ed25519 public key.")) from error


def _pending(
    code: EnrolmentCode, public_key: str, name: str, instance: UUID, keyring: Keyring, actor: Actor, now: datetime
) -> Pending:
    peer = Peer.objects.create(
        organisation=code.organisation,
        name=name.strip()[:300] or code.organisation.name,
        side=PeerSide.BELOW,
        public_key=public_key,
        created_at=now,
    )
    own = public_hex(keyring.make(peer.id).public_key())
    said = comparison(own, public_key, str(peer.id))
    Link.objects.create(peer=peer, remote_id=peer.id, instance=instance, comparison=said)
    pin(peer=peer, public_key=public_key, since=now)
    code.used_at, code.peer = now, peer
    code.save(update_fields=["used_at", "peer"])
    record(
        actor=actor,
        now=now,
        action="exchange.enrolment_asked",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name, "key": key_id_of(public_key)},
    )
    return Pending(peer, own, said)


def pin(*, peer: Peer, public_key: str, since: datetime) -> None:
    """Know `peer` by this key too."""
    PinnedKey.objects.get_or_create(
        peer=peer, key_id=key_id_of(public_key), defaults={"public_key": public_key, "since": since}
    )


@transaction.atomic
def confirm_match(*, peer: Peer, actor: Actor, now: datetime) -> None:
    """Somebody at the authority compared the strings and they match: the peer is linked, its collections are made, and
    the organisation's home is its own Vigil. Raises: Conflict `exchange.not_pending`."""
    _leave_pending(peer, PeerState.ACTIVE, linked_at=now)
    collections_for(peer=peer, actor=actor, now=now)
    record(
        actor=actor,
        now=now,
        action="exchange.linked",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name},
    )
    organisation = peer.organisation
    if organisation.home != Home.PEER:
        organisation.home = Home.PEER
        save_organisation(organisation=organisation, actor=actor, now=now)


@transaction.atomic
def deny_match(*, peer: Peer, keyring: Keyring, actor: Actor, now: datetime) -> None:
    """The strings differ: whoever used the code is not who it was made for. Raises: Conflict `exchange.not_pending`."""
    _leave_pending(peer, PeerState.REVOKED, revoked_at=now)
    record(
        actor=actor,
        now=now,
        action="exchange.match_denied",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"name": peer.name},
    )
    keyring.forget(peer.id)


def _leave_pending(peer: Peer, state: PeerState, **fields: datetime) -> None:
    if not Peer.objects.filter(pk=peer.pk, state=PeerState.PENDING).update(state=state, **fields):
        raise Conflict("exchange.not_pending", N_("This link does not wait for a comparison."))
    peer.refresh_from_db()


@dataclass(frozen=True, slots=True)
class Access:
    """What a linked member needs to call: a token, until when, and its collections."""

    token: str
    expires_at: datetime
    collections: dict[str, str]


@transaction.atomic
def renew_token(*, peer: Peer, actor: Actor, now: datetime) -> Access:
    """A fresh token for a linked peer; earlier ones work for one more hour."""
    AccessToken.objects.filter(peer=peer, revoked_at=None, expires_at__gt=now + KEY_OVERLAP).update(
        expires_at=now + KEY_OVERLAP
    )
    token = issue_token(peer=peer, actor=actor, now=now, lasts=TOKEN_LASTS)
    held = Collection.objects.filter(grants__peer=peer)
    Link.objects.filter(peer=peer).update(token_expires_at=now + TOKEN_LASTS)
    return Access(token, now + TOKEN_LASTS, {one.alias: str(one.uuid) for one in held})


@transaction.atomic
def replace_key(*, peer: Peer, public_key: str, actor: Actor, now: datetime) -> None:
    """The peer's next key counts from now on (the caller has checked both signatures). The old one still verifies what
    it sealed before. Raises: Refused `exchange.bad_public_key`."""
    _usable_key(public_key)
    if peer.public_key == public_key:
        return
    pin(peer=peer, public_key=public_key, since=now)
    PinnedKey.objects.filter(peer=peer, public_key=peer.public_key).update(retired_at=now)
    PinnedKey.objects.filter(peer=peer, public_key=public_key).update(retired_at=None)
    Peer.objects.filter(pk=peer.pk).update(public_key=public_key)
    record(
        actor=actor,
        now=now,
        action="exchange.key_replaced",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        facts={"key": key_id_of(public_key), "before": key_id_of(peer.public_key) if peer.public_key else ""},
    )
    peer.public_key = public_key


@transaction.atomic
def revoke(*, peer: Peer, actor: Actor, now: datetime, why: str = "") -> None:
    """End the link, on either side. Its tokens end with it; from the next request on nothing passes. What waited stays
    in the list. Revoking it again changes nothing."""
    if (
        not Peer.objects.filter(pk=peer.pk)
        .exclude(state=PeerState.REVOKED)
        .update(state=PeerState.REVOKED, revoked_at=now)
    ):
        return
    AccessToken.objects.filter(peer=peer, revoked_at=None).update(revoked_at=now)
    record(
        actor=actor,
        now=now,
        action="exchange.revoked",
        subject=f"exchange.peer:{peer.id}",
        organisation=peer.organisation_id,
        why=why,
        facts={"name": peer.name, "side": peer.side},
    )
    peer.refresh_from_db()

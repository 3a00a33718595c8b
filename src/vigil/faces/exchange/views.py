"""The four letters of a Vigil below. docs/reference/exchange.md describes them for whoever writes another client."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from vigil.domain.exchange.actions.enrolment import accept_enrolment, renew_token, replace_key
from vigil.domain.exchange.actions.heartbeats import fresh, take_beat
from vigil.domain.exchange.actions.joining import own_key_replaced
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Link, Peer, PeerState
from vigil.domain.exchange.queries.links import own_instance
from vigil.domain.exchange.queries.tokens import peer_of_token
from vigil.domain.exchange.stix import key_id_of, public_hex, written
from vigil.domain.exchange.stix.fields import Count, Instant, Record, Text
from vigil.faces.exchange.floods import ENROLMENTS
from vigil.faces.exchange.letters import Letter
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed, Refused
from vigil.kernel.letters import signed_bytes
from vigil.kernel.phrases import N_

API_ROOT = "/taxii2/vigil/"
_ENROL = Record(
    {
        "code": Text(40),
        "public_key": Text(64, 64),
        "name": Text(300),
        "instance": Text(36, 36),
        "sent_at": Instant(),
    }
)
_TOKEN = Record({"peer": Text(36, 36), "count": Count(2**53 - 1), "sent_at": Instant()})
_ROTATE = Record(
    {
        "peer": Text(36, 36),
        "count": Count(2**53 - 1),
        "sent_at": Instant(),
        "public_key": Text(64, 64),
        "proof": Text(128, 128),
    }
)
Answered = tuple[int, dict[str, Any]]


def _bad_letter(why: str) -> Refused:
    return Refused("exchange.bad_letter", N_("The message between the two Vigils has not its form: {why}"), why=why)


def _demand(shape: Record, body: dict[str, Any]) -> None:
    if why := shape.fault(body, ""):
        raise _bad_letter(why)


def _peer(letter: Letter) -> tuple[Peer, Actor]:
    if letter.peer is None:
        raise NotAllowed("exchange.not_known", N_("No linked Vigil signed this."))
    return letter.peer, Actor("peer", str(letter.peer.pk), letter.peer.name)


def enrol(request: HttpRequest, letter: Letter) -> Answered:
    """A one-time code and a public key; the answer has our key for this peer and the enrolment's id."""
    ENROLMENTS.count(str(request.META.get("REMOTE_ADDR", "")))
    _demand(_ENROL, letter.body)
    try:
        instance = UUID(letter.body["instance"])
    except ValueError as error:
        raise _bad_letter("instance") from error
    if instance == own_instance():
        raise Refused("exchange.own_instance", N_("This Vigil cannot be linked with itself or with its own copy."))
    made = accept_enrolment(
        code=letter.body["code"],
        public_key=letter.body["public_key"],
        name=letter.body["name"],
        instance=instance,
        keyring=Keyring(settings.VIGIL_KEYS),
        actor=Actor("peer", letter.body["instance"], letter.body["name"][:300]),
        now=clock.now(),
    )
    above = made.peer.organisation.parent
    return 201, {
        "id": str(made.peer.pk),
        "public_key": made.public_key,
        "instance": str(own_instance()),
        "name": above.name if above is not None else urlsplit(settings.VIGIL_BASE_URL).hostname or "Vigil",
        "received_at": written(clock.now()),
    }


def token(request: HttpRequest, letter: Letter) -> Answered:
    """A fresh token; 202 while the comparison is not confirmed."""
    _demand(_TOKEN, letter.body)
    peer, actor = _peer(letter)
    now = clock.now()
    with transaction.atomic():
        fresh(Link.objects.select_for_update().get(peer=peer), letter.body["count"])
        if peer.state == PeerState.PENDING:
            return 202, {"state": "pending", "sent_at": written(now)}
        access = renew_token(peer=peer, actor=actor, now=now)
    return 200, {
        "state": "active",
        "token": access.token,
        "expires_at": written(access.expires_at),
        "api_root": API_ROOT,
        "collections": access.collections,
        "sent_at": written(now),
    }


def _by_token(request: HttpRequest, peer: Peer) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    found = peer_of_token(given.strip(), clock.now()) if scheme.lower() == "bearer" else None
    if found is None or found.pk != peer.pk:
        raise NotAllowed("exchange.token_refused", N_("The peer does not take our token."))


def heartbeat(request: HttpRequest, letter: Letter) -> Answered:
    """What the member says of itself; what we know of it."""
    peer, actor = _peer(letter)
    _by_token(request, peer)
    answer = take_beat(peer=peer, letter=letter.body, actor=actor, now=clock.now())
    return 200, {**answer, **_next_key(peer, letter.body.get("knows_key", ""))}


def _next_key(peer: Peer, known: str) -> dict[str, str]:
    """Our next key for this peer, when one was made: offered until the peer says that it knows it, then taken."""
    keyring = Keyring(settings.VIGIL_KEYS)
    following = keyring.next_key(peer.pk)
    if following is None:
        return {}
    public = public_hex(following.public_key())
    if known != key_id_of(public):
        proof = following.sign(signed_bytes("next-key", f"{peer.pk} {public}".encode())).hex()
        return {"next_key": public, "next_proof": proof}
    keyring.take_next(peer.pk)
    own_key_replaced(peer=peer, public_key=public, actor=Actor("peer", str(peer.pk), peer.name), now=clock.now())
    return {}


def rotate(request: HttpRequest, letter: Letter) -> Answered:
    """The member's next key: the letter is signed with the old one, and `proof` is the next one's signature."""
    _demand(_ROTATE, letter.body)
    peer, actor = _peer(letter)
    _by_token(request, peer)
    public = letter.body["public_key"]
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            bytes.fromhex(letter.body["proof"]), signed_bytes("next-key", f"{peer.pk} {public}".encode())
        )
    except (InvalidSignature, ValueError) as error:
        raise Refused("exchange.bad_public_key", N_("This is not an Ed25519 public key.")) from error
    with transaction.atomic():
        fresh(Link.objects.select_for_update().get(peer=peer), letter.body["count"])
        replace_key(peer=peer, public_key=public, actor=actor, now=clock.now())
    return 200, {"public_key": public, "sent_at": written(clock.now())}

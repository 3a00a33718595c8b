"""Entering an authority's code at an organisation: one call over the network, then the pending link is kept."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from vigil.adapters.peers.bounded import BoundedHttp, safe_url
from vigil.adapters.peers.letters import VigilPost
from vigil.domain.exchange.actions.joining import join
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Peer
from vigil.domain.exchange.queries.links import own_instance
from vigil.domain.exchange.stix import public_hex, written
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed, Refused
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import N_


def enrol_at(
    *,
    url: str,
    code: str,
    organisation: Organisation,
    keyring: Keyring,
    actor: Actor,
    now: datetime,
    ca: Path | None = None,
) -> Peer:
    """Make a key, post it with the code, keep the authority as a peer still to be compared.

    Raises: Refused `exchange.bad_url`, `exchange.not_tls`, `exchange.answered`, `exchange.bad_answer`;
    NotAllowed `exchange.bad_code`; Unavailable.
    """
    peer_id, where = new_id(), safe_url(url)
    body = {
        "code": code.strip()[:40],
        "public_key": public_hex(keyring.make(peer_id).public_key()),
        "name": organisation.name[:300],
        "instance": str(own_instance()),
        "sent_at": written(now),
    }
    try:
        with BoundedHttp(where, ca=ca) as http:
            reply = VigilPost(http).post("enrol", body)
        if reply.code == "exchange.bad_code":
            raise NotAllowed("exchange.bad_code", N_("This code is wrong, used or expired."))
        if reply.status != 201:
            why = str(reply.body.get("detail", reply.status))[:300]
            raise Refused("exchange.answered", N_("The authority answers: {why}"), why=why)
        return _keep(reply.body, peer_id, where, organisation, keyring, actor, now)
    except BaseException:
        keyring.forget(peer_id)
        raise


def _keep(
    answer: dict[str, object],
    peer_id: UUID,
    url: str,
    organisation: Organisation,
    keyring: Keyring,
    actor: Actor,
    now: datetime,
) -> Peer:
    try:
        remote, instance = UUID(str(answer["id"])), UUID(str(answer["instance"]))
        key, name = str(answer["public_key"]), str(answer["name"])[:300]
        if len(bytes.fromhex(key)) != 32:
            raise ValueError(key)
    except (KeyError, ValueError) as error:
        raise Refused(
            "exchange.bad_answer", N_("The peer's answer cannot be understood (HTTP {status})."), status=201
        ) from error
    return join(
        organisation=organisation,
        peer_id=peer_id,
        url=url,
        name=name,
        remote_id=remote,
        instance=instance,
        public_key=key,
        keyring=keyring,
        actor=actor,
        now=now,
    )

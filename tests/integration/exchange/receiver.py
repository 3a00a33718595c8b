"""A receiver whose effect can be counted: one journal entry an object. A subject that says "bad" is refused."""

from datetime import datetime
from typing import Any

from vigil.domain.exchange.models import Collection, Peer
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused


class CountingReceiver:
    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        if obj.get("subject") == "bad":
            raise Refused("test.bad", "The subject is bad.")
        facts = {"id": obj["id"], "modified": obj["modified"], "type": obj["type"], "text": obj.get("text", "")}
        actor = Actor("peer", str(peer.pk), peer.name)
        record(actor=actor, now=now, action="test.effect", facts=facts, organisation=peer.organisation_id)

"""Where posted objects go. What may be posted is decided before (inspection.py); what it means is the receiver's."""

from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from vigil.domain.exchange.models import Collection, Peer


class Receiver(Protocol):
    """Takes one object that a peer posted."""

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        """Take `obj`, already well-formed STIX 2.1. Called inside the transaction that also stores its status.

        Being called again with the same object must have one effect. Raises: VigilError to refuse this object; its
        phrase goes to the sender and the other objects go on.
        """


class KeepingReceiver:
    """The plain one: the object is stored in its collection, told apart by who posted it."""

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        """Store `obj`. Raises: Refused `exchange.too_secret` above the collection's ceiling."""
        from vigil.domain.exchange.actions.items import keep_posted

        keep_posted(peer=peer, collection=collection, obj=obj, now=now)


@cache
def _loaded(path: str) -> Receiver:
    made: Receiver = import_string(path)()
    return made


def receiver() -> Receiver:
    """The one that settings name (`VIGIL_EXCHANGE_RECEIVER`, a dotted path to a class), behind the checks of links."""
    from vigil.domain.exchange.actions.arrivals import CheckedReceiver

    return CheckedReceiver(_loaded(settings.VIGIL_EXCHANGE_RECEIVER))

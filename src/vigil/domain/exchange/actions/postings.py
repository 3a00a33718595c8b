"""What a peer posts: each object by itself, checked, handed to the receiver, and told in a status."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import transaction

from vigil.domain.exchange.actions.arrivals import put_aside
from vigil.domain.exchange.inspection import inspect
from vigil.domain.exchange.instants import read_instant, write_version
from vigil.domain.exchange.models import Collection, Peer, Status
from vigil.domain.exchange.models.collections import microseconds
from vigil.domain.exchange.receiving import Receiver, receiver
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import VigilError

log = logging.getLogger(__name__)

CHUNK: Final = 50  # objects a transaction: what else must be written meanwhile waits for no more
KEPT: Final = timedelta(days=7)


def receive_objects(
    *, peer_id: UUID, collection_pk: int, objects: Sequence[object], actor: Actor, now: datetime
) -> Status:
    """Take what can be taken of `objects`; returns the finished status, committed.

    An object's effect, its storing and its line in the status are one transaction. A refused object leaves no trace
    but its line. The right to write is the caller's to check.
    """
    peer = Peer.objects.get(pk=peer_id)
    collection = Collection.objects.get(pk=collection_pk)
    taker = receiver()
    status = Status(peer=peer, collection=collection, requested_at=now)
    for start in range(0, len(objects), CHUNK):
        with transaction.atomic():
            for obj in objects[start : start + CHUNK]:
                _take(taker, obj, status, now)
            status.pendings = [_line(obj, now) for obj in objects[start + CHUNK :]]
            status.done = not status.pendings
            status.save()
            if status.done:
                _finish(status, objects, actor=actor, now=now)
    return status


def _take(taker: Receiver, obj: object, status: Status, now: datetime) -> None:
    try:
        with transaction.atomic():
            taker.receive(peer=status.peer, collection=status.collection, obj=inspect(obj, now=now), now=now)
    except VigilError as error:
        by = Actor("peer", str(status.peer_id), status.peer.name)
        put_aside(peer=status.peer, obj=obj, error=error, actor=by, now=now)
        status.failures.append({**_line(obj, now), "message": f"{error.code}: {error.phrase}"[:1000]})
    except Exception:
        log.exception("an object posted by peer %s could not be taken", status.peer_id)
        status.failures.append({**_line(obj, now), "message": "exchange.broken: the fault is ours and is in our log"})
    else:
        status.successes.append(_line(obj, now))


def _line(obj: object, now: datetime) -> dict[str, str]:
    """A status detail (TAXII 2.1 section 4.3.1): identifier, and `modified` or `created` as the poster wrote it."""
    given: dict[str, Any] = obj if isinstance(obj, dict) else {}
    stix_id, version = given.get("id"), given.get("modified", given.get("created"))
    try:
        read_instant(version)
    except ValueError:
        version = write_version(microseconds(now))
    named = stix_id.replace("\0", "")[:300] if isinstance(stix_id, str) else ""
    return {"id": named or "unknown", "version": str(version)}


def _finish(status: Status, objects: Sequence[object], *, actor: Actor, now: datetime) -> None:
    Status.objects.filter(peer=status.peer, requested_at__lt=now - KEPT).delete()
    record(
        actor=actor,
        now=now,
        action="exchange.received",
        subject=f"exchange.collection:{status.collection.uuid}",
        organisation=status.peer.organisation_id,
        facts={
            "alias": status.collection.alias,
            "peer": str(status.peer_id),
            "count": len(status.successes),
            "refused": len(status.failures),
            "status": str(status.id),
            "sha256": hashlib.sha256(orjson.dumps(list(objects))).hexdigest(),
        },
    )

"""Writing a collection, and what became of it.

Source: TAXII 2.1 sections 4.3 (status) and 5.5 (add objects).
"""

from typing import Any, Final
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse

from vigil.domain.exchange.actions.postings import receive_objects
from vigil.domain.exchange.instants import write_instant
from vigil.domain.exchange.models import Status
from vigil.domain.exchange.models.collections import microseconds
from vigil.faces.taxii.answers import refuse, resource
from vigil.faces.taxii.asking import access, reach, sends_taxii
from vigil.faces.taxii.views.server import MAX_BYTES
from vigil.kernel import clock
from vigil.kernel.actors import Actor

MAX_OBJECTS: Final = 1000


def add_objects(request: HttpRequest, name: str) -> HttpResponse:
    """Take an envelope. 202 with the status once everything is committed."""
    asking, mine = reach(request, name)
    if not mine.can_write:
        raise refuse(403, "Not allowed", "This collection may be read by you, not written.")
    sends_taxii(request)
    objects = _objects(_body(request))
    actor = Actor("peer", str(asking.peer_id), asking.peer_name)
    now = clock.now()
    status = receive_objects(peer_id=asking.peer_id, collection_pk=mine.pk, objects=objects, actor=actor, now=now)
    return resource(_told(status), 202)


def status(request: HttpRequest, status_id: UUID) -> HttpResponse:
    """What became of a POST; shown to who posted."""
    found = Status.objects.filter(pk=status_id, peer_id=access(request).peer_id).first()
    if found is None:
        raise refuse(404, "Not found", "There is no such status, or it is not yours to see.")
    return resource(_told(found))


def _body(request: HttpRequest) -> bytes:
    """The bytes that were sent, not one of them read when they are too many to be read."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or -1)
    except ValueError:
        length = -1
    if length < 0:
        raise refuse(411, "Length required", "Say with Content-Length how much is sent.")
    if length > MAX_BYTES:
        raise refuse(413, "Too large", f"At most {MAX_BYTES} bytes may be sent at once.", Connection="close")
    body = request.read(length)
    if len(body) < length:
        raise refuse(400, "Cut short", "Less arrived than was announced.")
    return body


def _objects(body: bytes) -> list[Any]:
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refuse(422, "No envelope", f"It is no JSON: {error.msg}") from error
    objects = envelope.get("objects", []) if isinstance(envelope, dict) else None
    if not isinstance(objects, list) or not objects:
        raise refuse(422, "No envelope", "An envelope with a list of objects is needed.")
    if len(objects) > MAX_OBJECTS:
        raise refuse(422, "Too many", f"At most {MAX_OBJECTS} objects may be sent at once.")
    return objects


def _told(status: Status) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(status.id),
        "status": "complete" if status.done else "pending",
        "request_timestamp": write_instant(microseconds(status.requested_at)),
        "total_count": len(status.successes) + len(status.failures) + len(status.pendings),
    }
    for one, many, lines in (
        ("success", "successes", status.successes),
        ("failure", "failures", status.failures),
        ("pending", "pendings", status.pendings),
    ):
        told[f"{one}_count"] = len(lines)
        if lines:
            told[many] = lines
    return told

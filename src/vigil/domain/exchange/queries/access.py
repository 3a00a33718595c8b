"""Who asks, and for which collection: one query for both, since every request to a collection begins with it.

Holds what `peer_of_token` holds; a table of tests keeps the two alike.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from vigil.domain.exchange.gate import visible_up_to
from vigil.domain.exchange.models import CollectionGrant, PeerSide, PeerState
from vigil.domain.exchange.queries.tokens import LONGEST_TOKEN, token_digest

_QUERY = """
SELECT p.id, p.name, p.tlp_ceiling, c.id, c.uuid, c.alias, c.title, c.description, c.tlp_ceiling, c.own_only,
       g.can_read, g.can_write
FROM exchange_accesstoken t
JOIN exchange_peer p ON p.id = t.peer_id
LEFT JOIN exchange_collection c ON c.uuid = %s AND (c.peer_id IS NULL OR c.peer_id = p.id)
LEFT JOIN exchange_collectiongrant g ON g.peer_id = p.id AND g.collection_id = c.id
WHERE t.sha256 = %s AND t.expires_at > %s AND t.revoked_at IS NULL AND p.state = %s AND p.side = %s
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """A collection as one peer has it. `visible`: the strictest rank that it is shown; `lane`: see `Item.lane`."""

    pk: int
    uuid: UUID
    alias: str
    title: str
    description: str
    can_read: bool
    can_write: bool
    ceiling: int
    visible: int
    lane: str


@dataclass(frozen=True, slots=True)
class Access:
    """A peer known by its token, and the collection that it asked for, when that was granted to it."""

    peer_id: UUID
    peer_name: str
    reach: Reach | None


def access_of(token: str, now: datetime, collection: UUID | None = None) -> Access | None:
    """None when the token is nobody's (see `peer_of_token`); without `reach` when the collection is not granted."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    native = connection.features.has_native_uuid_field
    asked = collection if native or collection is None else collection.hex
    until = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY, [asked, token_digest(token), until, str(PeerState.ACTIVE.value), str(PeerSide.BELOW.value)]
        )
        row = cursor.fetchone()
    if row is None:
        return None
    peer = _uuid(row[0])
    return Access(peer, row[1], _reach(row, peer) if row[10] is not None else None)


def _reach(row: tuple[Any, ...], peer: UUID) -> Reach:
    return Reach(
        pk=row[3],
        uuid=_uuid(row[4]),
        alias=row[5],
        title=row[6],
        description=row[7],
        ceiling=row[8],
        visible=visible_up_to(row[2], row[8]),
        lane=peer.hex if row[9] else "",
        can_read=bool(row[10]),
        can_write=bool(row[11]),
    )


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def granted(peer_id: UUID) -> list[CollectionGrant]:
    """What a peer may do, collection by collection, in the order of their aliases."""
    rows = CollectionGrant.objects.filter(peer_id=peer_id).select_related("collection")
    ours = [row for row in rows if row.collection.peer_id in (None, peer_id) and (row.can_read or row.can_write)]
    return sorted(ours, key=lambda row: (row.collection.alias, row.collection.pk))


def uuid_of_alias(peer_id: UUID, alias: str) -> UUID | None:
    """The granted collection of that alias; its own before a shared one."""
    named = [row.collection for row in granted(peer_id) if row.collection.alias == alias]
    return min(named, key=lambda it: it.peer_id is None).uuid if named else None

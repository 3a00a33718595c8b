"""Putting objects into a collection: the one place that gives out `Item.added`.

A shelf is opened inside a transaction and holds the collection's row until that ends, so that objects become visible in
the order of their numbers and no reader can step over one that is still being written.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from vigil.domain.exchange.gate import may_leave
from vigil.domain.exchange.instants import read_instant
from vigil.domain.exchange.markings import marked_rank
from vigil.domain.exchange.models import Collection, Item, Peer
from vigil.domain.exchange.models.collections import NOTHING_NEWER, microseconds
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

SPEC_VERSION: Final = "2.1"
BATCH: Final = 1000


@dataclass
class _Known:
    """A version that is already there, or was put just now."""

    version: int
    tlp: int
    newer_tlp: int
    body: bytes
    pk: int | None = None
    item: Item | None = None
    changed: bool = False


@dataclass
class Tally:
    """What became of the objects that were put."""

    added: int = 0
    same: int = 0
    withheld: list[str] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)

    def join(self, other: "Tally") -> None:
        """Add another's counts."""
        self.added += other.added
        self.same += other.same
        self.withheld += other.withheld


class Shelf:
    """A collection, open for writing until the transaction ends."""

    def __init__(self, collection: Collection, *, posted_by: Peer | None, now: datetime) -> None:
        if not connection.in_atomic_block:
            raise RuntimeError("a collection is written inside a transaction")
        self._collection = Collection.objects.select_for_update().get(pk=collection.pk)
        self._last = max(self._collection.last_added, microseconds(now) - 1)
        self._posted_by = posted_by
        self._lane = posted_by.pk.hex if posted_by is not None and self._collection.own_only else ""
        self.tally = Tally()

    def put(self, objects: Sequence[Mapping[str, Any]], rank: int) -> list[Item]:
        """Store what is new of `objects`, each at `rank` or at its own stricter marking; returns the new items.

        Objects above the collection's ceiling are left out and counted. Raises: Refused `exchange.not_stix`.
        """
        added: list[Item] = []
        for start in range(0, len(objects), BATCH):
            added += self._put(objects[start : start + BATCH], rank)
        Collection.objects.filter(pk=self._collection.pk).update(last_added=self._last)
        return added

    def _put(self, objects: Sequence[Mapping[str, Any]], rank: int) -> list[Item]:
        known = self._known({str(obj.get("id")) for obj in objects})
        new: list[Item] = []
        for obj in objects:
            item = self._item(obj, max(rank, marked_rank(obj) or 0), known)
            if item is not None:
                new.append(item)
                self.tally.digest.update(bytes(item.body) + b"\n")
        Item.objects.bulk_create(new, batch_size=BATCH)
        self._write_superseded(known)
        self.tally.added += len(new)
        return new

    def _item(self, obj: Mapping[str, Any], rank: int, known: dict[str, list[_Known]]) -> Item | None:
        stix_id, stix_type, version, spec = _head(obj)
        if may_leave(tlp=rank, needs_to_know=True, ceiling=self._collection.tlp_ceiling) is not None:
            self.tally.withheld.append(stix_id)
            return None
        body = orjson.dumps(obj)
        others = known[stix_id]
        if any(it.version == version if version is not None else it.body == body for it in others):
            self.tally.same += 1
            return None
        self._last += 1
        item = Item(
            collection_id=self._collection.pk,
            lane=self._lane,
            added=self._last,
            stix_id=stix_id,
            version=self._last if version is None else version,
            spec_version=spec,
            stix_type=stix_type,
            tlp=rank,
            posted_by=self._posted_by,
            body=body,
        )
        for other in others:
            if other.version > item.version:
                item.newer_tlp = min(item.newer_tlp, other.tlp)
            elif rank < other.newer_tlp:
                other.newer_tlp = rank
                other.changed = True
                if other.item is not None:
                    other.item.newer_tlp = rank
        others.append(_Known(item.version, rank, NOTHING_NEWER, body, item=item))
        return item

    def _known(self, ids: Iterable[str]) -> dict[str, list[_Known]]:
        rows = Item.objects.filter(collection=self._collection, lane=self._lane, stix_id__in=list(ids))
        found: dict[str, list[_Known]] = defaultdict(list)
        for pk, stix_id, version, tlp, newer, body in rows.order_by().values_list(
            "pk", "stix_id", "version", "tlp", "newer_tlp", "body"
        ):
            found[stix_id].append(_Known(version, tlp, newer, bytes(body), pk=pk))
        return found

    def _write_superseded(self, known: dict[str, list[_Known]]) -> None:
        changed: dict[int, list[int]] = defaultdict(list)
        for versions in known.values():
            for it in versions:
                if it.pk is not None and it.changed:
                    changed[it.newer_tlp].append(it.pk)
        for newer, keys in changed.items():
            Item.objects.filter(pk__in=keys).update(newer_tlp=newer)


def _head(obj: Mapping[str, Any]) -> tuple[str, str, int | None, str]:
    """Identifier, type, version (None where the object has no instant of its own) and version of STIX."""
    stix_id, stix_type, spec = obj.get("id"), obj.get("type"), obj.get("spec_version", SPEC_VERSION)
    written = obj.get("modified", obj.get("created"))
    if not isinstance(stix_id, str) or not isinstance(stix_type, str) or not stix_id.startswith(f"{stix_type}--"):
        raise Refused("exchange.not_stix", N_("An object has no identifier and type of STIX."))
    if len(stix_id) > 300 or len(stix_type) > 250 or spec != SPEC_VERSION:
        raise Refused("exchange.not_stix_21", N_("{id} is not an object of STIX 2.1."), id=stix_id[:300])
    try:
        return stix_id, stix_type, None if written is None else read_instant(written), spec
    except ValueError as error:
        raise Refused(
            "exchange.not_an_instant", N_("{id} has a time that cannot be read: {why}"), id=stix_id, why=str(error)
        ) from error

"""Collections of STIX objects, who may read and write them, and what lies in them.

Instants of items are whole microseconds since 1970 (UTC): they are compared and written with exactly six digits, and
an integer does both without parsing. `Item.added` grows strictly within a collection in the order of commits, so that
whoever has seen everything up to one value misses nothing by asking for what lies beyond it.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.exchange.models.peers import Peer
from vigil.kernel.tlp import Tlp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING_NEWER = 9  # above every TLP rank: `Item.newer_tlp` of a version that no later one supersedes


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant_of(value: int) -> datetime:
    """The aware instant of whole microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


class Collection(models.Model):
    """A TAXII collection. `peer`: the one that it belongs to alone. `own_only`: a reader sees only what itself posted.
    `tlp_ceiling`: the strictest rank that may lie in it. `last_added`: the last `Item.added` that was given out."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    alias = models.CharField(_("Alias"), max_length=100)
    title = models.CharField(_("Name"), max_length=300)
    description = models.CharField(_("Description"), max_length=1000, blank=True)
    peer = models.ForeignKey(Peer, null=True, blank=True, on_delete=models.PROTECT, related_name="collections")
    tlp_ceiling = models.PositiveSmallIntegerField(default=Tlp.AMBER_STRICT.rank)
    own_only = models.BooleanField(default=False)
    last_added = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["alias", "id"]
        constraints = [
            models.UniqueConstraint(fields=["alias"], condition=models.Q(peer=None), name="exchange_shared_alias_once"),
            models.UniqueConstraint(fields=["peer", "alias"], name="exchange_peer_alias_once"),
        ]

    def __str__(self) -> str:
        return self.alias


class CollectionGrant(models.Model):
    """What one peer may do with one collection. No row, no right: a collection without grants is nobody's."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="grants")
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="grants")
    can_read = models.BooleanField(default=False)
    can_write = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "collection"], name="exchange_grant_once")]

    def __str__(self) -> str:
        return f"{self.peer_id} on {self.collection_id}: {'r' * self.can_read}{'w' * self.can_write}"


class Item(models.Model):
    """One version of one STIX object, as bytes that go on the wire unchanged.

    `lane`: empty, or in an `own_only` collection the poster's id (hex), within which versions are told apart.
    `newer_tlp`: the freest rank among later versions: a reader whose ceiling is below it has this one as its latest.
    """

    id = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="items", db_index=False)
    lane = models.CharField(max_length=32, blank=True, default="")
    added = models.BigIntegerField()
    stix_id = models.CharField(max_length=300)
    version = models.BigIntegerField()
    spec_version = models.CharField(max_length=10, default="2.1")
    stix_type = models.CharField(max_length=250)
    tlp = models.PositiveSmallIntegerField()
    newer_tlp = models.PositiveSmallIntegerField(default=NOTHING_NEWER)
    posted_by = models.ForeignKey(
        Peer, null=True, blank=True, on_delete=models.PROTECT, related_name="posted", db_index=False
    )
    body = models.BinaryField()

    class Meta:
        ordering = ["collection", "added"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "stix_id", "lane", "version"], name="exchange_item_version_once"
            ),
            models.UniqueConstraint(fields=["collection", "added"], name="exchange_item_added_once"),
        ]
        indexes = [
            models.Index(fields=["collection", "stix_type", "added"], name="exchange_item_by_type"),
            models.Index(fields=["collection", "tlp", "added"], name="exchange_item_by_tlp"),
            models.Index(
                fields=["collection", "lane", "added"], condition=~models.Q(lane=""), name="exchange_item_by_lane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stix_id} {self.version_at:%Y-%m-%dT%H:%M:%S.%fZ}"

    @property
    def added_at(self) -> datetime:
        """When it was put into the collection."""
        return instant_of(self.added)

    @property
    def version_at(self) -> datetime:
        """`modified`, else `created`, else when it was added."""
        return instant_of(self.version)


class Status(models.Model):
    """What became of the objects of one POST (TAXII 2.1 section 4.3). The lists hold `{id, version, message}`."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # TAXII 2.1 section 2 asks for version 4
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="statuses", db_index=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="statuses")
    requested_at = models.DateTimeField()
    done = models.BooleanField(default=False)
    successes = models.JSONField(default=list)
    failures = models.JSONField(default=list)
    pendings = models.JSONField(default=list)

    class Meta:
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["peer", "requested_at"], name="exchange_status_by_peer")]
        verbose_name_plural = "statuses"

    def __str__(self) -> str:
        return f"{self.id}: {len(self.successes)} taken, {len(self.failures)} refused"

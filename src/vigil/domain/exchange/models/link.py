"""The link between two Vigils: how it is made, how it fares, what waits to leave, what arrived and what could not.

One `Link` a peer holds what changes with every heartbeat. Rows of `Outgoing` and `Received` are kept at least sixty
days: from them a side that was restored from a backup is brought up to date again.
"""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.exchange.models.peers import Peer
from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class Instance(models.Model):
    """This database's own random id (one row). A copy of the database has the same; a new one has another."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    instance = models.UUIDField(default=uuid4)

    def __str__(self) -> str:
        return str(self.instance)


class EnrolmentCode(models.Model):
    """A one-time code for an organisation. `selector` (its first letters) finds it; only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="enrolment_codes")
    selector = models.CharField(max_length=8, unique=True)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    peer = models.ForeignKey(Peer, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.selector}…"


class Link(models.Model):
    """What is known of the link with a peer. `last_sequence` is the last that we gave out, `settled_sequence` the
    highest of ours that it accepted, `received_sequence` the highest of its own that we took. `count` numbers signed
    requests, so that none is taken twice. `clock_offset_ms`: the peer's clock minus ours."""

    peer = models.OneToOneField(Peer, on_delete=models.CASCADE, primary_key=True, related_name="link")
    remote_id = models.UUIDField(null=True)
    instance = models.UUIDField(null=True)
    comparison = models.CharField(max_length=60, blank=True)
    api_root = models.CharField(max_length=500, blank=True)
    collections = models.JSONField(default=dict)
    token_expires_at = models.DateTimeField(null=True)
    count = models.BigIntegerField(default=0)

    last_sequence = models.BigIntegerField(default=0)
    settled_sequence = models.BigIntegerField(default=0)
    received_sequence = models.BigIntegerField(default=0)
    received_count = models.BigIntegerField(default=0)
    their_received_count = models.BigIntegerField(default=0)

    beat_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    outage_since = models.DateTimeField(null=True)
    round_trip_ms = models.FloatField(null=True)
    clock_offset_ms = models.FloatField(null=True)
    clock_told = models.BooleanField(default=False)
    interval_s = models.FloatField(default=15)
    last_in_at = models.DateTimeField(null=True)
    last_out_at = models.DateTimeField(null=True)
    last_delay_s = models.FloatField(null=True)
    their_queue = models.PositiveIntegerField(default=0)
    their_oldest_at = models.DateTimeField(null=True)
    their_cursors = models.JSONField(default=dict)
    trouble = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"link with {self.peer_id}"


class PinnedKey(models.Model):
    """A public key (Ed25519, hex) by which a peer is known. A retired one still verifies what was sealed before."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="keys")
    key_id = models.CharField(max_length=64)
    public_key = models.CharField(max_length=64)
    since = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-since"]
        constraints = [models.UniqueConstraint(fields=["peer", "key_id"], name="exchange_pinned_key_once")]

    def __str__(self) -> str:
        return self.key_id[:16]


class OutgoingState(models.TextChoices):
    """What became of it."""

    QUEUED = "queued", _("Waits")
    SENT = "sent", _("Accepted there")
    REFUSED = "refused", _("Refused there")


class Outgoing(models.Model):
    """One object for a peer above, written in the transaction of the fact it tells (`fact_at`)."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="outgoing")
    sequence = models.BigIntegerField()
    subject = models.CharField(max_length=300)
    stix_id = models.CharField(max_length=300)
    version = models.CharField(max_length=40)
    obj = models.JSONField()
    tlp = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    fact_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=OutgoingState.choices, default=OutgoingState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    told = models.BooleanField(default=False)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["peer", "sequence"], name="exchange_outgoing_sequence_once")]
        indexes = [
            models.Index(fields=["peer", "state", "sequence"], name="exchange_outgoing_waiting"),
            models.Index(fields=["peer", "settled_at"], name="exchange_outgoing_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.stix_id}"


class Received(models.Model):
    """That a version of an object of a peer took effect here: written in the transaction of the effect."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="received", db_index=False)
    stix_id = models.CharField(max_length=300)
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    sequence = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    delay_s = models.FloatField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["peer", "stix_id", "version"], name="exchange_received_once"),
        ]
        indexes = [
            models.Index(fields=["peer", "sequence"], name="exchange_received_sequence"),
            models.Index(fields=["peer", "at"], name="exchange_received_at"),
        ]

    def __str__(self) -> str:
        return f"{self.stix_id} {self.version}"


class Quarantined(models.Model):
    """An object that could not be taken: why, and its first bytes. `by_them`: the peer told us so of one of ours."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="quarantined")
    by_them = models.BooleanField(default=False)
    stix_id = models.CharField(max_length=300)
    version = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=100)
    reason = models.JSONField()
    first_bytes = models.CharField(max_length=500, blank=True)
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["peer", "by_them", "stix_id", "version"], name="exchange_quarantined_once")
        ]

    def __str__(self) -> str:
        return f"{self.stix_id}: {self.code}"


class Cursor(models.Model):
    """Up to where a collection of a peer above was read (`added_after`). Commits with the effects of what was read."""

    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="cursors")
    alias = models.CharField(max_length=100)
    added_after = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["peer", "alias"], name="exchange_cursor_once")]

    def __str__(self) -> str:
        return f"{self.alias} up to {self.added_after or 'the beginning'}"


class WitnessedHead(models.Model):
    """A head of the peer's journal as it said it. Two hashes for one number: it was rewritten."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="heads")
    sequence = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["peer", "sequence"], name="exchange_head_sequence")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


class LinkSample(models.Model):
    """A minute (later an hour: `minutes`) of the link: for how many of its minutes it was seen up."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="samples", db_index=False)
    at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=1)
    up_minutes = models.PositiveSmallIntegerField(default=1)
    round_trip_ms = models.FloatField(null=True)
    queue = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["peer", "minutes", "at"], name="exchange_sample_once")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.up_minutes}/{self.minutes}"

"""Where events come from, and how far they were read.

A source belongs to one organisation. What arrives is told apart by a token (HTTP) or by the sender's address and host
(syslog). How many, how late and what was refused is counted by who reads, in the transaction that moves the position.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class LogSource(models.Model):
    """A source of events. `address`: an address or network (CIDR) that sends; `host`: its name in the records.

    `product`, `category`, `service`: what rules call such logs, where the format does not tell. Silent after
    `silent_after_s` without an event (0: it may be silent); late when read more than `most_lag_s` after it came.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="log_sources", verbose_name=_("Organisation")
    )
    name = models.CharField(_("Name"), max_length=200)
    format = models.CharField(_("Format"), max_length=30, default="auto")
    product = models.CharField(_("Product"), max_length=60, blank=True)
    category = models.CharField(_("Category"), max_length=60, blank=True)
    service = models.CharField(_("Service"), max_length=60, blank=True)
    address = models.CharField(_("Address or network of the sender"), max_length=60, blank=True)
    host = models.CharField(_("Name of the host"), max_length=255, blank=True)
    path = models.CharField(_("File that is followed"), max_length=1000, blank=True)
    token_digest = models.CharField(max_length=64, blank=True, editable=False)
    silent_after_s = models.PositiveIntegerField(_("Silent after (seconds)"), default=900)
    most_lag_s = models.PositiveIntegerField(_("Late after (seconds)"), default=60)
    found_by_itself = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    events = models.BigIntegerField(default=0, editable=False)
    rejected = models.BigIntegerField(default=0, editable=False)
    bytes = models.BigIntegerField(default=0, editable=False)
    rejected_samples = models.JSONField(default=list, editable=False)  # [{"at": ISO, "why": text}], the newest first
    last_event_at = models.DateTimeField(null=True, editable=False)  # the newest event's own time
    last_received_at = models.DateTimeField(null=True, editable=False)
    lag_s = models.FloatField(null=True, editable=False)  # of the batch that was read last: received to read

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="log_source_name_once"),
            models.UniqueConstraint(
                fields=["token_digest"], condition=~models.Q(token_digest=""), name="log_source_token_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(found_by_itself=True, retired_at=None),
                name="log_source_found",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SourceHour(models.Model):
    """What came from a source in an hour (by the time of receipt, UTC)."""

    source = models.ForeignKey(LogSource, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    events = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["hour"]
        constraints = [models.UniqueConstraint(fields=["source", "hour"], name="source_hour_once")]
        indexes = [
            models.Index(fields=["hour"], name="source_hour_of_all"),
            models.Index(fields=["hour"], condition=models.Q(rejected__gt=0), name="source_hour_rejected"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.hour}"


class SpoolPosition(models.Model):
    """How far a stream of the spool was read: moved only in the transaction of everything that was found before it.

    `unknown_frames`, `unknown_bytes`: what came from sources that are not entered (any more), and was kept nowhere.
    """

    stream = models.CharField(primary_key=True, max_length=100)
    segment = models.BigIntegerField()
    offset = models.BigIntegerField()
    torn_bytes = models.BigIntegerField(default=0)
    waiting_bytes = models.BigIntegerField(default=0)
    unknown_frames = models.BigIntegerField(default=0)
    unknown_bytes = models.BigIntegerField(default=0)
    unknown_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.stream} {self.segment}:{self.offset}"


class Listener(models.Model):
    """A door that events come in by, as the receiver told last. `refused`: what nobody's was, or came broken.

    `trouble`: why it does not listen, or takes nothing at present.
    """

    name = models.CharField(primary_key=True, max_length=20)
    host = models.CharField(max_length=60, blank=True)
    port = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=500, blank=True)
    received = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    samples = models.JSONField(default=list)  # [{"at": ISO, "why": text}], the newest first
    last_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TailPosition(models.Model):
    """How far the files of `path` were followed: `cursor` for what lies in the spool before (stream, segment, offset).

    `trouble`: what keeps it from being read, or what happened to a file last.
    """

    source = models.OneToOneField(LogSource, primary_key=True, on_delete=models.CASCADE, related_name="tail")
    path = models.CharField(max_length=1000)
    cursor = models.JSONField(null=True)
    stream = models.CharField(max_length=100, blank=True)
    segment = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    trouble = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source_id} {self.segment}:{self.offset}"


class ReadingState(models.Model):
    """What the reader of a source in a stream must know of the lines before: the header of a table, a format."""

    stream = models.CharField(max_length=100)
    source = models.ForeignKey(LogSource, on_delete=models.CASCADE, related_name="+")
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "source"], name="reading_state_once")]

    def __str__(self) -> str:
        return f"{self.stream} {self.source_id}"

"""Messages to the outside. At least once on the way out, under one Message-ID; a crash in mid-delivery shows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.kernel.identifiers import new_id


class MessageState(models.TextChoices):
    """Where a message is."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    POSSIBLY_SENT = "possibly_sent", _("Possibly sent")
    FAILED = "failed", _("Not delivered")
    WITHDRAWN = "withdrawn", _("Withdrawn before it was sent")


class Message(models.Model):
    """One message to one address on one channel."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=20, default="email")
    address = models.CharField(max_length=320)
    title = models.CharField(max_length=300)
    body = models.TextField()
    about = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, unique=True)

    state = models.CharField(max_length=20, choices=MessageState.choices, default=MessageState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    urgent = models.BooleanField(default=False)  # goes before whatever else waits on its channel
    possibly_twice = models.BooleanField(default=False)  # a crash hid whether it had left; it went again under its id

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["about"]),
            models.Index(fields=["channel", "next_attempt_at"], condition=models.Q(urgent=True), name="message_urgent"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.message_id} {self.state}"

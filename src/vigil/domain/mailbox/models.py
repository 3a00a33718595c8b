"""Letters that came by mail, and those of their parts that are offered for reading.

Letter --offered--> a person reads a part (taken) or says that it is not theirs (set aside)
Letter --set aside at once--> with the reason; of such a letter nothing but its envelope is kept
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Directive
from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class LetterState(models.TextChoices):
    """What became of a letter."""

    OFFERED = "offered", _("Offered for reading")
    TAKEN = "taken", _("Read as a dispatch")
    SET_ASIDE = "set_aside", _("Set aside")


class Reason(models.TextChoices):
    """Why a letter was set aside."""

    NOT_OURS = "not_ours", _("Somebody said that it is not ours")
    NOT_A_DISPATCH = "not_a_dispatch", _("Neither a dispatch nor a warning")
    SECRET = "secret", _("Bears a secrecy grade; nothing of it was kept")
    UNREADABLE = "unreadable", _("Its files could not be read")
    OWN = "own", _("Sent by this Vigil")
    AUTOMATIC = "auto", _("Sent by a machine")
    BOUNCE = "bounce", _("A delivery report")
    LIST = "list", _("From a mailing list")
    REPEATED = "repeated", _("Another letter came under the same Message-ID")
    TOO_MANY = "too_many", _("Too many letters from this sender within an hour")
    TOO_LARGE = "too_large", _("Too large")
    TOO_DEEP = "too_deep", _("Nested too deep")
    TOO_MANY_PARTS = "too_many_parts", _("Too many parts")
    TOO_MANY_ATTACHMENTS = "too_many_attachments", _("Too many attachments")
    MALFORMED = "malformed", _("Not well formed")
    FAULT = "fault", _("Vigil failed on it; look at the log")


class Letter(models.Model):
    """One message in one organisation's mailbox; once by Message-ID and SHA-256."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="letters")
    message_id = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    sender = models.CharField(_("From"), max_length=320, blank=True)
    subject = models.CharField(_("Subject"), max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=LetterState.choices)
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "message_id", "sha256"], name="letter_once"),
            models.CheckConstraint(
                condition=models.Q(state="set_aside") ^ models.Q(reason=""), name="letter_set_aside_has_reason"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state", "-received_at"])]

    def __str__(self) -> str:
        return self.subject or self.message_id


class LetterPart(models.Model):
    """An attachment, or the letter's own text, that is offered; its bytes lie in the originals store."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    filename = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    warning = models.BooleanField(default=False)  # of vulnerabilities, rather than a dispatch with demands
    issuer = models.CharField(max_length=300, blank=True)
    number = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=500, blank=True)
    demands = models.PositiveIntegerField(default=0)
    directive = models.ForeignKey(
        Directive, null=True, blank=True, on_delete=models.SET_NULL, related_name="letter_parts"
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["letter", "position"], name="letter_part_once")]

    def __str__(self) -> str:
        return self.filename or self.about

"""Dispatch, directive, obligation: what arrived, what was read from it, and what it asks for, leaf by leaf.

Dispatch  --read-->  Directive (draft)  --a person confirms-->  Directive (confirmed)
Directive --obligations-->  Obligation
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class Dispatch(models.Model):
    """The document as it arrived, byte for byte (the bytes lie in the originals store, by their SHA-256)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="dispatches")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    filename = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    text = models.TextField()
    document = models.JSONField(default=dict)  # pages, boxes, method, encoding, signatures, warnings
    reading = models.JSONField(default=dict)  # engines.dispatch.Reading.to_json(), never edited

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["organisation", "sha256"], name="dispatch_once")]

    def __str__(self) -> str:
        return self.filename or self.sha256[:12]


class DirectiveState(models.TextChoices):
    """How far a directive has come."""

    DRAFT = "draft", _("To be reviewed")
    CONFIRMED = "confirmed", _("Confirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Directive(models.Model):
    """What was read from a dispatch and, once confirmed, what a named person stands for.

    `origins` says of each field how its value came: read, normalised, inferred, edited, blank.
    `version` grows with every change, so that two people cannot overwrite each other.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="directives")
    dispatch = models.OneToOneField(Dispatch, on_delete=models.PROTECT, related_name="directive")
    state = models.CharField(max_length=12, choices=DirectiveState.choices, default=DirectiveState.DRAFT)
    version = models.PositiveIntegerField(default=1)

    kind = models.CharField(_("Kind of document"), max_length=30, default="dispatch")
    issuer = models.CharField(_("Issuer"), max_length=300, blank=True)
    issuer_parent = models.CharField(_("Issuer's superior"), max_length=300, blank=True)
    number = models.CharField(_("Number and symbol"), max_length=120, blank=True)
    number_missing_serial = models.BooleanField(default=False)
    place = models.CharField(_("Place"), max_length=120, blank=True)
    issued_on = models.DateField(_("Date of issue"), null=True, blank=True)
    subject = models.CharField(_("Subject"), max_length=1000, blank=True)
    window_event = models.CharField(_("Occasion"), max_length=500, blank=True)
    window_start = models.DateField(_("First day"), null=True, blank=True)
    window_end = models.DateField(_("Last day"), null=True, blank=True)
    signatory_authority = models.CharField(_("Signs for"), max_length=200, blank=True)
    signatory_title = models.CharField(_("Signatory's title"), max_length=200, blank=True)
    signatory_name = models.CharField(_("Signatory"), max_length=200, blank=True)
    addressees = models.JSONField(default=list, blank=True)
    recipients = models.JSONField(default=list, blank=True)
    cves = models.JSONField(default=list, blank=True)
    products = models.JSONField(default=list, blank=True)
    vuln_references = models.JSONField(default=list, blank=True)
    deadlines = models.JSONField(default=list, blank=True)
    contacts = models.JSONField(default=list, blank=True)
    refs = models.JSONField(default=list, blank=True)
    origins = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.number or '—'} {self.subject}".strip()

    @property
    def is_numbered(self) -> bool:
        """Only a numbered directive can authorise an order."""
        return bool(self.number) and not self.number_missing_serial


class LinkKind(models.TextChoices):
    """How a later directive bears on an earlier one."""

    NUMBERED_ISSUE = "numbered_issue", _("Numbered issue of")
    AMENDMENT = "amendment", _("Amends")
    WITHDRAWAL = "withdrawal", _("Withdraws")


class DirectiveLink(models.Model):
    """A later directive that numbers, amends or withdraws an earlier one. Proofs stay with the watch."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    later = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="links_back")
    earlier = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="links_on")
    kind = models.CharField(max_length=20, choices=LinkKind.choices)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["later", "earlier"], name="directive_link_once"),
            models.CheckConstraint(condition=~models.Q(later=models.F("earlier")), name="directive_link_not_self"),
        ]

    def __str__(self) -> str:
        return f"{self.later} {self.kind} {self.earlier}"


class ObligationKind(models.TextChoices):
    """What an obligation asks for, which decides the room that can prove it."""

    DUTY = "duty", _("Duty 24/7")
    PROVIDER_COMMITMENT = "provider_commitment", _("Provider commitment")
    VULNERABILITY_REVIEW = "vulnerability_review", _("Vulnerability review")
    INFORMATION_SHARING = "information_sharing", _("Information sharing")
    DETECTION_FILTERING = "detection_filtering", _("Detection and filtering")
    ORDER_HANDLING = "order_handling", _("Handling of orders")
    CONTACT_POINT = "contact_point", _("Contact point")
    IMPORTANT_SYSTEMS = "important_systems", _("Important systems named")
    OTHER = "other", _("Other")


class Obligation(models.Model):
    """One leaf demand: `1.a` ... `3`, in its exact words. `derived` marks the scope that Vigil makes explicit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    directive = models.ForeignKey(Directive, on_delete=models.CASCADE, related_name="obligations")
    position = models.PositiveIntegerField()
    code = models.CharField(_("Item"), max_length=30)
    kind = models.CharField(_("Kind"), max_length=30, choices=ObligationKind.choices, default=ObligationKind.OTHER)
    audience = models.CharField(_("Audience"), max_length=120, default="all")
    text = models.TextField(_("Exact words"))
    deadline_at = models.DateTimeField(_("Deadline"), null=True, blank=True)
    derived = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["directive", "code"], name="obligation_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.text[:60]}"

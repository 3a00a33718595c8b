"""Dispatch, directive, obligation, watch, assignment: the backbone that every other room hangs its proofs on.

Dispatch  --read-->  Directive (draft)  --a person confirms-->  Directive (confirmed)
Directive --obligations-->  Obligation
Watch     = one organisation's window over which it keeps a directive's obligations
Assignment = one obligation of one watch: whether it applies, who answers for it, by when
"""

from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.clock import VIETNAM
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


class WatchState(models.TextChoices):
    """Planned, kept, closed."""

    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Watch(models.Model):
    """One organisation's window over which it keeps a directive's obligations. Ends when somebody closes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="watches")
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="watches")
    title = models.CharField(_("Title"), max_length=500)
    starts_at = models.DateTimeField(_("Starts"))
    ends_at = models.DateTimeField(_("Ends"))
    window_origin = models.CharField(max_length=20, default="edited")
    state = models.CharField(max_length=10, choices=WatchState.choices, default=WatchState.PLANNED)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        ordering = ["-starts_at"]
        verbose_name_plural = "watches"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="watch_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["organisation", "directive"],
                condition=~models.Q(state="closed"),
                name="watch_once_per_directive",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def first_day(self) -> date:
        """The first day, in Viet Nam."""
        return self.starts_at.astimezone(VIETNAM).date()

    @property
    def last_day(self) -> date:
        """The last day that has a minute in the window, in Viet Nam."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(VIETNAM).date()

    @property
    def day_count(self) -> int:
        """How many days the window touches."""
        return (self.last_day - self.first_day).days + 1

    def day_number(self, instant: datetime) -> int | None:
        """Day n of the window at `instant`; None outside it."""
        if not self.starts_at <= instant < self.ends_at:
            return None
        return (instant.astimezone(VIETNAM).date() - self.first_day).days + 1


def window_instants(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """00:00 of the first day to 24:00 of the last, in Viet Nam."""
    starts = datetime.combine(first_day, time.min, tzinfo=VIETNAM)
    return starts, datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=VIETNAM)


class Assignment(models.Model):
    """One obligation of one watch. Kept when a later directive replaces the obligation's wording."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="assignments")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="assignments")
    applies = models.BooleanField(default=True)
    applies_reason = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
        verbose_name=_("Responsible"),
    )
    own_deadline_at = models.DateTimeField(_("Own deadline"), null=True, blank=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["obligation__position"]
        constraints = [models.UniqueConstraint(fields=["watch", "obligation"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.obligation.code} in {self.watch}"

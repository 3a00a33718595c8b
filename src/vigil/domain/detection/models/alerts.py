"""What a person must look at: alerts, the detections beneath them, notes, and what need not be looked at for a while.

open --take--> taken --close, with a verdict--> closed        (a taken one may be given to another, or back)
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.detection.models.hunts import RetroHunt
from vigil.domain.detection.models.rules import Level, Rule
from vigil.domain.detection.models.sources import LogSource
from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class AlertKind(models.TextChoices):
    """What raised it."""

    RULE = "rule", _("A rule")
    CORRELATION = "correlation", _("A correlation of rules")
    INDICATOR = "indicator", _("An indicator")
    SILENCE = "silence", _("A source that is silent")
    HOTLINE = "hotline", _("A call to the hotline")


class AlertState(models.TextChoices):
    """Where it stands."""

    OPEN = "open", _("Waits for somebody")
    TAKEN = "taken", _("Taken")
    CLOSED = "closed", _("Closed")


class AlertVerdict(models.TextChoices):
    """What it was."""

    ATTACK = "attack", _("An attack")
    BENIGN = "benign", _("True, and harmless")
    FALSE = "false", _("A false alarm")
    EXERCISE = "exercise", _("An exercise")


class Suppression(models.Model):
    """What raises no alert for a while: of one rule (`key`), of one entity, or of one rule and entity. Never all."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="suppressions")
    key = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    entity = models.CharField(_("Entity"), max_length=300, blank=True)
    owner = models.CharField(max_length=200)
    reason = models.CharField(_("Reason"), max_length=500)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("Until"))
    lifted_at = models.DateTimeField(null=True)
    count = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["expires_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(key="", entity=""), name="suppression_of_something"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="suppression_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.key} {self.entity}".strip()


class Alert(models.Model):
    """One key (a rule's uid, an indicator's value, a source) and one entity: seen again, its count grows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    key = models.CharField(max_length=300)
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    title = models.CharField(max_length=300)
    level = models.CharField(max_length=20, choices=Level.choices)
    weight = models.PositiveSmallIntegerField()  # of the level, to sort by: 0 informational ... 4 critical
    entity = models.CharField(max_length=300, blank=True)
    techniques = models.JSONField(default=list)
    tlp = models.CharField(max_length=20, blank=True)
    source = models.ForeignKey(LogSource, null=True, on_delete=models.SET_NULL, related_name="alerts")
    exercise = models.BooleanField(default=False)
    hunt = models.ForeignKey(  # that raised it; None: it was seen as it came
        RetroHunt, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )

    state = models.CharField(max_length=10, choices=AlertState.choices, default=AlertState.OPEN)
    count = models.BigIntegerField(default=1)
    first_at = models.DateTimeField()  # the events' own time
    last_at = models.DateTimeField()
    raised_at = models.DateTimeField()  # by this Vigil's clock
    seen_again_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # to be taken before
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_name = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_name = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(max_length=10, choices=AlertVerdict.choices, blank=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        ordering = ["-weight", "raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "key", "entity"],
                condition=~models.Q(state="closed"),
                name="alert_once_while_open",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "-weight", "raised_at"], name="alert_queue"),
            models.Index(fields=["organisation", "-raised_at"], name="alert_newest"),
            models.Index(fields=["key"], name="alert_key"),
            models.Index(  # what waits, wherever it is
                fields=["state", "-weight", "raised_at"], condition=~models.Q(state="closed"), name="alert_standing"
            ),
            models.Index(fields=["source", "last_at"], condition=models.Q(kind="silence"), name="alert_silence"),
        ]

    def __str__(self) -> str:
        return self.title


class Detection(models.Model):
    """A rule (or indicator) that held on an event: told once, however often the event is read.

    `event` is the event's id (stream, segment, offset). For a correlation it is the event that closed it, and `events`
    are those it was made of. Beyond the first thousand of an alert only the count grows, and `kept` is false there.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="detections")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=300)
    event = models.CharField(max_length=120)
    at = models.DateTimeField()
    source = models.ForeignKey(LogSource, null=True, on_delete=models.SET_NULL, related_name="+")
    shown = models.JSONField(default=dict)  # a few fields of the event, as evidence that outlives the store
    events = models.JSONField(default=list)
    hunt = models.ForeignKey(RetroHunt, null=True, on_delete=models.SET_NULL, related_name="detections")

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key", "event"], name="detection_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.event}"


class AlertNote(models.Model):
    """What somebody wrote on an alert, or what was done with it."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    what = models.CharField(max_length=20)  # note, taken, given, returned, closed (closed:VERDICT), reopened
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:80]


class PendingMatch(models.Model):
    """A match that correlations wait for: laid down with the position (`laid_at`), taken up by the second stage."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule = models.CharField(max_length=300)
    event = models.CharField(max_length=120)
    at = models.DateTimeField()
    values = models.JSONField(default=list)  # [[field, value], ...]
    laid_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "id"], name="pending_in_order")]

    def __str__(self) -> str:
        return f"{self.rule} {self.event}"


class CorrelationState(models.Model):
    """Who runs the second stage for an organisation moves this version in the transaction of what it found."""

    organisation = models.OneToOneField(Organisation, primary_key=True, on_delete=models.CASCADE, related_name="+")
    version = models.BigIntegerField(default=0)
    too_late = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.organisation_id)


class CorrelationGroup(models.Model):
    """What the second stage remembers of one group of one correlation. `group` is its digest, `values` says what it is.

    `waits`: whether time alone will settle something in it; `forget_at`: when nothing can reach it any more.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    correlation = models.CharField(max_length=300)
    group = models.CharField(max_length=64)
    values = models.JSONField(default=list)
    state = models.JSONField(default=dict)
    touched_at = models.DateTimeField()
    waits = models.BooleanField(default=False)
    forget_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "correlation", "group"], name="correlation_group_once")
        ]
        indexes = [
            models.Index(fields=["organisation", "waits", "touched_at"], name="correlation_waiting"),
            models.Index(fields=["forget_at"], name="correlation_forgotten"),
            models.Index(fields=["touched_at"], condition=models.Q(waits=True), name="correlation_idle"),
        ]

    def __str__(self) -> str:
        return f"{self.correlation} {self.values}"

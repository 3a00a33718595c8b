"""Rules as they were written, for whom they run, and lists of indicators."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Watch
from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id
from vigil.kernel.tlp import Tlp


class Level(models.TextChoices):
    """How grave (Sigma specification 2.1, "Level")."""

    INFORMATIONAL = "informational", _("Informational")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


LEVELS = list(Level.values)


class Origin(models.TextChoices):
    """Whose rule it is."""

    VIGIL = "vigil", _("Vigil's own")
    SIGMAHQ = "sigmahq", _("From a rule set")
    OWN = "own", _("The organisation's own")


class Rule(models.Model):
    """A Sigma rule. `uid`: its id, unique among what has no organisation and in each organisation.

    One that cannot run says why in `unusable`. An organisation's own rule runs once it was tested and switched on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="own_rules"
    )
    origin = models.CharField(max_length=10, choices=Origin.choices)
    uid = models.CharField(max_length=100)
    name = models.CharField(max_length=500)  # the file's
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    level = models.CharField(max_length=20, choices=Level.choices, default=Level.MEDIUM)
    status = models.CharField(max_length=30, blank=True)
    product = models.CharField(max_length=60, blank=True)
    category = models.CharField(max_length=60, blank=True)
    service = models.CharField(max_length=60, blank=True)
    techniques = models.JSONField(default=list)  # ["T1190", ...] (MITRE ATT&CK)
    correlates = models.BooleanField(default=False)
    unusable = models.CharField(max_length=500, blank=True)
    tested_at = models.DateTimeField(null=True)
    test_result = models.JSONField(default=dict)
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "uid"], name="rule_uid_once"),
            models.UniqueConstraint(
                fields=["uid"], condition=models.Q(organisation=None), name="rule_uid_once_for_all"
            ),
        ]
        indexes = [models.Index(fields=["level", "title"]), models.Index(fields=["product", "category", "service"])]

    def __str__(self) -> str:
        return self.title


class RuleSwitch(models.Model):
    """An organisation's word on one rule: on or off, whatever the profile says."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="rule_switches")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="switches")
    on = models.BooleanField()
    why = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "rule"], name="rule_switch_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.on}"


class Posture(models.TextChoices):
    """How sharply an organisation looks (2.a, "các biện pháp kỹ thuật ở mức cao nhất")."""

    NORMAL = "normal", _("Normal")
    HIGHEST = "highest", _("Highest")


def usual_deadlines() -> dict[str, int]:
    """Seconds until an alert of a level must have been taken; 0: no deadline."""
    return {"critical": 300, "high": 900, "medium": 3600, "low": 0, "informational": 0}


class DetectionProfile(models.Model):
    """What a posture means for an organisation: from which level on rules run, of which products (none: all), and
    within what time somebody must take an alert.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="detection_profiles")
    posture = models.CharField(max_length=10, choices=Posture.choices)
    least_level = models.CharField(_("Rules from level"), max_length=20, choices=Level.choices)
    products = models.JSONField(_("Products"), default=list, blank=True)
    take_within_s = models.JSONField(default=usual_deadlines)
    silent_percent = models.PositiveSmallIntegerField(_("Silence counts after, in percent of usual"), default=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "posture"], name="profile_once")]

    def __str__(self) -> str:
        return self.posture


class PostureChange(models.Model):
    """A posture that a watch (or a person, without one) switched on: what held before, what after, and its end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posture_changes")
    watch = models.ForeignKey(Watch, null=True, on_delete=models.PROTECT, related_name="posture_changes")
    posture = models.CharField(max_length=10, choices=Posture.choices)
    before = models.JSONField()
    after = models.JSONField()
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=200)
    reverted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-applied_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(reverted_at=None), name="posture_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.posture


class IndicatorList(models.Model):
    """A list of indicators as it was handed in; its text lies in a file named by its id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="indicator_lists")
    name = models.CharField(_("Name"), max_length=200)
    tlp = models.CharField(_("TLP"), max_length=20, default=Tlp.AMBER)
    sha256 = models.CharField(max_length=64)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refused_samples = models.JSONField(default=list)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=200)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-added_at"]

    def __str__(self) -> str:
        return self.name


class RuleBook(models.Model):
    """One row: its version grows with every change of rules, switches, postures, lists. Who detects compares it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)
    loaded_version = models.BigIntegerField(default=-1)
    loaded_at = models.DateTimeField(null=True)
    rules = models.PositiveIntegerField(default=0)  # that run
    unusable = models.PositiveIntegerField(default=0)
    indicators = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=500, blank=True)
    sources = models.BigIntegerField(default=0)  # grows with every change of whose a record is

    def __str__(self) -> str:
        return str(self.version)

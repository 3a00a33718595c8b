"""Drill: are the contact points that were filed reachable, each on each of its channels? Asked at one moment of all.

Drill --probes--> DrillProbe: one channel of one contact point, or the desk itself (a person presses "we are here").
A drill that came from another Vigil is kept in the same way; its results go back there.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models.campaigns import Campaign
from vigil.domain.organisations.models import ContactChannel, Organisation
from vigil.kernel.identifiers import new_id


class Drill(models.Model):
    """One drill over a campaign's addressees. `position` is the last recipient whose probes were made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="drills")
    remote_ref = models.CharField(max_length=300, blank=True)
    remote_id = models.CharField(max_length=100, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    started_at = models.DateTimeField()
    answer_by_at = models.DateTimeField()
    position = models.UUIDField(null=True)
    probed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"drill of {self.started_at:%Y-%m-%d %H:%M}"


class ProbeOutcome(models.TextChoices):
    """What became of a probe."""

    WAITING = "waiting", _("Waiting")
    TO_CALL = "to_call", _("To be called")
    ANSWERED = "answered", _("Answered")
    SILENT = "silent", _("Silent")
    FAILED = "failed", _("Not delivered")


class DrillProbe(models.Model):
    """One channel asked. `kind` is a channel's, `desk` for the people themselves, `peer` for a Vigil yet to report."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    drill = models.ForeignKey(Drill, on_delete=models.CASCADE, related_name="probes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="drill_probes")
    channel = models.ForeignKey(ContactChannel, null=True, on_delete=models.SET_NULL, related_name="drill_probes")
    kind = models.CharField(max_length=10)
    label = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=10, choices=ProbeOutcome.choices, default=ProbeOutcome.WAITING)
    reported = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["organisation__name", "label", "kind"]
        indexes = [models.Index(fields=["drill", "outcome"]), models.Index(fields=["organisation", "outcome"])]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.kind} {self.outcome}"

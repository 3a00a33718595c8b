"""Proof snapshots: a row per change of what a proof says; unchanged answers only renew their validity.

`Standing` holds what was counted over a large campaign, and when: counting it again for every look would take too long.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Assignment, Campaign
from vigil.kernel.identifiers import new_id
from vigil.kernel.proofs import Basis, Verdict


class Source(models.TextChoices):
    """Whence a proof came. Each source has its own current snapshot, so that no basis overwrites another."""

    PROVER = "prover", _("A measurement here")
    REPORT = "report", _("A peer's report")
    STATEMENT = "statement", _("A named person's statement")


class ProofSnapshot(models.Model):
    """What one prover answered for one assignment, from `first_measured_at` to `measured_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="proofs")
    verdict = models.CharField(max_length=12, choices=[(v.value, v.label) for v in Verdict])
    basis = models.CharField(max_length=10, choices=[(b.value, b.label) for b in Basis])
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PROVER)
    sentence = models.JSONField()
    next_step = models.JSONField(null=True)
    next_link = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=list)
    first_measured_at = models.DateTimeField()
    measured_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    current = models.BooleanField(default=True)
    reported_until = models.DateTimeField(null=True)  # what the authority's Vigil was last told of its validity

    class Meta:
        ordering = ["-first_measured_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "source"], condition=models.Q(current=True), name="proof_current_once"
            )
        ]
        indexes = [models.Index(fields=["valid_until"])]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.verdict}"


class Standing(models.Model):
    """How a campaign stood at `counted_at`, per obligation of `directive_id`. `counts`, by obligation identifier:
    {"asked": recipients, "bases": {basis: {verdict: recipients}}}."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    directive_id = models.UUIDField()
    counted_at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.campaign_id} at {self.counted_at:%Y-%m-%d %H:%M:%S}"

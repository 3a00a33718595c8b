"""A rule or an indicator that arrived now, over the events of the days before."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.kernel.identifiers import new_id


class HuntState(models.TextChoices):
    """Where a hunt stands."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class RetroHunt(models.Model):
    """`rules`: ids of rules; `lists`: ids of lists of indicators. Progress is counted in files of the store."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="retro_hunts")
    title = models.CharField(max_length=300)
    rules = models.JSONField(default=list)
    lists = models.JSONField(default=list)
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=HuntState.choices, default=HuntState.WAITING)
    stop_asked = models.BooleanField(default=False)
    files_done = models.PositiveIntegerField(default=0)
    files_total = models.PositiveIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.title

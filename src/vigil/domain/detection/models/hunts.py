"""A rule or an indicator that arrived now, over the events of the days before; a rule tried on them before it runs."""

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
    """`rules`: ids of rules; `lists`: ids of lists of indicators. Progress is counted in files of the store.

    A `test` raises no alert: `result` says how often its rule held on which day, and shows the first events. `raised`:
    alerts that are new; `damaged`: files that could not be read. Who runs it holds it until `held_until`, and `turn` is
    theirs; `cursor` says where the next one goes on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="retro_hunts")
    title = models.CharField(max_length=300)
    rules = models.JSONField(default=list)
    lists = models.JSONField(default=list)
    test = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=HuntState.choices, default=HuntState.WAITING)
    stop_asked = models.BooleanField(default=False)
    files_done = models.PositiveIntegerField(default=0)
    files_total = models.PositiveIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    raised = models.BigIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    turn = models.PositiveBigIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["state", "held_until"], name="hunt_to_run")]

    def __str__(self) -> str:
        return self.title

    @property
    def done_percent(self) -> int:
        """How much of its files were read."""
        return 100 * self.files_done // self.files_total if self.files_total else 0

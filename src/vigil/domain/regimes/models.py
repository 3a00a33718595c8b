"""An administrator's change of a clause. The newest change of a clause is the one in force; none is deleted."""

from django.db import models

from vigil.kernel.identifiers import new_id


class ClauseChange(models.Model):
    """The whole clause as it reads after the change."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clause_id = models.CharField(max_length=100, db_index=True)
    topic = models.CharField(max_length=40)
    starts = models.DateField()
    ends = models.DateField()
    vi = models.TextField()
    en = models.TextField()
    source = models.CharField(max_length=300)
    hours = models.FloatField(null=True, blank=True)
    values = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["changed_at"]

    def __str__(self) -> str:
        return f"{self.clause_id} {self.changed_at:%Y-%m-%d}"

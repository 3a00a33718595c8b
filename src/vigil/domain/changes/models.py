"""One row for each thing that the API lists, rewritten by triggers (triggers.py) in the transaction of every change.

`sequence` is empty until a reader gives it (queries.py), after the change was committed. So whoever has read up to n
can miss nothing: what commits later gets a number above n, however long its transaction took.
"""

from django.db import models


class Change(models.Model):
    """The latest change of one thing. `organisation_id` is kept of those removed, for whom they may be told."""

    kind = models.CharField(max_length=20)
    key = models.UUIDField()
    organisation_id = models.UUIDField(null=True)
    removed = models.BooleanField(default=False)
    sequence = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="changes_change_once")]
        indexes = [
            models.Index(fields=["kind", "sequence"], name="changes_by_kind"),
            models.Index(fields=["id"], condition=models.Q(sequence=None), name="changes_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.sequence or ''}"


class Count(models.Model):
    """The last number that was given (one row). Its lock is what lets only one give numbers at a time."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)

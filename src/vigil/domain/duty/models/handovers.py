"""Hand-over: the list of what is open, drawn up by Vigil and signed by both sides."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.duty.models.rosters import DutyShift
from vigil.domain.organisations.models import Person
from vigil.kernel.identifiers import new_id


class HandOverState(models.TextChoices):
    """Who has signed."""

    DRAWN = "drawn", _("Drawn up")
    GIVEN = "given", _("Handed over, not yet taken")
    TAKEN = "taken", _("Handed over and taken")


class HandOver(models.Model):
    """From one shift of a post to the next.

    `items`: {"key", "room", "statement" (a phrase), "since", "link", "remark", "news": "" | "new" | "gone"}. What came
    after the outgoing side signed is "new", what was closed since is "gone": both stay on the list.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shift_out = models.OneToOneField(DutyShift, on_delete=models.PROTECT, related_name="handed_over")
    shift_in = models.ForeignKey(DutyShift, null=True, on_delete=models.PROTECT, related_name="taken_over")
    state = models.CharField(max_length=6, choices=HandOverState.choices, default=HandOverState.DRAWN)
    items = models.JSONField(default=list)
    note = models.TextField(blank=True)
    drawn_at = models.DateTimeField()
    out_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="handed_over")
    out_at = models.DateTimeField(null=True)
    in_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="taken_over")
    in_at = models.DateTimeField(null=True)
    in_note = models.TextField(blank=True)

    class Meta:
        ordering = ["-drawn_at"]

    def __str__(self) -> str:
        return f"hand-over of {self.shift_out_id}: {self.state}"

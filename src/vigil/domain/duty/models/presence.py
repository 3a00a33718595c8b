"""Presence: who checked in, how, and whether that proves the place. A fact apart from the plan, never merged with it.

A link in a message proves a telephone. "On site" (tại chỗ) is proven by a code that changes every half minute on the
post's own screen; a lead who called attests it with their name; all else says "place unproven".
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.duty.models.posts import Post
from vigil.domain.duty.models.rosters import DutyRow
from vigil.kernel.identifiers import new_id


class Screen(models.Model):
    """The post's own screen: whoever has its address shows the code. The key of `secret_sealed` is no table's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="screens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    secret_sealed = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    wrong_codes = models.PositiveIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"screen of {self.post_id}"


class How(models.TextChoices):
    """How somebody checked in."""

    SCREEN = "screen", _("With the code on the post's screen")
    LINK = "link", _("By the link in a message")
    PAGE = "page", _("Signed in")
    CALL = "call", _("By telephone, a lead attests it")


class Place(models.TextChoices):
    """What that says of the place."""

    PROVEN = "proven", _("On site, proven")
    UNPROVEN = "unproven", _("Place unproven")
    ATTESTED = "attested", _("Attested")


class CheckIn(models.Model):
    """Somebody said "I am here", once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    row = models.ForeignKey(DutyRow, on_delete=models.PROTECT, related_name="check_ins")
    at = models.DateTimeField()
    how = models.CharField(max_length=10, choices=How.choices)
    place = models.CharField(max_length=10, choices=Place.choices)
    attested_by = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["row", "at"])]

    def __str__(self) -> str:
        return f"{self.row_id} at {self.at:%Y-%m-%d %H:%M} ({self.place})"


class MissedCheckIn(models.Model):
    """A check-in that was due and did not come: decided once. `page_id`: the page that it raised, if it did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    row = models.ForeignKey(DutyRow, on_delete=models.PROTECT, related_name="missed")
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    page_id = models.UUIDField(null=True)
    made_up_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["row", "due_at"], name="missed_once")]

    def __str__(self) -> str:
        return f"{self.row_id} missed {self.due_at:%Y-%m-%d %H:%M}"

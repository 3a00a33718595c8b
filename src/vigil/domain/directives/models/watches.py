"""Watch and assignment: one organisation's window, and each obligation within it.

Watch      = one organisation's window over which it keeps a directive's obligations
Assignment = one obligation of one watch: whether it applies, who answers for it, by when
"""

from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models.documents import Directive, Obligation
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.clock import VIETNAM
from vigil.kernel.identifiers import new_id


class WatchState(models.TextChoices):
    """Planned, kept, closed."""

    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Watch(models.Model):
    """One organisation's window over which it keeps a directive's obligations. Ends when somebody closes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="watches")
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="watches")
    title = models.CharField(_("Title"), max_length=500)
    starts_at = models.DateTimeField(_("Starts"))
    ends_at = models.DateTimeField(_("Ends"))
    window_origin = models.CharField(max_length=20, default="edited")
    state = models.CharField(max_length=10, choices=WatchState.choices, default=WatchState.PLANNED)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closing_note = models.TextField(blank=True)
    exercise = models.BooleanField(_("Exercise"), default=False)

    class Meta:
        ordering = ["-starts_at"]
        verbose_name_plural = "watches"
        indexes = [models.Index(fields=["-starts_at", "-id"], name="watch_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="watch_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["organisation", "directive"],
                condition=~models.Q(state="closed"),
                name="watch_once_per_directive",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def first_day(self) -> date:
        """The first day, in Viet Nam."""
        return self.starts_at.astimezone(VIETNAM).date()

    @property
    def last_day(self) -> date:
        """The last day that has a minute in the window, in Viet Nam."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(VIETNAM).date()

    @property
    def day_count(self) -> int:
        """How many days the window touches."""
        return (self.last_day - self.first_day).days + 1

    def day_number(self, instant: datetime) -> int | None:
        """Day n of the window at `instant`; None outside it."""
        if not self.starts_at <= instant < self.ends_at:
            return None
        return (instant.astimezone(VIETNAM).date() - self.first_day).days + 1


def window_instants(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """00:00 of the first day to 24:00 of the last, in Viet Nam."""
    starts = datetime.combine(first_day, time.min, tzinfo=VIETNAM)
    return starts, datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=VIETNAM)


class Assignment(models.Model):
    """One obligation of one watch. Kept when a later directive replaces the obligation's wording."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="assignments")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="assignments")
    applies = models.BooleanField(default=True)
    applies_reason = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
        verbose_name=_("Responsible"),
    )
    own_deadline_at = models.DateTimeField(_("Own deadline"), null=True, blank=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["obligation__position"]
        constraints = [models.UniqueConstraint(fields=["watch", "obligation"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.obligation.code} in {self.watch}"

"""The roster of a watch: its shifts, and who stands in them. A row is superseded by another, never edited.

Roster     = the plan of one watch; `version` grows with each change, so that two leads do not overwrite one another
DutyShift  = one shift at one post, with the staffing that it needs
DutyRow    = a person in a shift, whence the row came and why
Swap       = a person asks to give a row to another, or to exchange two; a lead approves once every rule is rechecked
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Watch
from vigil.domain.duty.models.posts import Post
from vigil.domain.organisations.models import Person
from vigil.kernel.identifiers import new_id


class Roster(models.Model):
    """The plan of one watch. `rules` are the hard rules: {"rest_h", "max_nights", "max_shifts_7d", "max_hours_7d"}."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.OneToOneField(Watch, on_delete=models.PROTECT, related_name="roster")
    rules = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    summary = models.JSONField(default=dict)
    planned_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True)
    carried_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"roster of {self.watch_id}"


class DutyShift(models.Model):
    """A shift at a post. `turn_*` is what must be covered; with the hand-over, people are there from `starts_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="shifts")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="duty_shifts")
    name = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    turn_starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    crew = models.PositiveSmallIntegerField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["turn_starts_at", "post__name"]
        indexes = [models.Index(fields=["roster", "turn_starts_at"]), models.Index(fields=["post", "ends_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("turn_starts_at"))
                & models.Q(starts_at__lte=models.F("turn_starts_at")),
                name="duty_shift_lasts",
            ),
            models.UniqueConstraint(
                fields=["roster", "post", "turn_starts_at", "ends_at"],
                condition=models.Q(dropped_at=None),
                name="duty_shift_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.post_id} at {self.turn_starts_at:%Y-%m-%d %H:%M}"


class Kind(models.TextChoices):
    """How somebody stands."""

    ON_SITE = "on_site", _("On site")
    ON_CALL = "on_call", _("On call")
    BACKUP = "backup", _("Backup")


class Origin(models.TextChoices):
    """Whence a row came."""

    PLAN = "plan", _("Planned")
    HAND = "hand", _("By hand")
    SWAP = "swap", _("Swapped")
    OVERRIDE = "override", _("Against a rule, with a reason")
    PROVIDER = "provider", _("Promised by the provider")


class DutyRow(models.Model):
    """A person in a shift. What changes is a new row; the old one says by which it was superseded."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    roster = models.ForeignKey(Roster, on_delete=models.PROTECT, related_name="rows")
    shift = models.ForeignKey(DutyShift, on_delete=models.PROTECT, related_name="rows")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duty_rows")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ON_SITE)
    leads = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PLAN)
    kept = models.BooleanField(default=False)  # planning again leaves it where it is
    why = models.JSONField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # over, and every check-in that was due is made or decided as missed
    superseded_at = models.DateTimeField(null=True)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supersedes")

    class Meta:
        ordering = ["starts_at", "person__name"]
        indexes = [
            models.Index(fields=["roster", "superseded_at", "starts_at"]),
            models.Index(fields=["person", "superseded_at", "starts_at"]),
            models.Index(
                fields=["starts_at"],
                name="duty_row_unsettled",
                condition=models.Q(superseded_at=None, settled_at=None, kind="on_site"),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="duty_row_lasts"),
            models.UniqueConstraint(
                fields=["shift", "person"], condition=models.Q(superseded_at=None), name="duty_row_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} from {self.starts_at:%Y-%m-%d %H:%M}"


class SwapState(models.TextChoices):
    """Where a swap is."""

    PROPOSED = "proposed", _("Asked")
    AGREED = "agreed", _("The other agrees")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Swap(models.Model):
    """`row` is to go to `to_person`; with `other_row`, whoever stands there takes `row` and gives that one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    row = models.ForeignKey(DutyRow, on_delete=models.PROTECT, related_name="swaps")
    to_person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="swaps_asked")
    other_row = models.ForeignKey(DutyRow, null=True, on_delete=models.PROTECT, related_name="swaps_given")
    state = models.CharField(max_length=10, choices=SwapState.choices, default=SwapState.PROPOSED)
    reason = models.CharField(max_length=500, blank=True)
    decided_reason = models.CharField(max_length=500, blank=True)
    proposed_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["row"], condition=models.Q(state__in=["proposed", "agreed"]), name="swap_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"swap of {self.row_id} to {self.to_person_id}: {self.state}"

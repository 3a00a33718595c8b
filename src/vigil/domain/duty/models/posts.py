"""Where duty is kept and who can keep it: posts with pattern and staffing, members with skills, leave and wishes."""

from datetime import time
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.identifiers import new_id

MOST_SHIFTS: Final = 24
MOST_PEOPLE: Final = 200
LONGEST_NAME: Final = 60


class Function(models.TextChoices):
    """The four functions of obligation 1.a: "giám sát, hỗ trợ, ứng cứu và khắc phục"."""

    MONITORING = "monitoring", _("Monitoring")
    SUPPORT = "support", _("Support")
    RESPONSE = "response", _("Response")
    REMEDIATION = "remediation", _("Remediation")


def all_functions() -> list[str]:
    """The four, as a post keeps them unless told otherwise."""
    return list(Function.values)


class Post(models.Model):
    """A place where functions are kept around the clock.

    `pattern` names a known pattern ("8h", "12h", "4on4off") or is "own": then `shifts` holds {"name", "start", "end"}
    in local wall-clock time ("HH:MM"). `check_in_every_min` 0: at the start of a shift alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="posts", verbose_name=_("Organisation")
    )
    provider = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="posts_kept",
        verbose_name=_("Kept by the provider"),
    )  # fmt: skip
    name = models.CharField(_("Name"), max_length=200)
    place = models.CharField(_("Where the post is"), max_length=300, blank=True)
    phone = models.CharField(_("Telephone of the post"), max_length=40, blank=True)
    functions = models.JSONField(_("Functions"), default=all_functions)
    pattern = models.CharField(_("Pattern"), max_length=20, default="8h")
    shifts = models.JSONField(_("Own shifts"), default=list, blank=True)
    handover_min = models.PositiveSmallIntegerField(
        _("Overlap for the hand-over (minutes)"), default=15, validators=[MaxValueValidator(240)]
    )
    on_site = models.PositiveSmallIntegerField(
        _("On site, at least"), default=1, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    on_call = models.PositiveSmallIntegerField(_("On call"), default=0, validators=[MaxValueValidator(MOST_PEOPLE)])
    backup = models.PositiveSmallIntegerField(_("Backup"), default=0, validators=[MaxValueValidator(MOST_PEOPLE)])
    leads = models.PositiveSmallIntegerField(
        _("Of them, may lead"), default=1, validators=[MaxValueValidator(MOST_PEOPLE)]
    )
    skills = models.JSONField(_("Skills in every shift"), default=dict, blank=True)
    check_in_every_min = models.PositiveSmallIntegerField(
        _("Check in every (minutes)"), default=120, validators=[MaxValueValidator(1440)]
    )
    grace_min = models.PositiveSmallIntegerField(
        _("Late by at most (minutes)"), default=10, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    created_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(retired_at=None), name="post_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A name of its own, known functions, shifts that can be read and do not overlap, leads among those on site."""
        faults: dict[str, Any] = {}
        alike = Post.objects.filter(organisation=self.organisation_id, name=self.name, retired_at=None)
        if self.retired_at is None and alike.exclude(pk=self.pk).exists():
            faults["name"] = _("There is a post of this name already.")
        if not self.functions or not set(self.functions) <= set(Function.values):
            faults["functions"] = _("Name at least one of the four functions.")
        if self.leads > self.on_site:
            faults["leads"] = _("More may not lead than are on site.")
        if self.pattern == "own":
            faults.update(_faults_of(self.shifts, self.handover_min))
        elif self.pattern not in ("8h", "12h", "4on4off"):
            faults["pattern"] = _("There is no such pattern.")
        skills = self.skills if isinstance(self.skills, dict) else {"": 0}
        if len(skills) > 20 or not all(
            isinstance(name, str) and 0 < len(name) <= 60 and isinstance(n, int) and 0 < n <= self.on_site
            for name, n in skills.items()
        ):
            faults["skills"] = _("A skill has a name and a number, at most as many as are on site.")
        if faults:
            raise ValidationError(faults)


def _faults_of(shifts: Any, handover_min: int) -> dict[str, Any]:
    if not isinstance(shifts, list) or not 0 < len(shifts) <= MOST_SHIFTS:
        return {"shifts": _("An own pattern needs at least one shift, at most 24.")}
    minutes: set[int] = set()
    lengths = []
    for shift in shifts:
        try:
            start, end = _hour(shift["start"]), _hour(shift["end"])
            named = 0 < len(shift["name"].strip()) <= LONGEST_NAME
        except (AttributeError, KeyError, TypeError, ValueError):
            return {"shifts": _("A shift is written as: name, 06:00, 14:00.")}
        if not named:
            return {"shifts": _("A shift has a name, of at most sixty letters.")}
        first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
        if first == last and len(shifts) > 1:
            return {"shifts": _("A shift must last longer than nothing.")}
        lengths.append((last - first) % 1440 or 1440)
        own = {(first + n) % 1440 for n in range(lengths[-1])}
        if own & minutes:
            return {"shifts": _("The shifts of a day overlap; use the overlap for the hand-over instead.")}
        minutes |= own
    if len({shift["name"].strip() for shift in shifts}) < len(shifts):
        return {"shifts": _("Two shifts have the same name.")}
    if handover_min >= min(lengths):
        return {"handover_min": _("The overlap must be shorter than the shortest shift.")}
    return {}


def _hour(told: str) -> time:
    """Raises: ValueError for what is no hour and minute of the wall clock, seconds and zones among it."""
    found = time.fromisoformat(told)
    if found.tzinfo is not None or found.second or found.microsecond:
        raise ValueError(told)
    return found


class Member(models.Model):
    """A person who can stand duty. `carried_*`: what they stood in earlier watches, so that the next one is fair."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="duty_members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duty", verbose_name=_("Person"))
    skills = models.JSONField(_("Skills"), default=list, blank=True)
    may_lead = models.BooleanField(_("May lead a shift"), default=False)
    standing_lead = models.BooleanField(_("Answers for the roster (standing lead)"), default=False)
    joins_on = models.DateField(_("First day"), null=True, blank=True)
    leaves_on = models.DateField(_("Last day"), null=True, blank=True)
    carried_nights = models.PositiveIntegerField(_("Nights carried over"), default=0)
    carried_holidays = models.PositiveIntegerField(_("Holidays carried over"), default=0)
    carried_hours = models.PositiveIntegerField(_("Hours carried over"), default=0)
    carried_at = models.DateTimeField(null=True, blank=True, editable=False)  # null: new, owes and is owed nothing
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["person__name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "person"], name="duty_member_once")]

    def __str__(self) -> str:
        return str(self.person)

    def clean(self) -> None:
        """Days in order, skills as short words."""
        if self.joins_on and self.leaves_on and self.leaves_on < self.joins_on:
            raise ValidationError({"leaves_on": _("The last day comes before the first.")})
        skills = self.skills if isinstance(self.skills, list) else [""]
        if len(skills) > 20 or not all(isinstance(name, str) and 0 < len(name) <= 60 for name in skills):
            raise ValidationError({"skills": _("A skill is a short word; at most twenty.")})


class Leave(models.Model):
    """A span over which a person cannot stand: hard, whatever the roster needs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="duty_leave")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leave")
    starts_at = models.DateTimeField(_("Starts"))
    ends_at = models.DateTimeField(_("Ends"))
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="leave_lasts")
        ]

    def __str__(self) -> str:
        return f"leave of {self.person_id} from {self.starts_at:%Y-%m-%d}"


class Wish(models.Model):
    """A span that a person would rather be spared, or rather stand in: soft."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="duty_wishes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duty_wishes")
    starts_at = models.DateTimeField(_("Starts"))
    ends_at = models.DateTimeField(_("Ends"))
    avoid = models.BooleanField(_("Rather not"), default=True)
    weight = models.PositiveSmallIntegerField(
        _("Weight"), default=1, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="wish_lasts")]

    def __str__(self) -> str:
        return f"wish of {self.person_id} from {self.starts_at:%Y-%m-%d}"

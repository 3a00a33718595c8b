"""Escalation policies, and the ways in which a person is reached.

A policy may be edited at any time: a page carries a copy of the steps that it was raised with.
"""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.identifiers import new_id

MOST_STEPS = 20
MOST_REPEATS = 10


class Urgency(models.IntegerChoices):
    """How much a page may disturb. Critical: every route of a person at once."""

    ROUTINE = 1, _("Routine")
    URGENT = 2, _("Urgent")
    CRITICAL = 3, _("Critical")


class TargetChoices(models.TextChoices):
    """`kernel.on_call.Target`, with its words."""

    ON_DUTY = "on_duty", _("Those on duty now")
    ON_CALL = "on_call", _("Those on call now")
    BACKUP = "backup", _("The backup")
    LEAD = "lead", _("The lead of the present shift")
    NEXT_SHIFT = "next_shift", _("The next shift")
    STANDING_LEAD = "standing_lead", _("The standing lead")
    PERSON = "person", _("A named person")


class EscalationPolicy(models.Model):
    """Steps in order, gone through once and then `repeat` times more, with `repeat_after_s` after the last step."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="policies", verbose_name=_("Organisation")
    )
    name = models.CharField(_("Name"), max_length=200)
    is_default = models.BooleanField(_("Taken when nothing else is said"), default=False)
    repeat = models.PositiveSmallIntegerField(
        _("How often it is repeated"), default=1, validators=[MaxValueValidator(MOST_REPEATS)]
    )
    repeat_after_s = models.PositiveIntegerField(
        _("Wait after the last step (seconds)"),
        default=300,
        validators=[MinValueValidator(1), MaxValueValidator(86_400)],
    )
    remind_after_s = models.PositiveIntegerField(
        _("Remind when taken but not done after (seconds; 0: never)"),
        default=3600,
        validators=[MaxValueValidator(7 * 86_400)],
    )
    reescalate = models.BooleanField(_("Then start again instead of reminding"), default=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(is_default=True, retired_at=None),
                name="policy_one_default",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PolicyStep(models.Model):
    """Whom to reach, how long after the step before (the first: after the page was raised), from which urgency on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    delay_s = models.PositiveIntegerField(_("Wait (seconds)"), default=300, validators=[MaxValueValidator(86_400)])
    target = models.CharField(_("Whom"), max_length=20, choices=TargetChoices.choices)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Person")
    )
    least_urgency = models.PositiveSmallIntegerField(
        _("From urgency"), choices=Urgency.choices, default=Urgency.ROUTINE
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["policy", "position"], name="policy_step_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.target}"

    def clean(self) -> None:
        """A named person where, and only where, the target is one."""
        if (self.target == TargetChoices.PERSON) != (self.person is not None):
            raise ValidationError({"person": _("Name a person exactly where the step is for a named person.")})


class Route(models.Model):
    """One way to reach a person: a channel and an address on it, in the order in which they are tried.

    `verified_at` is set by a test page that was acknowledged by the link or the code that went this way.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="routes", verbose_name=_("Person"))
    channel = models.CharField(_("Channel"), max_length=20)
    address = models.CharField(_("Number or address"), max_length=320)
    position = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["person", "channel", "address"], name="route_once")]

    def __str__(self) -> str:
        return f"{self.channel} of {self.person_id}"

"""Dead-man's switches: others that must be heard here, and what was last told to the outside about ourselves."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.models.policies import EscalationPolicy
from vigil.kernel.identifiers import new_id

DAY_S = 86_400


class DeadManState(models.TextChoices):
    """Whether it was heard in time. Late: past its period, within its grace."""

    NEW = "new", _("Not heard yet")
    UP = "up", _("Heard in time")
    LATE = "late", _("Late")
    DOWN = "down", _("Silent")


class DeadMan(models.Model):
    """Something (another Vigil, a cron job) that pings an address here; when it falls silent, somebody is paged.

    `counts_from`: silence before this instant does not count, because this Vigil itself was not listening.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="dead_men", verbose_name=_("Organisation")
    )
    name = models.CharField(_("Name"), max_length=200)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    period_s = models.PositiveIntegerField(
        _("Pings every (seconds)"), default=60, validators=[MinValueValidator(5), MaxValueValidator(31 * DAY_S)]
    )
    grace_s = models.PositiveIntegerField(
        _("Grace (seconds)"), default=120, validators=[MinValueValidator(1), MaxValueValidator(31 * DAY_S)]
    )
    policy = models.ForeignKey(
        EscalationPolicy, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("Policy")
    )
    state = models.CharField(max_length=10, choices=DeadManState.choices, default=DeadManState.NEW, editable=False)
    last_ping_at = models.DateTimeField(null=True, editable=False)
    counts_from = models.DateTimeField(editable=False)
    created_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PagerNote(models.Model):
    """One row: when the pager last looked. A gap in it is this Vigil's own absence."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.looked_at:%Y-%m-%d %H:%M:%S}"


class Ping(models.Model):
    """One row: the last ping that was sent to the outside (`VIGIL_DEADMAN_URL`), and what came of it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()
    well = models.BooleanField()  # what it said of Vigil
    arrived = models.BooleanField()
    error = models.CharField(max_length=200, blank=True)
    arrived_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {'arrived' if self.arrived else 'lost'}"

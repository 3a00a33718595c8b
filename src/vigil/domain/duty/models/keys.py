"""Keys without an account: to a person's own shifts, and to a calendar of a person or of the whole team."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.identifiers import new_id


class KeyUse(models.TextChoices):
    """What a key opens."""

    SHIFTS = "shifts", _("A person's own shifts: check in, hand over")
    CALENDAR = "calendar", _("A calendar to subscribe to: read only")


class DutyKey(models.Model):
    """A secret address. Only its SHA-256 is kept; `person` empty: the calendar of all of the organisation's duty."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="duty_keys")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="duty_keys")
    use = models.CharField(max_length=10, choices=KeyUse.choices)
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["organisation", "use"])]

    def __str__(self) -> str:
        return f"{self.use} key of {self.person_id or self.organisation_id}"

"""Users and role grants. A grant reaches the organisation it names and everything under it; none named, everything."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.identifiers import new_id


class Role(models.TextChoices):
    """The roles of DESIGN section 2."""

    ADMINISTRATOR = "administrator", _("Administrator")
    WATCH_LEAD = "watch_lead", _("Watch lead")
    DUTY_OFFICER = "duty_officer", _("Duty officer")
    ENGINEER = "engineer", _("Engineer")
    VIEWER = "viewer", _("Viewer")
    AUTHORITY_OFFICER = "authority_officer", _("Authority officer")


class User(AbstractUser):
    """Somebody who signs in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="users")
    language = models.CharField(
        _("Language"), max_length=5, default="vi", choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )

    @property
    def display_name(self) -> str:
        """What others see."""
        return self.get_full_name() or self.username

    def as_actor(self) -> Actor:
        """The value that the journal takes."""
        return Actor("user", str(self.id), self.display_name)


class RoleGrant(models.Model):
    """A role over an organisation and what lies under it (no organisation: over all)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("Role"), max_length=20, choices=Role.choices)
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="grants",
        verbose_name=_("Organisation"),
    )
    granted_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "organisation"], name="grant_once"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=models.Q(organisation=None), name="grant_everywhere_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.organisation or '*'}"

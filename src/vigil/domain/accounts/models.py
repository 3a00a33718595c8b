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
    """A role over an organisation and what lies under it (no organisation: over all).

    `source` is empty for what was granted by hand, else the provider (`oidc`, `ldap`) whose groups it follows.
    """

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
    source = models.CharField(max_length=10, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "organisation"], name="grant_once"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=models.Q(organisation=None), name="grant_everywhere_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.organisation or '*'}"


class SecondFactor(models.TextChoices):
    """What a guest shows beside the link."""

    MAIL = "mail", _("A code by mail to the address that the link was sent to")
    TOTP = "totp", _("A code from an authenticator app, set up at the first visit")
    NONE = "none", _("None (only on paper handed over in person)")


class GuestLink(models.Model):
    """A key by which somebody acts for one organisation, from a browser, without an account.

    Only digests of the token in the link and of the code on paper are kept. `totp_sealed` is encrypted with a key that
    is not in the database.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="guest_links")
    address = models.CharField(_("Sent to"), max_length=320, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_sha256 = models.CharField(max_length=64, unique=True)
    second_factor = models.CharField(max_length=5, choices=SecondFactor.choices)
    totp_sealed = models.CharField(max_length=300, blank=True)
    totp_last_counter = models.BigIntegerField(default=0)
    challenge_sha256 = models.CharField(max_length=64, blank=True)
    challenge_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organisation", "-created_at"])]

    def __str__(self) -> str:
        return f"guest link of {self.organisation_id}, made {self.created_at:%Y-%m-%d}"

    def as_actor(self, name: str = "") -> Actor:
        """The value that the journal takes."""
        return Actor("guest", str(self.id), name or self.address)


class ApiToken(models.Model):
    """A key by which a program acts for `user`, never beyond what the user may. Only its SHA-256 is kept.

    `scopes` are names of the permission matrix; `organisation` narrows it to that organisation and what lies under it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("Name"), max_length=100)
    scopes = models.JSONField(default=list)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="api_tokens"
    )
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"

    def as_actor(self) -> Actor:
        """The value that the journal takes."""
        return Actor("token", str(self.id), f"{self.user.display_name} ({self.name})")


class FactorGuard(models.Model):
    """How often an account's second factor was tried in vain, and the last authenticator code that it took.

    Counted for the account wherever the tries come from: whoever tries has its password already.
    """

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="factor_guard")
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    totp_last_counter = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.tries} tries of {self.user_id}"

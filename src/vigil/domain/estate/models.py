"""Information systems and the edge of the network."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Unit
from vigil.kernel.identifiers import new_id


class Platform(models.TextChoices):
    """Platform tags that dispatches name."""

    DIGITAL_TRANSFORMATION = "digital_transformation", _("Digital transformation platform")
    PUBLIC_HEALTH = "public_health", _("Epidemic control platform")
    PUBLIC_SERVICE = "public_service", _("Online public service")
    PORTAL = "portal", _("Portal or web site")
    PAYMENT = "payment", _("Payment")
    MAIL = "mail", _("Mail")
    NETWORK = "network", _("Network infrastructure")
    OPERATIONS = "operations", _("Industrial or operational technology")


class InformationSystem(models.Model):
    """A system (hệ thống thông tin) with its level 1-5 and whether it is important, with the reason."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="systems", verbose_name=_("Organisation")
    )
    operating_unit = models.ForeignKey(
        Unit,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="systems",
        verbose_name=_("Operating unit"),
    )
    name = models.CharField(_("Name"), max_length=300)
    code = models.CharField(_("Code"), max_length=60, blank=True)
    level = models.PositiveSmallIntegerField(
        _("Level"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    important = models.BooleanField(_("Important or sensitive"), default=False)
    important_reason = models.CharField(_("Why it is important"), max_length=500, blank=True)
    platforms = models.JSONField(_("Platform tags"), default=list, blank=True)
    addresses = models.TextField(_("Domains and addresses"), blank=True)
    notes = models.TextField(_("Notes"), blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="system_name_once"),
            models.CheckConstraint(
                condition=models.Q(level=None) | models.Q(level__range=(1, 5)), name="system_level_1_to_5"
            ),
            models.CheckConstraint(
                condition=models.Q(important=False) | ~models.Q(important_reason=""),
                name="system_important_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Important needs a reason; tags are known ones."""
        if self.important and not self.important_reason.strip():
            raise ValidationError({"important_reason": _("Say why the system is important.")})
        if set(self.platforms) - set(Platform.values):
            raise ValidationError({"platforms": _("Unknown platform tag.")})


class EdgeKind(models.TextChoices):
    """What stands at the network's edge."""

    FIREWALL = "firewall", _("Firewall")
    DNS = "dns", _("DNS resolver")
    ROUTER = "router", _("Border router")
    PROXY = "proxy", _("Proxy or load balancer")
    SENSOR = "sensor", _("Sensor")


class EdgeDevice(models.Model):
    """A device at the edge: where filtering could be enforced, where a sensor stands."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="edge_devices", verbose_name=_("Organisation")
    )
    kind = models.CharField(_("Kind"), max_length=20, choices=EdgeKind.choices)
    name = models.CharField(_("Name"), max_length=200)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    uplink = models.CharField(_("Internet link"), max_length=200, blank=True)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="edge_name_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

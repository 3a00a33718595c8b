"""Organisations and the people who can be reached there.

The tree is kept as a path of identifiers (`/a/b/c/`), so that "this organisation and what lies under it" is one
prefix, indexed. A contact point is what obligation "cử đầu mối" asks for: channels, hours, and when it was last shown
to answer.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.audiences import audiences
from vigil.kernel.identifiers import new_id


class Home(models.TextChoices):
    """Where an organisation's watch is kept."""

    HERE = "here", _("Here")
    PEER = "peer", _("Its own Vigil")
    GUEST = "guest", _("A link on this Vigil")


class Organisation(models.Model):
    """An organisation in the tree. `audience_codes` are codes of audiences.toml."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("Parent"),
    )
    path = models.CharField(max_length=800, editable=False, db_index=True)
    name = models.CharField(_("Name"), max_length=300)
    short_name = models.CharField(_("Short name"), max_length=60, blank=True)
    code = models.CharField(_("Agency identifier"), max_length=60, blank=True)
    audience_codes = models.JSONField(_("Audience classes"), default=list, blank=True)
    home = models.CharField(_("Home"), max_length=10, choices=Home.choices, default=Home.HERE)
    address = models.CharField(_("Address"), max_length=300, blank=True)
    notes = models.TextField(_("Notes"), blank=True)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~models.Q(code=""), name="organisation_code_once")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Known audience classes; no cycle in the tree."""
        unknown = set(self.audience_codes) - set(audiences())
        if unknown:
            raise ValidationError({"audience_codes": _("Unknown audience class.")})
        if self.parent is not None and f"/{self.id}/" in self.parent.path:
            raise ValidationError({"parent": _("An organisation cannot lie under itself.")})

    def own_path(self) -> str:
        """The path this organisation should have, from its parent's."""
        above = self.parent.path if self.parent is not None else "/"
        return f"{above}{self.id}/"

    @property
    def audience_set(self) -> frozenset[str]:
        """The classes as a set."""
        return frozenset(self.audience_codes)


class Unit(models.Model):
    """A part of an organisation: the specialised unit, the operating unit, the duty room."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="units")
    name = models.CharField(_("Name"), max_length=300)
    specialised = models.BooleanField(_("Specialised in IT or information security"), default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProviderLink(models.Model):
    """A provider that serves an organisation, and with what."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="provider_links")
    provider = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="client_links", verbose_name=_("Provider")
    )
    service = models.CharField(_("Service"), max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "provider", "service"], name="provider_service_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.service}"


class Person(models.Model):
    """Somebody who can be named, and reached."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="people", verbose_name=_("Organisation")
    )
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.SET_NULL, related_name="people", verbose_name=_("Unit")
    )
    name = models.CharField(_("Name"), max_length=200)
    title = models.CharField(_("Title"), max_length=200, blank=True)
    mobile = models.CharField(_("Mobile"), max_length=40, blank=True)
    phone = models.CharField(_("Fixed line"), max_length=40, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    language = models.CharField(
        _("Language"), max_length=5, default="vi", choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )
    left_at = models.DateTimeField(_("Left on"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name


class Purpose(models.TextChoices):
    """What a contact point is for."""

    INFORMATION = "information", _("Receiving information")
    INCIDENT = "incident", _("Incident response")
    MONITORING = "monitoring", _("Monitoring and early warning")
    ORDERS = "orders", _("Receiving orders")
    OTHER = "other", _("Other")


class Hours(models.TextChoices):
    """When it answers."""

    ALWAYS = "always", _("24/7")
    IN_HOURS = "in_hours", _("Office hours")
    OUT_OF_HOURS = "out_of_hours", _("Outside office hours")


class ContactPoint(models.Model):
    """Where an organisation can be reached, for what, when; `verified_on` is set by an answered test alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="contact_points", verbose_name=_("Organisation")
    )
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contact_points",
        verbose_name=_("Person"),
    )
    label = models.CharField(_("Label"), max_length=200)
    purpose = models.CharField(_("Purpose"), max_length=20, choices=Purpose.choices, default=Purpose.INFORMATION)
    hours = models.CharField(_("Hours"), max_length=20, choices=Hours.choices, default=Hours.ALWAYS)
    verified_at = models.DateTimeField(_("Verified on"), null=True, blank=True, editable=False)
    filed_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    source = models.CharField(_("Source"), max_length=200, blank=True)

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class ChannelKind(models.TextChoices):
    """How it is reached."""

    PHONE = "phone", _("Fixed line")
    MOBILE = "mobile", _("Mobile")
    HOTLINE = "hotline", _("Hotline")
    EMAIL = "email", _("E-mail")
    FAX = "fax", _("Fax")


class ContactChannel(models.Model):
    """One number or address; telephones also in E.164."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(_("Channel"), max_length=10, choices=ChannelKind.choices)
    value = models.CharField(_("Number or address"), max_length=320)
    e164 = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["kind", "value"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class ContactTest(models.Model):
    """A test message to a channel and, when it came, its answer. Only the token's SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey(ContactChannel, on_delete=models.CASCADE, related_name="tests")
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=20, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"test of {self.channel_id} at {self.sent_at:%Y-%m-%d %H:%M}"

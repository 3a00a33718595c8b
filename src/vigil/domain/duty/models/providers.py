"""Providers (obligation 1.b): what was asked of them, and whom they promised for which hours."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Watch
from vigil.domain.duty.models.posts import Post
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.identifiers import new_id


class RequestState(models.TextChoices):
    """Where a request to a provider is."""

    DRAFT = "draft", _("Drafted")
    SENT = "sent", _("Sent")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    NONE = "none", _("No provider")


class ProviderRequest(models.Model):
    """A request to one provider for one watch; without a provider, the answer that there is none, with a name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="provider_requests")
    provider = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="requests_received"
    )
    functions = models.JSONField(default=list)
    asked = models.TextField(_("What is asked"), blank=True)
    answer_by_at = models.DateTimeField(_("Answer by"), null=True, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.DRAFT)
    drafted_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_note = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-drafted_at"]
        constraints = [
            models.UniqueConstraint(fields=["watch", "provider"], name="provider_asked_once"),
            models.UniqueConstraint(fields=["watch"], condition=models.Q(provider=None), name="no_provider_once"),
        ]

    def __str__(self) -> str:
        return f"request to {self.provider_id or 'nobody'}: {self.state}"


class Commitment(models.Model):
    """A named person of the provider, for these hours, for these functions; kept at a post of the roster."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ProviderRequest, on_delete=models.PROTECT, related_name="commitments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="commitments")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="commitments")
    kind = models.CharField(max_length=10, default="on_call")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="commitment_lasts")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} from {self.starts_at:%Y-%m-%d %H:%M}"

"""Campaign: a directive in force at whoever sends it; its recipients; what each received and answered.

Campaign  --names-->  Recipient (an organisation: tasks, or a copy to know of)
Recipient --answers-> Receipt (delivered, read, accepted or refused: one row each, for each version of the directive)
Chase     = one reminder or call that a rule asked for
RelayedAnswer = what a recipient reports of those to whom it relayed the directive

A campaign that arrived from another Vigil is kept here too, without an organisation that sends: `sender` names it and
`peer_id` says over which link its answers go back. So an organisation answers on one and the same page, wherever the
directive came from.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models.documents import Directive
from vigil.domain.directives.models.watches import Assignment, Watch
from vigil.domain.organisations.models import Home, Organisation
from vigil.kernel.identifiers import new_id
from vigil.kernel.proofs import Basis


class CampaignState(models.TextChoices):
    """How far a campaign has come."""

    DRAFT = "draft", _("In preparation")
    SENT = "sent", _("In force")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CLOSED = "closed", _("Closed")


class Campaign(models.Model):
    """A directive and whom it was sent to. `version` grows with each amendment, withdrawal and closing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    sender = models.CharField(max_length=300, blank=True)
    peer_id = models.UUIDField(null=True)
    remote_id = models.CharField(max_length=100, blank=True)
    remote_ref = models.CharField(max_length=300, blank=True)  # the STIX object that brought the present directive
    remote_modified = models.CharField(max_length=40, blank=True)
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="campaigns")
    relays = models.ForeignKey("Recipient", null=True, on_delete=models.PROTECT, related_name="relayed_by")
    title = models.CharField(_("Title"), max_length=500)
    starts_at = models.DateTimeField(_("Starts"))
    ends_at = models.DateTimeField(_("Ends"))
    answer_by_at = models.DateTimeField(_("Answer by"), null=True, blank=True)
    exercise = models.BooleanField(_("Exercise"), default=False)
    audiences = models.JSONField(default=list)  # [{"code": "isp", "role": "task"}]
    rules = models.JSONField(default=list)  # chasing rules as data, see chasing.toml
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "directive"],
                condition=models.Q(state__in=["draft", "sent"], organisation__isnull=False),
                name="campaign_once_per_directive",
            ),
            models.UniqueConstraint(
                fields=["peer_id", "remote_id"], condition=~models.Q(remote_id=""), name="campaign_from_peer_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def sender_name(self) -> str:
        """Who sends it, whether here or elsewhere."""
        return self.organisation.name if self.organisation is not None else self.sender


class RecipientRole(models.TextChoices):
    """Addressees get tasks; those merely informed get a copy."""

    TASK = "task", _("To act")
    COPY = "copy", _("To know")


class RecipientState(models.TextChoices):
    """How far one recipient has come with the directive as it stands now."""

    NOT_SENT = "not_sent", _("Not sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class Recipient(models.Model):
    """One organisation in a campaign. `state` speaks of `directive`, the version it was last sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="received")
    role = models.CharField(max_length=5, choices=RecipientRole.choices, default=RecipientRole.TASK)
    named_by = models.JSONField(default=list)  # audience codes, or [] when picked by hand
    home = models.CharField(max_length=10, choices=Home.choices, default=Home.HERE)
    directive = models.ForeignKey(Directive, null=True, on_delete=models.PROTECT, related_name="received")
    watch = models.ForeignKey(Watch, null=True, on_delete=models.PROTECT, related_name="received")
    state = models.CharField(max_length=10, choices=RecipientState.choices, default=RecipientState.NOT_SENT)
    state_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    carried_version = models.PositiveIntegerField(default=0)
    send_error = models.CharField(max_length=500, blank=True)
    relayed_counts = models.JSONField(default=list)  # what a peer reports of its own addressees, per obligation
    relayed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["organisation__name"]
        constraints = [models.UniqueConstraint(fields=["campaign", "organisation"], name="recipient_once")]
        indexes = [
            models.Index(fields=["campaign", "state"]),
            models.Index(fields=["campaign", "carried_version"]),
            models.Index(fields=["organisation", "-state_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.state}"


class ReceiptKind(models.TextChoices):
    """What a recipient let know."""

    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class Receipt(models.Model):
    """One answer of one recipient to one version of the directive, with its basis. Never edited."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="receipts")
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=10, choices=ReceiptKind.choices)
    basis = models.CharField(max_length=10, choices=[(b.value, b.label) for b in Basis])
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["received_at"]
        indexes = [models.Index(fields=["recipient", "directive"])]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.kind}"


class Answer(models.Model):
    """What a named person states about one obligation of a watch, where nothing measures it. Never edited."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="answers")
    verdict = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.verdict}"


class Attachment(models.Model):
    """A file that came with an answer; its bytes lie in the originals store, by their SHA-256."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="attachments")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.filename


class ChaseState(models.TextChoices):
    """What became of a reminder or call."""

    DUE = "due", _("To be called")
    SENT = "sent", _("Reminded")
    DONE = "done", _("Called")
    NEEDLESS = "needless", _("No longer needed")


class Chase(models.Model):
    """One reminder or call, asked for by one rule, for one version of the directive."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="chases")
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="chases")
    rule = models.CharField(max_length=60)
    channel = models.CharField(max_length=10)  # mail | call
    missing = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=ChaseState.choices)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["recipient", "directive", "rule"], name="chase_once")]
        indexes = [models.Index(fields=["state", "due_at"])]

    def __str__(self) -> str:
        return f"{self.rule} {self.recipient_id} {self.state}"


class RelayedAnswer(models.Model):
    """What a recipient reports of one of those to whom it relayed the directive (basis: reported)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="relayed")
    key = models.CharField(max_length=100)
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=RecipientState.choices)
    counts = models.JSONField(default=dict)  # {basis: {verdict: number of obligations}}
    at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="relayed_answer_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

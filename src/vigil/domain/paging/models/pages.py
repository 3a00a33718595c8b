"""A page and its life. Every timer is a row with an instant; nothing that is due lives in a process.

open --acknowledged--> acknowledged --> resolved          open --after the last step--> exhausted (still to be answered)
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.outbox.models import Message
from vigil.domain.paging.models.policies import EscalationPolicy, Route, Urgency
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import Phrase


class PageState(models.TextChoices):
    """Where a page stands. Exhausted: everybody was tried; it stays on the call list until a person takes it."""

    OPEN = "open", _("Waits for somebody")
    ACKNOWLEDGED = "acknowledged", _("Taken")
    EXHAUSTED = "exhausted", _("Nobody answered")
    RESOLVED = "resolved", _("Done")


class How(models.TextChoices):
    """By what somebody answered."""

    LINK = "link", _("by the link")
    CODE = "code", _("by the code")
    TOLD = "told", _("by the code, told on the telephone")
    PAGE = "page", _("on the page, signed in")


class Page(models.Model):
    """Something that somebody must take on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="pages")
    policy = models.ForeignKey(EscalationPolicy, null=True, on_delete=models.SET_NULL, related_name="pages")
    plan = models.JSONField()  # the policy as it was when the page was raised: steps, repeat, waits
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, blank=True)
    title = models.JSONField()
    body = models.JSONField()
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices, default=Urgency.URGENT)
    exercise = models.BooleanField(default=False)
    post = models.UUIDField(null=True)
    function = models.CharField(max_length=60, blank=True)
    dedupe_key = models.CharField(max_length=200, blank=True)
    count = models.PositiveIntegerField(default=1)
    route = models.ForeignKey(Route, null=True, on_delete=models.SET_NULL, related_name="test_pages")
    is_test = models.BooleanField(default=False)

    state = models.CharField(max_length=20, choices=PageState.choices, default=PageState.OPEN)
    raised_at = models.DateTimeField()
    last_raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="pages_taken")
    acknowledged_how = models.CharField(max_length=10, choices=How.choices, blank=True)
    acknowledged_name = models.CharField(max_length=200, blank=True)
    exhausted_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "dedupe_key"],
                condition=~models.Q(dedupe_key="") & ~models.Q(state="resolved"),
                name="page_once_while_open",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "-raised_at"]),
            models.Index(  # what waits, whosever it is
                fields=["raised_at"],
                condition=models.Q(state__in=["open", "exhausted"], is_test=False),
                name="page_waiting",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title_phrase)

    @property
    def title_phrase(self) -> Phrase:
        """The title, to be said in the reader's language."""
        return Phrase.from_json(self.title)

    @property
    def body_phrase(self) -> Phrase:
        """The text, to be said in the reader's language."""
        return Phrase.from_json(self.body)

    @property
    def waits_for_somebody(self) -> bool:
        """Whether nobody has taken it on yet."""
        return self.state in {PageState.OPEN, PageState.EXHAUSTED}


class StepKind(models.TextChoices):
    """What a timer is for."""

    STEP = "step", _("Step")
    END = "end", _("End of the escalation")
    REMINDER = "reminder", _("Reminder")


class Outcome(models.TextChoices):
    """How a timer was decided, once."""

    SENT = "sent", _("Sent")
    NOBODY = "nobody", _("Nobody to page")
    OVERTAKEN = "overtaken", _("Overtaken by its own repetition")
    CANCELLED = "cancelled", _("No longer needed")
    ENDED = "ended", _("The escalation ended")


class PageStep(models.Model):
    """One timer. `decided_at` is set once, by conditional update, in the transaction of everything it causes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind.choices, default=StepKind.STEP)
    cycle = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0)
    target = models.CharField(max_length=20, blank=True)
    armed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    detail = models.JSONField(null=True)
    spent = models.BooleanField(default=False)  # every route of everybody it reached has failed

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="page_step_once"),
            models.UniqueConstraint(
                fields=["page"], condition=models.Q(decided_at=None), name="page_one_pending_timer"
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], condition=models.Q(decided_at=None), name="page_step_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.page_id}"

    @property
    def detail_phrase(self) -> Phrase | None:
        """Why it went as it did, when there is more to say than the outcome."""
        return Phrase.from_json(self.detail) if self.detail else None


class AttemptState(models.TextChoices):
    """Where one try to reach one person stands."""

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    POSSIBLY_SENT = "possibly_sent", _("Possibly sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not delivered")
    WITHDRAWN = "withdrawn", _("Withdrawn before it was sent")


class PageAttempt(models.Model):
    """One message to one person by one route. Unless it has left by `failover_at`, the next route is tried."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step = models.ForeignKey(PageStep, on_delete=models.CASCADE, related_name="attempts")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="page_attempts")
    route = models.ForeignKey(Route, null=True, on_delete=models.SET_NULL, related_name="attempts")
    position = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=320)
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="page_attempt")
    state = models.CharField(max_length=20, choices=AttemptState.choices, default=AttemptState.QUEUED)
    possibly_twice = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    at = models.DateTimeField()
    failover_at = models.DateTimeField(null=True)
    settled = models.BooleanField(default=False)  # nothing more follows from it
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["step", "person", "position"], name="page_attempt_once")]
        indexes = [models.Index(fields=["at"], condition=models.Q(settled=False), name="page_attempt_open")]

    def __str__(self) -> str:
        return f"attempt {self.position} of {self.step_id}"


class PageKey(models.Model):
    """By which one person answers one page: digests of a token (in the link) and of a code that can be spoken."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="keys")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="page_keys")
    token_sha256 = models.CharField(max_length=64, unique=True)
    code_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "person"], condition=models.Q(revoked_at=None), name="page_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"key of {self.person_id} to {self.page_id}"


class Answer(models.TextChoices):
    """What a person said to a page."""

    TAKEN = "taken", _("I take it")
    DECLINED = "declined", _("I cannot take it")
    DONE = "done", _("It is done")


class PageAnswer(models.Model):
    """One answer, kept. `name`: who gave it, when no person of the tree stands for them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="page_answers")
    name = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=10, choices=Answer.choices)
    how = models.CharField(max_length=10, choices=How.choices)
    why = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.answer} to {self.page_id}"


class WrongCode(models.Model):
    """A code that fitted nothing: counted against guessing. `source` is a keyed digest of the network address."""

    source = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["source", "at"])]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%H:%M:%S}"

"""A page's story: what was raised, decided, sent and answered, in order, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vigil.domain.paging.models import Outcome, Page, PageAttempt, PageStep, StepKind, TargetChoices
from vigil.kernel.phrases import N_, Phrase, phrase

_COLOURS = {
    "sent": "green", "failed": "red", "queued": "azure", "sending": "azure", "possibly_sent": "orange",
    "withdrawn": "secondary",
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    icon: str
    colour: str
    words: Phrase
    more: list[Any] = field(default_factory=list)
    tries: list["Try"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Try:
    """One message to one person."""

    row: PageAttempt
    channel: str
    colour: str
    message_id: str


def story_of(page: Page, channel_names: Mapping[str, str]) -> list[Line]:
    """Oldest first."""
    lines = [Line(page.raised_at, "bell-ringing", "blue", phrase(N_("Raised")))]
    if page.count > 1:
        wording = N_("The same happened again; {n} times in all so far")
        lines.append(Line(page.last_raised_at, "repeat", "blue", phrase(wording, n=page.count)))
    attempts: dict[Any, list[PageAttempt]] = {}
    for row in PageAttempt.objects.filter(step__page=page).select_related("person", "message"):
        attempts.setdefault(row.step_id, []).append(row)
    opened = page.keys.exclude(opened_at=None).select_related("person")
    steps = page.steps.exclude(decided_at=None).exclude(outcome=Outcome.CANCELLED)
    lines += [_of_step(step, attempts.get(step.pk, []), channel_names) for step in steps]
    for key in opened:
        wording = N_("The link of {name} was opened (a mail scanner opens links too)")
        lines.append(Line(key.opened_at or page.raised_at, "eye", "secondary", phrase(wording, name=key.person.name)))
    for answer in page.answers.select_related("person"):
        name = answer.person.name if answer.person is not None else answer.name
        words = phrase(N_("{name}: {answer}"), name=name, answer=str(answer.get_answer_display()))
        icon, colour = {"taken": ("check", "green"), "declined": ("x", "orange"), "done": ("circle-check", "green")}[
            answer.answer
        ]
        lines.append(Line(answer.at, icon, colour, words, [str(answer.get_how_display()), answer.why]))
    if page.resolved_at is not None:
        lines.append(Line(page.resolved_at, "flag", "green", phrase(N_("Done"))))
    return sorted(lines, key=lambda line: line.at)


def _of_step(step: PageStep, tries: list[PageAttempt], names: Mapping[str, str]) -> Line:
    late_s = int(((step.decided_at or step.due_at) - step.due_at).total_seconds())
    more: list[Any] = [step.detail_phrase] if step.detail_phrase else []
    if late_s > 60:
        more.append(phrase(N_("Due at {at}; this Vigil was not running then."), at=step.due_at))
    if step.spent:
        more.append(phrase(N_("No route reached anybody; the next step did not wait.")))
    shown = [
        Try(row, names.get(row.channel, row.channel), _COLOURS[row.state], row.message.message_id) for row in tries
    ]
    at = step.decided_at or step.due_at
    if step.kind == StepKind.END:
        return Line(at, "alert-triangle", "red", phrase(N_("The escalation ended")), more)
    if step.kind == StepKind.REMINDER:
        return Line(at, "clock", "azure", phrase(N_("Reminder")), more, shown)
    whom = str(dict(TargetChoices.choices).get(step.target, step.target))
    words = phrase(
        N_("Step {number}, round {round}: {whom}"), number=step.position + 1, round=step.cycle + 1, whom=whom
    )
    colour = {Outcome.SENT: "blue", Outcome.NOBODY: "orange"}.get(Outcome(step.outcome), "secondary")
    icon = {Outcome.SENT: "send", Outcome.NOBODY: "user-off"}.get(Outcome(step.outcome), "player-skip-forward")
    if not more and step.outcome != Outcome.SENT:
        more = [str(step.get_outcome_display())]
    return Line(at, icon, colour, words, more, shown)

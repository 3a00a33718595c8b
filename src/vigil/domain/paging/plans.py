"""The plan that a page carries: its policy as it stood when the page was raised, and when each step is due.

The steps are gone through `repeat + 1` times. A step is due its delay after the one before was due; a repetition begins
`repeat_after_s` after the last step; the same wait after the last of all gives its people time before it is the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.models import EscalationPolicy
from vigil.kernel.on_call import Target

SHIPPED_WAIT_S = 300
SHIPPED = (
    Target.ON_DUTY,
    Target.ON_CALL,
    Target.BACKUP,
    Target.LEAD,
    Target.NEXT_SHIFT,
    Target.STANDING_LEAD,
)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """Whom, and how long after the step before."""

    target: Target
    delay_s: int
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a running page goes by."""

    steps: tuple[PlannedStep, ...]
    repeat: int = 1
    repeat_after_s: int = SHIPPED_WAIT_S
    remind_after_s: int = 3600
    reescalate: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "steps": [
                {"target": step.target.value, "delay_s": step.delay_s, "person": str(step.person or "")}
                for step in self.steps
            ],
            "repeat": self.repeat,
            "repeat_after_s": self.repeat_after_s,
            "remind_after_s": self.remind_after_s,
            "reescalate": self.reescalate,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Plan":
        """The plan that `to_json` wrote."""
        steps = tuple(
            PlannedStep(Target(step["target"]), step["delay_s"], UUID(step["person"]) if step["person"] else None)
            for step in stored["steps"]
        )
        return cls(
            steps, stored["repeat"], stored["repeat_after_s"], stored["remind_after_s"], bool(stored["reescalate"])
        )

    @property
    def round_lasts(self) -> timedelta:
        """From a step to its own repetition."""
        return timedelta(seconds=sum(step.delay_s for step in self.steps) + self.repeat_after_s)

    def after(self, cycle: int, position: int) -> tuple[int, int, timedelta] | None:
        """The step that follows: its cycle, its position, its wait. None: the end follows, after `repeat_after_s`."""
        if position + 1 < len(self.steps):
            return cycle, position + 1, timedelta(seconds=self.steps[position + 1].delay_s)
        if cycle < self.repeat:
            return cycle + 1, 0, timedelta(seconds=self.repeat_after_s + self.steps[0].delay_s)
        return None


def shipped_plan() -> Plan:
    """What holds where no policy was made: all that the roster knows, down to the next shift and the lead."""
    return Plan(tuple(PlannedStep(target, SHIPPED_WAIT_S if n else 0) for n, target in enumerate(SHIPPED)))


def plan_of(policy: EscalationPolicy | None, urgency: int) -> Plan:
    """The policy's steps that apply from `urgency` on; all of them when none would be left."""
    if policy is None:
        return shipped_plan()
    rows = list(policy.steps.all())
    kept = [row for row in rows if row.least_urgency <= urgency] or rows
    if not kept:
        return shipped_plan()
    return Plan(
        tuple(PlannedStep(Target(row.target), row.delay_s, row.person_id) for row in kept),
        policy.repeat,
        policy.repeat_after_s,
        policy.remind_after_s,
        policy.reescalate,
    )


def default_policy(organisation: Organisation) -> EscalationPolicy | None:
    """The default of the organisation, else of the nearest one above it that has one, else none."""
    ids: Sequence[str] = organisation.path.strip("/").split("/")
    rows = EscalationPolicy.objects.filter(organisation_id__in=ids, is_default=True, retired_at=None)
    by_owner = {str(row.organisation_id): row for row in rows}
    return next((by_owner[owner] for owner in reversed(ids) if owner in by_owner), None)


def plan_to_reach(person: UUID, *, answer_within_s: int = SHIPPED_WAIT_S) -> Plan:
    """One person, once: a test page."""
    return Plan((PlannedStep(Target.PERSON, 0, person),), 0, answer_within_s, 0)

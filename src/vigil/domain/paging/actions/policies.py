"""Escalation policies: made and changed as a whole. A page that runs keeps the steps that it was raised with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import Person
from vigil.domain.paging.models import EscalationPolicy, PolicyStep, Urgency
from vigil.domain.paging.models.policies import MOST_STEPS
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_


@dataclass(frozen=True, slots=True)
class StepEntry:
    """One step as it is entered: whom (a `Target`), after which wait, from which urgency on."""

    target: str
    delay_s: int
    person: Person | None = None
    least_urgency: int = Urgency.ROUTINE


@transaction.atomic
def save_policy(
    *, policy: EscalationPolicy, steps: Sequence[StepEntry], actor: Actor, now: datetime
) -> EscalationPolicy:
    """Make or change a policy with just these steps. A default takes the place of the one before.

    Raises: Refused `paging.no_step`, `paging.too_many_steps`, `paging.bad_step`, `paging.foreign_person`,
    `input.invalid`.
    """
    if not steps:
        raise Refused("paging.no_step", N_("A policy needs at least one step."))
    if len(steps) > MOST_STEPS:
        raise Refused("paging.too_many_steps", N_("A policy has at most {most} steps."), most=MOST_STEPS)
    if policy.is_default:
        others = EscalationPolicy.objects.filter(organisation=policy.organisation_id, is_default=True, retired_at=None)
        for other in others.exclude(pk=policy.pk):
            other.is_default = False
            save_and_record(other, actor=actor, now=now, organisation=other.organisation_id)
    save_and_record(policy, actor=actor, now=now, organisation=policy.organisation_id)
    before = [_values(row) for row in policy.steps.all()]
    rows = [_row(policy, position, entry) for position, entry in enumerate(steps)]
    if [_values(row) for row in rows] != before:
        policy.steps.all().delete()
        PolicyStep.objects.bulk_create(rows)
        record(
            actor=actor,
            now=now,
            action="paging.policy_steps_set",
            subject=f"paging.escalationpolicy:{policy.pk}",
            organisation=policy.organisation_id,
            facts={"steps": [list(_values(row)) for row in rows]},
        )
    return policy


def _row(policy: EscalationPolicy, position: int, entry: StepEntry) -> PolicyStep:
    if entry.person is not None and not _within(policy, entry.person):
        raise Refused("paging.foreign_person", N_("{name} belongs to another organisation."), name=entry.person.name)
    row = PolicyStep(
        policy=policy,
        position=position,
        delay_s=entry.delay_s,
        target=entry.target,
        person=entry.person,
        least_urgency=entry.least_urgency,
    )
    try:
        row.full_clean(exclude=["policy"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        faults = "; ".join(error.messages)
        raise Refused("paging.bad_step", N_("Step {number}: {faults}"), number=position + 1, faults=faults) from error
    return row


def _within(policy: EscalationPolicy, person: Person) -> bool:
    """Of the policy's organisation, or of one above or below it."""
    here, there = policy.organisation.path, person.organisation.path
    return here.startswith(there) or there.startswith(here)


def _values(row: PolicyStep) -> tuple[str, int, str, int]:
    person: UUID | None = row.person_id
    return row.target, row.delay_s, str(person or ""), row.least_urgency


@transaction.atomic
def retire_policy(*, policy: EscalationPolicy, actor: Actor, now: datetime) -> None:
    """It is not offered any more; pages that run keep their steps.

    Raises: Conflict `paging.policy_retired`.
    """
    rows = EscalationPolicy.objects.filter(pk=policy.pk, retired_at=None)
    if not rows.update(retired_at=now, is_default=False):
        raise Conflict("paging.policy_retired", N_("This policy was already retired."))
    record(
        actor=actor,
        now=now,
        action="paging.policy_retired",
        subject=f"paging.escalationpolicy:{policy.pk}",
        organisation=policy.organisation_id,
        facts={"name": policy.name},
    )

"""Arming a page's one pending timer. Whoever arms it holds the page's lock."""

from datetime import datetime, timedelta

from django.db.models import Max

from vigil.domain.paging.models import Outcome, Page, PageStep, StepKind
from vigil.domain.paging.plans import Plan


def arm(
    page: Page, *, kind: str, due_at: datetime, now: datetime, cycle: int = 0, position: int = 0, target: str = ""
) -> PageStep:
    """The page's next timer; there is none pending."""
    last = PageStep.objects.filter(page=page).aggregate(last=Max("number"))["last"] or 0
    return PageStep.objects.create(
        page=page,
        number=last + 1,
        kind=kind,
        cycle=cycle,
        position=position,
        target=target,
        armed_at=now,
        due_at=due_at,
    )


def arm_first(page: Page, plan: Plan, now: datetime) -> PageStep:
    """The escalation begins."""
    step = plan.steps[0]
    due = now + timedelta(seconds=step.delay_s)
    return arm(page, kind=StepKind.STEP, due_at=due, now=now, target=step.target.value)


def arm_after(step: PageStep, plan: Plan, *, now: datetime, at_once: bool = False) -> PageStep:
    """What follows `step`: due after it was due, not after it was decided, so that lateness does not add up.

    The end alone waits from when the last step was decided: whoever was asked late has their time to answer too.
    """
    following = plan.after(step.cycle, step.position)
    if following is None:
        due = max(step.due_at, now) + timedelta(seconds=plan.repeat_after_s)
        return arm(step.page, kind=StepKind.END, due_at=due, now=now, cycle=step.cycle, position=step.position + 1)
    cycle, position, wait = following
    due = min(step.due_at, now) if at_once and cycle == step.cycle else step.due_at + wait
    target = plan.steps[position].target.value
    return arm(step.page, kind=StepKind.STEP, due_at=due, now=now, cycle=cycle, position=position, target=target)


def hasten(page: Page, now: datetime) -> bool:
    """The pending step is due at once: whoever was asked cannot take it. Repetitions keep their time."""
    pending = PageStep.objects.filter(page=page, decided_at=None, kind=StepKind.STEP, due_at__gt=now, position__gt=0)
    return bool(pending.update(due_at=now))


def cancel(page: Page, now: datetime) -> None:
    """Nothing more is due."""
    PageStep.objects.filter(page=page, decided_at=None).update(decided_at=now, outcome=Outcome.CANCELLED)

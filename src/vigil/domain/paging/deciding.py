"""The pager's decisions: what a timer that has run out brings about, each once, in one transaction.

A timer is taken by conditional update; whom it reaches, what is sent and the timer that follows are written with it. So
a crash leaves either nothing or all of it. After an outage everything overdue is decided in order; of a step that is
overdue several times over, the earlier ones are recorded as overtaken: nobody gets the same page ten times in a second.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Person
from vigil.domain.paging.channels import channels, implied_routes
from vigil.domain.paging.messages import STILL_OPEN, attempt, tell
from vigil.domain.paging.models import (
    Answer,
    Outcome,
    Page,
    PageAnswer,
    PageAttempt,
    PageState,
    PageStep,
    Route,
    StepKind,
    Urgency,
)
from vigil.domain.paging.plans import Plan
from vigil.domain.paging.timers import arm, arm_after, arm_first
from vigil.kernel.actors import Actor
from vigil.kernel.on_call import NobodyOnCall, OnCall, Target
from vigil.kernel.phrases import N_, Phrase, phrase

log = logging.getLogger(__name__)

CLOCK_SLACK = timedelta(seconds=5)
MOST_PEOPLE = 10
Way = tuple[str, str, Route | None]


@cache
def _loaded(path: str) -> OnCall:
    made: OnCall = import_string(path)() if path else NobodyOnCall()
    return made


def on_call() -> OnCall:
    """The one that settings name (`VIGIL_ON_CALL`, a dotted path to a class)."""
    return _loaded(settings.VIGIL_ON_CALL)


def next_due(now: datetime, skip: Collection[UUID] = ()) -> PageStep | None:
    """The timer that ran out first, but for those of `skip`, which just failed."""
    rows = PageStep.objects.filter(decided_at=None, due_at__lte=now)
    return (rows.exclude(pk__in=skip) if skip else rows).order_by("due_at", "id").first()


def rearm_after_clock_went_back(now: datetime) -> int:
    """Timers armed in the future were armed before the clock went back: they wait their time from now on."""
    moved = 0
    for step in PageStep.objects.filter(decided_at=None, armed_at__gt=now + CLOCK_SLACK):
        due = now + max(step.due_at - step.armed_at, timedelta(0))
        rows = PageStep.objects.filter(pk=step.pk, decided_at=None, armed_at=step.armed_at)
        moved += rows.update(armed_at=now, due_at=due)
    tries = PageAttempt.objects.filter(settled=False, at__gt=now + CLOCK_SLACK, failover_at__gt=F("at"))
    for row in tries:
        if row.failover_at is not None:
            PageAttempt.objects.filter(pk=row.pk).update(failover_at=now + (row.failover_at - row.at))
    return moved


@transaction.atomic
def decide(*, step: PageStep, roster: OnCall, actor: Actor, now: datetime) -> str:
    """Decide `step`, if nobody has; returns its outcome, "" when another was first."""
    page = Page.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=step.page_id)
    if not PageStep.objects.filter(pk=step.pk, decided_at=None).update(decided_at=now):
        return ""
    step.refresh_from_db()
    step.page = page
    plan = Plan.from_json(page.plan)
    if step.kind == StepKind.REMINDER:
        outcome, detail = _remind(page, plan, now)
    elif page.state != PageState.OPEN:
        outcome, detail = Outcome.CANCELLED, None
    elif step.kind == StepKind.END:
        outcome, detail = _end(page, actor, now)
    elif step.cycle < plan.repeat and step.due_at + plan.round_lasts <= now:
        outcome, detail = Outcome.OVERTAKEN, phrase(N_("Its repetition was due as well."))
        arm_after(step, plan, now=now)
    else:
        outcome, detail = _reach(page, step, plan, roster, now)
        arm_after(step, plan, now=now, at_once=outcome == Outcome.NOBODY)
    PageStep.objects.filter(pk=step.pk).update(outcome=outcome, detail=detail.to_json() if detail else None)
    _tell(page, f"paging.{step.kind}_decided", actor, now, number=step.number, outcome=str(outcome), target=step.target)
    return str(outcome)


def _reach(page: Page, step: PageStep, plan: Plan, roster: OnCall, now: datetime) -> tuple[Outcome, Phrase | None]:
    people, why = _people(page, step, plan, roster, now)
    unreachable = []
    for person in people:
        ways = ways_to(person) if page.route is None else [(page.route.channel, page.route.address, page.route)]
        if not ways:
            unreachable.append(person.name)
        for position, (channel, address, route) in enumerate(ways if page.urgency == Urgency.CRITICAL else ways[:1]):
            attempt(
                page=page, step=step, person=person, channel=channel, address=address, route=route, position=position,
                now=now,
            )  # fmt: skip
    names = ", ".join(unreachable)
    missing = phrase(N_("No way is known to reach {names}."), names=names) if unreachable else None
    if len(unreachable) == len(people):
        return Outcome.NOBODY, missing or why
    return Outcome.SENT, missing


def _people(
    page: Page, step: PageStep, plan: Plan, roster: OnCall, now: datetime
) -> tuple[list[Person], Phrase | None]:
    target = Target(step.target)
    ids: Sequence[UUID]
    if target is Target.PERSON:
        named = plan.steps[step.position].person
        ids = [named] if named else []
    else:
        try:
            with transaction.atomic():
                found = roster.people(
                    page.organisation_id, target, now, post=page.post, function=page.function or None,
                    exercise=page.exercise,
                )  # fmt: skip
                ids = list(found)[:MOST_PEOPLE]
        except Exception as error:
            log.exception("the roster could not be asked")
            return [], phrase(N_("Nobody to page: the roster could not be asked ({kind})."), kind=type(error).__name__)
    there = Person.objects.filter(pk__in=ids, left_at=None).in_bulk()
    declined = PageAnswer.objects.filter(page=page, answer=Answer.DECLINED).values_list("person_id", flat=True)
    asked = [there[key] for key in ids if key in there]
    free = [person for person in asked if person.pk not in set(declined)]
    if asked and not free:
        return [], phrase(N_("Nobody to page: all of them said that they cannot take it."))
    return free, None if free else phrase(N_("Nobody to page: nobody stands there now."))


def ways_to(person: Person) -> list[Way]:
    """How a person is reached now, in order: routes not paused, on channels that work; else what is implied."""
    routes = list(Route.objects.filter(person=person))
    usable = channels().usable
    if not routes:
        return [(channel, address, None) for channel, address in implied_routes(person)]
    return [(row.channel, row.address, row) for row in routes if row.paused_at is None and row.channel in usable]


def _end(page: Page, actor: Actor, now: datetime) -> tuple[Outcome, Phrase | None]:
    if page.is_test:
        Page.objects.filter(pk=page.pk).update(state=PageState.RESOLVED, resolved_at=now)
        return Outcome.ENDED, phrase(N_("The test was not answered."))
    Page.objects.filter(pk=page.pk).update(state=PageState.EXHAUSTED, exhausted_at=now)
    _tell(page, "paging.page_exhausted", actor, now, kind=page.kind)
    return Outcome.ENDED, phrase(N_("Everybody was tried and nobody took it. Somebody must call."))


def _remind(page: Page, plan: Plan, now: datetime) -> tuple[Outcome, Phrase | None]:
    if page.state != PageState.ACKNOWLEDGED:
        return Outcome.CANCELLED, None
    if plan.reescalate:
        Page.objects.filter(pk=page.pk).update(state=PageState.OPEN)
        arm_first(page, plan, now)
        return Outcome.SENT, phrase(N_("Taken, but not done in time: the escalation starts again."))
    arm(page, kind=StepKind.REMINDER, due_at=now + timedelta(seconds=plan.remind_after_s), now=now)
    taker = page.acknowledged_by
    ways = ways_to(taker) if taker is not None else []
    if taker is None or not ways:
        return Outcome.NOBODY, phrase(N_("Whoever took it cannot be reminded: no way is known."))
    channel, address, _ = ways[0]
    tell(page, taker, channel, address, STILL_OPEN, now)
    return Outcome.SENT, None


def changed_attempts(now: datetime, at_most: int = 500) -> list[PageAttempt]:
    """Tries of which the outbox has news, or whose time to leave is over; oldest first. Looks without locking."""
    rows = PageAttempt.objects.filter(settled=False).select_related("message", "person", "step")
    news = ~Q(state=F("message__state")) | ~Q(possibly_twice=F("message__possibly_twice")) | Q(failover_at__lte=now)
    return list(rows.filter(news).order_by("at", "id")[:at_most])


@transaction.atomic
def follow(*, row: PageAttempt, actor: Actor, now: datetime) -> bool:
    """See what became of a try: sent, failed, or too slow, in which case the next route is tried. True: it was."""
    page = Page.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=row.step.page_id)
    row = PageAttempt.objects.select_related("message", "person", "step").get(pk=row.pk)
    if row.settled:
        return False
    message = row.message
    over = message.state in {"sent", "failed", "withdrawn"}
    slow = row.failover_at is not None and now >= row.failover_at
    changed = {
        "state": message.state,
        "possibly_twice": message.possibly_twice,
        "error": message.last_error,
        "sent_at": message.sent_at,
        "settled": over,
        "failover_at": None if over or slow else row.failover_at,
    }
    if any(getattr(row, name) != value for name, value in changed.items()):
        PageAttempt.objects.filter(pk=row.pk).update(**changed)
    must_go_on = message.state == "failed" or (slow and not over)
    if not must_go_on or row.failover_at is None or not page.waits_for_somebody:
        return False
    return _next_way(page, row, actor, now)


def _next_way(page: Page, row: PageAttempt, actor: Actor, now: datetime) -> bool:
    tried = list(PageAttempt.objects.filter(step=row.step, person=row.person))
    known = {(one.channel, one.address) for one in tried}
    ways = [] if page.route is not None else [way for way in ways_to(row.person) if way[:2] not in known]
    facts = {"channel": row.channel, "number": row.step.number}
    if ways:
        channel, address, route = ways[0]
        attempt(
            page=page, step=row.step, person=row.person, channel=channel, address=address, route=route,
            position=max(one.position for one in tried) + 1, now=now,
        )  # fmt: skip
        _tell(page, "paging.route_failed_over", actor, now, to=channel, **facts)
        return True
    _tell(page, "paging.routes_spent", actor, now, **facts)
    hopeful = PageAttempt.objects.filter(step=row.step).exclude(state="failed").exclude(failover_at=None, settled=False)
    if not hopeful.exists():
        PageStep.objects.filter(pk=row.step_id).update(spent=True)
        _go_on_at_once(page, row.step, now)
    return False


def _go_on_at_once(page: Page, step: PageStep, now: datetime) -> None:
    """Nobody whom `step` meant can be reached: the step after it need not wait. Repetitions keep their time."""
    pending = PageStep.objects.filter(page=page, decided_at=None, kind=StepKind.STEP, cycle=step.cycle, due_at__gt=now)
    pending.filter(number__lte=step.number + 1).update(due_at=now)


def _tell(page: Page, action: str, actor: Actor, now: datetime, **facts: object) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"paging.page:{page.pk}",
        organisation=page.organisation_id,
        facts=facts,
    )

"""Raising a page in the transaction of its fact, and saying that what it asked for is done."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.messages import withdraw_waiting
from vigil.domain.paging.models import EscalationPolicy, Page, PageState, Route, Urgency
from vigil.domain.paging.plans import Plan, default_policy, plan_of
from vigil.domain.paging.timers import arm_first, cancel
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_, Phrase


def raise_page(
    *,
    organisation: Organisation,
    kind: str,
    title: Phrase,
    body: Phrase,
    actor: Actor,
    now: datetime,
    subject: str = "",
    policy: EscalationPolicy | None = None,
    urgency: int = Urgency.URGENT,
    post: UUID | None = None,
    function: str | None = None,
    dedupe_key: str = "",
    exercise: bool = False,
) -> Page:
    """Ask for somebody. Call it in the transaction of the fact: the page is there if, and only if, the fact is.

    `kind` is a stable dotted word (`duty.absent`), `subject` is `room.model:id`; `policy` None takes the organisation's
    default, else one above it, else the shipped one. The same `dedupe_key` while a page is not resolved is the same
    page, whose `count` grows; one to which nobody answered goes round again. `exercise` is said in every text.
    """
    if dedupe_key:
        again = _raised_again(organisation, dedupe_key, actor, now)
        if again is not None:
            return again
    policy = policy or default_policy(organisation)
    page = Page(
        organisation=organisation,
        policy=policy,
        kind=kind,
        subject=subject,
        title=title.to_json(),
        body=body.to_json(),
        urgency=urgency,
        exercise=exercise,
        post=post,
        function=function or "",
        dedupe_key=dedupe_key,
    )
    try:
        return begin(page=page, plan=plan_of(policy, urgency), actor=actor, now=now)
    except IntegrityError:
        again = _raised_again(organisation, dedupe_key, actor, now) if dedupe_key else None
        if again is None:
            raise
        return again


@transaction.atomic
def begin(*, page: Page, plan: Plan, actor: Actor, now: datetime) -> Page:
    """Keep a new page with its plan and arm its first timer."""
    page.plan = plan.to_json()
    page.raised_at = page.last_raised_at = now
    page.save(force_insert=True)
    arm_first(page, plan, now)
    _tell("paging.page_raised", page, actor, now, kind=page.kind, urgency=page.urgency, exercise=page.exercise)
    return page


@transaction.atomic
def _raised_again(organisation: Organisation, dedupe_key: str, actor: Actor, now: datetime) -> Page | None:
    rows = Page.objects.select_for_update().filter(organisation=organisation, dedupe_key=dedupe_key)
    page = rows.exclude(state=PageState.RESOLVED).first()
    if page is None:
        return None
    Page.objects.filter(pk=page.pk).update(count=F("count") + 1, last_raised_at=now)
    if page.state == PageState.EXHAUSTED:
        Page.objects.filter(pk=page.pk).update(state=PageState.OPEN, exhausted_at=None)
        cancel(page, now)
        arm_first(page, Plan.from_json(page.plan), now)
        _tell("paging.page_raised_again", page, actor, now, kind=page.kind)
    page.refresh_from_db()
    return page


@transaction.atomic
def resolve_page(*, page: Page, actor: Actor, now: datetime, why: str = "") -> Page:
    """What the page asked for is done, or needs nobody any more.

    Raises: Conflict `paging.already_done`.
    """
    page = Page.objects.select_for_update().get(pk=page.pk)
    if page.state == PageState.RESOLVED:
        raise Conflict("paging.already_done", N_("This page is already done."))
    cancel(page, now)
    withdraw_waiting(page, now)
    page.state, page.resolved_at = PageState.RESOLVED, now
    page.save(update_fields=["state", "resolved_at"])
    _tell("paging.page_resolved", page, actor, now, why=why)
    return page


def resolve_pages(*, organisation: UUID, dedupe_key: str, actor: Actor, now: datetime, why: str = "") -> int:
    """Resolve the page of `dedupe_key`, if one is not resolved; returns how many."""
    rows = Page.objects.filter(organisation_id=organisation, dedupe_key=dedupe_key).exclude(state=PageState.RESOLVED)
    done = 0
    for page in rows:
        resolve_page(page=page, actor=actor, now=now, why=why)
        done += 1
    return done


def begin_test(*, route: Route, title: Phrase, body: Phrase, plan: Plan, actor: Actor, now: datetime) -> Page:
    """The page by which a route is tried; nothing depends on its being answered."""
    page = Page(
        organisation=route.person.organisation,
        kind="paging.test",
        subject=f"paging.route:{route.pk}",
        title=title.to_json(),
        body=body.to_json(),
        urgency=Urgency.ROUTINE,
        route=route,
        is_test=True,
    )
    return begin(page=page, plan=plan, actor=actor, now=now)


def _tell(action: str, page: Page, actor: Actor, now: datetime, *, why: str = "", **facts: object) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"paging.page:{page.pk}",
        organisation=page.organisation_id,
        why=why,
        facts={"about": page.subject, **facts},
    )

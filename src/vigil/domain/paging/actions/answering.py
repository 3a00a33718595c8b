"""Answering a page: I take it, I cannot, it is done; by link, by code, told on the telephone, or signed in.

A link and a code stand for one person. Somebody signed in as another, a code of another page, a revoked link: refused,
said plainly, and recorded.
"""

from datetime import datetime, timedelta

from django.db import transaction

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import permitted
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Person
from vigil.domain.paging.actions.raising import resolve_page
from vigil.domain.paging.keys import key_of_code, key_of_token, revoke_keys
from vigil.domain.paging.messages import tell_others, withdraw_waiting
from vigil.domain.paging.models import Answer, How, Page, PageAnswer, PageKey, PageState, Route, StepKind
from vigil.domain.paging.plans import Plan
from vigil.domain.paging.timers import arm, cancel, hasten
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.phrases import N_


def answer_by_key(*, key: PageKey, answer: str, how: str, signed_in: User | None, now: datetime, why: str = "") -> Page:
    """Whoever holds the link, or the code, answers for the person it was made for.

    Raises: NotAllowed `paging.not_yours` for somebody signed in as another person, or as nobody in particular and
    without a say here; else as `give_answer`.
    """
    if signed_in is not None and not _may_hold(key, signed_in):
        _wrong(key.page, "paging.wrong_person", signed_in.as_actor(), now, how=how)
        raise NotAllowed(
            "paging.not_yours",
            N_("This link and this code were made for another person. Answer in your own name, on the page itself."),
        )
    actor = Actor("link", str(key.pk), key.person.name)
    return give_answer(page=key.page, answer=answer, how=how, person=key.person, actor=actor, now=now, why=why)


def _may_hold(key: PageKey, user: User) -> bool:
    if user.person_id is not None:
        return user.person_id == key.person_id
    return permitted(user, "paging.answer", key.page.organisation)


def open_by_token(*, token: str, now: datetime) -> PageKey:
    """The key behind a link that was opened; the first opening is noted (a mail scanner opens links too).

    Raises: NotFound `paging.no_link`.
    """
    key = key_of_token(token, now)
    if key.opened_at is None:
        PageKey.objects.filter(pk=key.pk, opened_at=None).update(opened_at=now)
    return key


def answer_as_told(*, page: Page, code: str, answer: str, source: str, actor: Actor, now: datetime) -> Page:
    """Somebody read their code over the telephone, and `actor` enters it on the page.

    Raises: Refused `paging.code_of_another` for a code that was made for another page; else as `key_of_code` and
    `give_answer`.
    """
    key = key_of_code(code, source=source, now=now)
    if key.page_id != page.pk:
        _wrong(page, "paging.wrong_person", actor, now, how=How.TOLD)
        raise Refused("paging.code_of_another", N_("This code belongs to another page."))
    return give_answer(page=key.page, answer=answer, how=How.TOLD, person=key.person, actor=actor, now=now)


@transaction.atomic
def give_answer(
    *, page: Page, answer: str, how: str, person: Person | None, actor: Actor, now: datetime, why: str = ""
) -> Page:
    """`person` (None: a user without one) answers. Taking a page twice is one taking.

    Raises: Conflict `paging.taken` when another was first; `paging.already_done`.
    """
    page = Page.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=page.pk)
    why = why.replace("\x00", "").strip()[:500]  # PostgreSQL keeps no NUL
    if answer == Answer.TAKEN and page.state == PageState.ACKNOWLEDGED and _taken_by(page, person, actor):
        return page
    if page.state == PageState.RESOLVED:
        raise Conflict("paging.already_done", N_("This page is already done."))
    name = person.name if person is not None else actor.name
    PageAnswer.objects.create(
        page=page, person=person, name="" if person is not None else name, answer=answer, how=how, why=why, at=now
    )
    if answer == Answer.TAKEN:
        _take(page, person, name, how, now)
    elif answer == Answer.DECLINED:
        _decline(page, person, now)
    record(
        actor=actor,
        now=now,
        action=f"paging.page_{answer}",
        subject=f"paging.page:{page.pk}",
        organisation=page.organisation_id,
        why=why,
        facts={"how": how, "person": str(person.pk) if person else "", "kind": page.kind},
        personal={"person": name},
    )
    if answer == Answer.DONE or (answer == Answer.TAKEN and page.is_test):
        resolve_page(page=page, actor=actor, now=now, why=why)
    page.refresh_from_db()
    return page


def _taken_by(page: Page, person: Person | None, actor: Actor) -> bool:
    if person is not None:
        return page.acknowledged_by_id == person.pk
    return page.acknowledged_by_id is None and page.acknowledged_name == actor.name


def _take(page: Page, person: Person | None, name: str, how: str, now: datetime) -> None:
    if page.state == PageState.ACKNOWLEDGED:
        raise Conflict("paging.taken", N_("{name} was first and has taken it."), name=page.acknowledged_name)
    cancel(page, now)
    withdraw_waiting(page, now)
    Page.objects.filter(pk=page.pk).update(
        state=PageState.ACKNOWLEDGED,
        acknowledged_at=now,
        acknowledged_by=person,
        acknowledged_name=name,
        acknowledged_how=how,
    )
    if page.is_test:
        if page.route_id is not None and how in {How.LINK, How.CODE, How.TOLD}:
            Route.objects.filter(pk=page.route_id).update(verified_at=now)
        return
    plan = Plan.from_json(page.plan)
    if plan.remind_after_s:
        arm(page, kind=StepKind.REMINDER, due_at=now + timedelta(seconds=plan.remind_after_s), now=now)
    tell_others(page, person, name, now)


def _decline(page: Page, person: Person | None, now: datetime) -> None:
    """Somebody cannot: the next step is due at once. Whoever had taken it gives it back, and it goes round again."""
    if page.state != PageState.ACKNOWLEDGED:
        hasten(page, now)
        return
    if person is None or page.acknowledged_by_id != person.pk:
        raise Conflict("paging.taken", N_("{name} was first and has taken it."), name=page.acknowledged_name)
    cancel(page, now)
    Page.objects.filter(pk=page.pk).update(state=PageState.OPEN)
    target = Plan.from_json(page.plan).steps[0].target.value
    arm(page, kind=StepKind.STEP, due_at=now, now=now, target=target)


@transaction.atomic
def revoke_links(*, page: Page, actor: Actor, now: datetime) -> int:
    """Every link and code of the page stops working; the next message makes fresh ones. Returns how many worked."""
    revoked = revoke_keys(page, now)
    record(
        actor=actor,
        now=now,
        action="paging.links_revoked",
        subject=f"paging.page:{page.pk}",
        organisation=page.organisation_id,
        facts={"links": revoked},
    )
    return revoked


@transaction.atomic
def _wrong(page: Page, action: str, actor: Actor, now: datetime, **facts: str) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"paging.page:{page.pk}",
        organisation=page.organisation_id,
        facts=facts,
    )

"""Providers (obligation 1.b): asking, what they answer, and the answer that there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.duty.actions.planning import grown, locked, roster_for
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import (
    Commitment,
    DutyRow,
    DutyShift,
    Function,
    Kind,
    Origin,
    Post,
    ProviderRequest,
    RequestState,
)
from vigil.domain.organisations.actions.contacts import e164
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, phrase


@dataclass(frozen=True, slots=True)
class Promise:
    """A named person for these hours. `mobile` as the provider gave it; instants aware."""

    name: str
    mobile: str
    email: str
    kind: str
    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def ask(
    *,
    watch: Watch,
    provider: Organisation,
    functions: Sequence[str],
    asked: str,
    answer_by_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> ProviderRequest:
    """Draft a request to a provider; the letter itself is written from it. Raises: Refused `duty.functions`;
    Conflict `provider.asked`, `provider.none_said`, `watch.closed`."""
    _functions(functions)
    _still_kept(watch)
    if watch.provider_requests.filter(provider=None).exists():
        raise Conflict("provider.none_said", N_("It is recorded that there is no provider; take that back first."))
    try:
        with transaction.atomic():
            made = ProviderRequest.objects.create(
                watch=watch,
                provider=provider,
                functions=list(functions),
                asked=asked.strip()[:5000],
                answer_by_at=answer_by_at,
                drafted_at=now,
            )
    except IntegrityError as error:
        raise Conflict("provider.asked", N_("This provider was asked already.")) from error
    _tell(made, "provider_asked", actor, now)
    return made


def _still_kept(watch: Watch) -> None:
    if watch.state == WatchState.CLOSED:
        raise Conflict("watch.closed", N_("This watch is closed."))


def _functions(functions: Sequence[str]) -> None:
    if not functions or not set(functions) <= set(Function.values):
        raise Refused("duty.functions", N_("Name at least one of the four functions."))


@transaction.atomic
def mark_sent(*, request: ProviderRequest, note: str, actor: Actor, now: datetime) -> ProviderRequest:
    """The clerk has numbered and sent it; `note`: its number and date.

    Raises: Conflict `provider.answered`, `watch.closed`.
    """
    _still_kept(request.watch)
    if request.state not in (RequestState.DRAFT, RequestState.SENT):
        raise Conflict("provider.answered", N_("This request was answered already."))
    request.state, request.sent_at, request.sent_note = RequestState.SENT, now, note.strip()[:300]
    request.save(update_fields=["state", "sent_at", "sent_note"])
    _tell(request, "provider_request_sent", actor, now)
    return request


@transaction.atomic
def record_answer(
    *,
    request: ProviderRequest,
    by: str,
    answer: str,
    promises: Sequence[Promise],
    actor: Actor,
    now: datetime,
) -> list[Commitment]:
    """What the provider answered: people and hours. They stand in the roster at a post of the provider from now on.

    An answer that comes later replaces the earlier one; what was promised before is withdrawn and stays on record.
    Raises: Refused `duty.no_name`, `provider.no_people`, `provider.outside`, `provider.twice`, `provider.bad_number`;
    Conflict `watch.closed`, `provider.none_said`.
    """
    if request.provider is None:
        raise Conflict("provider.none_said", N_("It is recorded that there is no provider; take that back first."))
    if not by.strip():
        raise Refused("duty.no_name", N_("Say who answered: the name stands under it."))
    if not promises:
        raise Refused("provider.no_people", N_("An answer names people and hours; a refusal is recorded as such."))
    watch = request.watch
    roster = locked(roster_for(watch), None)
    _withdraw(request, now)
    post = _post(request, actor, now)
    made = [_keep(request, roster.pk, post, promise, actor, now) for promise in promises]
    request.state, request.answered_at, request.answered_by = RequestState.ANSWERED, now, by.strip()[:200]
    request.answer = answer.strip()[:5000]
    request.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    grown(roster)
    _tell(request, "provider_answered", actor, now, people=len({one.person_id for one in made}), shifts=len(made))
    return made


def _withdraw(request: ProviderRequest, now: datetime) -> None:
    rows = DutyRow.objects.filter(
        roster__watch=request.watch,
        shift__post__in=request.commitments.values("post"),
        superseded_at=None,
        origin=Origin.PROVIDER,
        ends_at__gt=now,
    )
    rows.update(superseded_at=now)
    request.commitments.filter(withdrawn_at=None).update(withdrawn_at=now)


def _post(request: ProviderRequest, actor: Actor, now: datetime) -> Post:
    provider, watch = request.provider, request.watch
    assert provider is not None  # noqa: S101 - see record_answer
    post = Post.objects.filter(organisation=watch.organisation_id, provider=provider, retired_at=None).first()
    if post is None:
        post = Post.objects.create(
            organisation=watch.organisation,
            provider=provider,
            name=(provider.short_name or provider.name)[:200],
            functions=request.functions,
            pattern="12h",
            on_site=0,
            leads=0,
            check_in_every_min=0,
            created_at=now,
        )
        tell(
            post,
            "post_added",
            organisation=watch.organisation_id,
            actor=actor,
            now=now,
            facts={"provider": str(provider.pk)},
        )
    elif set(post.functions) != set(request.functions):
        Post.objects.filter(pk=post.pk).update(functions=request.functions)
    return post


def _keep(
    request: ProviderRequest, roster: UUID, post: Post, promise: Promise, actor: Actor, now: datetime
) -> Commitment:
    watch = request.watch
    name = promise.name.strip()
    if not name or promise.kind not in Kind.values:
        raise Refused("provider.no_people", N_("An answer names people and hours; a refusal is recorded as such."))
    starts_at, ends_at = max(promise.starts_at, watch.starts_at), min(promise.ends_at, watch.ends_at)
    if ends_at <= starts_at:
        raise Refused(
            "provider.outside", N_("{name}: the hours lie outside the watch, or end before they begin."), name=name
        )
    number = promise.mobile.strip()
    if number and not e164(number):
        raise Refused(
            "provider.bad_number", N_("{name}: {value} is not a telephone number."), name=name, value=number[:40]
        )
    person = _person(request, name, promise, actor, now)
    shift, _ = DutyShift.objects.get_or_create(
        roster_id=roster,
        post=post,
        turn_starts_at=starts_at,
        ends_at=ends_at,
        dropped_at=None,
        defaults={"name": "", "starts_at": starts_at},
    )
    twice = DutyRow.objects.filter(person=person, superseded_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if twice.filter(roster=roster).exists():
        raise Refused("provider.twice", N_("{name} is promised twice for the same hours."), name=name)
    DutyRow.objects.create(
        roster_id=roster,
        shift=shift,
        person=person,
        kind=promise.kind,
        starts_at=starts_at,
        ends_at=ends_at,
        origin=Origin.PROVIDER,
        kept=True,
        made_at=now,
        why=phrase(N_("promised by {name}"), name=str(request.provider)).to_json(),
    )
    return Commitment.objects.create(
        request=request, person=person, post=post, kind=promise.kind, starts_at=starts_at, ends_at=ends_at
    )


def _person(request: ProviderRequest, name: str, promise: Promise, actor: Actor, now: datetime) -> Person:
    """Whoever is meant. How somebody is reached whom the provider, or another, put down is not ours to change.

    Only a person who is known from answers to this organisation alone gets another number by a new answer.
    """
    person = Person.objects.filter(organisation=request.provider, name=name, left_at=None).first()
    if person is not None and not _known_from_us(person, request):
        return person
    person = person or Person(organisation=request.provider, name=name)
    person.mobile, person.email = promise.mobile.strip() or person.mobile, promise.email.strip() or person.email
    save_person(person=person, actor=actor, now=now)
    return person


def _known_from_us(person: Person, request: ProviderRequest) -> bool:
    commitments, us = person.commitments, request.watch.organisation_id
    elsewhere = commitments.exclude(request__watch__organisation=us).exists()
    return commitments.exists() and not (elsewhere or person.users.exists() or person.duty.exists())


@transaction.atomic
def record_refusal(*, request: ProviderRequest, by: str, answer: str, actor: Actor, now: datetime) -> ProviderRequest:
    """The provider cannot. What was promised before is withdrawn. Raises: Refused `duty.no_name`; Conflict
    `watch.closed`, `provider.none_said`."""
    if request.provider is None:
        raise Conflict("provider.none_said", N_("It is recorded that there is no provider; take that back first."))
    _still_kept(request.watch)
    if not by.strip():
        raise Refused("duty.no_name", N_("Say who answered: the name stands under it."))
    _withdraw(request, now)
    request.state, request.answered_at, request.answered_by = RequestState.REFUSED, now, by.strip()[:200]
    request.answer = answer.strip()[:5000]
    request.save(update_fields=["state", "answered_at", "answered_by", "answer"])
    _tell(request, "provider_refused", actor, now)
    return request


@transaction.atomic
def say_none(*, watch: Watch, by: str, answer: str, actor: Actor, now: datetime) -> ProviderRequest:
    """That there is none is an answer too, with a name under it. Raises: Refused `duty.no_name`; Conflict
    `provider.asked`, `watch.closed`."""
    if not by.strip():
        raise Refused("duty.no_name", N_("Say who states this: the name stands under it."))
    _still_kept(watch)
    if watch.provider_requests.exclude(provider=None).exclude(state=RequestState.REFUSED).exists():
        raise Conflict("provider.asked", N_("A provider was asked; its answer counts."))
    made, _ = ProviderRequest.objects.update_or_create(
        watch=watch,
        provider=None,
        defaults={
            "state": RequestState.NONE,
            "answered_at": now,
            "answered_by": by.strip()[:200],
            "answer": answer.strip()[:5000],
            "drafted_at": now,
        },
    )
    _tell(made, "provider_none", actor, now)
    return made


@transaction.atomic
def take_back_none(*, watch: Watch, actor: Actor, now: datetime) -> None:
    """There is a provider after all. Raises: Conflict `watch.closed`."""
    _still_kept(watch)
    for one in watch.provider_requests.filter(provider=None):
        _tell(one, "provider_none_taken_back", actor, now)
        one.delete()


def _tell(request: ProviderRequest, action: str, actor: Actor, now: datetime, **facts: int) -> None:
    tell(
        request,
        action,
        organisation=request.watch.organisation_id,
        actor=actor,
        now=now,
        personal={"by": request.answered_by} if request.answered_by else None,
        facts={"provider": str(request.provider_id or ""), **facts},
    )

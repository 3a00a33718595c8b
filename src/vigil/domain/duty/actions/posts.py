"""Posts and members, leave and wishes: the ground on which a roster stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyRow, Leave, Member, Post, Wish
from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

_LEADING: Final = (("may", True), ("may_not", False))


def save_post(*, post: Post, actor: Actor, now: datetime) -> bool:
    """Add or change a post. Rosters that are planned keep their shifts until they are planned again.

    Raises: Refused `input.invalid` (no function, shifts that overlap or have no length, more leads than people).
    """
    if post._state.adding:
        post.created_at = now
    return save_and_record(post, actor=actor, now=now, organisation=post.organisation_id)


@transaction.atomic
def retire_post(*, post: Post, actor: Actor, now: datetime) -> None:
    """The post is kept no longer; its shifts that are still to come drop out when the roster is planned again.

    Raises: Conflict `duty.post_retired`.
    """
    if not Post.objects.filter(pk=post.pk, retired_at=None).update(retired_at=now):
        raise Conflict("duty.post_retired", N_("This post was taken out already."))
    post.screens.filter(revoked_at=None).update(revoked_at=now)
    tell(post, "post_retired", organisation=post.organisation_id, actor=actor, now=now)


def save_member(*, member: Member, actor: Actor, now: datetime) -> bool:
    """Add or change somebody who can stand duty.

    Raises: Refused `duty.stranger` for a person of another organisation, `input.invalid`.
    """
    if member.person.organisation_id != member.organisation_id:
        raise Refused("duty.stranger", N_("{name} belongs to another organisation."), name=member.person.name)
    return save_and_record(member, actor=actor, now=now, organisation=member.organisation_id, personal=("person",))


@transaction.atomic
def add_members(*, organisation: Organisation, people: list[Person], actor: Actor, now: datetime) -> int:
    """Make members of those who are not yet; one entry with the count. Returns how many were added."""
    known = dict(Member.objects.filter(organisation=organisation).values_list("person_id", "retired_at"))
    added = 0
    for person in people:
        if person.organisation_id != organisation.pk:
            raise Refused("duty.stranger", N_("{name} belongs to another organisation."), name=person.name)
        if person.pk not in known:
            Member.objects.create(organisation=organisation, person=person)
            added += 1
        elif known[person.pk] is not None:
            Member.objects.filter(organisation=organisation, person=person).update(retired_at=None)
            added += 1
    if added:
        tell(organisation, "members_added", organisation=organisation.pk, actor=actor, now=now, facts={"count": added})
    return added


@transaction.atomic
def name_who_may_lead(
    *, organisation: Organisation, among: list[Person], leads: list[Person], actor: Actor, now: datetime
) -> None:
    """Of the members `among`, exactly `leads` may lead a shift; one entry with who changed."""
    able = {person.pk for person in leads}
    members = Member.objects.filter(organisation=organisation, person__in=[person.pk for person in among])
    changed = [member for member in members.select_related("person") if member.may_lead != (member.person_id in able)]
    for member in changed:
        member.may_lead = not member.may_lead
    Member.objects.bulk_update(changed, ["may_lead"])
    if changed:
        told = {word: [m.person.name for m in changed if m.may_lead is may] for word, may in _LEADING}
        tell(organisation, "leads_named", organisation=organisation.pk, actor=actor, now=now, personal=told)


@transaction.atomic
def retire_member(*, member: Member, actor: Actor, now: datetime) -> None:
    """Stands no longer. What is planned stays until a lead changes it: nobody drops out of a roster silently."""
    Member.objects.filter(pk=member.pk, retired_at=None).update(retired_at=now)
    tell(member, "member_retired", organisation=member.organisation_id, actor=actor, now=now)


@transaction.atomic
def stand_down(
    *, organisation: Organisation, among: Sequence[Person], besides: Sequence[Person], actor: Actor, now: datetime
) -> None:
    """Of the members `among`, those who are not `besides` stand no longer; except who is still to stand in a roster."""
    still = DutyRow.objects.filter(superseded_at=None, ends_at__gt=now, roster__watch__organisation=organisation)
    members = Member.objects.filter(organisation=organisation, retired_at=None, person__in=[one.pk for one in among])
    members = members.exclude(person__in=[one.pk for one in besides]).exclude(person__in=still.values("person"))
    for member in members:
        retire_member(member=member, actor=actor, now=now)


@transaction.atomic
def add_leave(
    *, person: Person, starts_at: datetime, ends_at: datetime, reason: str, actor: Actor, now: datetime
) -> Leave:
    """A span in which the person cannot stand. Shifts they have in it already are not taken away: a lead mends them.

    Raises: Refused `duty.no_span`.
    """
    _span(starts_at, ends_at)
    leave = Leave.objects.create(
        organisation_id=person.organisation_id, person=person, starts_at=starts_at, ends_at=ends_at, reason=reason[:200]
    )
    tell(
        leave,
        "leave_added",
        organisation=person.organisation_id,
        actor=actor,
        now=now,
        personal={"person": person.name, "reason": reason},
        facts={"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    return leave


@transaction.atomic
def withdraw_leave(*, leave: Leave, actor: Actor, now: datetime) -> None:
    """The person can stand after all."""
    if Leave.objects.filter(pk=leave.pk, withdrawn_at=None).update(withdrawn_at=now):
        tell(leave, "leave_withdrawn", organisation=leave.organisation_id, actor=actor, now=now)


@transaction.atomic
def add_wish(
    *, person: Person, starts_at: datetime, ends_at: datetime, avoid: bool, weight: int, actor: Actor, now: datetime
) -> Wish:
    """Rather not, or rather there. Raises: Refused `duty.no_span`."""
    _span(starts_at, ends_at)
    wish = Wish.objects.create(
        organisation_id=person.organisation_id,
        person=person,
        starts_at=starts_at,
        ends_at=ends_at,
        avoid=avoid,
        weight=min(5, max(1, weight)),
    )
    tell(
        wish,
        "wish_added",
        organisation=person.organisation_id,
        actor=actor,
        now=now,
        personal={"person": person.name},
        facts={"avoid": avoid, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    return wish


@transaction.atomic
def withdraw_wish(*, wish: Wish, actor: Actor, now: datetime) -> None:
    """Wished no longer."""
    if Wish.objects.filter(pk=wish.pk, withdrawn_at=None).update(withdrawn_at=now):
        tell(wish, "wish_withdrawn", organisation=wish.organisation_id, actor=actor, now=now)


def _span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused("duty.no_span", N_("It must end after it begins."))

"""When a watch is closed, what each stood in it is carried over, so that the next roster is fair."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from vigil.domain.directives.models import WatchState
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import Member, Roster
from vigil.domain.duty.queries import standing_plan
from vigil.kernel.actors import Actor


def to_carry(at_most: int = 20) -> list[Roster]:
    """Published rosters of closed watches that were not carried over yet."""
    rows = Roster.objects.filter(watch__state=WatchState.CLOSED, published_at__isnull=False, carried_at=None)
    return list(rows.select_related("watch__organisation")[:at_most])


@transaction.atomic
def carry_over(*, roster: Roster, actor: Actor, now: datetime) -> int:
    """Add nights, holidays and hours to the roster's members, once; an exercise counts for nobody. Returns how many."""
    if not Roster.objects.filter(pk=roster.pk, carried_at=None).update(carried_at=now):
        return 0
    plan = None if roster.watch.exercise else standing_plan(roster)
    people = plan.fairness if plan is not None else ()
    for one in people:
        Member.objects.filter(organisation=roster.watch.organisation_id, person=UUID(one.person)).update(
            carried_nights=F("carried_nights") + one.nights,
            carried_holidays=F("carried_holidays") + one.holidays,
            carried_hours=F("carried_hours") + round(one.hours),
            carried_at=now,
        )
    tell(
        roster, "carried_over", organisation=roster.watch.organisation_id, actor=actor, now=now,
        facts={"people": len(people)},
    )  # fmt: skip
    return len(people)

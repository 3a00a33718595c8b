"""Planning a roster, and publishing it. A plan that would be worse than what is there is not taken."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyRow, DutyShift, Kind, Member, Origin, Post, Roster
from vigil.domain.duty.problems import RULES, assignment_of, planned_by_us, problem_of, rows_of, shifts_of, to_the_end
from vigil.engines.roster import Plan, Slot, evaluated, plan
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

_KEPT: Final = (Origin.HAND, Origin.SWAP, Origin.OVERRIDE)


def roster_for(watch: Watch) -> Roster:
    """The watch's roster; an empty one where there is none yet."""
    return Roster.objects.get_or_create(watch=watch, defaults={"rules": dict(RULES)})[0]


def locked(roster: Roster, version: int | None) -> Roster:
    """The roster, held for this transaction, if nobody has changed it since `version` (None: whatever it is).

    Raises: Conflict `roster.changed`, `watch.closed`.
    """
    held = Roster.objects.select_for_update().select_related("watch__organisation").get(pk=roster.pk)
    if held.watch.state == WatchState.CLOSED:
        raise Conflict("watch.closed", N_("This watch is closed."))
    if version is not None and held.version != version:
        raise Conflict(
            "roster.changed", N_("Somebody has changed the roster since you looked. Look again, then decide.")
        )
    return held


def grown(roster: Roster, **fields: Any) -> None:
    """Save what changed, under the next version."""
    roster.version += 1
    for name, value in fields.items():
        setattr(roster, name, value)
    roster.save(update_fields=["version", *fields])


@transaction.atomic
def draft(
    *,
    watch: Watch,
    posts: Collection[Post],
    actor: Actor,
    now: datetime,
    version: int | None = None,
    rules: Mapping[str, Any] | None = None,
    solver_s: float = 0,
) -> Plan:
    """Plan the roster of a watch over `posts`: shifts from their patterns, people by the rules.

    Shifts that have begun keep whoever stands in them; one that still runs is filled from now on, one that is over is
    not filled afterwards. Rows that somebody set by hand, swapped or decided against a rule stay. Where the shifts are
    the same as before and the new plan costs more than what is there, what is there stays.

    Raises: Refused `duty.no_posts`, `duty.no_members`, `roster.*` for what cannot be planned; Conflict
    `roster.changed`, `watch.closed`; Unavailable `roster.solver`.
    """
    roster = locked(roster_for(watch), version)
    wanted = [post for post in posts if post.provider_id is None and post.retired_at is None]
    if not wanted or any(post.organisation_id != watch.organisation_id for post in wanted):
        raise Refused("duty.no_posts", N_("Choose at least one post of the organisation."))
    if not Member.objects.filter(organisation=watch.organisation_id, retired_at=None, person__left_at=None).exists():
        raise Refused("duty.no_members", N_("Nobody can stand yet: say first who stands duty."))
    if rules is not None:
        roster.rules = {name: rules.get(name, usual) for name, usual in RULES.items()}
    had, cost = rows_of(roster), _cost(roster)
    changed = _lay_out(roster, wanted, now)
    rows = rows_of(roster)
    begun = {shift.pk for shift in shifts_of(roster) if shift.turn_starts_at <= now}
    fixed = [row for row in to_the_end(planned_by_us(rows)) if row.kept or row.origin in _KEPT or row.shift_id in begun]
    made = plan(problem_of(roster, fixed=fixed), solver_s=solver_s)
    if not changed and cost is not None and made.cost.total > cost:
        made = evaluated(problem_of(roster), [assignment_of(row) for row in to_the_end(planned_by_us(had))])
    else:
        _take(roster, made, rows, begun, now)
    summary = {
        "method": made.method,
        "cost": made.cost.to_json(),
        "bound": made.bound,
        "impossible": made.impossible.phrase.to_json() if made.impossible else None,
        "remarks": [one.to_json() for one in made.remarks],
    }
    grown(roster, rules=roster.rules, summary=summary, planned_at=now)
    tell(
        roster,
        "roster_planned",
        organisation=watch.organisation_id,
        actor=actor,
        now=now,
        facts={
            "placed": len(made.placed),
            "open": sum(one.missing for one in made.unfilled),
            "cost": made.cost.total,
            "method": made.method,
            "version": roster.version,
        },
    )
    return made


def _cost(roster: Roster) -> int | None:
    """Of what is there; None where nothing is, or where it can no longer be judged (somebody is a member no longer)."""
    rows = to_the_end(planned_by_us(rows_of(roster)))
    if not rows:
        return None
    problem = problem_of(roster)
    members = {person.id for person in problem.people}
    if any(str(row.person_id) not in members for row in rows):
        return None
    return evaluated(problem, [assignment_of(row) for row in rows]).cost.total


def _lay_out(roster: Roster, posts: Sequence[Post], now: datetime) -> bool:
    """Shifts as the posts' patterns say: the same ones stay, others drop out with their rows. Whether any changed."""
    wanted: dict[tuple[UUID, datetime, datetime], Slot] = {}
    at = {str(post.pk): post for post in posts}
    for slot in problem_of(roster, posts=posts).expanded().slots:
        wanted[at[slot.post].pk, slot.turn.start, slot.turn.end] = slot
    gone: list[UUID] = []
    for shift in shifts_of(roster):
        key = (shift.post_id, shift.turn_starts_at, shift.ends_at)
        if key in wanted:
            slot = wanted.pop(key)
            DutyShift.objects.filter(pk=shift.pk).update(name=slot.shift, starts_at=slot.span.start, crew=slot.crew)
        elif shift.post.provider_id is None and shift.turn_starts_at > now:
            gone.append(shift.pk)
    DutyRow.objects.filter(shift__in=gone, superseded_at=None).update(superseded_at=now)
    DutyShift.objects.filter(pk__in=gone).update(dropped_at=now)
    DutyShift.objects.bulk_create(
        DutyShift(
            roster=roster,
            post=at[slot.post],
            name=slot.shift,
            crew=slot.crew,
            starts_at=slot.span.start,
            turn_starts_at=slot.turn.start,
            ends_at=slot.turn.end,
        )
        for slot in wanted.values()
    )
    return bool(gone or wanted)


def _take(roster: Roster, made: Plan, rows: Sequence[DutyRow], begun: Collection[UUID], now: datetime) -> None:
    """Rows as planned: whoever stays where they are keeps their row, the others' rows are superseded."""
    shifts = {str(shift.pk): shift for shift in shifts_of(roster)}
    left = {(str(row.shift_id), str(row.person_id)): row for row in planned_by_us(rows)}
    fresh = []
    for one in made.placed:
        row = left.get((one.slot, one.person))
        if row is not None and row.kind == one.kind:
            del left[one.slot, one.person]
        elif shifts[one.slot].ends_at > now:
            fresh.append((one, shifts[one.slot]))
    ended = [row.pk for row in left.values() if row.shift_id not in begun]
    DutyRow.objects.filter(pk__in=ended).update(superseded_at=now)
    DutyRow.objects.bulk_create(
        DutyRow(
            roster=roster,
            shift=shift,
            person_id=UUID(one.person),
            kind=one.kind,
            starts_at=stands_from(shift, one.kind, now),
            ends_at=shift.ends_at,
            origin=Origin.PLAN,
            why=one.why.to_json(),
            made_at=now,
        )
        for one, shift in fresh
    )
    name_leads(roster)


def stands_from(shift: DutyShift, kind: str, now: datetime) -> datetime:
    """When somebody who is put into a shift now begins to stand: on site with the hand-over, never before now."""
    start = shift.starts_at if kind == Kind.ON_SITE else shift.turn_starts_at
    return max(start, now.replace(second=0, microsecond=0)) if shift.ends_at > now else start


def name_leads(roster: Roster) -> None:
    """One lead for each shift, of those on site who may lead: whoever has led least so far."""
    able = set(
        Member.objects.filter(organisation=roster.watch.organisation_id, may_lead=True).values_list("person", flat=True)
    )
    led: Counter[UUID] = Counter()
    by_shift: dict[UUID, list[DutyRow]] = defaultdict(list)
    for row in rows_of(roster):
        if row.kind == Kind.ON_SITE and row.person_id in able:
            by_shift[row.shift_id].append(row)
    chosen = set()
    for there in by_shift.values():
        named = [row for row in there if row.leads] or there
        lead = min(named, key=lambda row: (led[row.person_id], row.person.name))
        led[lead.person_id] += 1
        chosen.add(lead.pk)
    current = roster.rows.filter(superseded_at=None)
    current.exclude(pk__in=chosen).filter(leads=True).update(leads=False)
    current.filter(pk__in=chosen, leads=False).update(leads=True)


@transaction.atomic
def publish(*, roster: Roster, version: int | None, actor: Actor, now: datetime) -> Roster:
    """From now on the roster counts: for proofs, for who is on now, for calendars and reminders.

    Raises: Refused `roster.empty`; Conflict `roster.changed`, `roster.published`, `watch.closed`.
    """
    roster = locked(roster, version)
    if roster.published_at is not None:
        raise Conflict("roster.published", N_("This roster is published already."))
    if not roster.rows.filter(superseded_at=None).exists():
        raise Refused("roster.empty", N_("There is nobody in this roster yet."))
    grown(roster, published_at=now, published_by=actor.name[:200])
    tell(roster, "roster_published", organisation=roster.watch.organisation_id, actor=actor, now=now)
    return roster

"""From the tables to the engine's problem: posts, people, rules, and the shifts that are there.

The engine's identifiers are the rows' own: a post's, a person's, a shift's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from vigil.domain.directives.calendar import holidays_between
from vigil.domain.directives.models import Watch
from vigil.domain.duty.models import DutyRow, DutyShift, Leave, Member, Post, Roster, Wish
from vigil.engines.roster import (
    PATTERNS,
    Assignment,
    Carried,
    Need,
    Pattern,
    Person,
    Problem,
    Rules,
    Shift,
    Span,
    Staffing,
    slot,
)
from vigil.engines.roster import Post as EnginePost
from vigil.engines.roster import Wish as EngineWish

BEFORE: Final = timedelta(days=8)
RULES: Final[dict[str, Any]] = {"rest_h": 11, "max_nights": 4, "max_shifts_7d": 6, "max_hours_7d": None}


def rules_of(roster: Roster) -> Rules:
    """The roster's hard rules, the usual ones where it says nothing."""
    said = {**RULES, **{name: value for name, value in roster.rules.items() if name in RULES}}
    return Rules(**said)


def problem_of(roster: Roster, *, posts: Collection[Post] | None = None, fixed: Iterable[DutyRow] = ()) -> Problem:
    """What the roster is planned from and judged by.

    With `posts`: shifts are made anew from their patterns. Without: the shifts that are there, at their posts.
    """
    shifts = [] if posts is not None else shifts_of(roster)
    return _problem(roster, posts, shifts, fixed, people_of(roster.watch, besides=roster))


def needs_of(roster: Roster, shifts: Sequence[DutyShift]) -> list[Need]:
    """What its shifts (see `shifts_of`) need, whoever there is to stand."""
    problem = _problem(roster, None, shifts, (), ())
    return problem.expanded().needs() if problem.slots else []


def _problem(
    roster: Roster,
    posts: Collection[Post] | None,
    shifts: Sequence[DutyShift],
    fixed: Iterable[DutyRow],
    people: Iterable[Person],
) -> Problem:
    watch = roster.watch
    window = Span(watch.starts_at, watch.ends_at)
    at = {post.pk: post for post in posts} if posts is not None else {shift.post_id: shift.post for shift in shifts}
    own = sorted((post for post in at.values() if post.provider_id is None), key=lambda post: (post.name, post.pk))
    problem = Problem(
        window=window,
        posts=tuple(_post(post) for post in own),
        people=tuple(people),
        rules=rules_of(roster),
        patterns={str(post.pk): _pattern(post) for post in own},
        holidays=frozenset(holidays_between(watch.first_day, watch.last_day)),
        name=watch.title,
    )
    if posts is None:
        problem = replace(problem, slots=tuple(_slots(problem, shifts)), spare=_spare(roster))
    return replace(problem, fixed=tuple(assignment_of(row) for row in fixed))


def _spare(roster: Roster) -> frozenset[tuple[str, str]]:
    """Where somebody stands in a way of which the post may ask for nobody any more."""
    rows = roster.rows.filter(superseded_at=None, shift__dropped_at=None, shift__post__provider=None)
    return frozenset((str(shift), kind) for shift, kind in rows.order_by().values_list("shift", "kind").distinct())


def shifts_of(roster: Roster) -> list[DutyShift]:
    """The shifts in force, in order of time."""
    return list(roster.shifts.filter(dropped_at=None).select_related("post"))


def rows_of(roster: Roster) -> list[DutyRow]:
    """The rows in force, in order of time."""
    rows = roster.rows.filter(superseded_at=None, shift__dropped_at=None)
    return list(rows.select_related("person", "shift__post").order_by("starts_at", "person__name"))


def rows_at(roster: Roster, shifts: Sequence[DutyShift]) -> list[DutyRow]:
    """The rows in force at these shifts (see `shifts_of`), in order of time; people are known by their keys alone."""
    by_key = {shift.pk: shift for shift in shifts}
    rows = roster.rows.filter(superseded_at=None, shift__dropped_at=None).order_by("starts_at", "pk")
    found = [row for row in rows if row.shift_id in by_key]  # a shift may have come since
    for row in found:
        row.shift = by_key[row.shift_id]
    return found


def assignment_of(row: DutyRow) -> Assignment:
    """A row as the engine knows it."""
    return Assignment(str(row.person_id), str(row.shift_id), row.kind)


def planned_by_us(rows: Iterable[DutyRow]) -> list[DutyRow]:
    """Without those that a provider promised: the engine plans our own people."""
    return [row for row in rows if row.shift.post.provider_id is None]


def to_the_end(rows: Iterable[DutyRow]) -> list[DutyRow]:
    """Without those who left their shift early: from then on they fill no place."""
    return [row for row in rows if row.ends_at >= row.shift.ends_at]


def people_of(watch: Watch, *, besides: Roster) -> list[Person]:
    """The organisation's members, with everything that keeps them from standing."""
    members = list(
        Member.objects.filter(organisation=watch.organisation_id, retired_at=None, person__left_at=None)
        .select_related("person")
        .order_by("person__name", "pk")
    )
    people = [member.person_id for member in members]
    leave: dict[UUID, list[Span]] = defaultdict(list)
    for one in Leave.objects.filter(person__in=people, withdrawn_at=None, ends_at__gt=watch.starts_at - BEFORE):
        leave[one.person_id].append(Span(one.starts_at, one.ends_at))
    wishes: dict[UUID, list[EngineWish]] = defaultdict(list)
    for wish in Wish.objects.filter(person__in=people, withdrawn_at=None, ends_at__gt=watch.starts_at):
        wishes[wish.person_id].append(EngineWish(Span(wish.starts_at, wish.ends_at), wish.avoid, wish.weight))
    before = _elsewhere(watch, people, besides, leave)
    return [
        Person(
            id=str(member.person_id),
            name=member.person.name,
            skills=frozenset(member.skills),
            lead=member.may_lead,
            joins=member.joins_on,
            leaves=member.leaves_on,
            leave=tuple(leave[member.person_id]),
            wishes=tuple(wishes[member.person_id]),
            carried=_carried(member),
            before=tuple(before[member.person_id]),
        )
        for member in members
    ]


def _carried(member: Member) -> Carried | None:
    if member.carried_at is None:
        return None
    return Carried(member.carried_nights, member.carried_holidays, member.carried_hours)


def _elsewhere(
    watch: Watch, people: Sequence[UUID], besides: Roster, leave: dict[UUID, list[Span]]
) -> dict[UUID, list[Span]]:
    """Shifts in other rosters: those before the window as such; those in it keep a person away like leave.

    An exercise keeps nobody away from a real watch.
    """
    before: dict[UUID, list[Span]] = defaultdict(list)
    rows = DutyRow.objects.filter(
        person__in=people, superseded_at=None, ends_at__gt=watch.starts_at - BEFORE, starts_at__lt=watch.ends_at
    )
    rows = rows.filter(Q(roster__published_at__isnull=False)).exclude(roster=besides).filter(kind="on_site")
    if not watch.exercise:
        rows = rows.exclude(roster__watch__exercise=True)
    for row in rows:
        span = Span(row.starts_at, row.ends_at)
        (before if row.ends_at <= watch.starts_at else leave)[row.person_id].append(span)
    return before


def _post(post: Post) -> EnginePost:
    return EnginePost(
        id=str(post.pk),
        functions=tuple(post.functions),
        pattern=str(post.pk),
        staffing=Staffing(post.on_site, post.on_call, post.backup, post.leads, dict(post.skills)),
        name=post.name,
    )


def _pattern(post: Post) -> Pattern:
    known = PATTERNS.get(post.pattern)
    if known is not None:
        return replace(known, id=str(post.pk), handover_min=post.handover_min)
    shifts = tuple(
        Shift(str(one["name"])[:60], time.fromisoformat(one["start"]), time.fromisoformat(one["end"]))
        for one in post.shifts
    )
    return Pattern(str(post.pk), shifts, post.handover_min)


def _slots(problem: Problem, shifts: Iterable[DutyShift]) -> Iterable[Any]:
    for shift in shifts:
        if shift.post.provider_id is not None:
            continue
        made = slot(
            problem,
            str(shift.post_id),
            shift.name,
            Span(shift.starts_at, shift.ends_at),
            Span(shift.turn_starts_at, shift.ends_at),
            crew=shift.crew,
        )
        yield replace(made, id=str(shift.pk))

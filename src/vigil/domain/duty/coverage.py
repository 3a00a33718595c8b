"""Coverage of a roster: planned, and actual. Two facts of the same needs, never merged.

What is needed follows from the shifts; planned are the rows, but for the time over which their people cannot stand
(leave that came later, people who have left); actual is what check-ins show: each holds until the next one is due and
late.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from vigil.domain.duty.looks import check_ins_of
from vigil.domain.duty.models import CheckIn, DutyRow, Kind, Leave, Member, Place, Post, Roster
from vigil.domain.duty.problems import needs_of, planned_by_us, rows_at, shifts_of
from vigil.engines.roster import LEAD, Coverage, Need, Presence, Span, coverage, intersect, subtract, union
from vigil.kernel.clock import VIETNAM

EARLY: Final = timedelta(minutes=60)
"""How long before a shift somebody may check in for it."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Covered:
    """How a roster stands. `actual` reaches until `until` (None: the window has not begun).

    `unproven` and `attested`: minutes, by function, that are covered only by whom no screen and no lead, or only a lead
    and no screen, saw on site.
    """

    planned: Coverage
    actual: Coverage | None = None
    until: datetime | None = None
    unproven: Mapping[str, int] = field(default_factory=dict)
    attested: Mapping[str, int] = field(default_factory=dict)


def presence_of(row: DutyRow, check_ins: Iterable[CheckIn], post: Post) -> list[tuple[Span, str]]:
    """The spans over which check-ins show somebody at the post, each with what it says of the place.

    A check-in late by no more than the grace counts from the start of the shift; any other from its own instant.
    """
    grace = timedelta(minutes=post.grace_min)
    lasts = timedelta(minutes=post.check_in_every_min) + grace if post.check_in_every_min else None
    found = []
    for one in sorted(check_ins, key=lambda check: check.at):
        if not row.starts_at - EARLY <= one.at < row.ends_at:
            continue
        start = row.starts_at if one.at <= row.starts_at + grace else one.at
        end = row.ends_at if lasts is None else min(row.ends_at, max(one.at, row.starts_at) + lasts)
        if start < end:
            found.append((Span(start, end), one.place))
    return found


def covered(roster: Roster, now: datetime) -> Covered:
    """Planned coverage over the whole window, and actual coverage of the part that is over."""
    needs, rows, planned, qualities = _planned(roster)
    if not needs:
        return Covered(planned)
    posts = {row.shift.post_id: row.shift.post for row in rows}
    slack = max((timedelta(minutes=post.grace_min) for post in posts.values()), default=timedelta(0))
    until = min(now - slack, roster.watch.ends_at)
    if until <= roster.watch.starts_at:
        return Covered(planned)
    return _actual(roster, rows, needs, planned, qualities, until)


def planned_coverage(roster: Roster) -> Coverage:
    """The plan alone, over the whole window."""
    return _planned(roster)[2]


def _planned(roster: Roster) -> tuple[list[Need], list[DutyRow], Coverage, Mapping[UUID, frozenset[str]]]:
    shifts = shifts_of(roster)
    needs = needs_of(roster, shifts)
    if not needs:
        return [], [], coverage([], []), {}
    window = Span(roster.watch.starts_at, roster.watch.ends_at)
    rows = planned_by_us(rows_at(roster, shifts))
    members = list(Member.objects.filter(organisation=roster.watch.organisation_id).select_related("person"))
    qualities = {one.person_id: frozenset(one.skills) | ({LEAD} if one.may_lead else set()) for one in members}
    away = _away(rows, members, window)
    there = [
        Presence(str(row.person_id), str(row.shift.post_id), span, row.kind, _of(row, qualities))
        for row in rows
        for span in subtract([Span(row.starts_at, row.ends_at)], away[row.person_id])
    ]
    return needs, rows, coverage(needs, there, window), qualities


def _away(rows: Sequence[DutyRow], members: Sequence[Member], window: Span) -> Mapping[UUID, list[Span]]:
    """When whoever stands in `rows` cannot: on leave, not there yet, gone, or standing duty no longer."""
    away: dict[UUID, list[Span]] = defaultdict(list)
    people = {row.person_id for row in rows}
    leave = Leave.objects.filter(person__in=people, withdrawn_at=None)
    for one in leave.filter(starts_at__lt=window.end, ends_at__gt=window.start):
        away[one.person_id].append(Span(one.starts_at, one.ends_at))
    for member in members:
        if member.joins_on is not None and _midnight(member.joins_on) > window.start:
            away[member.person_id].append(Span(window.start, _midnight(member.joins_on)))
        last = _midnight(member.leaves_on) + _DAY if member.leaves_on is not None else None
        for end in (last, member.retired_at, member.person.left_at):
            if end is not None and end < window.end:
                away[member.person_id].append(Span(end, window.end))
    return away


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)


def _actual(
    roster: Roster,
    rows: Sequence[DutyRow],
    needs: Sequence[Need],
    planned: Coverage,
    qualities: Mapping[UUID, frozenset[str]],
    until: datetime,
) -> Covered:
    over = Span(roster.watch.starts_at, until)
    on_site = [row for row in rows if row.kind == Kind.ON_SITE]
    there = [
        (place, Presence(str(row.person_id), str(row.shift.post_id), span, row.kind, _of(row, qualities)))
        for row, span, place in presences(on_site)
    ]
    asked = [need for need in needs if need.kind == Kind.ON_SITE]
    actual = coverage(asked, [presence for _, presence in there], over)
    return Covered(
        planned,
        actual,
        until,
        unproven=_weaker(asked, there, over, known={Place.PROVEN, Place.ATTESTED}),
        attested=_weaker(asked, there, over, known={Place.PROVEN}),
    )


def presences(rows: Sequence[DutyRow]) -> list[tuple[DutyRow, Span, str]]:
    """Who was there: each row's spans, with the place."""
    checks = check_ins_of(rows)
    return [(row, span, place) for row in rows for span, place in presence_of(row, checks[row.pk], row.shift.post)]


def _weaker(
    needs: Sequence[Need], there: Sequence[tuple[str, Presence]], over: Span, *, known: Collection[str]
) -> dict[str, int]:
    """Minutes by function that were covered, but not by anybody whose place is among `known`."""
    spans: dict[str, list[Span]] = defaultdict(list)
    posts: dict[str, set[str]] = defaultdict(set)
    for need in needs:
        for function in need.functions:
            spans[function].append(need.span)
            posts[function].add(need.post)
    found = {}
    for function, asked in spans.items():
        here = [(place, one.span) for place, one in there if one.post in posts[function]]
        sure = union(span for place, span in here if place in known)
        any_ = union(span for _, span in here)
        weak = subtract(intersect(intersect(asked, [over]), any_), sure)
        if weak:
            found[function] = sum(span.minutes for span in weak)
    return found


def _of(row: DutyRow, qualities: Mapping[UUID, frozenset[str]]) -> frozenset[str]:
    return qualities.get(row.person_id, frozenset())

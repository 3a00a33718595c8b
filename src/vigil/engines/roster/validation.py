"""What a problem must hold before anything is planned: each fault named, nothing guessed."""

import itertools
from collections import Counter
from datetime import time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vigil.engines.roster.coverage import KINDS
from vigil.engines.roster.patterns import PATTERNS, pattern_of
from vigil.engines.roster.problem import (
    MAX_DAYS,
    MAX_PEOPLE,
    MAX_PER_SHIFT,
    MAX_POSTS,
    MAX_SLOTS,
    Pattern,
    Problem,
    Staffing,
)
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, Phrase

_DAY_MIN = 24 * 60
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_MOST_CARRIED = 1_000_000


def check_bounds(problem: Problem) -> None:
    """Sizes, before anything grows with them. Raises: Refused `roster.bounds`, `roster.value`."""
    days = (problem.window.end - problem.window.start) / timedelta(days=1)
    for what, count, most in (
        (N_("people"), len(problem.people), MAX_PEOPLE),
        (N_("posts"), len(problem.posts), MAX_POSTS),
        (N_("days"), days, MAX_DAYS),
        (N_("slots"), len(problem.slots), MAX_SLOTS),
    ):
        if count > most:
            raise Refused("roster.bounds", N_("Too many {what}: {count}, at most {most}."),
                          what=Phrase(what), count=int(count), most=most)  # fmt: skip
    for where, year in (
        ("from", problem.window.start.year),
        ("until", problem.window.end.year),
        *(("holidays", day.year) for day in problem.holidays),
        *(
            (f"{one.label}: before", edge.year)
            for one in problem.people
            for span in one.before
            for edge in (span.start, span.end)
        ),
    ):
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise _value(where, year)
    try:
        ZoneInfo(problem.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _value("zone", problem.zone) from None


def _value(where: str, value: object) -> Refused:
    return Refused("roster.value", N_("{where}: {value} cannot be."), where=where, value=str(value)[:80])


def check_patterns(problem: Problem) -> None:
    """Every pattern that is used. Raises: Refused `roster.pattern`, `roster.shift_empty`, `roster.shifts_overlap`."""
    for post in problem.posts:
        if post.pattern not in problem.patterns and post.pattern not in PATTERNS:
            raise Refused(
                "roster.pattern", N_("{post}: there is no pattern {pattern}."), post=post.id, pattern=post.pattern
            )
    for pattern in problem.patterns.values():
        check_pattern(pattern)
    for post in problem.posts:
        names = {shift.name for shift in pattern_of(problem, post).shifts}
        unknown = set(post.by_shift) - names
        if unknown and not problem.slots:
            raise _value(f"{post.id}.shifts", sorted(unknown)[0])


def check_growth(problem: Problem) -> None:
    """How many slots the patterns make, before they are made. Raises: Refused `roster.bounds`."""
    days = (problem.window.end - problem.window.start) // timedelta(days=1)
    count = days * sum(len(pattern_of(problem, post).shifts) for post in problem.posts)
    if count > MAX_SLOTS:
        raise Refused("roster.bounds", N_("Too many {what}: {count}, at most {most}."),
                      what=Phrase(N_("slots")), count=count, most=MAX_SLOTS)  # fmt: skip


def check_pattern(pattern: Pattern) -> None:
    """One pattern by itself; see `check_patterns`."""
    taken: list[tuple[int, int, str]] = []
    if not pattern.shifts or len({shift.name for shift in pattern.shifts}) < len(pattern.shifts):
        raise _value(f"{pattern.id}.shifts", ", ".join(shift.name for shift in pattern.shifts))
    if pattern.on < 0 or pattern.off < 0 or (pattern.off and not pattern.on) or pattern.on + pattern.off > MAX_DAYS:
        raise _value(f"{pattern.id}.on/off", f"{pattern.on}/{pattern.off}")
    if pattern.on and pattern.off % pattern.on:
        raise _value(f"{pattern.id}.off", pattern.off)
    for shift in pattern.shifts:
        for at in (shift.start, shift.end):
            if at.tzinfo is not None or at.second or at.microsecond:
                raise _value(f"{pattern.id}.{shift.name}", at.isoformat())
        start, end = _minute(shift.start), _minute(shift.end)
        if start == end and len(pattern.shifts) > 1:
            raise Refused("roster.shift_empty", N_("{pattern}: the shift {shift} has no length."),
                          pattern=pattern.id, shift=shift.name)  # fmt: skip
        taken.append((start, end if end > start else end + _DAY_MIN, shift.name))
    taken.sort()
    around = [*taken, (taken[0][0] + _DAY_MIN, taken[0][1] + _DAY_MIN, taken[0][2])]
    for (_, end, name), (start, _, following) in itertools.pairwise(around):
        if start < end:
            raise Refused(
                "roster.shifts_overlap",
                N_("{pattern}: the shifts {first} and {second} overlap; say hand-over with handover_min."),
                pattern=pattern.id,
                first=name,
                second=following,
            )
    shortest = min(end - start for start, end, _ in taken)
    if not 0 <= pattern.handover_min < min(shortest, 4 * 60 + 1):
        raise _value(f"{pattern.id}.handover_min", pattern.handover_min)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def validate(problem: Problem) -> None:
    """Everything, once there are slots. Raises: Refused with a code and who or what is meant."""
    check_bounds(problem)
    check_patterns(problem)
    _check_staffing(problem)
    _check_people(problem)
    _check_rules(problem)
    _once("post", [post.id for post in problem.posts])
    _once("person", [person.id for person in problem.people])
    _once("slot", [slot.id for slot in problem.slots])
    posts = {post.id for post in problem.posts}
    for slot in problem.slots:
        if slot.post not in posts:
            raise _unknown_post(slot.post, slot.id)
    _check_fixed(problem)


def _once(what: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1 or not name:
            raise Refused(
                "roster.twice", N_("The {what} {name} is there {count} times."), what=what, name=name, count=count
            )


def _check_staffing(problem: Problem) -> None:
    for post in problem.posts:
        for staffing in (post.staffing, *post.by_shift.values()):
            for name, count in _counts(staffing):
                if not 0 <= count <= MAX_PER_SHIFT:
                    raise Refused("roster.count", N_("{post}: {name} = {count}; it must be 0 to {most}."),
                                  post=post.id, name=name, count=count, most=MAX_PER_SHIFT)  # fmt: skip
                if name not in KINDS and count > staffing.on_site:
                    raise Refused(
                        "roster.count_more",
                        N_("{post}: {name} = {count}, but only {on_site} stand on site."),
                        post=post.id,
                        name=name,
                        count=count,
                        on_site=staffing.on_site,
                    )


def _counts(staffing: Staffing) -> list[tuple[str, int]]:
    return [*((kind, staffing.count(kind)) for kind in KINDS), ("leads", staffing.leads), *staffing.skills.items()]


def _check_people(problem: Problem) -> None:
    posts = {post.id for post in problem.posts}
    for person in problem.people:
        unknown = (person.posts or frozenset()) - posts
        if unknown:
            raise _unknown_post(min(unknown), person.label)
        if person.joins and person.leaves and person.leaves < person.joins:
            raise _value(f"{person.label}: leaves", person.leaves)
        if not 0 < person.share <= 10:
            raise _value(f"{person.label}: share", person.share)
        if any(not 1 <= wish.weight <= 100 for wish in person.wishes):
            raise _value(f"{person.label}: weight", max(wish.weight for wish in person.wishes))
        if person.crew is not None and not 0 <= person.crew < MAX_DAYS:
            raise _value(f"{person.label}: crew", person.crew)
        carried = person.carried
        amounts = (carried.nights, carried.holidays, carried.hours) if carried else (0,)
        if not all(0 <= amount <= _MOST_CARRIED for amount in amounts):
            raise _value(f"{person.label}: carried", carried)


def _unknown_post(post: str, where: str) -> Refused:
    return Refused("roster.unknown_post", N_("{where}: there is no post {post}."), where=where, post=post)


def _check_rules(problem: Problem) -> None:
    rules = problem.rules
    for name, value, most in (
        ("rest_h", rules.rest_h, 14 * 24),
        ("max_nights", rules.max_nights, MAX_DAYS),
        ("max_shifts_7d", rules.max_shifts_7d, 100),
        ("max_hours_7d", rules.max_hours_7d, 168),
        ("night_h", rules.night_h, 24),
    ):
        if value is not None and not 0 <= value <= most:
            raise _value(name, value)
    if not rules.work <= set(KINDS):
        raise _value("work", ", ".join(sorted(rules.work - set(KINDS))))


def _check_fixed(problem: Problem) -> None:
    people = {person.id for person in problem.people}
    slots = {slot.id: slot for slot in problem.slots}
    for one in problem.fixed:
        if one.person not in people:
            raise Refused(
                "roster.unknown_person",
                N_("A fixed assignment names {person}, who is not among the people."),
                person=one.person,
            )
        if one.slot not in slots:
            raise Refused(
                "roster.unknown_slot",
                N_("A fixed assignment names the shift {slot}, which is not there."),
                slot=one.slot,
            )
        if one.kind not in KINDS:
            raise _value(f"{one.person}: kind", one.kind)
    for (person, slot), count in Counter((one.person, one.slot) for one in problem.fixed).items():
        if count > 1:
            raise Refused("roster.fixed_twice", N_("{person} is fixed {count} times to the shift {slot}."),
                          person=person, slot=slot, count=count)  # fmt: skip

"""Small problems for the tests, of our own making, and a checker of the hard rules as plain as can be."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from vigil.engines.roster import (
    ON_SITE,
    Assignment,
    Carried,
    Person,
    Plan,
    Post,
    Problem,
    Rules,
    Span,
    Staffing,
    Wish,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST = date(2026, 4, 29)


def local(day: int, hour: int = 0) -> datetime:
    """So many days and hours after the first day began."""
    return datetime(2026, 4, 29, tzinfo=ZONE) + timedelta(days=day, hours=hour)


def small(people: int = 6, days: int = 3, *, staffing: Staffing | None = None, **values: object) -> Problem:
    """One post around the clock, everybody alike."""
    given = {"people": tuple(Person(f"p{i}", lead=i % 2 == 0) for i in range(people)), **values}
    posts = (Post("desk", ("watch",), staffing=staffing or Staffing()),)
    return Problem(window=Span(local(0), local(days)), posts=posts, **given)  # type: ignore[arg-type]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Few people, two posts, every rule in play."""
    days = draw(st.integers(1, 5))
    whole = st.integers(0, days * 24 - 8)

    def span(hours: int) -> Span:
        at = draw(whole)
        return Span(local(0, at), local(0, at + hours))

    people = tuple(
        Person(
            f"p{i}",
            skills=frozenset(draw(st.sets(st.sampled_from(("net", "host"))))),
            lead=draw(st.booleans()),
            joins=draw(st.sampled_from((None, None, FIRST + timedelta(days=1)))),
            leaves=draw(st.sampled_from((None, None, FIRST + timedelta(days=2)))),
            leave=tuple(span(8) for _ in range(draw(st.integers(0, 1)))),
            wishes=tuple(
                Wish(span(8), draw(st.booleans()), draw(st.integers(1, 3))) for _ in range(draw(st.integers(0, 2)))
            ),
            carried=draw(st.sampled_from((None, Carried(2, 1, 20), Carried(0, 0, 0)))),
            before=draw(
                st.sampled_from(((), (Span(local(-1, 14), local(-1, 22)),), (Span(local(-2, 22), local(-1, 6)),)))
            ),
        )
        for i in range(draw(st.integers(2, 7)))
    )
    posts = (
        Post(
            "desk",
            ("watch",),
            draw(st.sampled_from(("8h", "12h", "4on4off"))),
            Staffing(
                draw(st.integers(1, 2)),
                draw(st.integers(0, 1)),
                0,
                draw(st.integers(0, 1)),
                draw(st.sampled_from(({}, {"net": 1}))),
            ),
        ),
        Post(
            "lab",
            ("answer", "repair"),
            "8h",
            Staffing(1),
            requires=draw(st.sampled_from((frozenset(), frozenset({"host"})))),
        ),
    )
    rules = Rules(
        rest_h=draw(st.sampled_from((11, 11, 8, None))),
        max_nights=draw(st.sampled_from((1, 2, 3, None))),
        max_shifts_7d=draw(st.sampled_from((2, 4, 6, None))),
        max_hours_7d=draw(st.sampled_from((None, None, 30))),
    )
    return Problem(Span(local(0), local(days)), posts, people, rules, holidays=frozenset({date(2026, 4, 30)}))


def faults(plan: Plan, fixed: tuple[Assignment, ...] = ()) -> list[str]:
    """Every broken hard rule, found the slow and obvious way."""
    problem, found = plan.problem, []
    slots = {slot.id: slot for slot in problem.slots}
    posts = {post.id: post for post in problem.posts}
    assert set(fixed) <= set(plan.assignments)
    for slot in problem.slots:
        for kind in ("on_site", "on_call", "backup"):
            count = sum((one.slot, one.kind) == (slot.id, kind) for one in plan.placed)
            if count > posts[slot.post].needs(slot.shift).count(kind):
                found.append(f"crowd {slot.id}")
    for person in problem.people:
        mine = [(slots[one.slot], one.kind) for one in plan.placed if one.person == person.id]
        for slot, _ in mine:
            day = slot.span.start.astimezone(ZONE).date()
            last = (slot.span.end - timedelta(seconds=1)).astimezone(ZONE).date()
            if not posts[slot.post].requires <= person.skills:
                found.append(f"skill {person.id}")
            if (person.joins and day < person.joins) or (person.leaves and last > person.leaves):
                found.append(f"dates {person.id}")
            if any(leave.overlaps(slot.span) for leave in person.leave):
                found.append(f"leave {person.id}")
        for i, (slot, _) in enumerate(mine):
            found += [f"twice {person.id}" for other, _ in mine[i + 1 :] if slot.span.overlaps(other.span)]
        work = sorted([slot.span for slot, kind in mine if kind == ON_SITE] + list(person.before))
        rest = timedelta(hours=problem.rules.rest_h or 0)
        found += [f"rest {person.id}" for one, two in itertools.pairwise(work) if two.start - one.end < rest]
        found += _runs(problem, person, work)
    return found


def _runs(problem: Problem, person: Person, work: list[Span]) -> list[str]:
    rules, found = problem.rules, []
    nights = {night for span in work if (night := evening(span))}
    for night in nights:
        most = rules.max_nights
        if most is not None and all(night + timedelta(days=k) in nights for k in range(most + 1)):
            found.append(f"nights {person.id}")
    for first in {span.start.astimezone(ZONE).date() for span in work}:
        seven = [span for span in work if first <= span.start.astimezone(ZONE).date() < first + timedelta(days=7)]
        if rules.max_shifts_7d is not None and len(seven) > rules.max_shifts_7d:
            found.append(f"shifts {person.id}")
        if rules.max_hours_7d is not None and sum(span.minutes for span in seven) > rules.max_hours_7d * 60:
            found.append(f"hours {person.id}")
    return found


def evening(span: Span) -> date | None:
    """The evening's day of a night shift: three hours between ten and six, hour by hour."""
    hours: dict[date, int] = {}
    at = span.start
    while at < span.end:
        here = at.astimezone(ZONE)
        if here.hour >= 22 or here.hour < 6:
            day = here.date() if here.hour >= 22 else here.date() - timedelta(days=1)
            hours[day] = hours.get(day, 0) + 1
        at += timedelta(hours=1)
    return next((day for day, count in sorted(hours.items()) if count >= 3), None)


assert evening(Span(datetime(2026, 4, 29, 15, tzinfo=UTC), datetime(2026, 4, 29, 23, tzinfo=UTC))) == FIRST

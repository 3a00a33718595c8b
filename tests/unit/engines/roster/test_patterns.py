"""Patterns over windows: no minute lost, real durations when clocks change, crews in turn, hand-over."""

import itertools
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.roster import Pattern, Person, Post, Problem, Shift, Span, Staffing, plan, union
from vigil.kernel.errors import Refused

from .problems import local, small

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(("8h", "12h", "4on4off")),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 1)),  # noqa: DTZ001
    st.integers(1, 9 * 24 * 60),
)
def test_a_full_pattern_covers_every_minute_of_any_window_exactly_once(
    zone: str, pattern: str, start: datetime, long: int
) -> None:
    begin = start.replace(second=0, microsecond=0, tzinfo=ZoneInfo(zone))
    window = Span(begin, begin.astimezone(ZoneInfo("UTC")) + timedelta(minutes=long))
    slots = Problem(window, (Post("desk", pattern=pattern),), (), zone=zone).expanded().slots
    turns = [slot.turn for slot in slots]
    assert union(turns) == [window]
    assert sum(turn.minutes for turn in turns) == window.minutes


def test_a_night_shift_is_as_long_as_it_really_is() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for day, hours in ((datetime(2026, 3, 28, 22, tzinfo=zone), 7), (datetime(2026, 10, 24, 22, tzinfo=zone), 9)):
        window = Span(day, day.replace(hour=6) + timedelta(days=1))
        [slot] = Problem(window, (Post("desk"),), (), zone="Europe/Berlin").expanded().slots
        assert slot.span.minutes == hours * 60
        assert slot.night == day.date()


def test_the_incoming_crew_is_there_before_its_shift_but_not_before_the_watch() -> None:
    own = Pattern("own", (Shift("day", time(7), time(19)), Shift("night", time(19), time(7))), handover_min=20)
    window = Span(local(0, 7), local(1, 7))
    slots = Problem(window, (Post("desk", pattern="own"),), (), patterns={"own": own}).expanded().slots
    assert [slot.span for slot in slots] == [
        Span(local(0, 7), local(0, 19)),
        Span(local(0, 18) + timedelta(minutes=40), local(1, 7)),
    ]
    assert [slot.turn.start for slot in slots] == [local(0, 7), local(0, 19)]


def test_four_days_on_four_days_off_with_four_crews() -> None:
    people = tuple(Person(f"p{i}") for i in range(4))
    made = plan(Problem(Span(local(0, 7), local(16, 7)), (Post("desk", pattern="4on4off"),), people))
    assert made.complete, [str(one.why) for one in made.unfilled] + [str(one.phrase) for one in made.violations]
    days = {
        person.id: sorted(
            s.day for s in made.problem.slots for a in made.placed if a.slot == s.id and a.person == person.id
        )
        for person in people
    }
    for stood in days.values():
        assert len(stood) == 8
        runs = [two - one for one, two in itertools.pairwise(stood)]
        assert runs.count(timedelta(days=5)) == len([run for run in runs if run != timedelta(days=1)]) == 1


def test_a_pattern_that_cannot_cover_the_window_is_said_with_its_gaps() -> None:
    own = Pattern("office", (Shift("day", time(8), time(17)),))
    problem = Problem(
        Span(local(0), local(1)), (Post("desk", ("watch",), "office"),), (Person("p"),), patterns={"office": own}
    )
    made = plan(problem)
    assert [str(one) for one in made.remarks] == [
        "desk: no shift of its pattern covers 00:00 29/04/2026 to 08:00 29/04/2026.",
        "desk: no shift of its pattern covers 17:00 29/04/2026 to 00:00 30/04/2026.",
    ]
    assert [hole.span for hole in made.functions] == [Span(local(0), local(0, 8)), Span(local(0, 17), local(1))]
    assert not made.complete


@pytest.mark.parametrize(
    ("shifts", "code"),
    [
        ((Shift("a", time(6), time(15)), Shift("b", time(14), time(6))), "roster.shifts_overlap"),
        ((Shift("a", time(6), time(6)), Shift("b", time(14), time(22))), "roster.shift_empty"),
        ((), "roster.value"),
    ],
)
def test_a_pattern_that_contradicts_itself_is_refused(shifts: tuple[Shift, ...], code: str) -> None:
    with pytest.raises(Refused) as refused:
        Problem(
            Span(local(0), local(1)), (Post("d", pattern="own"),), (), patterns={"own": Pattern("own", shifts)}
        ).expanded()
    assert refused.value.code == code


def test_staffing_may_differ_by_shift() -> None:
    post = Post("desk", ("watch",), by_shift={"night": Staffing(2, leads=1)})
    made = plan(Problem(Span(local(0), local(2)), (post,), small(8).people))
    nights = [slot.id for slot in made.problem.slots if slot.shift == "night"]
    assert all(sum(one.slot == night for one in made.placed) == 2 for night in nights)
    assert made.complete

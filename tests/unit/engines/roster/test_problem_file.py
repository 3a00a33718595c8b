"""Reading a problem: what it takes, and every fault with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.roster import Assignment, Carried, Span, Staffing, plan
from vigil.engines.roster.problem_file import read_problem
from vigil.kernel.errors import Refused

from .problems import local

WHOLE = """
name = "Trực lễ"
from = 2026-04-29
until = 2026-05-01
holidays = [2026-04-30]
[rules]
rest_h = 12
max_nights = false
[patterns.own]
handover_min = 15
shifts = [{ name = "day", from = 07:00:00, until = 19:00:00 }, { name = "night", from = 19:00:00, until = 07:00:00 }]
[posts.desk]
name = "Phòng trực"
functions = ["giám sát", "hỗ trợ"]
pattern = "own"
on_site = 2
leads = 1
[posts.desk.shifts.night]
on_site = 1
[[people]]
id = "p"
count = 6
lead = true
skills = ["net"]
carried = { nights = 1 }
leave = [{ from = 2026-04-29T08:00:00, until = 2026-04-29T09:00:00 }]
[[people]]
id = "q"
wishes = [{ from = 2026-04-30, until = 2026-05-01, avoid = false, weight = 2 }]
[[fixed]]
person = "q"
post = "desk"
from = 2026-04-30T07:00:00
"""
SMALL = 'from = 2026-04-29\nuntil = 2026-04-30\n[posts.d]\n[[people]]\nid = "p"\n'


def _minutes_long(posts: int) -> str:
    """A year of shifts of one minute at so many posts."""
    at = [f"{n // 60:02}:{n % 60:02}:00" for n in range(1440)]
    shifts = ", ".join(f"{{ name = '{one}', from = {one}, until = {at[n - 1439]} }}" for n, one in enumerate(at))
    return (
        "from = 2026-01-01\nuntil = 2026-12-31\n[patterns]\nm = { shifts = ["
        + shifts
        + "] }\n"
        + "".join(f"[posts.d{n}]\npattern = 'm'\n" for n in range(posts))
        + "[[people]]\nid = 'p'\n"
    )


def test_everything_that_can_be_said_is_read() -> None:
    problem = read_problem(WHOLE.encode())
    assert [person.id for person in problem.people] == ["p1", "p2", "p3", "p4", "p5", "p6", "q"]
    assert problem.people[0].carried == Carried(nights=1)
    assert problem.people[0].leave == (Span(local(0, 8), local(0, 9)),)
    assert not problem.people[6].wishes[0].avoid
    assert (problem.rules.rest_h, problem.rules.max_nights, problem.rules.max_shifts_7d) == (12, None, 6)
    assert problem.posts[0].by_shift == {"night": Staffing(1)}
    assert problem.fixed == (Assignment("q", "desk@2026-04-30T07:00"),)
    assert len(problem.slots) == 5
    assert plan(problem).placed


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("from = ", "roster.file", "not a TOML file"),
        ("a = " + "[" * 5000, "roster.file", "not a TOML file"),
        ("until = 2026-04-30", "roster.missing", "from is missing"),
        (SMALL.replace("2026-04-30", "2026-04-29", 1), "roster.span", "until"),
        (SMALL + 'age = 3', "roster.unknown_key", "people[1].age is not known"),
        (SMALL + 'lead = "yes"', "roster.wrong", "people[1].lead: yes"),
        (SMALL + "count = 100000", "roster.wrong", "people[1].count"),
        (SMALL + "[[fixed]]\nperson = 'x'\npost = 'd'\nfrom = 2026-04-29T06:00:00", "roster.unknown_person", "x"),
        (SMALL.replace("[posts.d]", "[posts.d]\non_site = -1"), "roster.count", "d: on_site = -1"),
        (SMALL.replace("[posts.d]", "[posts.d]\non_site = true"), "roster.wrong", "posts.d.on_site"),
        (SMALL.replace("2026-04-30", "2029-04-30", 1), "roster.bounds", "days"),
        (SMALL.replace("from =", "zone = 'Moon/Far'\nfrom =", 1), "roster.wrong", "zone"),
        (SMALL.replace("[posts.d]", "[posts]\nd = 3"), "roster.wrong", "posts.d"),
        (SMALL + "[patterns.x]\nshifts = [{ name = 'a', from = 06:00:00, until = 15:00:00 }, "
         "{ name = 'b', from = 14:00:00, until = 06:00:00 }]", "roster.shifts_overlap", "a and b overlap"),
        (SMALL + "[patterns.x]\nshifts = [{ name = 'a', from = 06:00:00, until = 06:00:00 }, "
         "{ name = 'b', from = 14:00:00, until = 22:00:00 }]", "roster.shift_empty", "a has no length"),
        (SMALL + "[patterns.x]\nshifts = [{ name = 'a', from = 06:00:00, until = 18:00:30 }, "
         "{ name = 'b', from = 18:00:00, until = 06:00:00 }]", "roster.value", "x.a: 18:00:30"),
        (SMALL.replace("2026-04-29", "9999-12-29").replace("2026-04-30", "9999-12-31"), "roster.value", "from: 9999"),
        ("holidays = [9999-12-31]\n" + SMALL, "roster.value", "holidays: 9999"),
        (SMALL + "before = [{ from = 9999-12-30, until = 9999-12-31 }]", "roster.value", "before: 9999"),
        (SMALL + "carried = { nights = " + "9" * 400 + " }", "roster.value", "carried"),
        (SMALL + "".join(f"[[people]]\nid = 'a{n}_'\ncount = 2000\n" for n in range(3)), "roster.bounds", "2001"),
        (_minutes_long(100), "roster.bounds", "Too many slots"),
    ],
)  # fmt: skip
def test_each_fault_is_refused_with_its_place(text: str, code: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_problem(text.encode())
    assert refused.value.code == code
    assert said in str(refused.value.phrase)


@pytest.mark.parametrize("day", ["leaves = 9999-12-31", "joins = 0001-01-01"])
def test_a_day_that_means_never_or_always_bars_nobody(day: str) -> None:
    assert len(plan(read_problem((SMALL + day).encode())).placed) == len(plan(read_problem(SMALL.encode())).placed) > 0


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(Refused) as refused:
        read_problem(b"#" * 5_000_001)
    assert refused.value.code == "roster.size"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE)), st.text(max_size=12), st.integers(0, 12))
def test_a_damaged_file_is_read_or_refused_but_never_breaks(at: int, put: str, gone: int) -> None:
    text = WHOLE[:at] + put + WHOLE[at + gone :]
    try:
        read_problem(text.encode("utf-8", "surrogatepass"))
    except Refused as refused:
        assert refused.code.startswith("roster.")

"""Coverage beside an oracle that walks minute by minute, over zones whose clocks change and over leap days."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.roster import BACKUP, LEAD, Need, Presence, Span, coverage, gaps, intersect, subtract, union
from vigil.engines.roster.coverage import shortfalls, to_the_minute

MINUTE = timedelta(minutes=1)
# Each a quarter of a day before clocks change in its zone, or before a leap day.
STARTS = (
    datetime(2026, 3, 28, 18, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 10, 24, 18, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 3, 7, 18, tzinfo=ZoneInfo("America/New_York")),
    datetime(2026, 10, 31, 18, tzinfo=ZoneInfo("America/New_York")),
    datetime(2026, 4, 4, 18, tzinfo=ZoneInfo("Australia/Lord_Howe")),
    datetime(2026, 10, 3, 18, tzinfo=ZoneInfo("Australia/Lord_Howe")),
    datetime(2028, 2, 28, 18, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")),
    datetime(2028, 2, 29, 18, tzinfo=ZoneInfo("America/New_York")),
)
LONG = 18 * 60


@st.composite
def spans(draw: st.DrawFn, start: datetime, parts_of_a_minute: bool = False) -> Span:
    """A span inside 18 hours from `start`, told in the zone of `start` (as a person would write it)."""
    at = draw(st.integers(0, LONG - 1))
    long = draw(st.integers(1, LONG - at))
    low = start.astimezone(UTC) + at * MINUTE
    high = low + long * MINUTE
    if parts_of_a_minute:
        high += timedelta(seconds=draw(st.sampled_from((0, 1, 59))))
    return Span(low.astimezone(start.tzinfo), high.astimezone(start.tzinfo))


def minutes(all_spans: list[Span]) -> set[datetime]:
    """Every minute touched."""
    found = set()
    for span in all_spans:
        at = span.start.replace(second=0, microsecond=0)
        while at < span.end:
            found.add(at)
            at += MINUTE
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_interval_arithmetic_is_what_sets_of_minutes_say(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    one = data.draw(st.lists(spans(start), max_size=6))
    two = data.draw(st.lists(spans(start), max_size=6))
    assert minutes(union(one)) == minutes(one)
    assert minutes(intersect(one, two)) == minutes(one) & minutes(two)
    assert minutes(subtract(one, two)) == minutes(one) - minutes(two)
    window = data.draw(spans(start))
    assert minutes(gaps(one, two, window)) == (minutes(one) & minutes([window])) - minutes(two)
    for result in (union(one), intersect(one, two), subtract(one, two)):
        assert all(first.end < second.start for first, second in itertools.pairwise(result))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_gap_per_post_and_function_is_what_walking_the_minutes_finds(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    window = Span(start, start.astimezone(UTC) + LONG * MINUTE)
    needs = [
        Need(post, data.draw(spans(start)), data.draw(st.integers(1, 3)), functions=functions,
             quality=data.draw(st.sampled_from((None, None, LEAD))))
        for post, functions in (("a", ("watch",)), ("a", ("watch",)), ("b", ("watch", "answer")))
    ]  # fmt: skip
    there = [
        Presence(data.draw(st.sampled_from("pqrs")), data.draw(st.sampled_from("ab")), data.draw(spans(start)),
                 qualities=data.draw(st.sampled_from((frozenset(), frozenset({LEAD})))))
        for _ in range(data.draw(st.integers(0, 8)))
    ]  # fmt: skip
    found = coverage(needs, there, window)
    at = window.start
    while at < window.end:
        for post, quality in {(need.post, need.quality) for need in needs}:
            asked = max(
                (n.at_least for n in needs if (n.post, n.quality) == (post, quality) and holds(n.span, at)), default=0
            )
            present = len(
                {
                    p.person
                    for p in there
                    if p.post == post and holds(p.span, at) and (not quality or quality in p.qualities)
                }
            )
            told = [h.missing for h in found.posts if (h.post, h.quality) == (post, quality) and holds(h.span, at)]
            assert told == ([asked - present] if asked > present else []), at
        for function in ("watch", "answer"):
            wanted = any(function in n.functions and holds(n.span, at) for n in needs)
            kept = any(function in n.functions and n.post == p.post and holds(p.span, at) for n in needs for p in there)
            assert any(h.function == function and holds(h.span, at) for h in found.functions) == (wanted and not kept)
        at += MINUTE


def holds(span: Span, at: datetime) -> bool:
    return span.start <= at < span.end


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_minute_missed_in_part_was_missed(data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(STARTS))
    missed = data.draw(st.lists(spans(start, parts_of_a_minute=True), max_size=5))
    assert minutes(to_the_minute(missed)) == minutes(missed)


def test_a_person_counted_twice_is_one_person_and_a_change_of_clocks_takes_no_minute() -> None:
    zone = ZoneInfo("Europe/Berlin")
    night = Span(datetime(2026, 10, 25, 0, tzinfo=zone), datetime(2026, 10, 25, 6, tzinfo=zone))
    assert night.minutes == 7 * 60
    short = shortfalls([(night, 2)], [("p", night), ("p", night)])
    assert short == [(night, 1)]


def test_what_is_on_call_does_not_fill_a_place_on_site() -> None:
    span = Span(STARTS[0], STARTS[0] + timedelta(hours=1))
    found = coverage([Need("a", span, functions=("watch",))], [Presence("p", "a", span, BACKUP)])
    assert [hole.span for hole in found.posts] == [span]
    assert [hole.function for hole in found.functions] == ["watch"]


def test_nothing_needed_is_not_complete() -> None:
    assert not coverage([], []).complete


def test_a_naive_instant_and_an_empty_span_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Span(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001
    with pytest.raises(ValueError, match="ends after"):
        Span(STARTS[0], STARTS[0])

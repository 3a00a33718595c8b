"""A roster is planned, published, planned again; never worse than before, and two leads do not collide."""

import pytest
from tests.duty import LEAD, NOW, at, published

from vigil.domain.duty.actions.planning import draft, publish, roster_for
from vigil.domain.duty.actions.posts import add_leave, save_post
from vigil.domain.duty.coverage import covered
from vigil.domain.duty.models import DutyRow, DutyShift, Member, Post, Roster
from vigil.domain.duty.queries import standing_plan
from vigil.domain.journal.models import Entry
from vigil.kernel.errors import Conflict, Refused


def test_five_days_for_thirty_people_are_planned_without_a_hole(world) -> None:
    plan = draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    assert plan.complete
    roster = Roster.objects.get(watch=world.watch)
    rows = roster.rows.filter(superseded_at=None)
    assert (roster.shifts.count(), rows.count()) == (16, 32), "15 shifts, and the night before cut at the window"
    assert all(row.why["wording"] for row in rows)
    assert rows.filter(leads=True).count() == 16, "one lead a shift"
    assert standing_plan(roster).complete
    assert Entry.objects.get(action="duty.roster_planned").facts["open"] == 0


def test_planning_again_changes_nothing_that_is_as_good(world) -> None:
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    before = set(DutyRow.objects.filter(superseded_at=None).values_list("pk", flat=True))
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    assert set(DutyRow.objects.filter(superseded_at=None).values_list("pk", flat=True)) == before
    assert DutyShift.objects.count() == 16


def test_another_pattern_drops_the_old_shifts_and_keeps_their_history(world) -> None:
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    world.post.pattern = "12h"
    save_post(post=world.post, actor=LEAD, now=NOW)
    plan = draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    assert plan.complete
    assert DutyShift.objects.filter(dropped_at=None).count() == 11
    assert DutyRow.objects.exclude(superseded_at=None).count() == 32


def test_what_is_over_is_not_filled_afterwards_and_what_runs_is_filled_from_now(world) -> None:
    now = at(1, 10)
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=now)
    assert DutyRow.objects.filter(superseded_at=None).earliest("starts_at").starts_at == now
    holes = standing_plan(roster_for(world.watch)).functions
    assert (holes[0].span.start, holes[0].span.end) == (world.watch.starts_at, at(1, 5, 45)), "of whole shifts"
    publish(roster=roster_for(world.watch), version=None, actor=LEAD, now=now)
    proven = covered(roster_for(world.watch), now).planned.functions
    assert {(hole.span.start, hole.span.end) for hole in proven} == {(world.watch.starts_at, now)}, "to the minute"


def test_leave_is_hard_and_few_people_leave_a_hole_with_its_reason(world) -> None:
    Member.objects.exclude(person__in=world.people[:3]).delete()
    add_leave(person=world.people[0], starts_at=at(1, 0), ends_at=at(3, 0), reason="", actor=LEAD, now=NOW)
    plan = draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    assert not plan.complete
    assert plan.impossible is not None
    assert any(one.excluded.get("leave") for one in plan.unfilled)
    spans = DutyRow.objects.filter(person=world.people[0], superseded_at=None).values_list("starts_at", "ends_at")
    assert not any(start < at(3, 0) and end > at(1, 0) for start, end in spans)


def test_two_leads_who_plan_at_once_do_not_overwrite_each_other(world) -> None:
    roster = roster_for(world.watch)
    draft(watch=world.watch, posts=[world.post], version=roster.version, actor=LEAD, now=NOW)
    with pytest.raises(Conflict) as raised:
        draft(watch=world.watch, posts=[world.post], version=roster.version, actor=LEAD, now=NOW)
    assert raised.value.code == "roster.changed"


def test_nothing_is_published_that_holds_nobody_and_nothing_twice(world) -> None:
    with pytest.raises(Refused):
        publish(roster=roster_for(world.watch), version=None, actor=LEAD, now=NOW)
    roster = published(world)
    with pytest.raises(Conflict):
        publish(roster=roster, version=None, actor=LEAD, now=NOW)


@pytest.mark.parametrize(
    ("shifts", "word"),
    [
        ([{"name": "x", "start": "06:00", "end": "06:00"}, {"name": "y", "start": "07:00", "end": "08:00"}], "nothing"),
        ([{"name": "x", "start": "06:00", "end": "15:00"}, {"name": "y", "start": "14:00", "end": "22:00"}], "overlap"),
        ([{"name": "x", "start": "25:00", "end": "06:00"}], "written"),
        ([], "at least one"),
        ([{"name": "x", "start": "06:00+07:00", "end": "18:00"}], "written"),
        ([{"name": "x", "start": "06:00", "end": "18:00:30"}], "written"),
        ([{"name": "x", "start": 6, "end": 18}], "written"),
        ([{"start": "06:00", "end": "18:00"}], "written"),
        ([{"name": " ", "start": "06:00", "end": "18:00"}], "has a name"),
        (
            [{"name": "x", "start": "06:00", "end": "18:00"}, {"name": "x", "start": "18:00", "end": "06:00"}],
            "same name",
        ),
        ([{"name": "x", "start": "06:00", "end": "06:15"}], "shorter"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_with_its_fault(world, shifts, word) -> None:
    from django.utils.translation import override

    post = Post(organisation=world.organisation, name="Lạ", pattern="own", shifts=shifts)
    with override("en"), pytest.raises(Refused) as raised:
        save_post(post=post, actor=LEAD, now=NOW)
    assert word in str(raised.value)


def test_the_longest_overlap_that_a_post_takes_can_be_planned(world) -> None:
    world.post.handover_min = 240
    save_post(post=world.post, actor=LEAD, now=NOW)
    assert draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW).placed


def test_a_pattern_that_leaves_a_part_of_the_day_open_is_a_hole_to_the_minute(world) -> None:
    world.post.pattern = "own"
    world.post.shifts = [{"name": "ngày", "start": "06:00", "end": "22:30"}]
    save_post(post=world.post, actor=LEAD, now=NOW)
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    holes = standing_plan(roster_for(world.watch)).functions
    spans = {(hole.span.start, hole.span.end) for hole in holes}
    assert (at(30, 22, 30), at(1, 5, 45)) in spans, "the overlap for the hand-over covers the last quarter"


def test_who_stood_much_before_stands_less_now(world) -> None:
    tired = world.people[:10]
    Member.objects.update(carried_at=NOW)
    Member.objects.filter(person__in=tired).update(carried_nights=4, carried_hours=64)
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    stands = [DutyRow.objects.filter(person=person, superseded_at=None).count() for person in world.people]
    assert sum(stands[:10]) / 10 < sum(stands[10:]) / 20

"""Changes by hand and swaps: every rule again, a reason where one is broken, never two places at once."""

import pytest
from tests.duty import LEAD, NOW, at, organisation_named, people_of, published

from vigil.domain.duty.actions.changes import Change, make, members_free_for, outlook, relieve
from vigil.domain.duty.actions.planning import draft, publish, roster_for
from vigil.domain.duty.actions.posts import add_leave
from vigil.domain.duty.actions.presence import overdue
from vigil.domain.duty.actions.swaps import agree, approve, propose, withdraw
from vigil.domain.duty.models import DutyRow, Kind, Origin
from vigil.kernel.errors import Conflict, NotAllowed, Refused


@pytest.fixture
def roster(world):
    return published(world)


def _rows(roster, *, person=None):
    rows = roster.rows.filter(superseded_at=None, kind=Kind.ON_SITE).select_related("shift__post", "person")
    return list(rows.filter(person=person) if person else rows.order_by("starts_at"))


def _free(roster, row):
    """Somebody whom no rule keeps from taking the row's place (after the row's person has left it)."""
    return next(member.person for member, seen in members_free_for(roster, row.shift) if _fits(roster, row, member))


def _fits(roster, row, member) -> bool:
    seen = outlook(roster, Change((row,), ((row.shift, member.person, row.kind),)))
    return not seen.breaks and not seen.opens


def _tired(roster, row):
    """Somebody who stands in the shift before or after, and so lacks the rest."""
    for other in _rows(roster):
        change = Change((row,), ((row.shift, other.person, row.kind),))
        if other.shift_id != row.shift_id and {one.code for one in outlook(roster, change).breaks} == {"rest"}:
            return other.person
    raise AssertionError("nobody")


def test_a_row_is_superseded_never_edited(world, roster) -> None:
    row = _rows(roster)[4]
    person = _free(roster, row)
    (made,) = make(
        roster=roster, change=Change((row,), ((row.shift, person, row.kind),)), version=None, actor=LEAD, now=NOW
    )
    row.refresh_from_db()
    assert (row.superseded_at, row.superseded_by) == (NOW, made)
    assert (made.person, made.origin) == (person, Origin.HAND)
    roster.refresh_from_db()
    assert roster.version == 4


def test_a_broken_rule_needs_a_reason_and_is_an_override(world, roster) -> None:
    row = _rows(roster)[6]
    person = _tired(roster, row)
    change = Change((row,), ((row.shift, person, row.kind),))
    with pytest.raises(Refused) as raised:
        make(roster=roster, change=change, version=None, actor=LEAD, now=NOW)
    assert raised.value.code == "roster.rules"
    assert person.name in str(raised.value)
    (made,) = make(roster=roster, change=change, version=None, reason="Không còn ai", actor=LEAD, now=NOW)
    assert (made.origin, made.reason) == (Origin.OVERRIDE, "Không còn ai")


def test_nobody_stands_at_two_places_and_leave_is_never_overridden(world, roster) -> None:
    row = _rows(roster)[6]
    there = next(one.person for one in _rows(roster) if one.shift_id == row.shift_id and one.pk != row.pk)
    with pytest.raises(Refused) as raised:
        make(
            roster=roster,
            change=Change((row,), ((row.shift, there, row.kind),)),
            version=None,
            reason="x",
            actor=LEAD,
            now=NOW,
        )
    assert raised.value.code == "roster.never"
    person = _free(roster, row)
    add_leave(person=person, starts_at=row.starts_at, ends_at=row.ends_at, reason="", actor=LEAD, now=NOW)
    with pytest.raises(Refused) as raised:
        make(
            roster=roster,
            change=Change((row,), ((row.shift, person, row.kind),)),
            version=None,
            reason="x",
            actor=LEAD,
            now=NOW,
        )
    assert raised.value.code == "roster.never"
    assert DutyRow.objects.get(pk=row.pk).superseded_at is None


def test_a_stranger_and_a_row_that_somebody_changed_are_refused(world, roster) -> None:
    row = _rows(roster)[4]
    stranger = people_of(organisation_named("Khác"), 1)[0]
    with pytest.raises(Refused):
        make(
            roster=roster, change=Change((row,), ((row.shift, stranger, row.kind),)), version=None, actor=LEAD, now=NOW
        )
    version, person = roster.version, _free(roster, row)
    change = Change((row,), ((row.shift, person, row.kind),))
    make(roster=roster, change=change, version=version, actor=LEAD, now=NOW)
    with pytest.raises(Conflict) as raised:
        make(roster=roster, change=change, version=version, actor=LEAD, now=NOW)
    assert raised.value.code == "roster.changed"
    with pytest.raises(Conflict) as raised:
        make(roster=roster, change=change, version=None, actor=LEAD, now=NOW)
    assert raised.value.code == "roster.superseded"


def test_a_swap_is_asked_agreed_checked_again_and_approved(world, roster) -> None:
    rows = _rows(roster)
    row = rows[6]
    person = _free(roster, row)
    swap = propose(row=row, to_person=person, other_row=None, reason="việc nhà", actor=LEAD, now=NOW)
    with pytest.raises(Conflict):
        propose(row=row, to_person=person, other_row=None, reason="", actor=LEAD, now=NOW)
    with pytest.raises(Conflict) as raised:
        approve(swap=swap, actor=LEAD, now=NOW)
    assert raised.value.code == "swap.not_agreed"
    with pytest.raises(NotAllowed):
        agree(swap=swap, person=row.person, actor=LEAD, now=NOW)
    agree(swap=swap, person=person, actor=LEAD, now=NOW)
    approve(swap=swap, actor=LEAD, now=NOW)
    assert _rows(roster, person=person)[-1].shift_id == row.shift_id or row.shift_id in {
        one.shift_id for one in _rows(roster, person=person)
    }
    with pytest.raises(Conflict) as raised:
        withdraw(swap=swap, actor=LEAD, now=NOW)
    assert raised.value.code == "swap.decided"


def test_a_swap_with_somebody_on_leave_is_refused_also_when_the_leave_comes_later(world, roster) -> None:
    row = _rows(roster)[6]
    person = _free(roster, row)
    swap = propose(row=row, to_person=person, other_row=None, reason="", actor=LEAD, now=NOW)
    agree(swap=swap, person=person, actor=LEAD, now=NOW)
    add_leave(person=person, starts_at=row.starts_at, ends_at=row.ends_at, reason="", actor=LEAD, now=NOW)
    with pytest.raises(Refused) as raised:
        approve(swap=swap, actor=LEAD, now=NOW, reason="cần")
    assert raised.value.code == "roster.never"
    swap.refresh_from_db()
    assert swap.state == "agreed", "nothing of it happened"
    with pytest.raises(Refused):
        propose(row=_rows(roster)[6], to_person=person, other_row=None, reason="", actor=LEAD, now=NOW)


def test_two_rows_are_exchanged_at_once(world, roster) -> None:
    rows = _rows(roster)
    one = rows[2]
    for other in rows[8:]:
        if other.person_id != one.person_id:
            swap = propose(row=one, to_person=other.person, other_row=other, reason="", actor=LEAD, now=NOW)
            agree(swap=swap, person=other.person, actor=LEAD, now=NOW)
            approve(swap=swap, actor=LEAD, now=NOW, reason="đổi")
            break
    assert DutyRow.objects.get(shift=one.shift, person=other.person, superseded_at=None)
    assert DutyRow.objects.get(shift=other.shift, person=one.person, superseded_at=None)


def test_somebody_is_relieved_in_the_middle_of_a_shift_and_both_halves_stay(world, roster) -> None:
    now = at(1, 3)
    row = next(one for one in _rows(roster) if one.starts_at < now < one.ends_at)
    substitute = _free(roster, row)
    first, rest = relieve(row=row, person=substitute, version=None, actor=LEAD, now=now, reason="ốm")
    assert (first.person, first.ends_at) == (row.person, now)
    assert (rest.person, rest.starts_at, rest.ends_at) == (substitute, now, row.ends_at)
    with pytest.raises(Refused):
        relieve(row=rest, person=row.person, version=None, actor=LEAD, now=at(1, 4), reason=" ")


def test_what_is_over_cannot_be_moved(world, roster) -> None:
    row = _rows(roster)[0]
    with pytest.raises(Conflict) as raised:
        make(
            roster=roster, change=Change((row,), ((row.shift, _free(roster, row), row.kind),)), version=None,
            actor=LEAD, now=at(2, 0),
        )  # fmt: skip
    assert raised.value.code == "roster.over"


def test_who_stood_in_a_shift_that_is_over_is_entered_afterwards_with_a_reason(world) -> None:
    now = at(1, 10)
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=now)
    roster = publish(roster=roster_for(world.watch), version=None, actor=LEAD, now=now)
    shift = roster.shifts.get(turn_starts_at=at(30, 14))
    change = Change(take=((shift, world.people[0], Kind.ON_SITE),))
    with pytest.raises(Refused) as raised:
        make(roster=roster, change=change, version=None, actor=LEAD, now=now)
    assert raised.value.code == "roster.no_reason"
    (row,) = make(roster=roster, change=change, version=None, reason="theo sổ trực", actor=LEAD, now=now)
    assert (row.starts_at, row.made_at) == (shift.starts_at, now), "and it shows that it was entered later"
    assert all(one.pk != row.pk for one, _ in overdue(now)), "nobody is asked to check in for the past"

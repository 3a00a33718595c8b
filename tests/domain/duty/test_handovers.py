"""Hand-over: both sign, and what changes between the signatures stays on the list."""

import pytest
from tests.duty import LEAD, at, published

from vigil.domain.duty.actions.handovers import digest_of, draw_up, give, list_of, take
from vigil.domain.duty.models import DutyShift
from vigil.domain.duty.open_items import DutyOpenItems
from vigil.kernel.errors import Conflict, NotAllowed
from vigil.kernel.phrases import phrase
from vigil.kernel.proofs import OpenItem

A, B, C = (OpenItem("outbox", phrase("{n} waits", n=n), at(30, 7), f"/x/{n}") for n in (1, 2, 3))


@pytest.fixture
def shifts(world):
    roster = published(world)
    out = DutyShift.objects.get(roster=roster, turn_starts_at=at(30, 6))
    return out, DutyShift.objects.get(roster=roster, turn_starts_at=at(30, 14))


def _who(shift):
    return shift.rows.filter(superseded_at=None).first().person


def _give(made, shift, items, **more):
    return give(hand_over=made, person=_who(shift), items=items, digest=digest_of(made, items), remarks={}, note="",
                actor=LEAD, now=at(30, 13, 55), **more)  # fmt: skip


def test_the_list_is_drawn_up_given_and_taken(shifts) -> None:
    out, into = shifts
    made = draw_up(shift=out, items=[A, B], actor=LEAD, now=at(30, 13, 50))
    assert made.shift_in == into
    key = made.items[0]["key"]
    given = give(
        hand_over=made, person=_who(out), items=[A, B], digest=digest_of(made, [A, B]), remarks={key: "gọi lại 15h"},
        note="yên tĩnh", actor=LEAD, now=at(30, 13, 55),
    )  # fmt: skip
    assert given.items[0]["remark"] == "gọi lại 15h"
    shown = list_of(given, [B, C])
    assert [(one["news"]) for one in shown] == ["gone", "", "new"]
    taken = take(hand_over=given, person=_who(into), items=[B, C], digest=digest_of(given, [B, C]), note="",
                 actor=LEAD, now=at(30, 14))  # fmt: skip
    assert [one["news"] for one in taken.items] == ["gone", "", "new"]
    assert taken.items[0]["remark"] == "gọi lại 15h"
    assert list_of(taken, []) == taken.items, "what was signed stays"


def test_nobody_signs_what_they_have_not_seen(shifts) -> None:
    out, _ = shifts
    made = draw_up(shift=out, items=[A], actor=LEAD, now=at(30, 13, 50))
    with pytest.raises(Conflict) as raised:
        give(hand_over=made, person=_who(out), items=[A, B], digest=digest_of(made, [A]), remarks={}, note="",
             actor=LEAD, now=at(30, 13, 55))  # fmt: skip
    assert raised.value.code == "handover.changed"


def test_only_who_stands_signs_and_only_once(shifts) -> None:
    out, into = shifts
    made = draw_up(shift=out, items=[A], actor=LEAD, now=at(30, 13, 50))
    stranger = next(
        p for p in type(_who(out)).objects.all() if not out.rows.filter(person=p, superseded_at=None).exists()
    )
    with pytest.raises(NotAllowed):
        give(hand_over=made, person=stranger, items=[A], digest=digest_of(made, [A]), remarks={}, note="", actor=LEAD,
             now=at(30, 13, 55))  # fmt: skip
    given = _give(made, out, [A])
    with pytest.raises(Conflict) as raised:
        _give(given, out, [A])
    assert raised.value.code == "handover.signed"
    del into


def test_a_hand_over_that_nobody_takes_is_an_open_item(world, shifts) -> None:
    made = draw_up(shift=shifts[0], items=[], actor=LEAD, now=at(30, 13, 50))
    _give(made, shifts[0], [])
    links = [one.link for one in DutyOpenItems().open_items(world.organisation.pk, at(30, 15))]
    assert f"/handovers/{made.pk}/" in links


def _items(world, now) -> list[str]:
    return [one.link for one in DutyOpenItems().open_items(world.organisation.pk, now) if "handovers" in one.link]


def test_a_shift_that_just_went_home_is_an_open_item_of_the_next_one(world, shifts) -> None:
    made = draw_up(shift=shifts[0], items=[], actor=LEAD, now=at(30, 13, 45))
    assert _items(world, at(30, 14, 5)) == []
    assert _items(world, at(30, 21, 45)) == [f"/handovers/{made.pk}/"], "also on the list of the next hand-over"
    late = at(30, 14, 40)
    give(hand_over=made, person=_who(shifts[0]), items=[], digest=digest_of(made, []), remarks={}, note="",
         actor=LEAD, now=late)  # fmt: skip
    assert _items(world, late) == []


def test_after_the_last_shift_and_the_end_of_the_watch_nothing_waits_for_ever(world, shifts) -> None:
    last = DutyShift.objects.filter(roster=shifts[0].roster).order_by("turn_starts_at").last()
    made = draw_up(shift=last, items=[], actor=LEAD, now=last.ends_at)
    give(hand_over=made, person=_who(last), items=[], digest=digest_of(made, []), remarks={}, note="",
         actor=LEAD, now=last.ends_at)  # fmt: skip
    assert _items(world, at(6, 9)) == [], "nobody follows who could take it"
    earlier = draw_up(shift=shifts[0], items=[], actor=LEAD, now=at(30, 13, 50))
    _give(earlier, shifts[0], [])
    assert _items(world, at(6, 9)) == [f"/handovers/{earlier.pk}/"]
    type(world.watch).objects.filter(pk=world.watch.pk).update(state="closed")
    assert _items(world, at(6, 9)) == []

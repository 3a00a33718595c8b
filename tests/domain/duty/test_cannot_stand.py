"""Who is planned and cannot stand fills no place in the proof: on leave, gone, a member no longer."""

from datetime import date

import pytest
from tests.duty import LEAD, at, published

from vigil.domain.duty.actions.posts import add_leave, retire_member, save_member, withdraw_leave
from vigil.domain.duty.models import Member
from vigil.domain.duty.proofs import DutyProver
from vigil.domain.duty.queries import function_holes
from vigil.domain.readiness.actions import question_of
from vigil.kernel.proofs import Verdict

BEFORE = at(29, 10)


def _leave(person):
    add_leave(person=person, starts_at=at(1, 0), ends_at=at(2, 0), reason="", actor=LEAD, now=BEFORE)


def _gone(person):
    person.left_at = at(29, 9)
    person.save()


def _retired(person):
    retire_member(member=Member.objects.get(person=person), actor=LEAD, now=at(29, 9))


def _last_day(person):
    member = Member.objects.get(person=person)
    member.leaves_on = date(2026, 4, 30)
    save_member(member=member, actor=LEAD, now=at(29, 9))


@pytest.fixture
def roster(world):
    return published(world)


@pytest.fixture
def crew(roster):
    rows = roster.rows.filter(superseded_at=None, shift__turn_starts_at=at(1, 6))
    return [row.person for row in rows.select_related("person")]


def _proof(world, now=BEFORE):
    return DutyProver().prove(question_of(world.duty), now)


@pytest.mark.parametrize("away", [_leave, _gone, _retired, _last_day])
def test_who_cannot_stand_leaves_a_hole_in_the_proof(world, roster, crew, away) -> None:
    assert _proof(world).verdict == Verdict.MET
    away(crew[0])
    proof = _proof(world)
    assert proof.verdict == Verdict.NOT_MET
    assert "1 missing" in str(proof.sentence) or "no lead" in str(proof.sentence)
    assert function_holes(roster, BEFORE) == [], "the other still keeps the functions"
    away(crew[1])
    first = function_holes(roster, BEFORE)[0].span
    assert first.start <= at(1, 6) < first.end


def test_a_leave_that_is_taken_back_closes_the_hole(world, crew) -> None:
    _leave(crew[0])
    withdraw_leave(leave=crew[0].leave.get(), actor=LEAD, now=BEFORE)
    assert _proof(world).verdict == Verdict.MET


def test_who_leaves_afterwards_has_stood_all_the_same(world, roster, crew) -> None:
    crew[0].left_at = at(1, 15)
    crew[0].save()
    assert not [hole for hole in function_holes(roster, at(30, 0)) if hole.span.start < at(1, 14)]

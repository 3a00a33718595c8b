"""Who was there: proven by the screen's code, unproven by telephone, attested by a lead; missed is missed, once."""

from datetime import timedelta

import pytest
from tests.duty import LEAD, at, published

from vigil.domain.duty.actions.changes import Judge, relieve, who_could_stand
from vigil.domain.duty.actions.presence import (
    attest_past,
    check_in,
    code_on,
    miss,
    new_screen,
    overdue,
)
from vigil.domain.duty.coverage import covered
from vigil.domain.duty.models import How, Kind, MissedCheckIn, Place, Screen
from vigil.domain.duty.proofs import DutyProver
from vigil.domain.duty.queries import in_force, on_now
from vigil.domain.journal.models import Entry
from vigil.domain.readiness.actions import question_of
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.proofs import Basis, Verdict

SHIFT = at(30, 6)


@pytest.fixture
def roster(world):
    return published(world)


def _crew(roster, start=SHIFT):
    rows = roster.rows.filter(superseded_at=None, shift__turn_starts_at=start, kind=Kind.ON_SITE)
    return list(rows.select_related("shift__post", "person", "roster__watch").order_by("-leads"))


def _proof(world, now):
    return DutyProver().prove(question_of(world.duty), now)


def _everybody(roster, until, how=How.PAGE, **more):
    """Everybody who stands checks in at the start and then every two hours, until `until`."""
    rows = roster.rows.filter(superseded_at=None, starts_at__lt=until).select_related("shift__post", "person")
    for row in rows:
        instant = row.starts_at
        while instant < min(row.ends_at, until):
            check_in(row=row, how=how, actor=LEAD, now=instant, **more)
            instant += timedelta(hours=2)


def test_the_screens_code_proves_the_place_and_changes(world, roster) -> None:
    screen, _ = new_screen(post=world.post, actor=LEAD, now=SHIFT)
    row = _crew(roster)[0]
    code, left = code_on(screen, SHIFT)
    assert (len(code), 0 < left <= 30) == (6, True)
    made = check_in(
        row=row, how=How.SCREEN, code=f"{code[:3]} {code[3:]}", actor=LEAD, now=SHIFT + timedelta(seconds=40)
    )
    assert made.place == Place.PROVEN
    with pytest.raises(Refused) as raised:
        check_in(row=row, how=How.SCREEN, code=code, actor=LEAD, now=SHIFT + timedelta(seconds=95))
    assert raised.value.code == "duty.wrong_code"


def test_codes_are_not_guessed(world, roster) -> None:
    screen, _ = new_screen(post=world.post, actor=LEAD, now=SHIFT)
    row = _crew(roster)[0]
    for _ in range(20):
        with pytest.raises(Refused):
            check_in(row=row, how=How.SCREEN, code="", actor=LEAD, now=SHIFT)
    right = code_on(screen, SHIFT)[0]
    with pytest.raises(Refused) as raised:
        check_in(row=row, how=How.SCREEN, code=right, actor=LEAD, now=SHIFT)
    assert raised.value.code == "duty.too_many_codes"
    assert Entry.objects.filter(action="duty.codes_guessed", subject=f"duty.screen:{screen.pk}").count() == 1
    earlier = SHIFT - timedelta(minutes=20)
    put_back = check_in(row=row, how=How.SCREEN, code=code_on(screen, earlier)[0], actor=LEAD, now=earlier)
    assert put_back.place == Place.PROVEN, "a clock that is put back keeps nobody out"
    assert check_in(row=row, how=How.LINK, actor=LEAD, now=SHIFT).place == Place.UNPROVEN, (
        "but one can say that one is here"
    )
    later = SHIFT + timedelta(minutes=11)
    assert (
        check_in(row=row, how=How.SCREEN, code=code_on(screen, later)[0], actor=LEAD, now=later).place == Place.PROVEN
    )


def test_a_new_screen_ends_the_old_one_and_secrets_are_not_in_the_table(world, roster) -> None:
    first, token = new_screen(post=world.post, actor=LEAD, now=SHIFT)
    old = code_on(first, SHIFT)[0]
    new_screen(post=world.post, actor=LEAD, now=SHIFT)
    assert Screen.objects.filter(revoked_at=None).count() == 1
    assert token not in str(list(Screen.objects.values()))
    with pytest.raises(Refused):
        check_in(row=_crew(roster)[0], how=How.SCREEN, code=old, actor=LEAD, now=SHIFT)


def test_one_checks_in_for_a_shift_that_is_now_and_twice_is_once(world, roster) -> None:
    row = _crew(roster)[0]
    with pytest.raises(Conflict) as raised:
        check_in(row=row, how=How.PAGE, actor=LEAD, now=row.starts_at - timedelta(hours=2))
    assert raised.value.code == "duty.not_now"
    first = check_in(row=row, how=How.PAGE, actor=LEAD, now=SHIFT)
    assert check_in(row=row, how=How.PAGE, actor=LEAD, now=SHIFT + timedelta(seconds=20)) == first
    with pytest.raises(Refused):
        check_in(row=row, how=How.CALL, actor=LEAD, now=SHIFT)


def test_before_the_window_the_plan_counts(world) -> None:
    assert _proof(world, at(29, 9)).verdict == Verdict.NOT_MET
    roster = published(world)
    assert _proof(world, at(29, 9)).verdict == Verdict.MET
    row = _crew(roster)[0]
    row.superseded_at = at(29, 9)
    row.save()
    holed = _proof(world, at(29, 9))
    assert holed.verdict == Verdict.NOT_MET
    assert "06:00 30/04/2026" in str(holed.sentence)


def test_during_the_window_presence_counts_and_its_place(world, roster) -> None:
    now = at(30, 12)
    assert _proof(world, now).verdict == Verdict.NOT_MET, "nobody was there"
    _everybody(roster, now)
    unproven = _proof(world, now)
    assert (unproven.verdict, "place unproven" in str(unproven.sentence)) == (Verdict.AT_RISK, True)


def test_a_hole_is_not_met_even_when_everybody_on_it_is_present(world, roster) -> None:
    now = at(30, 12)
    _everybody(roster, now, How.CALL, by="Trần Trưởng Ca")
    attested = _proof(world, now)
    assert (attested.verdict, attested.basis) == (Verdict.MET, Basis.ATTESTED)
    roster.rows.filter(shift__turn_starts_at=at(3, 22)).update(superseded_at=now)
    holed = _proof(world, now)
    assert holed.verdict == Verdict.NOT_MET
    assert "22:00 03/05/2026" in str(holed.sentence)


def test_on_site_with_the_code_all_the_time_is_met_and_measured(world, roster) -> None:
    now, (screen, _) = at(30, 12), new_screen(post=world.post, actor=LEAD, now=at(29, 0))
    for row in roster.rows.filter(superseded_at=None, starts_at__lt=now).select_related("shift__post", "person"):
        instant = row.starts_at
        while instant < min(row.ends_at, now):
            check_in(row=row, how=How.SCREEN, code=code_on(screen, instant)[0], actor=LEAD, now=instant)
            instant += timedelta(hours=2)
    proof = _proof(world, now)
    assert (proof.verdict, proof.basis) == (Verdict.MET, Basis.MEASURED)
    found = covered(roster, now)
    assert found.actual.complete
    assert not found.unproven


def test_who_comes_late_leaves_a_gap_to_the_minute(world, roster) -> None:
    now = at(30, 8)
    _everybody(roster, at(30, 5, 40))
    for row in _crew(roster):
        check_in(row=row, how=How.PAGE, actor=LEAD, now=at(30, 6, 20))
    (gap,) = [hole for hole in covered(roster, now).actual.functions if hole.function == "monitoring"]
    assert (gap.span.start, gap.span.end) == (at(30, 6), at(30, 6, 20))


def test_silence_after_a_check_in_is_a_gap_once_the_next_is_late(world, roster) -> None:
    _everybody(roster, at(30, 5, 46))
    for row in _crew(roster):
        check_in(row=row, how=How.PAGE, actor=LEAD, now=at(30, 6))
    gaps = covered(roster, at(30, 10)).actual.functions
    assert {(gap.span.start, gap.span.end) for gap in gaps} == {(at(30, 8, 10), at(30, 9, 50))}


def test_a_missed_check_in_is_decided_once_and_made_up_by_coming(world, roster) -> None:
    now = at(30, 6, 30)
    owing = [(row, due) for row, due in overdue(now) if row.shift.turn_starts_at == SHIFT]
    assert {due for _, due in owing} == {row.starts_at for row in _crew(roster)}
    row, due = owing[0]
    assert miss(row=row, due=due, actor=LEAD, now=now) is not None
    assert miss(row=row, due=due, actor=LEAD, now=now) is None
    assert (row, due) not in overdue(now)
    check_in(row=row, how=How.PAGE, actor=LEAD, now=now)
    assert MissedCheckIn.objects.get().made_up_at == now


def test_after_a_day_without_a_worker_each_miss_is_told_once_in_order(world, roster) -> None:
    now, told = at(1, 9), []
    while owing := overdue(now):
        for row, due in owing:
            if miss(row=row, due=due, actor=LEAD, now=now):
                told.append(due)
    assert len(told) == MissedCheckIn.objects.count() > 20
    assert overdue(now) == []


def test_a_lead_attests_afterwards_with_name_and_reason(world, roster) -> None:
    row = _crew(roster)[0]
    for wrong in ({"by": " ", "note": "x"}, {"by": "A", "note": ""}):
        with pytest.raises(Refused):
            attest_past(row=row, at=at(30, 7), actor=LEAD, now=at(30, 9), **wrong)
    with pytest.raises(Refused):
        attest_past(row=row, at=at(30, 10), by="A", note="x", actor=LEAD, now=at(30, 9))
    assert attest_past(row=row, at=at(30, 7), by="A", note="x", actor=LEAD, now=at(30, 9)).place == Place.ATTESTED


def test_nobody_attests_for_themselves(world, roster) -> None:
    lead, other = _crew(roster)
    said = {"at": at(30, 7), "by": lead.person.name, "note": "x", "actor": LEAD, "now": at(30, 9)}
    with pytest.raises(NotAllowed):
        attest_past(row=lead, attester=lead.person_id, **said)
    assert not lead.check_ins.exists()
    assert attest_past(row=other, attester=lead.person_id, **said).attested_by == lead.person.name


def test_who_is_on_now_and_who_is_next(world, roster) -> None:
    now = at(30, 9)
    check_in(row=_crew(roster)[0], how=How.PAGE, actor=LEAD, now=at(30, 6))
    seen = on_now(in_force([world.organisation.pk]), now)
    assert {one.row.person for one in seen.rows} == {row.person for row in _crew(roster)}
    assert [one.late for one in seen.rows] == [True, True], "one never came, one's next is an hour late"
    (monitoring,) = [one for one in seen.functions if one.function == "monitoring"]
    assert not monitoring.kept
    assert {row.person for row in monitoring.next} == {row.person for row in _crew(roster, at(30, 14))}


def test_what_somebody_did_before_they_were_relieved_counts_on(world, roster) -> None:
    _everybody(roster, at(30, 6, 1))
    now = at(30, 7)
    row = _crew(roster)[1]
    free, _ = who_could_stand(Judge(roster), row.shift, instead_of=row)
    _, rest = relieve(row=row, person=free[0][0].person, version=None, actor=LEAD, now=now, reason="ốm")
    check_in(row=rest, how=How.PAGE, actor=LEAD, now=now)
    check_in(row=_crew(roster)[0], how=How.PAGE, actor=LEAD, now=at(30, 7, 50))
    assert covered(roster, at(30, 8, 30)).actual.posts == (), "two were there all the time"
    assert all(one.person != row.person for one, _ in overdue(at(30, 9)))

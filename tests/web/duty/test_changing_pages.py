"""Changes by hand through the roster's page: what they would break, reasons, what no reason overrides, relief."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.duty import LEAD, NOW, at
from tests.web.duty.conftest import MORNING, facts_of, lead_of, officer, unchanged, words

from vigil.domain.duty.actions.posts import add_leave
from vigil.domain.duty.actions.swaps import agree, propose
from vigil.domain.duty.models import DutyRow, Post, Roster, Swap
from vigil.domain.journal.models import Entry
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def board(room):
    """The room with a lead and the addresses of its roster; people 1 to 7 stand in this order, the eighth is free."""
    lead, watch = lead_of(room), room.watch.pk
    room.addresses = {part: reverse(f"roster_{part}", args=[watch]) for part in ("look", "change", "relieve", "panel")}
    room.sent = lambda name, **values: lead.post(room.addresses[name], values, headers=HTMX)
    room.looked = lambda **values: lead.get(room.addresses["look"], values).json()
    room.lead = lead
    return room


def _now(row: DutyRow) -> DutyRow:
    return DutyRow.objects.select_related("superseded_by").get(pk=row.pk)


def test_moved_exchanged_taken_out_and_in_each_a_new_row(board) -> None:
    rows, before = board.rows(), facts_of(board.roster)
    free = board.people[7]
    third, fifth, sixth, last = rows[2], rows[4], rows[5], rows[6]
    assert board.looked(row=third.pk, person=free.pk) == {"allowed": True, "never": False, "breaks": [], "opens": []}
    assert facts_of(board.roster) == before, "looking changes nothing"
    assert "Changed." in words(board.sent("change", row=third.pk, person=free.pk))
    made = _now(third).superseded_by
    assert (made.person, made.shift, made.origin, made.kept) == (free, third.shift, "hand", True)
    assert _now(third).superseded_at == MORNING
    assert "Changed." in words(board.sent("change", row=fifth.pk, other=sixth.pk))
    swapped = {(row.shift_id, row.person_id) for row in board.rows()}
    assert {(fifth.shift_id, sixth.person_id), (sixth.shift_id, fifth.person_id)} <= swapped
    opens = board.looked(row=last.pk)["opens"]
    assert len(opens) == 1
    assert opens[0].endswith("choose one, or plan anew."), "what stays open is said before, with its why"
    assert "Changed." in words(board.sent("change", row=last.pk))
    assert _now(last).superseded_by is None
    page = words(board.lead.get(reverse("roster", args=[board.watch.pk])))
    assert "1 open place" in page
    assert "Phòng Ta asks for nobody who stands so (on call); change the post first." in words(
        board.sent("change", shift=last.shift_id, person=last.person_id, kind="on_call")
    )
    Post.objects.filter(pk=board.post.pk).update(on_call=1)
    assert "Changed." in words(board.sent("change", shift=last.shift_id, person=last.person_id, kind="on_call"))
    assert [row.kind for row in board.rows(last.person)] == ["on_call"]
    moved = next(row for row in board.rows() if row.shift_id == sixth.shift_id)
    assert "Changed." in words(board.sent("change", row=moved.pk, shift=last.shift_id))
    assert [row.shift_id for row in board.rows(moved.person)] == [last.shift_id]
    assert unchanged(board.roster, before)
    told = [one for one in Entry.objects.order_by("pk") if one.action.endswith("roster_changed")]
    assert len(told) == 5
    assert Roster.objects.get(pk=board.roster.pk).version == board.roster.version + 5


def test_a_broken_rule_asks_for_a_reason_and_is_then_an_override(board) -> None:
    row, tired = board.later(), board.people[0]  # the first stood until six: less than eleven hours before
    seen = board.looked(row=row.pk, person=tired.pk)
    assert (seen["allowed"], seen["never"]) == (False, False)
    why = f"{tired.name} has 7.8 h of rest before 13:45 30/04/2026; 11 h are needed."
    assert seen["breaks"] == [why]
    before = facts_of(board.roster)
    for reason in ("", "   ", "\x00"):
        answer = board.sent("change", row=row.pk, person=tired.pk, version=board.roster.version, reason=reason)
        page = answer.content.decode()
        assert 'role="alertdialog"' in page
        assert f"Against the rules, and no reason is given: {why}" in words(answer)
    assert facts_of(board.roster) == before
    plain = board.lead.post(board.addresses["change"], {"row": row.pk, "person": tired.pk})
    assert "All the same" in words(plain), "a browser without htmx is asked as well"
    form = re.search(r'role="alertdialog".*?</form>', page, re.DOTALL).group()
    fields = dict(re.findall(r'type="hidden" name="(row|person|version)" value="([^"]+)"', form))
    assert set(fields) == {"row", "person", "version"}
    assert f'action="{board.addresses["change"]}"' in form
    assert "Changed." in words(board.sent("change", **fields, reason="Không còn ai khác"))
    made = _now(row).superseded_by
    assert (made.person, made.origin, made.reason) == (tired, "override", "Không còn ai khác")
    page = words(board.lead.get(reverse("roster", args=[board.watch.pk])))
    assert "1 rule broken" in page
    assert why in page
    panel = words(board.lead.get(board.addresses["panel"], {"row": made.pk}, headers=HTMX))
    assert "Against a rule, with a reason" in panel
    assert "Không còn ai khác" in panel
    assert unchanged(board.roster, before)


def test_what_no_reason_overrides_is_refused_with_its_why(board) -> None:
    row, now_row, away = board.later(), board.on_now(), board.people[7]
    add_leave(person=away, starts_at=row.starts_at, ends_at=row.ends_at, reason="cưới", actor=LEAD, now=NOW)
    neighbour = board.people[3]  # stands from 21:45, when this one still does
    before = facts_of(board.roster)
    for values, why in (
        ({"row": row.pk, "person": away.pk}, f"{away.name}, afternoon at Phòng Ta on 30/04/2026: on leave."),
        ({"row": row.pk, "person": neighbour.pk}, f"{neighbour.name} stands at Phòng Ta at"),
        ({"shift": row.shift_id, "person": row.person_id}, f"{row.person.name} stands there already."),
    ):
        assert board.looked(**values)["never"] is True, values
        page = words(board.sent("change", **values, reason="Tôi chịu trách nhiệm"))
        assert "Not possible:" in page, values
        assert why in page, values
        assert "All the same" not in page
    page = words(board.sent("relieve", row=now_row.pk, person=row.person_id, reason="ốm"))
    assert "Not possible:" in page, "who comes at 13:45 cannot stand here until 14:00"
    panel = words(board.lead.get(board.addresses["panel"], {"row": row.pk}, headers=HTMX))
    assert f"Instead : {away.name}" not in panel
    assert f"Instead : {board.people[5].name}" in panel
    assert facts_of(board.roster) == before


def test_relieved_in_the_middle_of_a_shift_both_halves_stay(board) -> None:
    row, comes = board.on_now(), board.people[7]
    before = facts_of(board.roster)
    panel = words(board.lead.get(board.addresses["panel"], {"row": row.pk}, headers=HTMX))
    assert "Relieves" in panel
    assert "Say why." in words(board.sent("relieve", row=row.pk, person=comes.pk, reason=" "))
    assert facts_of(board.roster) == before
    assert "Changed." in words(board.sent("relieve", row=row.pk, person=comes.pk, reason="sốt cao"))
    halves = [one for one in board.rows() if one.shift_id == row.shift_id]
    assert [(one.person, one.starts_at, one.ends_at) for one in halves] == [
        (row.person, row.starts_at, MORNING), (comes, MORNING, row.ends_at)
    ]  # fmt: skip
    assert _now(row).superseded_by == halves[1]
    assert halves[1].reason == "sốt cao"
    page = words(board.lead.get(reverse("duty_now", args=[board.watch.pk])))
    assert f"{comes.name} not checked in" in page
    assert "Only who stands now can be relieved now." in words(
        board.sent("relieve", row=board.later().pk, person=board.people[5].pk, reason="x")
    )
    assert "This row of the roster was changed meanwhile." in words(
        board.sent("relieve", row=row.pk, person=board.people[5].pk, reason="x")
    )
    assert unchanged(board.roster, before)


def test_what_is_over_is_entered_afterwards_with_a_reason_and_never_moved(board) -> None:
    over, free = board.rows()[0], board.people[7]
    before = facts_of(board.roster)
    assert "This shift is over; what was cannot be moved." in words(board.sent("change", row=over.pk, person=free.pk))
    assert "This shift is over; what was cannot be moved." in words(
        board.sent("change", row=board.later().pk, shift=over.shift_id, reason="x")
    )
    values = {"shift": over.shift_id, "person": free.pk}
    assert "This shift is over: say how you know who stood." in words(board.sent("change", **values))
    panel = words(board.lead.get(board.addresses["panel"], {"shift": over.shift_id}, headers=HTMX))
    assert "Stood here" in panel
    assert facts_of(board.roster) == before
    assert "Changed." in words(board.sent("change", **values, reason="theo sổ trực"))
    (made,) = board.rows(free)
    assert (made.starts_at, made.made_at, made.reason) == (over.shift.starts_at, MORNING, "theo sổ trực")
    panel = words(board.lead.get(board.addresses["panel"], {"row": over.pk}, headers=HTMX))
    assert "This shift is over." in panel


def test_the_panel_says_who_why_and_who_else(board) -> None:
    row = board.later()
    whole = board.lead.get(board.addresses["panel"], {"row": row.pk})
    part = board.lead.get(board.addresses["panel"], {"row": row.pk}, headers=HTMX)
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    for answer in (whole, part):
        page = words(answer)
        assert all(said in page for said in (row.person.name, row.person.mobile, "By the plan", "Instead", "Take out"))
        assert "has 7.8 h of rest" in page, "what a candidate would break stands beside their name"
    asked = {"shift": row.shift_id, "kind": "backup"}
    refused = board.lead.get(board.addresses["panel"], asked, headers=HTMX)
    assert refused.status_code == 422
    assert "Phòng Ta asks for nobody who stands so (backup)" in words(refused)
    Post.objects.filter(pk=board.post.pk).update(backup=1)
    page = words(board.lead.get(board.addresses["panel"], asked, headers=HTMX))
    assert "Takes it" in page
    assert "Backup" in page
    assert row.person.name not in page


def test_a_swap_waits_for_the_lead_who_approves_it_or_not(board) -> None:
    row, other = board.later(), board.rows()[5]
    told = {"reason": "việc nhà", "actor": LEAD, "now": NOW}
    swap = propose(row=row, to_person=other.person, other_row=other, **told)
    here = reverse("roster", args=[board.watch.pk])
    page = words(board.lead.get(here))
    assert f"{row.person.name} → {other.person.name} Proposed" in page
    assert "Approve" not in page, "the other has not agreed"
    approve, refuse = (reverse(f"swap_{verb}", args=[swap.pk]) for verb in ("approve", "refuse"))
    assert "The other has not agreed yet." in words(board.lead.post(approve, headers=HTMX))
    agree(swap=swap, person=other.person, actor=LEAD, now=NOW)
    assert "Approve" in words(board.lead.get(here))
    before = facts_of(board.roster)
    assert "Changed." in words(board.lead.post(approve, headers=HTMX))
    stands = {(one.shift_id, one.person_id, one.origin) for one in board.rows()}
    assert {(row.shift_id, other.person_id, "swap"), (other.shift_id, row.person_id, "swap")} <= stands
    assert unchanged(board.roster, before)
    for address in (approve, refuse):
        page = words(board.lead.post(address, {"reason": "đổi ý"}, headers=HTMX))
        assert "This swap was decided already." in page
    assert Swap.objects.get(pk=swap.pk).state == "approved"
    second = propose(row=board.rows()[3], to_person=board.people[7], other_row=None, **told)
    page = board.lead.post(reverse("swap_refuse", args=[second.pk]), {"reason": "thiếu người"}, follow=True)
    assert "Changed." in words(page)
    second.refresh_from_db()
    assert (second.state, second.decided_reason) == ("refused", "thiếu người")


def test_approving_checks_every_rule_again_as_things_stand_now(board) -> None:
    row, other = board.later(), board.people[7]
    swap = propose(row=row, to_person=other, other_row=None, reason="", actor=LEAD, now=NOW)
    agree(swap=swap, person=other, actor=LEAD, now=NOW)
    approve = reverse("swap_approve", args=[swap.pk])
    assert "Changed." in words(board.sent("relieve", row=board.on_now().pk, person=other.pk, reason="ốm"))
    before = facts_of(board.roster)
    assert "Not possible:" in words(board.lead.post(approve, {"reason": "cứ đổi"}, headers=HTMX))
    assert Swap.objects.get(pk=swap.pk).state == "agreed", "nothing of it happened"
    late = board.rows(board.people[4])[0]
    with clock.frozen_at(NOW):
        tired = propose(row=late, to_person=board.people[2], other_row=None, reason="", actor=LEAD, now=NOW)
        agree(swap=tired, person=board.people[2], actor=LEAD, now=NOW)
    approve = reverse("swap_approve", args=[tired.pk])
    answer = board.lead.post(approve, headers=HTMX)
    assert "All the same" in words(answer)
    assert f'action="{approve}"' in answer.content.decode()
    assert facts_of(board.roster) == before
    assert "Changed." in words(board.lead.post(approve, {"reason": "không còn ai"}, headers=HTMX))
    made = _now(late).superseded_by
    assert (made.person, made.origin, made.reason) == (board.people[2], "override", "không còn ai")


def test_an_officer_looks_at_the_roster_and_changes_nothing(board) -> None:
    client, row = officer(board, board.on_now().person), board.later()
    page = client.get(reverse("roster", args=[board.watch.pk]))
    assert row.person.name in words(page)
    text = page.content.decode()
    assert "data-movable" not in text
    assert 'draggable="true"' not in text
    assert "Plan anew" not in words(page)
    assert client.post(board.addresses["change"], {"row": row.pk}).status_code == 403
    with clock.frozen_at(at(30, 14) + timedelta(minutes=1)):
        text = board.lead.get(reverse("roster", args=[board.watch.pk])).content.decode()
        over = re.findall(r'draggable="(\w+)"', text)
        assert over.count("false") == 2, "what is over is not dragged; what runs and what comes is"
        assert over.count("true") == 5

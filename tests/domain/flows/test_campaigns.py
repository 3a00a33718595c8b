"""A campaign from its audiences to its end: nobody twice, nobody forgotten, nothing proven lost."""

import re
from datetime import datetime, timedelta

import pytest
from tests.domain.flows.conftest import filed, of

from vigil.domain.accounts.models import GuestLink
from vigil.domain.directives.actions.campaigns import (
    amend_campaign,
    choose,
    draft_campaign,
    send_campaign,
    withdraw_campaign,
)
from vigil.domain.directives.actions.link import link_directives
from vigil.domain.directives.actions.receipts import receipt
from vigil.domain.directives.models import Chase, Receipt, RecipientState, WatchState
from vigil.domain.directives.queries import counts_by_state, resolve
from vigil.domain.flows.answers import answer, check_in_for, state_obligation
from vigil.domain.flows.campaigns import carry, note_mail
from vigil.domain.flows.chasing import called, chase
from vigil.domain.flows.redelivery import send_again
from vigil.domain.journal.models import Entry
from vigil.domain.outbox.models import Message, MessageState
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.campaigns import rows_of, standing_of
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.proofs import Basis, Verdict

pytestmark = pytest.mark.django_db
BASE = "https://vigil.example"


def carried(campaign, lead, now):
    while carry(campaign=campaign, base_url=BASE, actor=lead, now=now, at_most=2):
        pass
    return campaign


def test_the_directive_s_own_words_name_the_audiences(world, directive_of, lead, now) -> None:
    campaign = draft_campaign(directive=directive_of(world.authority), actor=lead, now=now)
    roles = {row["code"]: row["role"] for row in campaign.audiences}
    assert roles == {"ministry": "task", "isp": "task", "bank": "task", "platform": "task", "dept_ict": "copy"}


def test_an_organisation_named_twice_is_one_and_an_empty_audience_is_said(world) -> None:
    found = resolve(
        world.authority,
        [{"code": "isp", "role": "copy"}, {"code": "soe", "role": "task"}, {"code": "platform", "role": "task"}],
    )
    assert dict(found.members) == {world.isp.pk: ("task", ("isp", "soe"))}
    assert found.empty == ("platform",)
    assert {(line.code, line.members, line.shared) for line in found.lines} == {
        ("isp", 1, 1), ("soe", 1, 1), ("platform", 0, 0)
    }  # fmt: skip


def test_who_is_no_authority_reaches_only_those_below(world, organisation_of) -> None:
    below = organisation_of("Đơn vị của Bộ Mẫu", "bank", parent=world.ministry)
    assert set(resolve(world.ministry, [{"code": "bank", "role": "task"}]).members) == {below.pk}
    assert set(resolve(world.ministry, [{"code": "below", "role": "task"}]).members) == {below.pk}


def test_nobody_is_sent_a_campaign_without_members(world, directive_of, lead, now) -> None:
    campaign = draft_campaign(directive=directive_of(world.authority), actor=lead, now=now)
    choose(
        campaign=campaign, audiences=[{"code": "platform", "role": "task"}], picked=(), answer_by_at=None,
        exercise=False, rules=None, actor=lead, now=now,
    )  # fmt: skip
    with pytest.raises(Refused, match=r"campaign\.nobody"):
        send_campaign(campaign=campaign, actor=lead, now=now)


def test_it_reaches_each_by_its_home_once(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    assert of(campaign, world.ministry).state == RecipientState.DELIVERED
    assert of(campaign, world.bank).state == RecipientState.SENT
    quiet = of(campaign, world.quiet)
    assert (quiet.state, quiet.send_error) == (RecipientState.NOT_SENT, "no mail address is known")
    letter = Message.objects.get(address="truc@nganhang.example")
    assert "/g/" in letter.body
    assert GuestLink.objects.get().organisation == world.bank
    assert carry(campaign=campaign, base_url=BASE, actor=lead, now=now) == 0
    assert Message.objects.count() == 1
    ministry = of(campaign, world.ministry)
    assert ministry.watch is not None
    applies = {a.obligation.code: a.applies for a in ministry.watch.assignments.all()}
    assert applies["1"] and not applies["2"], "item 2 binds operators alone"


def test_a_letter_is_delivered_when_a_server_took_it_and_a_refused_one_is_said(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    assert note_mail(actor=lead, now=now) == 0
    Message.objects.update(state=MessageState.SENT)
    assert note_mail(actor=lead, now=now) == 1
    bank = of(campaign, world.bank)
    assert bank.state == RecipientState.DELIVERED
    assert bank.receipts.get().basis == Basis.MEASURED
    assert note_mail(actor=lead, now=now) == 0


def test_mail_that_no_server_takes_leaves_the_recipient_not_sent(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    Message.objects.update(state=MessageState.FAILED)
    note_mail(actor=lead, now=now)
    bank = of(campaign, world.bank)
    assert (bank.state, bank.send_error) == (RecipientState.NOT_SENT, "the mail could not be delivered")


def test_a_guest_who_lost_the_link_gets_another_and_loses_no_answer(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    bank = of(campaign, world.bank)
    receipt(recipient=bank, kind="accepted", by="Lê B", basis=Basis.ATTESTED, actor=lead, now=now)
    send_again(recipient=bank, base_url=BASE, actor=lead, now=now)
    assert Message.objects.filter(address="truc@nganhang.example").count() == 2
    assert GuestLink.objects.filter(organisation=world.bank).count() == 2
    assert of(campaign, world.bank).state == RecipientState.ACCEPTED


def test_accepting_opens_the_watch_and_the_same_answer_twice_is_one(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    ministry = of(campaign, world.ministry)
    for _ in range(2):
        answer(recipient=ministry, kind="accepted", by="Trần A", basis=Basis.MEASURED, actor=lead, now=now)
    ministry = of(campaign, world.ministry)
    assert ministry.state == RecipientState.ACCEPTED
    assert ministry.watch.state == WatchState.OPEN
    assert Receipt.objects.filter(recipient=ministry, kind="accepted").count() == 1
    assert Entry.objects.filter(action="recipient.accepted").count() == 1


@pytest.mark.parametrize(
    "kind, by, reason, code",
    [
        ("refused", "Trần A", "", "receipt.no_reason"),
        ("accepted", " ", "", "receipt.no_name"),
    ],
)
def test_an_answer_needs_a_name_and_a_refusal_a_reason(world, in_force, lead, now, kind, by, reason, code) -> None:
    campaign = carried(in_force(), lead, now)
    with pytest.raises(Refused, match=re.escape(code)):
        answer(
            recipient=of(campaign, world.ministry), kind=kind, by=by, reason=reason, basis=Basis.MEASURED,
            actor=lead, now=now,
        )  # fmt: skip
    assert not Receipt.objects.filter(kind=kind).exists()


def test_a_late_delivery_never_lowers_what_was_answered(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    bank = of(campaign, world.bank)
    receipt(recipient=bank, kind="accepted", by="Lê B", basis=Basis.ATTESTED, actor=lead, now=now)
    receipt(recipient=bank, kind="delivered", basis=Basis.MEASURED, actor=lead, now=now)
    assert of(campaign, world.bank).state == RecipientState.ACCEPTED


def test_statements_and_measurements_stand_apart(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    bank = of(campaign, world.bank)
    receipt(recipient=bank, kind="accepted", by="Lê B", basis=Basis.ATTESTED, actor=lead, now=now)
    bank = of(campaign, world.bank)
    contact = bank.watch.assignments.get(obligation__kind="contact_point")
    state_obligation(recipient=bank, assignment=contact, verdict="met", text="Đã cử", by="Lê B", actor=lead, now=now)
    prove_watch(watch=bank.watch, provers=provers_by_kind(), actor=lead, now=now)
    row = {r.assignment.pk: r for r in rows_of([bank], now)[bank.pk]}[contact.pk]
    assert {(r.basis, r.verdict) for r in (row, *row.others)} == {
        (Basis.MEASURED, Verdict.AT_RISK),  # filed, never tested
        (Basis.ATTESTED, Verdict.MET),
    }
    line = next(x for x in standing_of(campaign, now) if x.obligation.pk == contact.obligation_id)
    assert (line.count(Basis.ATTESTED, Verdict.MET), line.count(Basis.MEASURED, Verdict.AT_RISK)) == (1, 1)
    assert line.count(Basis.MEASURED, Verdict.MET) == 0
    assert line.asked == 4


def test_a_statement_runs_out_unless_somebody_checks_in(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    bank = of(campaign, world.bank)
    receipt(recipient=bank, kind="accepted", by="Lê B", basis=Basis.ATTESTED, actor=lead, now=now)
    bank = of(campaign, world.bank)
    duty = bank.watch.assignments.get(obligation__code="1")
    state_obligation(recipient=bank, assignment=duty, verdict="met", text="Đủ ca", by="Lê B", actor=lead, now=now)
    later = bank.watch.starts_at + timedelta(hours=25)

    def verdict(at: datetime) -> Verdict:
        return next(r for r in rows_of([bank], at)[bank.pk] if r.assignment.pk == duty.pk).verdict

    assert verdict(bank.watch.starts_at + timedelta(hours=23)) == Verdict.MET
    assert verdict(later) == Verdict.CANNOT_TELL
    assert check_in_for(recipient=bank, by="Lê B", actor=lead, now=later) == 1
    assert verdict(later) == Verdict.MET


def test_an_amendment_reaches_everybody_and_keeps_what_was_proven(world, in_force, directive_of, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    bank = of(campaign, world.bank)
    receipt(recipient=bank, kind="accepted", by="Lê B", basis=Basis.ATTESTED, actor=lead, now=now)
    bank = of(campaign, world.bank)
    watch = bank.watch
    duty = watch.assignments.get(obligation__code="1")
    state_obligation(recipient=bank, assignment=duty, verdict="met", text="Đủ ca", by="Lê B", actor=lead, now=now)
    later = directive_of(world.authority, number=9)
    link_directives(later=later, earlier=campaign.directive, kind="amendment", actor=lead, now=now)
    amended = carried(amend_campaign(campaign=campaign, later=later, actor=lead, now=now), lead, now)
    bank = of(amended, world.bank)
    assert (bank.watch_id, bank.state, bank.directive_id) == (watch.pk, RecipientState.SENT, later.pk)
    row = next(r for r in rows_of([bank], now)[bank.pk] if r.assignment.obligation.code == "1")
    assert (row.assignment.pk, row.verdict) == (duty.pk, Verdict.MET)
    assert row.assignment.obligation.directive_id == later.pk
    assert Receipt.objects.filter(recipient=bank, kind="accepted").count() == 1, "the earlier answer is kept"
    assert Message.objects.filter(address="truc@nganhang.example").count() == 2


def test_a_withdrawal_is_told_to_those_who_had_it(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    ended = carried(withdraw_campaign(campaign=campaign, why="Nhầm", actor=lead, now=now), lead, now)
    assert [m.body for m in Message.objects.filter(body__contains="đã thu hồi")] != []
    with pytest.raises(Conflict, match=r"campaign\.over"):
        receipt(recipient=of(ended, world.bank), kind="accepted", by="x", basis=Basis.ATTESTED, actor=lead, now=now)


def test_an_exercise_says_so_in_every_message(world, in_force, lead, now) -> None:
    campaign = carried(in_force(exercise=True), lead, now)
    message = Message.objects.get(address="truc@nganhang.example")
    assert message.title.startswith("[DIỄN TẬP / EXERCISE]")
    assert "ĐÂY LÀ DIỄN TẬP" in message.body
    assert of(campaign, world.ministry).watch.exercise


class TestChasing:
    """Rules that can be read, before and after each deadline."""

    def test_the_silent_are_reminded_then_called_and_the_answering_left_alone(self, world, in_force, lead, now) -> None:
        filed(world.ministry, "truc@bomau.example", lead, now)
        campaign = carried(in_force(answer_by_at=now + timedelta(hours=30)), lead, now)
        receipt(recipient=of(campaign, world.bank), kind="accepted", by="B", basis=Basis.ATTESTED, actor=lead, now=now)
        Message.objects.all().delete()

        def at(hours: float) -> int:
            return chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(hours=hours))

        assert at(1) == 0
        assert at(5) > 0
        assert at(5) == 0, "once"
        assert set(Message.objects.values_list("address", flat=True)) == {"truc@bomau.example"}
        at(31)
        calls = Chase.objects.filter(state="due", recipient__organisation=world.ministry)
        assert {c.rule for c in calls} >= {"answer-late-call", "read-24h-call"}
        assert not Chase.objects.filter(recipient__organisation=world.bank, missing="not_answered").exists()

    def test_nobody_is_reminded_in_the_minute_in_which_they_are_asked(self, world, in_force, lead, now) -> None:
        campaign = carried(in_force(answer_by_at=now + timedelta(hours=1)), lead, now)
        assert chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(seconds=5)) == 0

    def test_a_day_s_outage_is_caught_up_once(self, world, in_force, lead, now) -> None:
        campaign = carried(in_force(answer_by_at=now + timedelta(hours=30)), lead, now)
        late = now + timedelta(hours=60)
        first = chase(campaign=campaign, base_url=BASE, actor=lead, now=late)
        assert first > 0
        assert chase(campaign=campaign, base_url=BASE, actor=lead, now=late) == 0

    def test_a_call_leaves_the_list_when_the_silent_one_answers(self, world, in_force, lead, now) -> None:
        campaign = carried(in_force(answer_by_at=now + timedelta(hours=2)), lead, now)
        chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(hours=3))
        quiet = Chase.objects.filter(recipient__organisation=world.ministry, missing="not_answered", state="due")
        assert quiet.exists()
        answer(
            recipient=of(campaign, world.ministry), kind="accepted", by="A", basis=Basis.MEASURED, actor=lead,
            now=now + timedelta(hours=3),
        )  # fmt: skip
        chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(hours=4))
        assert not quiet.exists()

    def test_an_unanswered_call_stays_and_a_made_one_goes(self, world, in_force, lead, now) -> None:
        campaign = carried(in_force(answer_by_at=now + timedelta(hours=2)), lead, now)
        chase(campaign=campaign, base_url=BASE, actor=lead, now=now + timedelta(hours=3))
        found = Chase.objects.filter(state="due").first()
        called(found=found, outcome="no_answer", note="", by="Trực ban", actor=lead, now=now)
        found.refresh_from_db()
        assert found.state == "due"
        called(found=found, outcome="reached", note="sẽ trả lời", by="Trực ban", actor=lead, now=now)
        with pytest.raises(Conflict, match=r"chase\.done"):
            called(found=found, outcome="reached", note="", by="Trực ban", actor=lead, now=now)


def test_counts_name_every_state(world, in_force, lead, now) -> None:
    campaign = carried(in_force(), lead, now)
    assert counts_by_state(campaign)["task"] == {
        "not_sent": 1, "sent": 1, "delivered": 2, "read": 0, "accepted": 0, "refused": 0
    }  # fmt: skip

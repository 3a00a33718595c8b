"""No step is lost: what is due is decided once, in order, after a crash, an outage, a clock that jumps."""

from datetime import timedelta

import pytest

from vigil.domain.outbox.actions import claim, failed, sent
from vigil.domain.outbox.models import Message
from vigil.domain.paging.actions import raise_page, resolve_pages
from vigil.domain.paging.actions.answering import give_answer
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route
from vigil.domain.paging.deciding import decide, next_due
from vigil.domain.paging.models import EscalationPolicy, Page, PageAttempt, PageStep, Urgency
from vigil.domain.paging.open_items import PagingOpenItems
from vigil.kernel.on_call import Target
from vigil.kernel.phrases import phrase

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def crew(isp, person_of, roster, channel_file):
    """Three people by mail, where the roster says."""
    names = {Target.ON_DUTY: "Trần Trực", Target.BACKUP: "Lê Dự Phòng", Target.LEAD: "Phạm Trưởng"}
    people = {
        target: person_of(isp, name, email=f"{n}@vienthong.example") for n, (target, name) in enumerate(names.items())
    }
    roster.places = {target: [person.pk] for target, person in people.items()}
    return people


@pytest.fixture
def policy(isp, lead, now):
    made = EscalationPolicy(organisation=isp, name="Ca đêm", repeat=2, repeat_after_s=600, is_default=True)
    steps = [StepEntry("on_duty", 0), StepEntry("backup", 300), StepEntry("lead", 300)]
    return save_policy(policy=made, steps=steps, actor=lead, now=now)


def _carried(now) -> None:
    """The courier takes all that waits."""
    while (message := claim(now=now)) is not None:
        sent(message=message, now=now)


def _story(page: Page) -> list[tuple[str, int, int, str]]:
    return [(step.kind, step.cycle, step.position, step.outcome) for step in page.steps.exclude(decided_at=None)]


def test_the_steps_come_in_order_at_their_time_and_end_in_a_page_that_nobody_forgets(
    crew, policy, raised, turn, now, isp
) -> None:
    page = raised()
    reached = []
    for minute in range(46):
        turn(now + minute * MINUTE)
        _carried(now + minute * MINUTE)
        addresses = Message.objects.order_by("created_at", "id").values_list("address", flat=True)[len(reached) :]
        reached += [(minute, address[0]) for address in addresses]
    assert reached == [
        (0, "0"), (5, "1"), (10, "2"), (20, "0"), (25, "1"), (30, "2"), (40, "0"), (45, "1")
    ]  # fmt: skip
    turn(now + 50 * MINUTE)
    turn(now + 60 * MINUTE)
    page.refresh_from_db()
    assert page.state == "exhausted"
    assert not page.steps.filter(decided_at=None).exists()
    (item,) = PagingOpenItems().open_items(isp.pk, now + DAY)
    assert "Nobody answered" in str(item.statement)


def test_after_a_day_s_outage_everything_overdue_is_decided_once_in_order(crew, policy, raised, turn, now) -> None:
    page = raised()
    turn(now)
    back = now + DAY
    assert turn(back) == [
        "overtaken",
        "overtaken",
        "overtaken",
        "overtaken",
        "overtaken",
        "sent",
        "sent",
        "sent",
    ]
    page.refresh_from_db()
    assert page.state == "open", "whoever was asked only now has their time to answer"
    assert _story(page)[0] == ("step", 0, 0, "sent")
    assert [(c, p) for kind, c, p, _ in _story(page) if kind == "step"] == [(c, p) for c in range(3) for p in range(3)]
    assert Message.objects.count() == 4, "one before the outage, and each of the three once after it"
    assert turn(back + 9 * MINUTE) == []
    assert turn(back + 10 * MINUTE) == ["ended"]
    assert turn(back + DAY) == []


def test_a_route_gives_way_also_when_the_escalation_has_ended_meanwhile(
    isp, person_of, roster, channel_file, policy, raised, turn, lead, now
) -> None:
    person = person_of(isp, "Trần Trực")
    add_route(person=person, channel="sms", address="0912000001", actor=lead, now=now)
    add_route(person=person, channel="email", address="truc@vienthong.example", actor=lead, now=now)
    roster.places = {Target.LEAD: [person.pk]}
    page = raised()
    turn(now + DAY)
    message = claim(now=now + DAY, channel="sms")
    turn(now + DAY + 10 * MINUTE)
    page.refresh_from_db()
    assert page.state == "exhausted"
    failed(message=message, now=now + DAY + 10 * MINUTE, error="HTTP 400", permanent=True)
    turn(now + DAY + 11 * MINUTE)
    assert Message.objects.filter(channel="email", about=f"paging.page:{page.pk}").count() == 1


def test_a_clock_that_goes_back_loses_no_step_and_repeats_none(crew, policy, raised, turn, now) -> None:
    page = raised()
    turn(now)
    turn(now + 5 * MINUTE)
    back = now - 3 * 60 * MINUTE
    assert turn(back) == []
    assert page.steps.get(decided_at=None).due_at == back + 5 * MINUTE, "it waits its time from the new hour on"
    assert turn(back + 5 * MINUTE) == ["sent"]
    assert [step.target for step in page.steps.filter(outcome="sent")] == ["on_duty", "backup", "lead"]


def test_a_clock_that_jumps_ahead_is_at_most_early_and_decides_each_once(crew, policy, raised, turn, now) -> None:
    page = raised()
    turn(now)
    turn(now + 7 * MINUTE)
    turn(now)
    turn(now + 5 * MINUTE)
    assert page.steps.filter(outcome="sent", target="backup").count() == 1


def test_two_pagers_decide_a_timer_once(crew, policy, raised, roster, lead, now) -> None:
    raised()
    step = next_due(now)
    assert decide(step=step, roster=roster, actor=lead, now=now) == "sent"
    assert decide(step=step, roster=roster, actor=lead, now=now) == ""
    assert Message.objects.count() == 1


def test_nobody_there_is_recorded_and_the_next_step_is_due_at_once(policy, raised, turn, now) -> None:
    """The roster knows nobody: three answers at once, and then the wait before it is tried again."""
    page = raised()
    assert turn(now) == ["nobody"] * 3
    assert all("Nobody to page" in str(step.detail_phrase) for step in page.steps.filter(outcome="nobody"))
    assert turn(now + 9 * MINUTE) == []
    assert turn(now + 10 * MINUTE) == ["nobody"] * 3


def test_a_roster_that_fails_does_not_stop_the_escalation(crew, policy, raised, roster, lead, now) -> None:
    raised()
    roster.places = None
    step = next_due(now)
    assert decide(step=step, roster=roster, actor=lead, now=now) == "nobody"
    assert "could not be asked" in str(PageStep.objects.get(pk=step.pk).detail_phrase)


def test_the_same_key_is_the_same_page_until_it_is_done_and_rings_again_when_nobody_answered(
    crew, policy, raised, turn, now, isp, lead
) -> None:
    page = raised(dedupe_key="vắng:1")
    assert raised(dedupe_key="vắng:1") == page
    page.refresh_from_db()
    assert page.count == 2
    turn(now + DAY - 10 * MINUTE)
    turn(now + DAY)
    page.refresh_from_db()
    assert page.state == "exhausted"
    assert raised(dedupe_key="vắng:1", now=now + DAY).state == "open"
    assert turn(now + DAY) == ["sent"]
    assert resolve_pages(organisation=isp.pk, dedupe_key="vắng:1", actor=lead, now=now + DAY) == 1
    assert raised(dedupe_key="vắng:1") != page


def test_a_page_keeps_the_steps_that_it_was_raised_with(crew, policy, raised, turn, lead, now) -> None:
    page = raised()
    save_policy(policy=policy, steps=[StepEntry("next_shift", 0)], actor=lead, now=now)
    turn(now + 5 * MINUTE)
    assert list(page.steps.filter(outcome="sent").values_list("target", flat=True)) == ["on_duty", "backup"]


def test_a_step_for_urgent_pages_is_left_out_of_a_routine_one(crew, policy, raised, lead, now) -> None:
    steps = [StepEntry("on_duty", 0), StepEntry("lead", 60, least_urgency=Urgency.CRITICAL)]
    save_policy(policy=policy, steps=steps, actor=lead, now=now)
    assert [len(raised(urgency=level).plan["steps"]) for level in (1, 2, 3)] == [1, 1, 2]


def test_without_a_policy_the_nearest_above_holds_then_the_shipped_one(organisation_of, isp, policy, lead, now) -> None:
    below = organisation_of("Chi nhánh", parent=isp)
    given = {"kind": "k", "title": phrase("t"), "body": phrase("b"), "actor": lead, "now": now}
    assert raise_page(organisation=below, **given).policy == policy
    alone = raise_page(organisation=organisation_of("Nơi khác"), **given)
    assert [step["target"] for step in alone.plan["steps"]][-2:] == ["next_shift", "standing_lead"]


def _failing(message: Message, now) -> None:
    failed(message=claim(now=now, channel=message.channel), now=now, error="HTTP 400", permanent=True)


def test_a_route_that_fails_gives_way_at_once_and_the_step_goes_on_when_all_have(
    crew, policy, raised, turn, lead, now
) -> None:
    on_duty = crew[Target.ON_DUTY]
    for channel, address in (("sms", "0912 000 001"), ("chat", "1234"), ("email", "0@vienthong.example")):
        add_route(person=on_duty, channel=channel, address=address, actor=lead, now=now)
    page = raised()
    turn(now)
    assert list(Message.objects.values_list("channel", "address")) == [("sms", "+84912000001")]
    for n, channel in enumerate(("sms", "chat", "email")):
        at = now + timedelta(seconds=n)
        _failing(Message.objects.get(channel=channel), at)
        turn(at)
    turn(now + timedelta(seconds=3))
    tries = PageAttempt.objects.filter(step__page=page, person=on_duty).order_by("position")
    assert [(row.channel, row.state) for row in tries] == [("sms", "failed"), ("chat", "failed"), ("email", "failed")]
    assert page.steps.get(number=1).spent
    assert page.steps.get(number=2).outcome == "sent", "the next step did not wait its five minutes"


def test_a_route_that_is_too_slow_is_overtaken_by_the_next_and_may_still_arrive(
    crew, policy, raised, turn, lead, now
) -> None:
    on_duty = crew[Target.ON_DUTY]
    add_route(person=on_duty, channel="sms", address="0912 000 001", actor=lead, now=now)
    add_route(person=on_duty, channel="email", address="0@vienthong.example", actor=lead, now=now)
    raised()
    turn(now)
    slow = claim(now=now, channel="sms")
    turn(now + timedelta(seconds=29))
    assert Message.objects.count() == 1
    turn(now + timedelta(seconds=30))
    turn(now + timedelta(seconds=31))
    assert sorted(Message.objects.values_list("channel", flat=True)) == ["email", "sms"]
    sent(message=slow, now=now + timedelta(seconds=50))
    turn(now + timedelta(seconds=50))
    assert PageAttempt.objects.get(channel="sms").state == "sent"


def test_a_critical_page_takes_every_route_at_once(crew, policy, raised, turn, lead, now) -> None:
    on_duty = crew[Target.ON_DUTY]
    add_route(person=on_duty, channel="sms", address="0912 000 001", actor=lead, now=now)
    add_route(person=on_duty, channel="email", address="0@vienthong.example", actor=lead, now=now)
    raised(urgency=Urgency.CRITICAL)
    turn(now)
    assert sorted(Message.objects.values_list("channel", flat=True)) == ["email", "sms"]


def test_taken_and_not_done_is_reminded_or_goes_round_again(crew, policy, raised, turn, lead, now) -> None:
    page = raised()
    turn(now)
    give_answer(page=page, answer="taken", how="page", person=crew[Target.ON_DUTY], actor=lead, now=now)
    before = Message.objects.count()
    assert turn(now + 59 * MINUTE) == []
    assert turn(now + DAY) == ["sent"], "one reminder, however long it was overdue"
    assert Message.objects.count() == before + 1
    policy.reescalate = True
    save_policy(policy=policy, steps=[StepEntry("on_duty", 0)], actor=lead, now=now)
    again = raised()
    give_answer(page=again, answer="taken", how="page", person=crew[Target.ON_DUTY], actor=lead, now=now)
    turn(now + 61 * MINUTE)
    again.refresh_from_db()
    assert again.state == "open"
    assert again.steps.filter(outcome="sent", kind="step").exists()

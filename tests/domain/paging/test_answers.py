"""Who answers, by what, for whom; what is refused is said plainly and recorded."""

import re
from datetime import timedelta

import pytest

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.journal.models import Entry
from vigil.domain.outbox.actions import claim
from vigil.domain.outbox.models import Message
from vigil.domain.paging.actions.answering import (
    answer_as_told,
    answer_by_key,
    give_answer,
    open_by_token,
    revoke_links,
)
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route, send_test_page
from vigil.domain.paging.keys import MOST_WRONG, key_for, key_of_code
from vigil.domain.paging.models import EscalationPolicy, PageKey, Route
from vigil.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from vigil.kernel.on_call import Target
from vigil.kernel.phrases import phrase

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(isp, person_of, roster, channel_file, lead, now):
    people = [
        person_of(isp, "Trần Trực", email="truc@vienthong.example", mobile="0912 000 001"),
        person_of(isp, "John Guest", email="john@vienthong.example", language="en"),
    ]
    roster.places = {Target.ON_DUTY: [person.pk for person in people]}
    policy = EscalationPolicy(organisation=isp, name="Ca", repeat=0, is_default=True)
    steps = [StepEntry("on_duty", 0), StepEntry("backup", 300)]
    save_policy(policy=policy, steps=steps, actor=lead, now=now)
    add_route(person=people[0], channel="email", address="truc@vienthong.example", actor=lead, now=now)
    return people


def _secrets(body: str) -> tuple[str, str]:
    """(token, code) as a person reads them in a message."""
    token = re.search(r"/p/([\w-]{20,})/", body).group(1)
    code = re.search(r"\b[2-9A-HJKMNP-Z]{8}\b", body.replace(token, "")).group(0)
    return token, code


@pytest.fixture
def paged(two, raised, turn, now):
    page = raised(exercise=True, title=phrase("Systems down"))
    turn(now)
    bodies = dict(Message.objects.values_list("address", "body"))
    return page, {address: _secrets(body) for address, body in bodies.items()}


def test_each_person_reads_their_own_language_with_the_exercise_said(paged, two) -> None:
    vi, en = (Message.objects.get(address=person.email) for person in two)
    assert "DIỄN TẬP" in vi.title and "Để nhận việc" in vi.body
    assert "EXERCISE" in en.title and "To take it" in en.body


def test_taking_by_link_stops_the_rest_and_tells_the_others(paged, two, turn, now) -> None:
    page, secrets = paged
    claimed = claim(now=now)
    token, _ = secrets[two[0].email]
    key = open_by_token(token=token, now=now)
    page = answer_by_key(key=key, answer="taken", how="link", signed_in=None, now=now)
    assert (page.state, page.acknowledged_by, page.acknowledged_how) == ("acknowledged", two[0], "link")
    assert turn(now + timedelta(minutes=10)) == []
    told = Message.objects.filter(title__contains="Taken by Trần Trực")
    asked = Message.objects.exclude(pk=claimed.pk).filter(body__contains="/p/")
    assert not asked, "what had not left is withdrawn"
    assert told.count() == (1 if claimed.address == two[1].email else 0)
    with pytest.raises(Conflict) as second:
        key = open_by_token(token=secrets[two[1].email][0], now=now)
        answer_by_key(key=key, answer="taken", how="link", signed_in=None, now=now)
    assert second.value.code == "paging.taken"
    assert "Trần Trực" in str(second.value.phrase)
    assert answer_by_key(key=open_by_token(token=token, now=now), answer="taken", how="link", signed_in=None, now=now)


def test_others_who_were_reached_learn_who_has_taken_it(paged, two, now) -> None:
    while claim(now=now) is not None:
        pass
    page, _ = paged
    give_answer(page=page, answer="taken", how="page", person=two[0], actor=two_actor(two[0]), now=now)
    (told,) = Message.objects.filter(address=two[1].email, title__contains="Taken by")
    assert "EXERCISE" in told.title


def two_actor(person):
    from vigil.kernel.actors import Actor

    return Actor("user", "1", person.name)


def test_declining_by_code_makes_the_next_step_due_at_once(paged, two, turn, now) -> None:
    page, secrets = paged
    key = key_of_code(secrets[two[0].email][1].lower(), source="192.0.2.1", now=now)
    answer_by_key(key=key, answer="declined", how="code", signed_in=None, now=now)
    assert turn(now) == ["nobody"], "the backup's place is empty, and it was asked at once"
    page.refresh_from_db()
    assert page.state == "open"


def test_a_code_told_on_the_telephone_counts_for_its_person_and_only_on_its_page(paged, two, raised, lead, now) -> None:
    page, secrets = paged
    other = raised(title=phrase("Khác"))
    code = secrets[two[1].email][1]
    with pytest.raises(Refused) as refused:
        answer_as_told(page=other, code=code, answer="taken", source="192.0.2.1", actor=lead, now=now)
    assert refused.value.code == "paging.code_of_another"
    assert Entry.objects.filter(action="paging.wrong_person", subject=f"paging.page:{other.pk}").count() == 1
    taken = answer_as_told(page=page, code=code, answer="taken", source="192.0.2.1", actor=lead, now=now)
    assert (taken.acknowledged_by, taken.acknowledged_how) == (two[1], "told")


def test_somebody_signed_in_as_another_cannot_use_a_link_and_it_is_recorded(
    paged, two, organisation_of, lead, now
) -> None:
    page, secrets = paged
    key = open_by_token(token=secrets[two[0].email][0], now=now)
    colleague = create_user(username="john", password="x", actor=lead, now=now)
    colleague.person = two[1]
    stranger = create_user(username="ngoai", password="x", actor=lead, now=now)
    grant(user=stranger, role="watch_lead", organisation=organisation_of("Nơi khác"), actor=lead, now=now)
    for user in (colleague, stranger):
        with pytest.raises(NotAllowed) as refused:
            answer_by_key(key=key, answer="taken", how="link", signed_in=user, now=now)
        assert refused.value.code == "paging.not_yours"
    assert Entry.objects.filter(action="paging.wrong_person").count() == 2
    page.refresh_from_db()
    assert page.state == "open"
    colleague.person = two[0]
    assert answer_by_key(key=key, answer="taken", how="link", signed_in=colleague, now=now).acknowledged_by == two[0]


def test_a_revoked_or_expired_link_and_code_say_so_and_a_fresh_message_bears_fresh_ones(
    paged, two, turn, lead, now
) -> None:
    page, secrets = paged
    token, code = secrets[two[0].email]
    with pytest.raises(NotFound) as late:
        open_by_token(token=token, now=now + timedelta(days=4))
    assert late.value.code == "paging.no_link"
    assert revoke_links(page=page, actor=lead, now=now) == 2
    with pytest.raises(NotFound):
        open_by_token(token=token, now=now)
    with pytest.raises(NotFound):
        key_of_code(code, source="192.0.2.1", now=now)


def test_who_has_left_answers_no_page_any_more(paged, two, now) -> None:
    _, token, code = key_for(paged[0], two[0], now)
    assert open_by_token(token=token, now=now).person == two[0]
    two[0].left_at = now
    two[0].save()
    with pytest.raises(NotFound):
        open_by_token(token=token, now=now)
    with pytest.raises(NotFound):
        key_of_code(code, source="192.0.2.7", now=now)


def test_guessing_codes_is_stopped_for_who_guesses_and_nobody_else(paged, two, now) -> None:
    _, secrets = paged
    for n in range(MOST_WRONG):
        with pytest.raises(NotFound):
            key_of_code(f"AAAA{n:04d}", source="192.0.2.66", now=now)
    right = secrets[two[0].email][1]
    with pytest.raises(Conflict) as stopped:
        key_of_code(right, source="192.0.2.66", now=now)
    assert stopped.value.code == "paging.too_many_codes"
    assert key_of_code(right, source="192.0.2.1", now=now)
    assert key_of_code(right, source="192.0.2.66", now=now + timedelta(minutes=11))


def test_no_token_and_no_code_lies_in_the_database(paged, now) -> None:
    _, secrets = paged
    row = str(list(PageKey.objects.values()))
    assert not any(secret in row for pair in secrets.values() for secret in pair)


def test_every_message_of_one_page_to_one_person_bears_the_same_link(two, raised, turn, lead, now) -> None:
    add_route(person=two[0], channel="sms", address="0912 000 001", actor=lead, now=now)
    raised(urgency=3, title=phrase("Hệ thống giám sát không còn nhận được nhật ký từ trung tâm dữ liệu " * 4))
    turn(now)
    mail, sms = (
        Message.objects.get(channel=name, address__in=(two[0].email, "+84912000001")) for name in ("email", "sms")
    )
    assert _secrets(mail.body) == _secrets(sms.body)
    assert len(sms.body) <= 160 and sms.body.isascii() and sms.title == ""


@pytest.mark.parametrize(
    "channel, address, code",
    [
        ("sms", "không phải số", "paging.bad_number"),
        ("sms", "12", "paging.bad_number"),
        ("email", "a@", "paging.bad_address"),
        ("chat", "a@evil/?x", "paging.bad_address"),
        ("fax", "1", "paging.no_channel"),
    ],
)
def test_an_address_that_is_none_is_refused(two, lead, now, channel, address, code) -> None:
    with pytest.raises(Refused) as refused:
        add_route(person=two[1], channel=channel, address=address, actor=lead, now=now)
    assert refused.value.code == code
    assert not Route.objects.filter(person=two[1]).exists()


def test_a_test_page_that_is_answered_shows_its_route_to_work(two, turn, lead, now) -> None:
    route = add_route(person=two[1], channel="email", address="moi@vienthong.example", actor=lead, now=now)
    page = send_test_page(route=route, actor=lead, now=now)
    turn(now)
    token, _ = _secrets(Message.objects.get(address="moi@vienthong.example").body)
    answer_by_key(key=open_by_token(token=token, now=now), answer="taken", how="link", signed_in=None, now=now)
    route.refresh_from_db()
    page.refresh_from_db()
    assert (route.verified_at, page.state) == (now, "resolved")
    silent = send_test_page(route=route, actor=lead, now=now)
    turn(now)
    turn(now + timedelta(minutes=10))
    silent.refresh_from_db()
    assert silent.state == "resolved", "a test that nobody answers is no open matter"
    for _ in range(8):
        send_test_page(route=route, actor=lead, now=now)
    with pytest.raises(Conflict):
        send_test_page(route=route, actor=lead, now=now)

"""No message is lost, none is carried by two, and one that a crash left undecided says so."""

from datetime import timedelta

import pytest
from django.db import transaction

from vigil.domain.outbox.actions import GIVE_UP_AFTER, LEASE, channels_due, claim, failed, queue, sent
from vigil.domain.outbox.models import Message
from vigil.domain.outbox.queries import undelivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(now) -> Message:
    return queue(address="a@b.example", title="t", body="b", now=now)


def test_a_message_is_claimed_once(message, now) -> None:
    assert claim(now=now) == message
    assert claim(now=now) is None


def test_a_clock_that_goes_back_half_an_hour_holds_up_nothing_that_was_never_tried(message, now) -> None:
    back = now - timedelta(minutes=30)
    assert channels_due(now=back) == ["email"]
    held = claim(now=back)
    assert held == message
    failed(message=held, now=back, error="451")
    assert claim(now=back) is None, "what was tried waits its time all the same"


def test_a_message_of_a_rolled_back_fact_never_leaves(now) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue(address="a@b.example", title="t", body="b", now=now)
        raise ZeroDivisionError
    assert claim(now=now) is None


def test_what_a_dead_courier_held_is_possibly_sent_and_goes_again_under_the_same_id(message, now) -> None:
    first = claim(now=now)
    later = now + LEASE + timedelta(seconds=1)
    second = claim(now=later)
    assert second is not None
    assert second.message_id == first.message_id
    assert second.attempts == 2


def test_a_refusal_for_ever_is_not_tried_again_and_counts_as_undelivered(message, now) -> None:
    failed(message=claim(now=now), now=now, error="550", permanent=True)
    assert claim(now=now + timedelta(days=1)) is None
    assert undelivered(now) == 1


def test_a_passing_fault_waits_longer_each_time_and_ends_after_three_days(message, now) -> None:
    waits, at = [], now
    for _ in range(4):
        held = claim(now=at)
        failed(message=held, now=at, error="451")
        message.refresh_from_db()
        waits.append((message.next_attempt_at - at).total_seconds())
        at = message.next_attempt_at
    assert all(40 * 2**n <= wait <= 80 * 2**n for n, wait in enumerate(waits))
    end = now + GIVE_UP_AFTER + timedelta(hours=1)
    failed(message=claim(now=end), now=end, error="451")
    message.refresh_from_db()
    assert message.state == "failed"


def test_an_urgent_message_does_not_wait_behind_letters(message, now) -> None:
    urgent = queue(address="b@b.example", title="t", body="b", now=now + timedelta(seconds=1), urgent=True)
    at = now + timedelta(seconds=2)
    assert [claim(now=at), claim(now=at), claim(now=at)] == [urgent, message, None]


def test_a_clock_that_went_back_holds_no_message(message, now) -> None:
    back = now - timedelta(hours=3)
    held = claim(now=back)
    assert held == message, "it was to wait for three hours"
    assert claim(now=back - timedelta(days=1)) == message, "and so would have its claim"


def test_what_was_sent_stays_sent(message, now) -> None:
    sent(message=claim(now=now), now=now)
    assert claim(now=now + timedelta(days=1)) is None
    assert undelivered(now) == 0

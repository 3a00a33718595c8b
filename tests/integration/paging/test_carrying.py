"""Messages of every channel against a real receiver: ids, hostile addresses, refusals, and a provider that hangs."""

import json
import time
from datetime import timedelta

import pytest

from vigil.adapters.notifiers.deadman import send_ping
from vigil.domain.outbox.actions import LEASE, claim, queue
from vigil.domain.outbox.models import Message
from vigil.domain.paging.channels import channels
from vigil.domain.paging.models import Ping
from vigil.kernel import clock
from vigil.kernel.errors import Refused
from vigil.workers.courier import Courier
from vigil.workers.pager import SETTLING_S, Pager

pytestmark = pytest.mark.django_db


def _queued(channel: str, address: str, body: str = "Ca đêm vắng người") -> Message:
    return queue(address=address, title="Thử", body=body, now=clock.now(), channel=channel)


def _courier(round_s: float = 5.0) -> Courier:
    return Courier(server=None, channels=channels, round_s=round_s)


def test_a_webhook_gets_the_text_and_the_id_by_which_it_tells_repeats(channel_file, receiver) -> None:
    first = _queued("good", "+84912000001")
    assert _courier().round() == "sent 1"
    hit = receiver.hits[0]
    assert hit.message_id == first.message_id
    assert (json.loads(hit.body)["message"], json.loads(hit.body)["to"]) == ("Ca đêm vắng người", "+84912000001")
    again = _queued("good", "+84912000001")
    held = claim(now=clock.now(), channel="good")
    with clock.frozen_at(clock.now() + LEASE + timedelta(seconds=5)):
        _courier().round()
    again.refresh_from_db()
    assert held.pk == again.pk
    assert (again.state, again.possibly_twice) == ("sent", True), (
        "a courier died over it: sent under its own id, and said"
    )
    assert receiver.hits[-1].message_id == again.message_id


@pytest.mark.parametrize("address", ["a@evil/?x", "../good?:to=x", "//evil.example", "a#b", "a&b"])
def test_a_hostile_address_reaches_no_other_place(channel_file, receiver, address) -> None:
    _queued("chat", address)
    _courier().round()
    assert {hit.path.split("/")[1] for hit in receiver.hits} <= {"chat"}
    assert all(not hit.query for hit in receiver.hits)


@pytest.mark.parametrize(
    "status, state", [(400, "failed"), (404, "failed"), (302, "queued"), (429, "queued"), (503, "queued")]
)
def test_the_provider_s_answer_decides_whether_it_is_tried_again(channel_file, receiver, status, state) -> None:
    receiver.answers["good"] = status
    message = _queued("good", "+84912000001")
    _courier().round()
    message.refresh_from_db()
    assert message.state == state
    assert str(status) in message.last_error
    assert not receiver.at("elsewhere"), "a redirect is not followed"


def test_a_provider_that_hangs_delays_nobody_else(channel_file, receiver) -> None:
    receiver.hang.add("slow")
    hanging = [_queued("slow", str(n)) for n in range(3)]
    courier = _courier(round_s=0.5)
    courier.round()
    worst = 0.0
    for n in range(5):
        message = _queued("good", f"+8491200000{n}")
        began = time.monotonic()
        while message.state != "sent":
            courier.round()
            message.refresh_from_db()
            assert time.monotonic() - began < 5
        worst = max(worst, time.monotonic() - began)
    assert worst < 1.5, f"{worst:.2f} s"
    states = sorted(Message.objects.filter(channel="slow").values_list("state", flat=True))
    assert states == ["queued", "queued", "sending"], "one in its lane, the others wait; none is lost"
    receiver.let_go.set()
    until = time.monotonic() + 10
    while Message.objects.filter(channel="slow").exclude(state="sent").exists() and time.monotonic() < until:
        courier.round()
    assert len(receiver.at("slow")) == len(hanging)


def test_a_channel_that_is_gone_fails_for_ever_and_says_so(channel_file, receiver) -> None:
    message = _queued("good", "+84912000001")
    channel_file.write_text("")
    _courier().round()
    message.refresh_from_db()
    assert message.state == "failed"
    assert "good" in message.last_error


def _rounds(pager: Pager, until) -> None:
    deadline = time.monotonic() + 10
    while not until():
        pager.round()
        time.sleep(0.05)
        assert time.monotonic() < deadline


def test_the_outside_hears_that_vigil_lives_and_when_a_part_of_it_does_not(receiver) -> None:
    well = [True]
    pager = Pager(well=lambda: well[0], outside=f"http://127.0.0.1:{receiver.port}/ping/abc", ping_every_s=0.1)
    _rounds(pager, lambda: Ping.objects.filter(arrived=True, well=True).exists())
    well[0] = False
    pager._began -= SETTLING_S
    _rounds(pager, lambda: Ping.objects.filter(arrived=True, well=False).exists())
    assert {hit.path for hit in receiver.hits} == {"/ping/abc", "/ping/abc/fail"}
    receiver.answers["ping"] = 404
    _rounds(pager, lambda: Ping.objects.filter(arrived=False).exists())
    with pytest.raises(Refused):
        send_ping(f"http://127.0.0.1:{receiver.port}/ping/abc", well=True)

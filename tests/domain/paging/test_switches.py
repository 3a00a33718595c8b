"""Silence pages somebody; our own absence, and a clock that jumps, do not."""

from datetime import timedelta

import pytest

from vigil.domain.paging.actions.switches import look_at_switches, make_switch, ping, revoke_switch
from vigil.domain.paging.models import DeadMan, Page
from vigil.kernel.errors import NotFound

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def switch(isp, lead, now):
    made, token = make_switch(
        switch=DeadMan(organisation=isp, name="Vigil chi nhánh", period_s=60, grace_s=30), actor=lead, now=now
    )
    look_at_switches(actor=lead, now=now)
    return made, token


def _watched(lead, start, seconds: int) -> int:
    """The pager looks every ten seconds; returns how many fell silent."""
    return sum(look_at_switches(actor=lead, now=start + n * SECOND) for n in range(0, seconds + 1, 10))


def test_silence_pages_once_and_a_ping_ends_it(switch, lead, now) -> None:
    made, token = switch
    assert _watched(lead, now, 600) == 0, "what was never heard cannot fall silent"
    at = now + 600 * SECOND
    ping(token=token, well=True, now=at)
    assert _watched(lead, at, 80) == 0
    made.refresh_from_db()
    assert made.state == "late"
    assert _watched(lead, at + 80 * SECOND, 300) == 1
    page = Page.objects.get(kind="paging.silence")
    assert made.name in str(page.title_phrase)
    ping(token=token, well=True, now=at + 400 * SECOND)
    page.refresh_from_db()
    made.refresh_from_db()
    assert (page.state, made.state) == ("resolved", "up")


def test_one_that_says_of_itself_that_it_fails_pages_at_once(switch, lead, now) -> None:
    _, token = switch
    ping(token=token, well=False, now=now)
    ping(token=token, well=False, now=now + 5 * SECOND)
    assert Page.objects.get().count == 1


def test_what_we_could_not_hear_while_we_were_away_is_no_silence(switch, lead, now) -> None:
    _, token = switch
    ping(token=token, well=True, now=now)
    back = now + timedelta(days=1)
    assert _watched(lead, back, 80) == 0
    assert _watched(lead, back + 80 * SECOND, 60) == 1, "but a silence that goes on is one"


def test_a_clock_that_jumps_either_way_pages_nobody(switch, lead, now) -> None:
    _, token = switch
    ping(token=token, well=True, now=now)
    for jump in (3600, -3600):
        at = now + jump * SECOND
        assert _watched(lead, at, 30) == 0
        ping(token=token, well=True, now=at + 30 * SECOND)
        assert _watched(lead, at + 30 * SECOND, 60) == 0
    assert not Page.objects.exists()


def test_a_revoked_address_is_not_known_and_its_silence_is_nobody_s_concern(switch, lead, now) -> None:
    made, token = switch
    ping(token=token, well=True, now=now)
    revoke_switch(switch=made, actor=lead, now=now)
    with pytest.raises(NotFound):
        ping(token=token, well=True, now=now)
    assert _watched(lead, now, 600) == 0

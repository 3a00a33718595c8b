"""The watchman: reminds once, pages for who is absent now, draws up hand-overs, carries over, catches up."""

from datetime import timedelta

import pytest
from tests.duty import LEAD, at, published

from vigil.domain.directives.actions.watches import close_watch
from vigil.domain.duty.actions.presence import check_in
from vigil.domain.duty.models import DutyRow, HandOver, How, Kind, Member, MissedCheckIn
from vigil.domain.outbox.models import Message
from vigil.domain.paging.models import Page, PageState
from vigil.kernel import clock
from vigil.workers.watchman import Watchman


@pytest.fixture
def roster(world):
    return published(world)


def _round(now) -> str:
    with clock.frozen_at(now):
        return Watchman(base_url="http://vigil.example").round()


def test_who_stands_next_is_told_once_in_their_language(world, roster) -> None:
    world.people[0].language = "en"
    world.people[0].save()
    now = at(30, 5)
    _round(now)
    _round(now)
    rows = DutyRow.objects.filter(superseded_at=None, starts_at__gt=now, starts_at__lte=now + timedelta(hours=2))
    mails = Message.objects.filter(about__startswith="duty.dutyrow:")
    assert mails.count() == rows.count() == 2
    assert all("http://vigil.example/shift/" in mail.body for mail in mails)
    assert all(("Your shift" in mail.title) == (mail.address == "nguoi1@donvi.example") for mail in mails)


def test_who_is_absent_is_paged_for_and_coming_ends_it(world, roster) -> None:
    now = at(30, 6, 20)
    assert "missed 8" in _round(now), "six of the night, which is over"
    pages = Page.objects.filter(kind="duty.absent")
    current = DutyRow.objects.filter(superseded_at=None, shift__turn_starts_at=at(30, 6), kind=Kind.ON_SITE)
    assert {page.subject for page in pages} == {f"duty.dutyrow:{row.pk}" for row in current}
    row = current.select_related("shift__post", "person").first()
    check_in(row=row, how=How.PAGE, actor=LEAD, now=now)
    assert Page.objects.get(subject=f"duty.dutyrow:{row.pk}").state == PageState.RESOLVED
    assert Page.objects.exclude(state=PageState.RESOLVED).count() == 1


def test_after_a_day_away_what_was_missed_is_on_record_and_only_the_absent_are_paged(world, roster) -> None:
    now = at(1, 9)
    _round(now)
    assert MissedCheckIn.objects.count() > 20
    on_now = DutyRow.objects.filter(superseded_at=None, starts_at__lte=now, ends_at__gt=now)
    assert Page.objects.count() == on_now.count() == 2
    before = MissedCheckIn.objects.count()
    _round(now)
    assert MissedCheckIn.objects.count() == before


def test_a_hand_over_is_drawn_up_before_the_end(world, roster) -> None:
    _round(at(30, 13, 0))
    assert not HandOver.objects.exists()
    _round(at(30, 13, 40))
    _round(at(30, 13, 50))
    made = HandOver.objects.get()
    assert made.shift_in.turn_starts_at == at(30, 14)
    assert any(one["room"] == "duty" for one in made.items), "the missed check-ins are on it"


def test_what_was_stood_is_carried_over_once_when_the_watch_is_closed(world, roster) -> None:
    close_watch(watch=world.watch, note="xong", open_items=[], actor=LEAD, now=at(5, 1))
    _round(at(5, 2))
    _round(at(5, 3))
    hours = sum(Member.objects.values_list("carried_hours", flat=True))
    assert 230 <= hours <= 270, "15 shifts of two people"
    assert sum(Member.objects.values_list("carried_nights", flat=True)) > 0

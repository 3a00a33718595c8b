"""Who stands in a published roster is told once of what is theirs, and of what no longer is."""

from datetime import timedelta

import pytest
from tests.domain.paging.conftest import CHANNELS
from tests.duty import LEAD, NOW, published

from vigil.domain.duty.actions.changes import Change, Judge, make, who_could_stand
from vigil.domain.duty.actions.notices import notices_due, notify
from vigil.domain.duty.actions.planning import draft
from vigil.domain.duty.actions.reminding import remind
from vigil.domain.duty.models import DutyRow
from vigil.domain.outbox.models import Message

LATER = NOW + timedelta(minutes=2)


def _tell(now) -> int:
    return sum(notify(notice=one, base_url="http://v.example", actor=LEAD, now=now) for one in notices_due(now))


@pytest.fixture
def told(world):
    roster = published(world)
    assert _tell(NOW + timedelta(seconds=30)) == 0, "a lead may still be moving names"
    assert _tell(LATER) == DutyRow.objects.values("person").distinct().count()
    return roster


def test_everybody_gets_one_letter_with_all_their_shifts(world, told) -> None:
    assert _tell(LATER) == 0
    mails = Message.objects.filter(about=f"duty.roster:{told.pk}")
    assert sum(mail.body.count("Phòng trực") for mail in mails) == DutyRow.objects.count()
    assert all("http://v.example/shift/" in mail.body for mail in mails)


def test_a_draft_is_nobodys_news(world) -> None:
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    assert notices_due(LATER) == []


def test_a_change_is_told_to_who_loses_and_who_gains(world, told) -> None:
    row = told.rows.filter(superseded_at=None).select_related("shift__post", "person")[6]
    person = who_could_stand(Judge(told), row.shift, instead_of=row)[0][0][0].person
    make(roster=told, change=Change((row,), ((row.shift, person, row.kind),)), version=None, actor=LEAD, now=LATER)
    before = Message.objects.count()
    assert _tell(LATER + timedelta(minutes=2)) == 2
    fresh = list(Message.objects.order_by("created_at")[before:])
    assert {mail.address for mail in fresh} == {row.person.email, person.email}


def test_there_and_back_again_is_no_news(world, told) -> None:
    row = told.rows.filter(superseded_at=None).select_related("shift__post", "person")[6]
    person = who_could_stand(Judge(told), row.shift, instead_of=row)[0][0][0].person
    (made,) = make(
        roster=told, change=Change((row,), ((row.shift, person, row.kind),)), version=None, actor=LEAD, now=LATER
    )
    make(roster=told, change=Change((made,), ((row.shift, row.person, row.kind),)), version=None, actor=LEAD, now=LATER)
    assert _tell(LATER + timedelta(minutes=2)) == 0


def test_who_has_no_mail_address_is_told_by_one_sms_with_the_link(world, settings, tmp_path) -> None:
    settings.VIGIL_CHANNELS = tmp_path / "channels.toml"
    settings.VIGIL_CHANNELS.write_text(CHANNELS)
    settings.VIGIL_CHANNELS.chmod(0o600)
    roster = published(world)
    row = roster.rows.filter(superseded_at=None).select_related("person").order_by("starts_at").first()
    row.person.email = ""
    row.person.save()
    _tell(LATER)
    row.refresh_from_db()
    assert remind(row=row, base_url="http://v.example", actor=LEAD, now=row.starts_at - timedelta(hours=1))
    notice, reminder = Message.objects.filter(channel="sms").order_by("created_at")
    assert {notice.address, reminder.address} == {"+84" + row.person.mobile[1:]}
    for message in (notice, reminder):
        assert "http://v.example/shift/" in message.body
        assert message.body.isascii()
        assert (message.title, len(message.body) <= 160) == ("", True)

"""`vigil page` and `vigil channels`, called in this process on the tests' database."""

import json

import pytest
from click.testing import CliRunner

from vigil.domain.outbox.models import Message
from vigil.domain.paging.models import Page
from vigil.faces.cli.paging import channels, page
from vigil.kernel.errors import NotFound, Refused

pytestmark = pytest.mark.django_db


def _called(command, *arguments: str):
    return CliRunner().invoke(command, arguments, catch_exceptions=True)


def test_a_test_page_goes_by_every_route_of_a_person(isp, person_of, channel_file, turn, now) -> None:
    from vigil.kernel import clock

    person_of(isp, "Trần Trực", email="truc@vienthong.example", mobile="0912 000 001")
    done = _called(page, "test", "--person", "trần trực", "--json")
    sent = json.loads(done.stdout)
    assert [row["channel"] for row in sent] == ["sms", "email"]
    turn(clock.now())
    assert Message.objects.count() == 2
    assert isinstance(_called(page, "test", "--person", "ai đó").exception, NotFound)
    person_of(isp, "Không Đường")
    assert isinstance(_called(page, "test", "--person", "Không Đường").exception, Refused)


def test_the_list_says_what_nobody_answered_by_its_exit_code(raised) -> None:
    assert _called(page, "list").exit_code == 0
    made = raised()
    done = _called(page, "list", "--json")
    assert (done.exit_code, json.loads(done.stdout)[0]["id"]) == (0, str(made.pk))
    Page.objects.update(state="exhausted")
    assert _called(page, "list").exit_code == 1


def test_checking_the_channels_says_which_cannot_be_used_and_shows_no_secret(channel_file) -> None:
    assert _called(channels, "check").exit_code == 0
    channel_file.write_text('[channel.tg]\nurl = "tgram://bi-mat/{address}"\n[channel.f]\nurl = "file://bi-mat"\n')
    done = _called(channels, "check", "--json")
    assert done.exit_code == 1
    assert {row["name"]: row["works"] for row in json.loads(done.stdout)} == {"email": True, "tg": False, "f": False}
    assert "bi-mat" not in done.stdout

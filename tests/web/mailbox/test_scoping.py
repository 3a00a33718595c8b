"""Over every address of the mailbox: what is another's is not there; who may not import may not decide."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.domain.mailbox.test_letters import MAIL
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.domain.accounts.models import Role
from vigil.domain.directives.models import Directive
from vigil.domain.mailbox.actions import receive_letter
from vigil.domain.mailbox.models import Letter
from vigil.faces.web.mailbox.urls import urlpatterns
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings, tmp_path):
    originals = settings.VIGIL_ORIGINALS = tmp_path / "originals"
    originals.mkdir()
    owners = {"ours": organisation("Đơn vị ta"), "theirs": organisation("Đơn vị Họ")}
    letters = {
        whose: receive_letter(mail=MAIL, organisation=owner, originals=originals, actor=ACTOR, now=clock.now())
        for whose, owner in owners.items()
    }
    return {"owner": owners["ours"], **letters}


def _addresses(letter: Letter) -> dict[str, str]:
    return {
        "letter_take": reverse("letter_take", args=[letter.parts.get().pk]),
        "letter_refuse": reverse("letter_refuse", args=[letter.pk]),
    }


def test_every_address_has_a_case_here(world) -> None:
    assert {pattern.name for pattern in urlpatterns} == {"mailbox", *_addresses(world["ours"])}


@pytest.mark.parametrize("name", ["letter_take", "letter_refuse"])
def test_what_is_theirs_is_not_there(world, name) -> None:
    client = client_of(world["owner"], Role.ADMINISTRATOR)
    assert client.post(_addresses(world["theirs"])[name]).status_code == 404
    assert client_of(world["owner"], Role.VIEWER).post(_addresses(world["ours"])[name]).status_code == 403
    assert Client().post(_addresses(world["ours"])[name]).status_code == 302
    assert client.get(_addresses(world["ours"])[name]).status_code == 405
    assert Letter.objects.filter(state="offered").count() == 2


def test_the_list_holds_only_what_is_ours_and_is_for_those_who_may_import(world) -> None:
    page = client_of(world["owner"], Role.DUTY_OFFICER).get(reverse("mailbox")).content.decode()
    assert page.count("12/BM-TT") == 1
    assert "Họ" not in page
    assert "12/BM-TT" not in client_of(world["owner"], Role.VIEWER).get(reverse("mailbox")).content.decode()
    assert Client().get(reverse("mailbox")).status_code == 302


def test_one_click_leads_to_the_review(world) -> None:
    client = client_of(world["owner"], Role.DUTY_OFFICER)
    answer = client.post(_addresses(world["ours"])["letter_take"])
    directive = Directive.objects.get()
    assert answer.headers["Location"] == reverse("directive", args=[directive.pk])
    assert reverse("directive", args=[directive.pk]) in client.get(reverse("mailbox")).content.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_not_ours_is_said_once_and_then_it_is_too_late(world, language) -> None:
    client = client_of(world["owner"], Role.WATCH_LEAD, language)
    address = _addresses(world["ours"])["letter_refuse"]
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 409
    assert client.get(reverse("mailbox")).status_code == 200

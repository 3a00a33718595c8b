"""The test of a contact point: a mail whose link only the button answers, a code that comes back by telephone."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.rooms import client_of, furnished

from vigil.domain.accounts.models import Role
from vigil.domain.organisations.models import ContactPoint, ContactTest
from vigil.domain.outbox.models import Message
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return furnished("Nhà-Ta")


@pytest.fixture
def officer(room) -> Client:
    return client_of(room.organisation, Role.DUTY_OFFICER)


def _mailed(officer: Client, room) -> str:
    officer.post(reverse("channel_test", args=[room.keys["channel"]]))
    return re.search(r"/t/[^/\s]+/", Message.objects.latest("created_at").body).group(0)


def _verified() -> bool:
    return ContactPoint.objects.get().verified_at is not None


def test_opening_the_link_answers_nothing_and_the_button_does(room, officer) -> None:
    link = _mailed(officer, room)
    stranger = Client()
    for _ in range(3):
        page = stranger.get(link)
        assert page.status_code == 200
        assert "Nhà-Ta" in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]
        assert stranger.head(link).status_code == 200
    assert not _verified(), "a mail scanner follows links"
    assert stranger.post(link).status_code == 200
    assert _verified()
    assert ContactTest.objects.exclude(answered_at=None).get().answered_by == "link"


def test_the_button_needs_the_page_s_own_token(room, officer) -> None:
    link = _mailed(officer, room)
    assert Client(enforce_csrf_checks=True).post(link).status_code == 403
    assert not _verified()


def test_a_link_works_once_and_an_unknown_one_is_not_there(room, officer) -> None:
    link = _mailed(officer, room)
    Client().post(link)
    assert Client().get(link).status_code == 404
    assert Client().post(link).status_code == 404
    assert Client().get("/t/unknown/").status_code == 404


def test_a_link_expires(room, officer) -> None:
    link = _mailed(officer, room)
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        assert Client().get(link).status_code == 404
        assert Client().post(link).status_code == 404
    assert not _verified()


def test_a_telephone_s_code_is_shown_once_and_answers(room, officer) -> None:
    channel = ContactPoint.objects.get().channels.get(kind="mobile")
    page = officer.post(reverse("channel_test", args=[channel.pk]))
    code = re.search(r"said-code[^>]*>(\w+)<", page.content.decode()).group(1)
    assert "no-store" in page.headers["Cache-Control"]
    assert code not in officer.get(reverse("contact", args=[room.keys["contact"]])).content.decode()
    test = ContactTest.objects.latest("sent_at")
    assert officer.post(reverse("test_code", args=[test.pk]), {"code": code}).status_code == 302
    assert _verified()


def test_a_mail_s_code_is_not_shown_to_who_sent_it(room, officer) -> None:
    page = officer.post(reverse("channel_test", args=[room.keys["channel"]]), follow=True).content.decode()
    code = re.search(r"duty officer on the telephone: (\w+)", Message.objects.get().body).group(1)
    assert code not in page


def test_five_wrong_codes_end_a_test(room, officer) -> None:
    address = reverse("test_code", args=[room.keys["test"]])
    for _ in range(5):
        answer = officer.post(address, {"code": "SAI"})
        assert answer.status_code == 422
        assert "id_code_error" in answer.content.decode()
    answer = officer.post(address, {"code": room.code}, follow=True)
    assert "alert-danger" in answer.content.decode()
    assert not _verified()


def test_a_code_does_not_answer_after_a_day(room, officer) -> None:
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        officer.post(reverse("test_code", args=[room.keys["test"]]), {"code": room.code})
    assert not _verified()


def test_a_retired_contact_point_is_not_tested(room, officer) -> None:
    officer.post(reverse("contact_retire", args=[room.keys["contact"]]))
    assert officer.post(reverse("channel_test", args=[room.keys["channel"]])).status_code == 409


def test_a_contact_point_is_filed_with_its_channels_and_faults_stand_at_the_form(room, officer) -> None:
    address = f"{reverse('contact_new')}?organisation={room.organisation.pk}"
    form = {"label": "Bàn trực đêm", "purpose": "incident", "hours": "always"}
    assert officer.post(address, form).status_code == 422, "nothing to reach it by"
    assert officer.post(address, {**form, "mobile": "abc"}).status_code == 422
    assert (
        officer.post(address, {**form, "mobile": "0912 000 002\n0912 000 003", "email": "a@b.example"}).status_code
        == 302
    )
    made = ContactPoint.objects.get(label="Bàn trực đêm")
    assert sorted(made.channels.values_list("kind", "value")) == [
        ("email", "a@b.example"),
        ("mobile", "0912 000 002"),
        ("mobile", "0912 000 003"),
    ]

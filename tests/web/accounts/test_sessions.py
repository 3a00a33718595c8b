"""Sessions: one sees one's own, ends each or all others, at once; an administrator ends a user's."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.rooms import ACTOR, BACKEND, client_of

from vigil.domain.accounts.actions import create_user
from vigil.domain.accounts.models import Role
from vigil.domain.accounts.sessions import sessions_of
from vigil.domain.journal.models import Entry
from vigil.faces.web.accounts.sessions import urlpatterns
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db):
    return create_user(username="an", password="một mật khẩu dài", actor=ACTOR, now=clock.now())


def _browser(user, name: str, address: str) -> Client:
    client = Client(headers={"User-Agent": name}, REMOTE_ADDR=address)
    client.force_login(user, backend=BACKEND)
    assert client.get("/me/").status_code == 200
    return client


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == {"sessions", "sessions_end"}
    for pattern in urlpatterns:
        assert Client().post(reverse(pattern.name)).status_code == 302


@pytest.mark.parametrize("language", ["vi", "en"])
def test_one_sees_where_one_is_signed_in(user, language) -> None:
    _browser(user, "Firefox/1", "192.0.2.7")
    here = _browser(user, "Chrome/2", "2001:db8::7")
    here.cookies["vigil_language"] = language
    page = here.get(reverse("sessions")).content.decode()
    for told in ("Firefox/1", "192.0.2.7", "Chrome/2", "2001:db8::7"):
        assert told in page
    assert page.count("bg-green-lt") == 1
    assert " style=" not in page


def test_one_session_and_all_others_are_ended_at_once(user) -> None:
    phone, desk, here = (_browser(user, name, "192.0.2.7") for name in ("phone", "desk", "here"))
    chosen = next(session for session in sessions_of(user) if session.user_agent == "phone")
    here.post(reverse("sessions_end"), {"session": chosen.pk})
    assert phone.get("/me/").status_code == 302
    assert desk.get("/me/").status_code == 200
    here.post(reverse("sessions_end"), {"others": "1"})
    assert desk.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200
    ended = Entry.objects.filter(action="account.sessions_ended").values_list("facts", flat=True)
    assert [facts["count"] for facts in ended] == [1, 1]


def test_ending_this_session_signs_out(user) -> None:
    here = _browser(user, "here", "192.0.2.7")
    answer = here.post(reverse("sessions_end"), {"session": sessions_of(user)[0].pk})
    assert answer.headers["Location"] == reverse("account_login")
    assert here.get("/me/").status_code == 302


def test_another_s_session_cannot_be_ended(user) -> None:
    theirs = _browser(user, "theirs", "192.0.2.7")
    other = client_of(None, Role.ADMINISTRATOR)
    other.post(reverse("sessions_end"), {"session": sessions_of(user)[0].pk})
    assert theirs.get("/me/").status_code == 200


def test_an_administrator_ends_a_user_s_sessions(user) -> None:
    theirs = _browser(user, "theirs", "192.0.2.7")
    administrator = client_of(None, Role.ADMINISTRATOR)
    assert administrator.post(reverse("account_change", args=[user.pk, "sign_out"])).status_code == 302
    assert theirs.get("/me/").status_code == 302
    assert not sessions_of(user)

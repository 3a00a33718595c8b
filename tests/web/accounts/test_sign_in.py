"""Sign-in, lock-out, one's own page, and what an administrator can do to an account."""

import pytest
from django.test import Client
from django.urls import reverse

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import Role, User
from vigil.domain.journal.models import Entry
from vigil.kernel import clock
from vigil.kernel.actors import Actor

pytestmark = pytest.mark.django_db
ACTOR = Actor("cli", "test", "test")
PASSWORD = "một mật khẩu đủ dài"


@pytest.fixture(autouse=True)
def _plain_static(settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def user() -> User:
    return create_user(username="an", password=PASSWORD, actor=ACTOR, now=clock.now())


@pytest.fixture
def administrator() -> Client:
    made = create_user(username="admin", password=PASSWORD, actor=ACTOR, now=clock.now())
    grant(user=made, role=Role.ADMINISTRATOR, organisation=None, actor=ACTOR, now=clock.now())
    client = Client()
    client.force_login(made, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _try(client: Client, password: str, name: str = "an"):
    return client.post("/sign-in/", {"login": name, "password": password})


def test_the_right_password_lets_in_and_a_wrong_one_does_not(user) -> None:
    client = Client()
    assert _try(client, "sai").status_code == 200
    assert "_auth_user_id" not in client.session
    assert _try(client, PASSWORD).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_five_wrong_passwords_lock_out_and_even_the_right_one_waits(user, administrator) -> None:
    client = Client()
    answers = [_try(client, "sai") for _ in range(5)]
    assert answers[-1].status_code == 403
    assert "15" in answers[-1].content.decode()
    assert _try(client, PASSWORD).status_code == 403
    administrator.post(reverse("account_change", args=[user.pk, "unlock"]))
    assert _try(client, PASSWORD).status_code == 302
    assert Entry.objects.filter(action="account.unlocked").exists()


def test_nobody_signs_up() -> None:
    for address in ("/accounts/signup/", "/signup/", "/sign-up/"):
        assert Client().get(address).status_code in (302, 404)
    assert not User.objects.exists()


def test_an_administrator_makes_an_account_whose_password_is_shown_once(administrator) -> None:
    answer = administrator.post(reverse("accounts"), {"username": "binh", "language": "vi"})
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    made = User.objects.get(username="binh")
    assert password not in administrator.get(reverse("account", args=[made.pk])).content.decode()
    assert _try(Client(), password, "binh").status_code == 302
    assert password not in str(list(Entry.objects.values_list("facts", flat=True)))


def test_the_last_administrator_cannot_be_shut_out(administrator) -> None:
    admin = User.objects.get(username="admin")
    held = admin.grants.get()
    for what, data in (("revoke", {"grant": str(held.pk)}), ("close", {})):
        assert administrator.post(reverse("account_change", args=[admin.pk, what]), data).status_code == 422
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.grants.exists()


def test_one_changes_one_s_own_password_only_with_the_present_one(user) -> None:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    fields = {"language": "en", "new": "hoàn toàn khác và dài"}
    assert client.post("/me/", {**fields, "old": "sai"}).status_code == 422
    assert client.post("/me/", {**fields, "old": PASSWORD, "new": "ngắn"}).status_code == 422
    assert client.post("/me/", {**fields, "old": PASSWORD}).status_code == 302
    assert client.get("/me/").status_code == 200, "the session stays"
    user.refresh_from_db()
    assert user.check_password("hoàn toàn khác và dài")
    assert user.language == "en"

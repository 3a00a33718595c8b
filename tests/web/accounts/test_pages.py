"""Accounts: roles are granted over one organisation or refused out loud; lock-outs are lifted; passwords shown once."""

import pytest
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.domain.accounts.actions import create_user
from vigil.domain.accounts.models import Role, RoleGrant, User
from vigil.domain.journal.models import Entry
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(db):
    return client_of(None, Role.ADMINISTRATOR)


@pytest.fixture
def someone(db) -> User:
    return create_user(username="an", password="một mật khẩu dài", actor=ACTOR, now=clock.now())


def _change(client, user: User, what: str, **values):
    return client.post(reverse("account_change", args=[user.pk, what]), values)


def test_a_role_is_granted_over_an_organisation_and_taken_away(administrator, someone) -> None:
    home = organisation("Nhà-Ta")
    assert _change(administrator, someone, "grant", role="viewer", organisation=str(home.pk)).status_code == 302
    given = RoleGrant.objects.get(user=someone)
    assert (given.role, given.organisation) == ("viewer", home)
    assert Entry.objects.filter(action="account.role_granted", organisation_id=home.pk).exists()
    assert _change(administrator, someone, "revoke", grant=str(given.pk)).status_code == 302
    assert not RoleGrant.objects.filter(user=someone).exists()


@pytest.mark.parametrize(
    "values",
    [{"role": "king"}, {"role": "viewer", "organisation": "khong-co"}, {"role": "viewer", "organisation": "1" * 32}],
)
def test_what_is_not_understood_grants_nothing_and_says_so(administrator, someone, values) -> None:
    answer = _change(administrator, someone, "grant", **values)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()
    assert not RoleGrant.objects.filter(user=someone).exists()


def test_an_account_is_closed_and_reopened(administrator, someone) -> None:
    _change(administrator, someone, "close")
    assert not User.objects.get(pk=someone.pk).is_active
    _change(administrator, someone, "open")
    assert User.objects.get(pk=someone.pk).is_active


def test_a_new_password_is_shown_once_and_kept_nowhere(administrator, someone) -> None:
    answer = _change(administrator, someone, "password")
    shown = answer.context["password"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert User.objects.get(pk=someone.pk).check_password(shown)
    assert shown not in administrator.get(reverse("account", args=[someone.pk])).content.decode()
    assert shown not in str(list(Entry.objects.values_list("facts", "personal__content")))


@pytest.mark.parametrize("role", [Role.WATCH_LEAD, Role.ADMINISTRATOR])
def test_accounts_are_the_whole_installation_s_administrator_s_alone(someone, role) -> None:
    client = client_of(organisation("Nhà-Ta"), role)
    assert client.get(reverse("accounts")).status_code == 403
    for what in ("grant", "revoke", "close", "open", "password", "unlock", "sign_out"):
        assert _change(client, someone, what, role="administrator").status_code == 403
    assert not RoleGrant.objects.filter(user=someone).exists()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_drawn_in_both_languages(administrator, someone, language) -> None:
    administrator.cookies["vigil_language"] = language
    for address in (reverse("accounts"), reverse("account", args=[someone.pk]), reverse("me")):
        page = administrator.get(address).content.decode()
        assert f'lang="{language}"' in page
        assert " style=" not in page

"""The second factor: set up, asked for, good once, locked after tries, demanded by role, reset by an administrator."""

import re
from datetime import timedelta

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from tests.web.rooms import ACTOR, BACKEND, client_of, organisation

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.accounts.models import Role, User
from vigil.domain.accounts.second_factor import spend_totp
from vigil.domain.accounts.tokens import make_token
from vigil.domain.journal.models import Entry
from vigil.faces.cli.prepare import tell_second_factor
from vigil.faces.vitals import signs
from vigil.faces.web.accounts import second_factor, sign_in
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"
PAGES = ("mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_add_webauthn")


@pytest.fixture
def user(db) -> User:
    return create_user(username="an", password=PASSWORD, actor=ACTOR, now=clock.now())


def _signed_in(user: User, language: str = "vi") -> Client:
    client = Client()
    client.cookies["vigil_language"] = language
    client.post("/sign-in/", {"login": user.username, "password": PASSWORD})
    return client


def _confirmed(client: Client, address: str):
    """Open a page that asks for the password once more, and give it."""
    answer = client.get(address)
    if answer.status_code == 302 and "/again/" in answer.headers["Location"]:
        page = client.get(answer.headers["Location"])
        assert page.status_code == 200
        assert "navbar-vertical" in page.content.decode(), "a page of the house"
        answer = client.post(answer.headers["Location"], {"password": PASSWORD, "next": address}, follow=True)
    return answer


def _code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


def _set_up(client: Client) -> str:
    """Set up an app; the secret. The code of now is spent by it."""
    page = _confirmed(client, reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": _code(secret, -1)})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    return secret


def _events(user: User) -> list[tuple[str, str]]:
    before = "account.second_factor_"
    rows = Entry.objects.filter(subject=f"accounts.user:{user.pk}", action__startswith=before).order_by("row")
    return [(one.action.removeprefix(before), one.facts.get("kind", "")) for one in rows]


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in second_factor.urlpatterns} == {
        *PAGES, "mfa_deactivate_totp", "mfa_remove_webauthn",
    }  # fmt: skip
    assert {pattern.name for pattern in sign_in.urlpatterns} == {
        "account_login", "mfa_authenticate", "mfa_login_webauthn", "account_reauthenticate", "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn", "openid_connect_login", "openid_connect_callback", "no_role",
    }  # fmt: skip
    for name in (*PAGES, "mfa_deactivate_totp", "account_reauthenticate", "mfa_reauthenticate", "no_role"):
        assert Client().get(reverse(name)).status_code == 302, name
    assert Client().get(reverse("mfa_authenticate")).status_code == 302
    assert Client().post(reverse("mfa_remove_webauthn", args=[1])).status_code == 302


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_drawn_in_both_languages(user, language) -> None:
    client = _signed_in(user, language)
    _confirmed(client, reverse("mfa_activate_totp"))
    pages = [client.get(reverse(name)) for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "no_role")]
    _set_up(client)
    pages += [client.get(reverse(name)) for name in ("mfa_view_recovery_codes", "mfa_generate_recovery_codes")]
    pages += [client.get(reverse(name)) for name in ("mfa_deactivate_totp", "mfa_reauthenticate", "mfa_index")]
    pages += [client.get(reverse("mfa_view_recovery_codes"))]
    asked = _signed_in(user, language)
    pages.append(asked.get(reverse("mfa_authenticate")))
    for answer in pages:
        page = answer.content.decode()
        assert answer.status_code == 200
        assert f'lang="{language}"' in page
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]*(src=|type=.application/json))", page), "no script of the page's own"


def test_a_code_is_asked_for_after_the_password_and_is_good_once(user) -> None:
    secret = _set_up(_signed_in(user))
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True))), "sealed at rest"
    client = Client()
    answer = client.post("/sign-in/", {"login": "an", "password": PASSWORD})
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get("/me/").status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": _code(secret, -1)}).status_code == 200, "spent already"
    assert client.post(reverse("mfa_authenticate"), {"code": _code(secret)}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    again = _signed_in(user)
    assert again.post(reverse("mfa_authenticate"), {"code": _code(secret)}).status_code == 200
    assert "_auth_user_id" not in again.session
    assert _events(user) == [("added", "totp"), *[("failed", "code")] * 3]
    told = Entry.objects.filter(action="account.signed_in").order_by("-row").first()
    assert told.facts == {"by": "password", "factor": "totp"}


def test_recovery_codes_are_shown_once_and_each_opens_once(user) -> None:
    client = _signed_in(user)
    _set_up(client)
    page = client.get(reverse("mfa_view_recovery_codes"))
    codes = page.context["unused_codes"]
    assert len(codes) == 10 and codes[0] in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert codes[1] not in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    for expected in (302, 200):
        other = _signed_in(user)
        assert other.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == expected
    client.post(reverse("mfa_generate_recovery_codes"))
    assert _signed_in(user).post(reverse("mfa_authenticate"), {"code": codes[1]}).status_code == 200
    assert ("renewed", "recovery_codes") in _events(user)


def test_an_app_is_removed_with_its_codes(user) -> None:
    client = _signed_in(user)
    _set_up(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.exists()
    assert _signed_in(user).get("/me/").status_code == 200
    assert _events(user)[-1] == ("removed", "totp")


def test_tries_are_counted_for_the_account_wherever_they_come_from(user, settings) -> None:
    secret = _set_up(_signed_in(user))
    for n in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{n}")
        client.post("/sign-in/", {"login": "an", "password": PASSWORD})
        assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    answer = client.post(reverse("mfa_authenticate"), {"code": _code(secret)})
    assert answer.status_code == 403
    assert "account.factor_locked" in answer.content.decode()
    administrator = client_of(None, Role.ADMINISTRATOR)
    administrator.post(reverse("account_change", args=[user.pk, "unlock"]))
    assert client.post(reverse("mfa_authenticate"), {"code": _code(secret)}).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_a_lock_ends_by_itself(user) -> None:
    from vigil.domain.accounts.second_factor import begin_try
    from vigil.kernel.errors import NotAllowed

    now = clock.now()
    for _ in range(5):
        begin_try(user=user, now=now)
    with pytest.raises(NotAllowed):
        begin_try(user=user, now=now + timedelta(minutes=14))
    begin_try(user=user, now=now + timedelta(minutes=15))


@pytest.mark.parametrize("steps, right", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(user, steps, right) -> None:
    secret = pyotp.random_base32()
    now = clock.now()
    code = pyotp.TOTP(secret).at(now + timedelta(seconds=30 * steps))
    assert spend_totp(user=user, secret=secret, code=code, now=now) is right
    assert spend_totp(user=user, secret=secret, code=code, now=now) is False


def test_a_practice_clock_does_not_move_the_codes(user, monkeypatch) -> None:
    secret = _set_up(_signed_in(user))
    monkeypatch.setenv("VIGIL_CLOCK_SHIFT_S", "86400")
    client = _signed_in(user)
    real = pyotp.TOTP(secret).at(clock.now() - clock.shift())
    assert client.post(reverse("mfa_authenticate"), {"code": real}).status_code == 302


def test_who_must_have_one_and_has_none_can_only_set_one_up(user, settings) -> None:
    home = organisation("Nhà-Ta")
    settings.VIGIL_MFA_ROLES = frozenset({"watch_lead"})
    grant(user=user, role=Role.VIEWER, organisation=home, actor=ACTOR, now=clock.now())
    made = make_token(user=user, name="x", scopes=["view"], organisation=None, days=1, actor=ACTOR, now=clock.now())
    bearer = {"headers": {"Authorization": f"Bearer {made.secret}"}}
    client = _signed_in(user)
    assert client.get("/organisations/").status_code == 200
    assert Client().get("/api/v1/watches", **bearer).status_code == 200
    grant(user=user, role=Role.WATCH_LEAD, organisation=home, actor=ACTOR, now=clock.now())
    for address in ("/", "/organisations/", "/me/", "/me/tokens/", "/me/sessions/", "/health/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers.get("Location")) == (302, reverse("mfa_index")), address
    refused = client.post("/me/tokens/", {"name": "x"}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "account.second_factor_needed")
    assert client.get("/organisations/", headers={"HX-Request": "true"}).status_code == 403
    answer = Client().get("/api/v1/watches", **bearer)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["code"] == "account.second_factor_needed"
    assert client.get(reverse("mfa_index")).status_code == 200
    _set_up(client)
    assert client.get("/organisations/").status_code == 200
    assert Client().get("/api/v1/watches", **bearer).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert client.get("/organisations/").status_code == 302
    assert client.post("/sign-out/").status_code == 302


def test_all_means_every_account_and_none_is_said_at_the_start(user, settings, capsys) -> None:
    settings.VIGIL_MFA_ROLES = frozenset({"all"})
    assert _signed_in(user).get("/me/no-role/").headers["Location"] == reverse("mfa_index")
    assert next(sign for sign in signs() if sign.name == "second_factor").state == "works"
    tell_second_factor()
    assert not capsys.readouterr().out
    settings.VIGIL_MFA_ROLES = frozenset()
    tell_second_factor()
    assert "VIGIL_MFA_ROLES" in capsys.readouterr().out
    assert next(sign for sign in signs() if sign.name == "second_factor").state == "warns"


def test_an_administrator_resets_a_lost_factor_and_its_sessions_end(user) -> None:
    theirs = _signed_in(user)
    _set_up(theirs)
    assert theirs.get("/me/").status_code == 200
    administrator = client_of(None, Role.ADMINISTRATOR)
    page = administrator.get(reverse("account", args=[user.pk])).content.decode()
    assert "reset_factor" in page
    assert administrator.post(reverse("account_change", args=[user.pk, "reset_factor"])).status_code == 302
    assert not Authenticator.objects.exists()
    assert theirs.get("/me/").status_code == 302
    assert _events(user)[-1] == ("reset", "")
    assert administrator.post(reverse("account_change", args=[user.pk, "reset_factor"])).status_code == 409
    lead = client_of(organisation("Nhà-Ta"), Role.WATCH_LEAD)
    assert lead.post(reverse("account_change", args=[user.pk, "reset_factor"])).status_code == 403


def test_another_s_key_is_not_there(user) -> None:
    theirs = Authenticator.objects.create(user=user, type="webauthn", data={"name": "khoá", "credential": {}})
    other = create_user(username="binh", password=PASSWORD, actor=ACTOR, now=clock.now())
    client = Client()
    client.force_login(other, backend=BACKEND)
    assert _confirmed(client, reverse("mfa_remove_webauthn", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("mfa_remove_webauthn", args=[theirs.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


def test_a_forged_passkey_lets_nobody_in(user) -> None:
    client = Client()
    challenge = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert challenge.status_code in (200, 302)
    for credential in ("", "x", "{}", '{"id": "a", "response": {"userHandle": "YQ"}}', "[1]", '{"response": 7}'):
        answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
        assert answer.headers["Location"] == reverse("account_login"), credential
    assert "_auth_user_id" not in client.session
    client = _signed_in(user)
    _confirmed(client, reverse("mfa_add_webauthn"))
    for credential in ("", "x", "{}", '{"rawId": "YQ", "response": {}}', "[1]", '{"response": 7}'):
        answer = client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": credential})
        assert answer.status_code == 200, credential
    assert not Authenticator.objects.exists()


def test_with_another_key_of_the_installation_the_secret_is_said_to_be_unreadable(user, settings) -> None:
    _set_up(_signed_in(user))
    settings.SECRET_KEY = "một khoá khác"
    client = _signed_in(user)
    answer = client.post(reverse("mfa_authenticate"), {"code": "123456"})
    assert answer.status_code == 503
    assert "account.factor_unreadable" in answer.content.decode()


def test_a_closed_account_with_the_right_password_is_told_so(user) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = Client().post("/sign-in/", {"login": "an", "password": PASSWORD})
    assert answer.status_code == 403
    assert "account.closed" in answer.content.decode()

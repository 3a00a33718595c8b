"""Passkeys: added, asked for, alone enough where a password is Vigil's own; a wrong one lets nobody in."""

import json

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from tests.passkey import Passkey
from tests.web.rooms import ACTOR, BACKEND

from vigil.domain.accounts.actions import create_user
from vigil.domain.accounts.models import User
from vigil.domain.journal.models import Entry
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"


@pytest.fixture
def user(db) -> User:
    return create_user(username="an", password=PASSWORD, actor=ACTOR, now=clock.now())


def _plain(options: object) -> dict:
    """As a page's script has it."""
    from django.core.serializers.json import DjangoJSONEncoder

    class Encoder(DjangoJSONEncoder):
        def default(self, o):
            return dict(o) if hasattr(o, "keys") else super().default(o)

    return json.loads(json.dumps(options, cls=Encoder))


def _with_key(user: User) -> Passkey:
    client, key, address = Client(), Passkey(), reverse("mfa_add_webauthn")
    client.force_login(user, backend=BACKEND)
    if user.has_usable_password():
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": address})
    options = client.get(address).context["js_data"]["creation_options"]
    answer = client.post(address, {"name": "khoá", "credential": key.register(_plain(options)), "passwordless": "on"})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes"), answer.content.decode()
    return key


def _challenged(client: Client) -> dict:
    answer = client.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    return answer.json()["request_options"]


def test_a_key_is_added_and_enough_alone(user) -> None:
    key, client = _with_key(user), Client()
    sent = key.sign(_challenged(client))
    assert client.post(reverse("mfa_login_webauthn"), {"credential": sent}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    told = Entry.objects.get(action="account.signed_in").facts
    assert told == {"by": "passkey", "factor": "webauthn"}
    client.post("/sign-out/")
    client.post(reverse("mfa_login_webauthn"), {"credential": sent})
    assert "_auth_user_id" not in client.session, "a signature is good for its challenge alone"


@pytest.mark.parametrize("wrong", ["key", "challenge", "handle", "unknown"])
def test_a_wrong_key_lets_nobody_in(user, wrong) -> None:
    key, client = _with_key(user), Client()
    other = create_user(username="binh", password=PASSWORD, actor=ACTOR, now=clock.now())
    handle = Passkey().handle if wrong == "unknown" else key.handle
    change = {
        "key": {"key": ec.generate_private_key(ec.SECP256R1())},
        "challenge": {"challenge": "A" * 43},
        "handle": {"handle": _handle_of(other)},
        "unknown": {"handle": handle or "x"},
    }[wrong]
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": key.sign(_challenged(client), **change)})
    assert answer.headers["Location"] == reverse("account_login")
    assert "_auth_user_id" not in client.session


def _handle_of(user: User) -> str:
    from allauth.account.utils import user_pk_to_url_str
    from fido2.utils import websafe_encode

    return websafe_encode(user_pk_to_url_str(user).encode())


def test_after_the_password_the_key_or_nothing(user) -> None:
    key, client = _with_key(user), Client()
    asked = client.post("/sign-in/", {"login": "an", "password": PASSWORD}, follow=True)
    stranger = Passkey(id=key.id, handle=key.handle)
    options = _plain(asked.context["js_data"]["request_options"])
    asked = client.post(reverse("mfa_authenticate"), {"credential": stranger.sign(options)})
    assert asked.status_code == 200
    assert Entry.objects.filter(action="account.second_factor_failed", facts__kind="webauthn").count() == 1
    sent = key.sign(_plain(asked.context["js_data"]["request_options"]))
    assert client.post(reverse("mfa_authenticate"), {"credential": sent}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_whom_a_provider_vouches_for_does_not_come_in_by_a_key_alone(user) -> None:
    user.set_unusable_password()
    user.save()
    key, client = _with_key(user), Client()
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": key.sign(_challenged(client))}, follow=True)
    assert "_auth_user_id" not in client.session
    assert "nơi quản lý danh tính" in answer.content.decode()
    assert Entry.objects.filter(action="account.second_factor_failed", subject=f"accounts.user:{user.pk}").exists()


def test_a_key_is_removed_with_the_codes(user) -> None:
    _with_key(user)
    client = Client()
    client.force_login(user, backend=BACKEND)
    found = Authenticator.objects.get(type="webauthn")
    address = reverse("mfa_remove_webauthn", args=[found.pk])
    assert client.post(address).headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("mfa_index")})
    assert client.post(address).status_code == 302
    assert not Authenticator.objects.exists()

"""Sign-in at a real OpenID provider: by subject alone, with the roles of the claim; what does not add up is refused."""

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client, RequestFactory
from tests.oidc_provider import CLIENT, SECRET, Provider
from tests.web.rooms import ACTOR, organisation

from vigil.domain.accounts.actions import create_user, grant, set_active
from vigil.domain.accounts.mapping import parse_rules
from vigil.domain.accounts.models import Role, RoleGrant, User
from vigil.domain.accounts.tokens import make_token
from vigil.domain.journal.models import Entry
from vigil.faces.web.accounts.oidc import _Talk
from vigil.kernel import clock
from vigil.kernel.errors import Refused
from vigil.project.sign_in import OidcProvider

pytestmark = pytest.mark.django_db
PASSWORD = "một mật khẩu dài"


@pytest.fixture(autouse=True)
def _configured(settings, provider: Provider) -> None:
    settings.VIGIL_OIDC = OidcProvider(
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        name="Cổng Mẫu",
        rules=parse_rules("leads => watch_lead@BM01; admins => administrator@*", "VIGIL_OIDC_ROLES"),
    )


def _begin(client: Client) -> str:
    """The address of the provider to which the sign-in page leads."""
    page = client.post("/sign-in/oidc/").content.decode()
    return unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page).group(1))


def _back(client: Client, address: str):
    """Back at Vigil with what the provider gave along."""
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("testserver", "/sign-in/oidc/back/")
    return client.get(f"{parts.path}?{parts.query}")


def _sign_in(provider: Provider, user: str, client: Client | None = None):
    client = client or Client()
    return client, _back(client, provider.authorised(_begin(client), user))


def _account(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def _changed(address: str, **change: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | change
    return urlunsplit(parts._replace(query=urlencode(query)))


def test_the_button_is_there_when_configured_and_leads_to_the_provider(settings, provider) -> None:
    page = Client().get("/sign-in/").content.decode()
    assert "Cổng Mẫu" in page
    asked = {name: values[0] for name, values in parse_qs(urlsplit(_begin(Client())).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) > 40 and len(asked["state"]) >= 16
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    settings.VIGIL_OIDC = None
    assert 'id="oidc"' not in Client().get("/sign-in/").content.decode()
    assert Client().post("/sign-in/oidc/").status_code == 404
    assert Client().get("/sign-in/oidc/back/").status_code == 404
    settings.VIGIL_MFA_ROLES = frozenset({"all"})
    assert Client().get("/sign-in/").status_code == 200


def test_roles_follow_the_claim_and_those_granted_by_hand_stay(provider) -> None:
    home = organisation("Nhà-Ta", code="BM01")
    provider.say("an", name="Trần An", groups=["leads", "khác"])
    client, answer = _sign_in(provider, "an")
    assert answer.headers["Location"] == "/"
    user = _account(client)
    assert (user.username, user.first_name, user.has_usable_password()) == ("an", "Trần An", False)
    assert RoleGrant.objects.get(user=user).organisation == home
    told = Entry.objects.get(action="account.signed_in", subject=f"accounts.user:{user.pk}")
    assert told.facts == {"by": "oidc", "factor": "none"}
    assert "Cổng Mẫu" in client.get("/me/").content.decode()
    grant(user=user, role=Role.VIEWER, organisation=home, actor=ACTOR, now=clock.now())
    provider.say("an", id_token={"groups": "admins"})
    again, _ = _sign_in(provider, "an")
    assert _account(again) == user
    roles = {(held.role, held.organisation, held.source) for held in RoleGrant.objects.filter(user=user)}
    assert roles == {("administrator", None, "oidc"), ("viewer", home, "")}
    provider.say("an")
    _sign_in(provider, "an")
    assert set(RoleGrant.objects.values_list("role", flat=True)) == {"viewer"}
    assert Entry.objects.filter(action="account.role_revoked", facts__source="oidc").count() == 2


def test_who_has_no_mapped_group_is_known_and_has_no_role(provider) -> None:
    provider.say("binh", groups=["khác"], email="admin@bo-mau.example", email_verified=True)
    create_user(username="admin", password=PASSWORD, email="admin@bo-mau.example", actor=ACTOR, now=clock.now())
    create_user(username="Binh", password=PASSWORD, actor=ACTOR, now=clock.now())
    client, answer = _sign_in(provider, "binh")
    assert answer.headers["Location"] == "/me/no-role/"
    user = _account(client)
    assert user.username == "binh@oidc", "the same name or address is not the same person"
    assert not RoleGrant.objects.exists()
    assert "binh@oidc" in client.get("/me/no-role/").content.decode()


def test_a_closed_account_stays_closed(provider) -> None:
    client, _ = _sign_in(provider, "chi")
    set_active(user=_account(client), active=False, actor=ACTOR, now=clock.now())
    client, answer = _sign_in(provider, "chi")
    assert answer.status_code == 403
    assert _account(client) is None


@pytest.mark.parametrize("change", ["state", "no state", "another browser", "twice", "nonce", "code", "cancelled"])
def test_a_way_back_that_does_not_match_the_way_there_is_refused(provider, change) -> None:
    client = Client()
    there = _begin(client)
    if change == "nonce":
        there = _changed(there, nonce="x" * 43)
    back = provider.authorised(there, "dung")
    match change:
        case "state":
            back = _changed(back, state="y" * 16)
        case "no state":
            back = _changed(back, state="")
        case "code":
            back = _changed(back, code="z" * 30)
        case "another browser":
            client = Client()
        case "twice":
            assert _back(client, back).status_code == 302
            client.post("/sign-out/")
        case "cancelled":
            state = parse_qs(urlsplit(back).query)["state"][0]
            back = f"http://testserver/sign-in/oidc/back/?error=access_denied&state={state}"
    answer = _back(client, back)
    assert answer.status_code == (403 if change == "cancelled" else 422)
    assert ("oidc.cancelled" if change == "cancelled" else "oidc.refused") in answer.content.decode()
    assert _account(client) is None
    assert SocialAccount.objects.count() == (change == "twice")


@pytest.mark.parametrize(
    "lie",
    [
        {"id_token": {"aud": "another-client"}},
        {"id_token": {"aud": [CLIENT, "another-client"]}},
        {"id_token": {"aud": [CLIENT, "another-client"], "azp": "another-client"}},
        {"id_token": {"iss": "https://another.example"}},
        {"id_token": {"exp": 1_600_000_000}},
        {"id_token": {"nonce": None}},
        {"userinfo": {"sub": "somebody-else"}},
        {"id_token": {"sub": ""}},
    ],
)
def test_what_the_provider_says_must_add_up(provider, lie) -> None:
    provider.say("em", **lie)
    client, answer = _sign_in(provider, "em")
    assert answer.status_code == 422
    assert _account(client) is None
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("forged", ["stranger's key", "none", "HS256"])
def test_a_token_that_the_provider_did_not_sign_is_refused(provider, forged) -> None:
    import requests

    kid = requests.get(f"{provider.issuer}/.well-known/jwks.json", timeout=5).json()["keys"][0]["kid"]
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": CLIENT, "sub": "1", "exp": now + 60, "iat": now, "nonce": "n"}
    headers = {"kid": kid}
    token = {
        "stranger's key": lambda: jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers),
        "none": lambda: jwt.encode(claims, None, "none", headers),
        "HS256": lambda: jwt.encode(claims, "một khoá đối xứng dài ba mươi hai byte", "HS256", headers),
    }[forged]()
    talk = _Talk(RequestFactory().get("/"), "oidc")
    talk.nonce = "n"
    with pytest.raises(Refused):
        talk.checked(token)


def test_the_provider_s_own_second_factor_counts_when_it_is_trusted(settings, provider) -> None:
    settings.VIGIL_MFA_ROLES = frozenset({"administrator"})
    provider.say("giang", groups=["admins"], id_token={"amr": ["pwd", "mfa"]})
    client, _ = _sign_in(provider, "giang")
    assert client.get("/accounts/").headers["Location"] == "/me/second-factor/", "not trusted: one of our own"
    made = make_token(
        user=_account(client), name="x", scopes=["view"], organisation=None, days=1, actor=ACTOR, now=clock.now()
    )
    bearer = {"headers": {"Authorization": f"Bearer {made.secret}"}}
    assert Client().get("/api/v1/watches", **bearer).json()["code"] == "account.second_factor_needed"
    told = settings.VIGIL_OIDC
    settings.VIGIL_OIDC = OidcProvider(
        told.issuer, told.client_id, told.client_secret, rules=told.rules, trust_mfa=frozenset({"mfa", "urn:acr:2"})
    )
    client, _ = _sign_in(provider, "giang")
    assert client.get("/accounts/").status_code == 200
    assert Client().get("/api/v1/watches", **bearer).status_code == 200
    assert Entry.objects.filter(action="account.signed_in", facts__factor="provider").exists()
    provider.say("giang", groups=["admins"], id_token={"acr": "urn:acr:1", "amr": ["pwd"]})
    client, _ = _sign_in(provider, "giang")
    assert client.get("/accounts/").status_code == 302, "this time it asked for a password alone"
    assert Client().get("/api/v1/watches", **bearer).status_code == 403


def test_a_provider_that_is_another_or_down_is_said_and_local_accounts_sign_in(settings, provider) -> None:
    local = create_user(username="may", password=PASSWORD, actor=ACTOR, now=clock.now())
    told = settings.VIGIL_OIDC
    wrong = f"{told.issuer}/.well-known/openid-configuration?x="
    for issuer in (wrong, "http://localhost:1"):
        settings.VIGIL_OIDC = OidcProvider(issuer, told.client_id, told.client_secret, name="Cổng Mẫu")
        answer = Client().post("/sign-in/oidc/")
        assert answer.status_code == 503
        assert "oidc.unavailable" in answer.content.decode()
        assert "Cổng Mẫu" in answer.content.decode()
    settings.VIGIL_OIDC = told
    client = Client()
    back = provider.authorised(_begin(client), "hoa")
    provider.stop()
    assert _back(client, back).status_code == 503
    client.post("/sign-in/", {"login": "may", "password": PASSWORD})
    assert _account(client) == local

"""Sign-in by a real directory (OpenLDAP): whose password is right gets in, with the roles of their groups."""

import logging
import socket

import pytest
from django.test import Client
from tests.slapd import ADMINS, GROUPS, LEADS, PASSWORDS, Slapd, start_slapd
from tests.web.rooms import ACTOR, organisation

from vigil.adapters.directory_servers import Directory
from vigil.domain.accounts.actions import create_user, grant, set_active
from vigil.domain.accounts.mapping import parse_rules
from vigil.domain.accounts.models import RoleGrant, User
from vigil.domain.journal.models import Entry
from vigil.kernel import clock
from vigil.kernel.errors import Unavailable

pytestmark = pytest.mark.django_db
RULES = f"{LEADS} => watch_lead@BM01; CN=ADMINS, {GROUPS} => administrator@*"


@pytest.fixture
def configured(settings, slapd: Slapd) -> Slapd:
    settings.VIGIL_LDAP = Directory(**slapd.settings())
    settings.VIGIL_LDAP_RULES = parse_rules(RULES, "VIGIL_LDAP_ROLES")
    return slapd


def _try(name: str, password: str) -> tuple[Client, int]:
    client = Client()
    return client, client.post("/sign-in/", {"login": name, "password": password}).status_code


def _signed_in(name: str, password: str | None = None) -> User | None:
    client, _ = _try(name, PASSWORDS[name] if password is None else password)
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


@pytest.mark.parametrize(
    "name, password, subject",
    [
        ("an", PASSWORDS["an"], True),
        ("AN", PASSWORDS["an"], True),
        ("an", "sai", False),
        ("an", "", False),
        ("an", PASSWORDS["binh"], False),
        ("", PASSWORDS["an"], False),
        ("khong-co", "x", False),
        ("*", PASSWORDS["an"], False),
        ("*)(uid=*", PASSWORDS["an"], False),
        ("an)(|(uid=*", PASSWORDS["an"], False),
        ("a\\6e", PASSWORDS["an"], False),
        ("an\0", PASSWORDS["an"], False),
        ("a" * 300, PASSWORDS["an"], False),
        ("cu", PASSWORDS["cu"], False),
    ],
)
def test_the_directory_knows_whose_password_it_is(slapd, name, password, subject) -> None:
    found = Directory(**slapd.settings()).sign_in(name, password)
    assert (found is not None) is subject
    if found is not None:
        assert (found.name, found.full_name, found.mail) == ("an", "Ng an", "an@bo-mau.example")
        assert found.groups == {LEADS}
        assert len(found.subject) == 36, "entryUUID"


def test_a_name_that_is_several_people_s_is_nobody_s(slapd) -> None:
    anybody = Directory(**slapd.settings(people_filter="(|(uid={name})(objectClass=inetOrgPerson))"))
    assert anybody.sign_in("an", PASSWORDS["an"]) is None


def test_groups_are_searched_for_where_entries_do_not_name_them(slapd) -> None:
    directory = Directory(**slapd.settings(groups_base=GROUPS))
    found = directory.sign_in("an", PASSWORDS["an"])
    assert found is not None
    assert found.groups == {LEADS}


@pytest.mark.parametrize(
    "url, ca, start_tls, works",
    [
        ("ldap://localhost:{port}", "ca.pem", True, True),
        ("ldaps://localhost:{tls}", "ca.pem", None, True),
        ("ldap://localhost:{port}", "stranger.pem", True, False),
        ("ldaps://localhost:{tls}", "stranger.pem", None, False),
        ("ldaps://localhost:{tls}", None, None, False),
        ("ldaps://127.0.0.1:{tls}", "ca.pem", None, False),  # the certificate is for localhost
        ("ldap://127.0.0.1:{port}", "ca.pem", True, False),
    ],
)
def test_a_password_goes_only_to_the_server_that_was_meant(slapd, url, ca, start_tls, works) -> None:
    url = url.format(port=slapd.port, tls=slapd.tls_port)
    more = {"url": url, "ca": slapd.folder / ca if ca else None, "start_tls": start_tls}
    directory = Directory(**slapd.settings(**more))
    if works:
        assert directory.sign_in("an", PASSWORDS["an"]) is not None
    else:
        with pytest.raises(Unavailable):
            directory.sign_in("an", PASSWORDS["an"])


@pytest.mark.parametrize("change", [{"bind_password": "sai"}, {"people_base": "ou=khong,dc=co"}])
def test_a_directory_that_does_not_let_vigil_ask_says_nothing_about_anybody(slapd, change) -> None:
    with pytest.raises(Unavailable):
        Directory(**slapd.settings(**change)).sign_in("an", PASSWORDS["an"])


def test_whoever_is_in_a_group_has_its_role_and_loses_it_with_the_group(configured) -> None:
    home = organisation("Nhà-Ta", code="BM01")
    user = _signed_in("an")
    assert user is not None
    assert (user.username, user.first_name, user.has_usable_password()) == ("an", "Ng an", False)
    held = RoleGrant.objects.get(user=user)
    assert (held.role, held.organisation, held.source) == ("watch_lead", home, "ldap")
    told = Entry.objects.filter(subject=f"accounts.user:{user.pk}")
    assert set(told.values_list("action", flat=True)) == {
        "account.created", "account.linked", "account.role_granted", "account.signed_in",
    }  # fmt: skip
    assert told.get(action="account.signed_in").facts["by"] == "ldap"
    grant(user=user, role="viewer", organisation=home, actor=ACTOR, now=clock.now())
    configured.join(ADMINS, "an")
    configured.leave(LEADS, "an")
    try:
        assert _signed_in("an") == user
    finally:
        configured.join(LEADS, "an")
        configured.leave(ADMINS, "an")
    roles = {(held.role, held.organisation, held.source) for held in RoleGrant.objects.filter(user=user)}
    assert roles == {("administrator", None, "ldap"), ("viewer", home, "")}, "what was granted by hand stays"
    assert told.filter(action="account.role_revoked", facts__source="ldap").count() == 1


def test_who_is_known_but_has_no_role_is_told_so(configured) -> None:
    client, _ = _try("binh", PASSWORDS["binh"])
    page = client.get("/me/no-role/").content.decode()
    assert "id_old" not in client.get("/me/").content.decode(), "there is no password here to change"
    assert client.post("/me/", {"language": "en"}).status_code == 302
    assert not RoleGrant.objects.exists()
    assert "binh" in page
    answer = Client().post("/sign-in/", {"login": "binh", "password": PASSWORDS["binh"]})
    assert answer.headers["Location"] == "/me/no-role/"


def test_the_same_person_under_a_new_name_is_the_same_account(configured) -> None:
    user = _signed_in("binh")
    configured.rename("binh", "binh2")
    try:
        assert _signed_in("binh2", PASSWORDS["binh"]) == user
    finally:
        configured.rename("binh2", "binh")


def test_a_local_account_of_the_same_name_is_somebody_else_and_its_password_stays_here(configured) -> None:
    local = create_user(username="An", password="một mật khẩu dài", actor=ACTOR, now=clock.now())
    assert _signed_in("an", PASSWORDS["an"]) is None, "the directory's password is no way into the local account"
    assert _signed_in("an", "một mật khẩu dài") == local
    User.objects.filter(pk=local.pk).update(password="!")
    theirs = _signed_in("an")
    assert theirs is not None and theirs != local
    assert theirs.username == "an@ldap"
    client, _ = _try("an@ldap", PASSWORDS["an"])
    assert client.session["_auth_user_id"] == str(theirs.pk), "the name here leads to the name there"


def test_a_closed_account_stays_closed_whatever_the_directory_says(configured) -> None:
    user = _signed_in("an")
    set_active(user=user, active=False, actor=ACTOR, now=clock.now())
    assert _signed_in("an") is None


def test_wrong_passwords_lock_out_here_too_and_are_in_no_log(configured, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            _, status = _try("binh", "một mật khẩu sai")
        assert status == 403
        assert _signed_in("binh") is None
        Directory(**configured.settings(bind_password="không đúng", url="ldap://127.0.0.1:1")).__repr__()
    assert "một mật khẩu sai" not in caplog.text
    assert "không đúng" not in repr(Directory(**configured.settings(bind_password="không đúng")))


def test_without_the_directory_local_accounts_sign_in_and_the_page_says_why_others_cannot(settings, tmp_path) -> None:
    own = start_slapd(tmp_path / "own")
    settings.VIGIL_LDAP = Directory(**own.settings())
    assert _signed_in("an") is not None
    own.process.kill()
    own.process.wait()
    local = create_user(username="may", password="một mật khẩu dài", actor=ACTOR, now=clock.now())
    for _ in range(6):
        answer = Client().post("/sign-in/", {"login": "an", "password": PASSWORDS["an"]})
        assert answer.status_code == 503, "no lock-out counts what says nothing about the password"
    assert "directory.unavailable" in answer.content.decode()
    assert PASSWORDS["an"] not in answer.content.decode()
    assert _signed_in("may", "một mật khẩu dài") == local


def test_a_server_that_accepts_and_says_nothing_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr("vigil.adapters.directory_servers.wire.ANSWER_S", 1)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        directory = Directory(url=f"ldap://127.0.0.1:{mute.getsockname()[1]}", people_base="dc=x")
        with pytest.raises(Unavailable):
            directory.sign_in("an", "x")

"""What a directory must be told, and what it never does with a password."""

import pytest

from vigil.adapters.directory_servers import Directory

GOOD = {"url": "ldaps://ldap.bo-mau.example", "people_base": "ou=people,dc=bo-mau,dc=example"}


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://x"},
        {"url": "ldaps://"},
        {"people_base": ""},
        {"people_filter": "(uid=an)"},
        {"groups_base": "dc=x", "groups_filter": "(member=an)"},
        {"url": "ldap://ldap.bo-mau.example", "start_tls": False},
        {"bind_dn": "cn=vigil"},
    ],
)
def test_what_cannot_work_or_would_send_passwords_in_the_clear_is_an_error(change) -> None:
    with pytest.raises(ValueError, match="VIGIL_LDAP_"):
        Directory(**{**GOOD, **change})


@pytest.mark.parametrize("name, password", [("an", ""), ("", "x"), ("an", "x\0"), ("a" * 257, "x")])
def test_an_empty_password_is_refused_before_anything_is_sent(name, password) -> None:
    """Sockets are off here: asking the server would raise."""
    assert Directory(**GOOD).sign_in(name, password) is None

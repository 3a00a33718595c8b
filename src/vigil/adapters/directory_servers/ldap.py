"""One LDAP directory: a name is searched for, then its password is tried by a bind as that entry.

Source: RFC 4511 (4.2 bind, 4.5 search, 4.14 StartTLS), RFC 4513 (5.1.2: a bind with a name and no password succeeds as
nobody, so an empty password is refused before anything is sent), RFC 4515 (3: escaping in filters).
"""

import ipaddress
import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from vigil.kernel.errors import Unavailable
from vigil.kernel.phrases import N_

log = logging.getLogger(__name__)
SEARCH_S: Final = 10
LONGEST_NAME: Final = 256
MOST_GROUPS: Final = 1000
_SUCCESS: Final = 0
_SIZE_EXCEEDED: Final = 4
_BUSY: Final = (51, 52, 80)
_AD_DISABLED: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """Whom the directory knows, and that the password was theirs."""

    subject: str
    name: str
    full_name: str
    mail: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Directory:
    """Where and how to ask. `{name}` in `people_filter` and `{dn}` in `groups_filter` are filled in escaped.

    Groups are the values of `memberOf`, or, with `groups_base`, the entries there that `groups_filter` finds.
    """

    url: str
    people_base: str
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    people_filter: str = "(uid={name})"
    groups_base: str = ""
    groups_filter: str = "(member={dn})"
    subject_attribute: str = "entryUUID"
    start_tls: bool | None = None
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Raises: ValueError for a URL, a filter or a base that cannot work."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname:
            raise ValueError("VIGIL_LDAP_URL must be ldaps://host:port or ldap://host:port")
        if not self.people_base:
            raise ValueError("VIGIL_LDAP_BASE: say where people are, for example ou=people,dc=example")
        if "{name}" not in self.people_filter:
            raise ValueError("VIGIL_LDAP_FILTER must hold {name}")
        if self.groups_base and "{dn}" not in self.groups_filter:
            raise ValueError("VIGIL_LDAP_GROUPS_FILTER must hold {dn}")
        if parts.scheme == "ldap" and self.start_tls is False and not _is_loopback(parts.hostname):
            raise ValueError("VIGIL_LDAP_STARTTLS=0 is taken on this machine's own address only; use ldaps://")
        if self.bind_dn and not self.bind_password:
            raise ValueError("VIGIL_LDAP_BIND_DN needs VIGIL_LDAP_PASSWORD or VIGIL_LDAP_PASSWORD_FILE")

    def sign_in(self, name: str, password: str) -> Found | None:
        """Who `name` is when `password` is theirs; None for anything else that the directory answers.

        Raises: Unavailable `directory.unavailable` when it does not answer, or does not let Vigil itself ask.
        """
        if not password or not name or len(name) > LONGEST_NAME or "\0" in name + password:
            return None
        from vigil.adapters.directory_servers import wire  # ldap3 is slow to import, and mostly not wanted

        try:
            return self._asked(name, password)
        except wire.FAULTS as error:
            log.warning("the directory at %s does not answer: %s", self._shown(), type(error).__name__)
            raise _unavailable() from None  # the server's words may repeat what was sent to it

    def _asked(self, name: str, password: str) -> Found | None:
        from ldap3 import SUBTREE
        from ldap3.utils.conv import escape_filter_chars

        with self._session(self.bind_dn, self.bind_password) as (asking, code):
            if code != _SUCCESS:
                log.warning("the directory at %s does not let VIGIL_LDAP_BIND_DN in (result %s)", self._shown(), code)
                raise _unavailable()
            wanted = self.people_filter.replace("{name}", escape_filter_chars(name))
            names = ["cn", "displayName", "uid", "sAMAccountName", "mail", "memberOf", "userAccountControl"]
            names += ["nsAccountLock", "pwdAccountLockedTime", self.subject_attribute]
            asking.search(self.people_base, wanted, SUBTREE, attributes=names, size_limit=2, time_limit=SEARCH_S)
            self._check(asking.result["result"], _SUCCESS, _SIZE_EXCEEDED)
            entries = [one for one in asking.response or () if one.get("type") == "searchResEntry"]
            if len(entries) != 1:
                return None  # nobody, or a name that is not one person's
            entry = entries[0]
            subject = _subject(entry, self.subject_attribute)
            if not subject:
                log.warning("entries at %s have no %s (VIGIL_LDAP_SUBJECT)", self._shown(), self.subject_attribute)
                raise _unavailable()
            if _is_disabled(entry) or not self._is_theirs(entry["dn"], password):
                return None
            return Found(
                subject=subject,
                name=_first(entry, "uid") or _first(entry, "sAMAccountName") or name,
                full_name=_first(entry, "displayName") or _first(entry, "cn"),
                mail=_first(entry, "mail"),
                groups=self._groups(asking, entry),
            )

    def _is_theirs(self, dn: str, password: str) -> bool:
        with self._session(dn, password) as (_, code):
            if code in _BUSY:
                raise _unavailable()
            return bool(code == _SUCCESS)

    def _groups(self, asking: Any, entry: dict[str, Any]) -> frozenset[str]:
        if not self.groups_base:
            return frozenset(_all(entry, "memberOf")[:MOST_GROUPS])
        from ldap3 import SUBTREE
        from ldap3.utils.conv import escape_filter_chars

        wanted = self.groups_filter.replace("{dn}", escape_filter_chars(entry["dn"]))
        asking.search(
            self.groups_base, wanted, SUBTREE, attributes=["1.1"], size_limit=MOST_GROUPS, time_limit=SEARCH_S
        )
        self._check(asking.result["result"], _SUCCESS)  # half of somebody's groups would take roles away
        return frozenset(one["dn"] for one in asking.response or () if one.get("type") == "searchResEntry")

    def _check(self, code: int, *good: int) -> None:
        """A search that did not come to its end says nothing about anybody."""
        if code not in good:
            log.warning("the directory at %s does not answer a search (result %s)", self._shown(), code)
            raise _unavailable()

    def _session(self, dn: str, password: str) -> AbstractContextManager[tuple[Any, int]]:
        from vigil.adapters.directory_servers import wire

        parts = urlsplit(self.url)
        secure, host = parts.scheme == "ldaps", parts.hostname or ""
        return wire.session(
            host,
            parts.port or (636 if secure else 389),
            secure=secure,
            start_tls=not secure and (not _is_loopback(host) if self.start_tls is None else self.start_tls),
            ca=str(self.ca) if self.ca else None,
            dn=dn,
            password=password,
        )

    def _shown(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or ''}"


def _unavailable() -> Unavailable:
    return Unavailable(
        "directory.unavailable",
        N_("The directory does not answer. Accounts with a password of Vigil's own can sign in as before."),
    )


def _all(entry: dict[str, Any], name: str) -> list[str]:
    for key, values in (entry.get("raw_attributes") or {}).items():
        if key.casefold() == name.casefold():
            return [value.decode("utf-8", "replace") for value in values]
    return []


def _first(entry: dict[str, Any], name: str) -> str:
    return next(iter(_all(entry, name)), "")


def _subject(entry: dict[str, Any], name: str) -> str:
    """As text; what is not text (objectGUID) in hexadecimal."""
    for key, values in (entry.get("raw_attributes") or {}).items():
        if key.casefold() == name.casefold() and values:
            try:
                return str(values[0].decode("ascii"))[:170]
            except UnicodeDecodeError:
                return str(values[0].hex())[:170]
    return ""


def _is_disabled(entry: dict[str, Any]) -> bool:
    """As Active Directory, 389 Directory Server and password policies (OpenLDAP) mark it."""
    control = _first(entry, "userAccountControl")
    return (
        (control.isdigit() and bool(int(control) & _AD_DISABLED))
        or _first(entry, "nsAccountLock").casefold() == "true"
        or bool(_first(entry, "pwdAccountLockedTime"))
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""How people sign in beyond name and password: second factors, OpenID Connect, LDAP; read from the environment.

A mistake stops the start with a sentence that names the setting. docs/how-to/sign-in.md tells how to use it.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from vigil.adapters.directory_servers import Directory
from vigil.domain.accounts.mapping import Rule, parse_roles, parse_rules


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """One OpenID provider. `trust_mfa`: values of `amr` or `acr` that are taken for a second factor."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "OpenID Connect"
    roles_claim: str = "groups"
    rules: tuple[Rule, ...] = ()
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    trust_mfa: frozenset[str] = frozenset()
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Raises: ValueError for what cannot work."""
        parts = urlsplit(self.issuer)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("VIGIL_OIDC_URL must be the issuer's https:// address")
        if not self.client_id or not self.client_secret:
            raise ValueError("VIGIL_OIDC_URL needs VIGIL_OIDC_CLIENT_ID and VIGIL_OIDC_CLIENT_SECRET (or ..._FILE)")


def _file_or(text: str, file: str, setting: str) -> str:
    """A secret from a setting or from the file that a setting names."""
    if not file:
        return text
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{setting}: {file} cannot be read ({error.strerror})") from None


def _path(text: str, setting: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError(f"{setting}: there is no file {text}")
    return Path(text) if text else None


def _oidc() -> OidcProvider | None:
    if not os.environ.get("VIGIL_OIDC_URL"):
        return None
    return OidcProvider(
        issuer=os.environ["VIGIL_OIDC_URL"].removesuffix("/.well-known/openid-configuration"),
        client_id=os.environ.get("VIGIL_OIDC_CLIENT_ID", ""),
        client_secret=_file_or(
            os.environ.get("VIGIL_OIDC_CLIENT_SECRET", ""),
            os.environ.get("VIGIL_OIDC_CLIENT_SECRET_FILE", ""),
            "VIGIL_OIDC_CLIENT_SECRET_FILE",
        ),
        name=os.environ.get("VIGIL_OIDC_NAME") or "OpenID Connect",
        roles_claim=os.environ.get("VIGIL_OIDC_ROLES_CLAIM") or "groups",
        rules=parse_rules(os.environ.get("VIGIL_OIDC_ROLES", ""), "VIGIL_OIDC_ROLES"),
        scopes=tuple((os.environ.get("VIGIL_OIDC_SCOPES") or "openid profile email").split()),
        trust_mfa=frozenset(filter(None, map(str.strip, os.environ.get("VIGIL_OIDC_TRUST_MFA", "").split(",")))),
        ca=_path(os.environ.get("VIGIL_OIDC_CA", ""), "VIGIL_OIDC_CA"),
    )


def _ldap() -> Directory | None:
    if not os.environ.get("VIGIL_LDAP_URL"):
        return None
    start_tls = os.environ.get("VIGIL_LDAP_STARTTLS", "")
    return Directory(
        url=os.environ["VIGIL_LDAP_URL"],
        people_base=os.environ.get("VIGIL_LDAP_BASE", ""),
        bind_dn=os.environ.get("VIGIL_LDAP_BIND_DN", ""),
        bind_password=_file_or(
            os.environ.get("VIGIL_LDAP_PASSWORD", ""),
            os.environ.get("VIGIL_LDAP_PASSWORD_FILE", ""),
            "VIGIL_LDAP_PASSWORD_FILE",
        ),
        people_filter=os.environ.get("VIGIL_LDAP_FILTER") or "(uid={name})",
        groups_base=os.environ.get("VIGIL_LDAP_GROUPS_BASE", ""),
        groups_filter=os.environ.get("VIGIL_LDAP_GROUPS_FILTER") or "(member={dn})",
        subject_attribute=os.environ.get("VIGIL_LDAP_SUBJECT") or "entryUUID",
        start_tls=start_tls.strip().lower() in {"1", "true", "yes", "on"} if start_tls else None,
        ca=_path(os.environ.get("VIGIL_LDAP_CA", ""), "VIGIL_LDAP_CA"),
    )


try:
    MFA_ROLES = parse_roles(os.environ.get("VIGIL_MFA_ROLES", ""), "VIGIL_MFA_ROLES")
    OIDC = _oidc()
    LDAP = _ldap()
    LDAP_RULES = parse_rules(os.environ.get("VIGIL_LDAP_ROLES", ""), "VIGIL_LDAP_ROLES")
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None

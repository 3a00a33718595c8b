"""Which MISP attribute is which STIX pattern, and back. Both ways go through one table; other types are not mapped.

Source: MISP core format (attribute types); STIX 2.1 section 9 (patterning).
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from vigil.adapters.peers.misp.bounds import Unfit

_HASHES: Final = {"md5": ("MD5", 32), "sha1": ("SHA-1", 40), "sha256": ("SHA-256", 64)}
MAPPED: Final = frozenset({"domain", "hostname", "ip-src", "ip-dst", "url", *_HASHES})
CATEGORIES: Final = {"md5": "Payload delivery", "sha1": "Payload delivery", "sha256": "Payload delivery"}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN_RE = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+\.?")
_PATTERN_RE = re.compile(
    r"\s*\[\s*(?P<path>(?:domain-name|ipv4-addr|ipv6-addr|url):value|file:hashes\.(?:'[A-Z0-9-]+'|[A-Z0-9]+))"
    r"\s*=\s*'(?P<value>(?:[^'\\]|\\.)*)'\s*\]\s*",
    re.DOTALL,
)


def checked(kind: str, value: str) -> str:
    """The value of a mapped attribute in its plain form. Raises: Unfit `bad_value`."""
    value = value.strip()
    if any(ord(char) < 32 or "\ud800" <= char <= "\udfff" for char in value):
        raise Unfit("bad_value")
    if kind in ("domain", "hostname"):
        return _domain(value)
    if kind in ("ip-src", "ip-dst"):
        return _address(value)
    if kind == "url":
        return _url(value)
    low = value.lower()
    if not re.fullmatch(rf"[0-9a-f]{{{_HASHES[kind][1]}}}", low):
        raise Unfit("bad_value")
    return low


def _domain(value: str) -> str:
    try:
        low = value.lower() if value.isascii() else value.lower().encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Unfit("bad_value") from error
    if not _DOMAIN_RE.fullmatch(low) or re.fullmatch(r"[\d.]+", low):
        raise Unfit("bad_value")
    return low.rstrip(".")


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False) if "/" in value else ipaddress.ip_address(value))
    except ValueError as error:
        raise Unfit("bad_value") from error


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise Unfit("bad_value") from error
    if parts.scheme.lower() not in ("http", "https", "ftp") or not parts.netloc or re.search(r"\s", value):
        raise Unfit("bad_value")
    return value


def pattern_of(kind: str, value: str) -> str:
    """The STIX pattern of a checked value."""
    literal = value.replace("\\", "\\\\").replace("'", "\\'")
    if kind in ("domain", "hostname"):
        return f"[domain-name:value = '{literal}']"
    if kind in ("ip-src", "ip-dst"):
        return f"[ipv{6 if ':' in value else 4}-addr:value = '{literal}']"
    if kind == "url":
        return f"[url:value = '{literal}']"
    return f"[file:hashes.'{_HASHES[kind][0]}' = '{literal}']"


def attribute_of(pattern: str, hint: str = "") -> tuple[str, str]:
    """(type, value) of a pattern that is one comparison; `hint` is the type that it had in MISP, if it had one.

    Raises: Unfit `other_pattern`, `bad_value`.
    """
    match = _PATTERN_RE.fullmatch(pattern)
    if match is None:
        raise Unfit("other_pattern")
    value = re.sub(r"\\(.)", r"\1", match["value"], flags=re.DOTALL)
    kind = _kind(match["path"], hint)
    return kind, checked(kind, value)


def _kind(path: str, hint: str) -> str:
    if path == "domain-name:value":
        return hint if hint in ("domain", "hostname") else "domain"
    if path == "url:value":
        return "url"
    if path.endswith("-addr:value"):
        return hint if hint in ("ip-src", "ip-dst") else "ip-dst"
    name = path.partition(".")[2].strip("'").replace("-", "").lower()
    if name not in _HASHES:
        raise Unfit("other_pattern")
    return name

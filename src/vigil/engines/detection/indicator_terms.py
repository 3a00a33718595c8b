"""What indicators are, how lists and events write them, and which fields hold them."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

HOSTS: Final = frozenset(
    {"destinationhostname", "queryname", "query", "dns.question.name", "host_header", "cs-host", "domain",
     "hostname_dst", "dest_host", "server_name", "tls.sni", "http.hostname", "r-dns"}
)  # fmt: skip
ADDRESSES: Final = frozenset(
    {"destinationip", "sourceip", "ipaddress", "destaddress", "sourceaddress", "sourceipaddress", "src_ip", "dest_ip",
     "dst_ip", "id.orig_h", "id.resp_h", "clientaddress", "c-ip", "s-ip", "clientip", "remote_addr"}
)  # fmt: skip
URLS: Final = frozenset({"url", "c-uri", "cs-uri", "request_url", "http.url", "url.full"})
HASHES: Final = frozenset({"hashes", "hash", "md5", "sha1", "sha256", "imphash", "file.hash.sha256", "file.hash.md5"})
KINDS: Final = ("domain", "address", "network", "url", "hash")
SHORTEST: Final = {4: 8, 6: 19}
"""Networks wider than these hold whole continents: an allocation of a registry to a continent is not an indicator."""
_HASH: Final = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{8}(?:[0-9a-f]{24})?)?")
_HEX: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{32,64}(?![0-9a-f])")
_URL: Final = re.compile(
    r"(https?|ftp)://(?:[^/?#@]*@)?(\[[^\]]+\]|[^/:?#@]+)(?::([0-9]{1,5})?)?(/[^?#]*)?(\?[^#]*)?", re.IGNORECASE
)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
FIELDS: Final = HOSTS | ADDRESSES | URLS | HASHES


@dataclass(frozen=True, slots=True)
class Indicator:
    """A value of a kind. Valid in [valid_from, valid_until), for ever where None; `tlp` as TLP 2.0 names it."""

    kind: str
    value: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    tlp: str = ""
    source: str = ""

    def valid_at(self, at: datetime) -> bool:
        """Whether it holds at that time (aware)."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class RefusedIndicator:
    """A value that is no indicator, and why."""

    value: str
    reason: str


def kind_of(value: str) -> tuple[str, str]:
    """Kind and normal form of a value as lists write it (also defanged: hxxp, [.]). Raises: ValueError."""
    text = value.strip().replace("[.]", ".").replace("(.)", ".").replace("[:]", ":")
    text = re.sub(r"^hxxp", "http", text, flags=re.IGNORECASE)
    if len(text) > 2048:
        raise ValueError("longer than 2,048 characters")
    if _HASH.fullmatch(text.lower()):
        return "hash", text.lower()
    if "://" in text:
        return "url", normal_url(text)
    if "/" in text:
        return "network", str(ipaddress.ip_network(text, strict=False))
    try:
        return "address", str(ipaddress.ip_address(text))
    except ValueError:
        return "domain", normal_host(text)


def normal_host(value: str) -> str:
    """A host's name in lower case, without a dot at its end, in ASCII (IDNA). Raises: ValueError."""
    text = value.strip().rstrip(".").lower().removeprefix("*.")
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError as error:
            raise ValueError("no name of a host") from error
    labels = text.split(".")
    if len(text) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("no name of a host")
    if labels[-1].isdigit():
        raise ValueError("no name of a host")
    return text


def normal_url(value: str) -> str:
    """Scheme and host in lower case, no user, no usual port, no fragment, `/` for an empty path. Raises: ValueError."""
    return "".join(url_parts(value))


def url_parts(value: str) -> tuple[str, str, str]:
    """Scheme, host, and everything from the port on."""
    found = _URL.match(value.strip())
    if found is None:
        raise ValueError("no address of the web")
    scheme, host, port, path, query = found.groups("")
    rest = "" if port in ("", "80", "443") else f":{port}"
    return f"{scheme.lower()}://", host.lower(), f"{rest}{path or '/'}{query}"


def time_of(text: str) -> datetime | None:
    """A time of an event or a list; UTC where it names no zone; None where it is none."""
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # also the first of January of the year 1, in a zone that is ahead
        return None

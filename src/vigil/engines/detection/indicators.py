"""Indicators over the same columns: domains with their subdomains, addresses and networks, URLs, file hashes.

Each distinct value is looked up once; a host asks for itself and its parents, an address for itself and each length of
network that there is. A list is data of others: what would match half the world (a public suffix, 0.0.0.0/0) and what
is no indicator is refused with a reason, one by one.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
MATCHES: Final = pa.schema([("indicator", pa.int32()), ("row", pa.int64())])


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
    return "".join(_url_parts(value))


def _url_parts(value: str) -> tuple[str, str, str]:
    """Scheme, host, and everything from the port on."""
    found = _URL.match(value.strip())
    if found is None:
        raise ValueError("no address of the web")
    scheme, host, port, path, query = found.groups("")
    rest = "" if port in ("", "80", "443") else f":{port}"
    return f"{scheme.lower()}://", host.lower(), f"{rest}{path or '/'}{query}"


@dataclass
class IndicatorSet:
    """Indicators ready to be looked up; `refused` are those that are none."""

    indicators: list[Indicator] = field(default_factory=list)
    refused: list[RefusedIndicator] = field(default_factory=list)
    _exact: dict[str, dict[str, list[int]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    _networks: dict[tuple[int, int], dict[int, list[int]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, value: str, *, is_suffix: Callable[[str], bool], **more: object) -> None:
        """Take a value, or refuse it. `is_suffix`: whether a name is a public suffix (com.vn, github.io)."""
        try:
            kind, normal = kind_of(value)
            self._fits(kind, normal, is_suffix)
        except ValueError as error:
            self.refused.append(RefusedIndicator(value[:200], str(error)[:200]))
            return
        number = len(self.indicators)
        self.indicators.append(Indicator(kind, normal, **more))  # type: ignore[arg-type]
        if kind == "network":
            network = ipaddress.ip_network(normal)
            bits = network.max_prefixlen - network.prefixlen
            self._networks[network.version, bits].setdefault(int(network.network_address) >> bits, []).append(number)
        else:
            self._exact[kind].setdefault(normal, []).append(number)

    def _fits(self, kind: str, normal: str, is_suffix: Callable[[str], bool]) -> None:
        if kind == "domain" and is_suffix(normal):
            raise ValueError("a public suffix: everybody below it would match")
        if kind == "network":
            network = ipaddress.ip_network(normal)
            if network.prefixlen < SHORTEST[network.version]:
                raise ValueError(f"wider than /{SHORTEST[network.version]}")
        if (
            kind == "address"
            and (address := ipaddress.ip_address(normal))
            and (address.is_unspecified or address.is_loopback or address.is_multicast)
        ):
            raise ValueError("unspecified, loopback or multicast")

    def match(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Pairs of an indicator's number and a row's; whether it is valid then is asked by who knows the time."""
        found: set[tuple[int, int]] = set()
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            look = self._look(name)
            if look is not None:
                found |= set(_rows(array, look))
        ordered = sorted(found)
        return pa.RecordBatch.from_arrays(
            [pa.array([one for one, _ in ordered], pa.int32()), pa.array([row for _, row in ordered], pa.int64())],
            schema=MATCHES,
        )

    def _look(self, name: str) -> Callable[[str], Sequence[int]] | None:
        if name in HOSTS and self._exact["domain"]:
            return self.of_host
        if name in ADDRESSES and (self._exact["address"] or self._networks):
            return self.of_address
        if name in URLS and (self._exact["url"] or self._exact["domain"]):
            return self.of_url
        return self.of_hashes if name in HASHES and self._exact["hash"] else None

    def of_host(self, value: str) -> list[int]:
        """Indicators for a host: its own and its parents'."""
        domains, text = self._exact["domain"], value.rstrip(".").lower()
        if not text.isascii():
            try:
                text = normal_host(text)
            except ValueError:
                return []
        found: list[int] = []
        while "." in text:
            found += domains.get(text, ())
            text = text.partition(".")[2]
        return found

    def of_address(self, value: str) -> list[int]:
        """Indicators for an address: itself and the networks it is in."""
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return []
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        found = list(self._exact["address"].get(str(address), ()))
        whole = int(address)
        for (version, bits), networks in self._networks.items():
            if version == address.version:
                found += networks.get(whole >> bits, ())
        return found

    def of_url(self, value: str) -> list[int]:
        """Indicators for a URL: itself, and its host."""
        try:
            scheme, host, rest = _url_parts(value)
        except ValueError:
            return []
        return [*self._exact["url"].get(f"{scheme}{host}{rest}", ()), *self.of_host(host)]

    def of_hashes(self, value: str) -> list[int]:
        """Indicators for whatever hashes a text names (`SHA256=...,MD5=...`)."""
        known = self._exact["hash"]
        return [number for text in _HEX.findall(value.lower()) for number in known.get(text, ())]


def _rows(array: pa.Array, look: Callable[[str], Sequence[int]]) -> Iterator[tuple[int, int]]:
    parents = None
    if pa.types.is_list(array.type):
        parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
        array = array.flatten()
    encoded = pc.dictionary_encode(array)
    hit = {code: found for code, value in enumerate(encoded.dictionary.to_pylist()) if (found := look(value))}
    if not hit:
        return
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(np.isin(codes, list(hit))).tolist():
        row = place if parents is None else int(parents[place])
        for number in hit[int(codes[place])]:
            yield number, row


def time_of(text: str) -> datetime | None:
    """A time of an event or a list; UTC where it names no zone; None where it is none."""
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_list(
    lines: Iterable[str], *, is_suffix: Callable[[str], bool], source: str = "", at_most: int = 2_000_000
) -> IndicatorSet:
    """A list of values, one a line; `#` begins a remark. After the value may stand, separated by commas, the times from
    which and until which it is valid, and its TLP. More than `at_most` are refused.
    """
    found = IndicatorSet()
    for line in lines:
        text = line.partition("#")[0].strip() if "://" not in line else line.strip()
        if not text:
            continue
        value, *more = (part.strip().strip('"') for part in text.split(","))
        if len(found.indicators) >= at_most:
            found.refused.append(RefusedIndicator(value[:200], f"more than {at_most}"))
            break
        since, until, tlp = (*more, "", "", "")[:3]
        times = [(text, time_of(text) if text else None) for text in (since, until)]
        if any(text and at is None for text, at in times):
            found.refused.append(RefusedIndicator(value[:200], "a time that is none"))
            continue
        found.add(
            value, is_suffix=is_suffix, valid_from=times[0][1], valid_until=times[1][1], tlp=tlp.upper(), source=source
        )
    return found

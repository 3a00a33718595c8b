"""Indicators in the columns of a batch: each distinct value is looked up once, all values of a column together."""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vigil.engines.detection.held import encoded
from vigil.engines.detection.indicator_tables import Places, Table, Texts, bytes_of, heads, parents, runs
from vigil.engines.detection.indicator_terms import ADDRESSES, HASHES, HOSTS, URLS, normal_host, url_parts

MATCHES: Final = pa.schema([("indicator", pa.int32()), ("row", pa.int64())])
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS: Final = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"
_LENGTHS: Final = (32, 40, 64)
_HEX: Final = np.isin(np.arange(256), np.frombuffer(b"0123456789abcdef", np.uint8))
Pairs = list[tuple[int, int]]
"""Of a distinct value (by index) and an indicator (by number)."""


class Known(Protocol):
    """What is looked for."""

    texts: Texts

    def numbers(self, kind: str) -> Places: ...


class Lookup:
    """Tables of indicators, made once."""

    def __init__(self, known: Known) -> None:
        self._domains, self._urls = (Table(known.texts, known.numbers(kind)) for kind in ("domain", "url"))
        self._hashes = Table(known.texts, known.numbers("hash"), heads)
        self._four = _Numbers()
        self._six: dict[tuple[int, int], list[int]] = defaultdict(list)
        """By how many bits are left out, and the others."""
        self._addresses(known)
        self._lengths = sorted({bits for bits, _ in self._six})

    def _addresses(self, known: Known) -> None:
        plain: dict[int, list[tuple[int, int]]] = defaultdict(list)
        numbers = known.numbers("address")
        four, at = _four(known.texts.strings(numbers))
        plain[0] = list(zip(four.tolist(), numbers[at].tolist(), strict=True))
        odd = np.delete(numbers, at)
        for number in [*odd.tolist(), *known.numbers("network").tolist()]:
            network = ipaddress.ip_network(known.texts[number].decode())
            bits = network.max_prefixlen - network.prefixlen
            if network.version == 4:
                plain[bits].append((int(network.network_address) >> bits, number))
            else:
                self._six[bits, int(network.network_address) >> bits].append(number)
        for bits, pairs in plain.items():
            if pairs:
                self._four.add(bits, pairs)

    def match(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Pairs of an indicator's number and a row's, in order."""
        found: set[tuple[int, int]] = set()
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            look = self._look(name)
            if look is not None:
                found.update(_rows(array, look))
        ordered = sorted(found)
        return pa.RecordBatch.from_arrays(
            [pa.array([one for one, _ in ordered], pa.int32()), pa.array([row for _, row in ordered], pa.int64())],
            schema=MATCHES,
        )

    def _look(self, name: str) -> Callable[[pa.Array], Pairs] | None:
        if name in HOSTS and len(self._domains):
            return self._of_hosts
        if name in ADDRESSES and (len(self._four) or self._six):
            return self._of_addresses
        if name in URLS and (len(self._urls) or len(self._domains)):
            return self._of_urls
        return self._of_hashes if name in HASHES and len(self._hashes) else None

    def _of_hosts(self, values: pa.Array) -> Pairs:
        """A host's own, and those of its parents."""
        plain = pc.string_is_ascii(values)
        if not pc.all(plain).as_py():
            names = [value if value.isascii() else _ascii(value) for value in values.to_pylist()]
            values = pa.array(names, pa.string())
        data, offsets = bytes_of(pc.ascii_lower(pc.ascii_rtrim(values, characters=".")))
        whose, starts, ends = parents(data, offsets)
        return [(int(whose[at]), number) for at, number in self._domains.find(data, starts, ends)]

    def _of_addresses(self, values: pa.Array) -> Pairs:
        """An address's own, and those of the networks it is in."""
        four, at = _four(values)
        found = [(int(at[index]), number) for index, number in self._four.find(four)]
        others = np.flatnonzero(pc.match_substring(values, ":").to_numpy(zero_copy_only=False))
        for index, value in zip(others.tolist(), values.take(pa.array(others)).to_pylist(), strict=True):
            found += [(index, number) for number in self._of_six(value)]
        return found

    def _of_six(self, value: str) -> Iterable[int]:
        try:
            address = ipaddress.IPv6Address(value)
        except ValueError:
            return []
        if address.ipv4_mapped is not None:
            return [number for _, number in self._four.find(np.array([int(address.ipv4_mapped)]))]
        whole = int(address)
        return [number for bits in self._lengths for number in self._six.get((bits, whole >> bits), ())]

    def _of_urls(self, values: pa.Array) -> Pairs:
        """A URL's own, and those of its host."""
        whose, whole, hosts = [], [], []
        for index, value in enumerate(values.to_pylist()):
            try:
                scheme, host, rest = url_parts(value)
            except ValueError:
                continue
            whose.append(index)
            whole.append(f"{scheme}{host}{rest}".encode("utf-8", "replace").decode())
            hosts.append(host)
        if not whose:
            return []
        data, offsets = bytes_of(pa.array(whole, pa.string()))
        found = [(whose[at], number) for at, number in self._urls.find(data, offsets[:-1], offsets[1:])]
        return found + [(whose[at], number) for at, number in self._of_hosts(pa.array(hosts, pa.string()))]

    def _of_hashes(self, values: pa.Array) -> Pairs:
        """Those of whatever hashes a text names (`SHA256=...,MD5=...`)."""
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values), "\n")
        data, _ = bytes_of(pc.ascii_lower(joined))
        starts, ends = runs(data, _HEX, _LENGTHS)
        found = self._hashes.find(data, starts, ends)
        lengths = pc.binary_length(values).to_numpy()
        behind = np.cumsum(lengths + 1)
        return [(int(np.searchsorted(behind, starts[at], "right")), number) for at, number in found]


def _four(values: pa.Array) -> tuple[NDArray[np.int64], Places]:
    """Those of the texts that are addresses of IP version 4, as numbers, and which these are."""
    at = np.flatnonzero(pc.match_substring_regex(values, _ADDRESS).to_numpy(zero_copy_only=False))
    if not len(at):
        return np.zeros(0, np.int64), at
    parts = pc.split_pattern(values.take(pa.array(at)), ".").flatten().cast(pa.int64())
    return parts.to_numpy().reshape(-1, 4) @ np.array([1 << 24, 1 << 16, 1 << 8, 1]), at


class _Numbers:
    """Numbers of 32 bits, and ranges of them that share their first bits."""

    def __init__(self) -> None:
        self._sorted: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, bits: int, pairs: list[tuple[int, int]]) -> None:
        """Ranges that leave out so many bits, each with a number."""
        table = np.array(sorted(pairs), np.int64)
        self._sorted.append((bits, np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])))

    def find(self, asked: NDArray[np.int64]) -> Pairs:
        """Pairs of an index into what is asked and the number of a range it is in."""
        found: Pairs = []
        for bits, ranges, numbers in self._sorted:
            first = np.searchsorted(ranges, asked >> bits, "left")
            last = np.searchsorted(ranges, asked >> bits, "right")
            for at in np.flatnonzero(last > first).tolist():
                found += [(at, number) for number in numbers[first[at] : last[at]].tolist()]
        return found


def _ascii(name: str) -> str:
    try:
        return normal_host(name)
    except ValueError:
        return ""


def _rows(array: pa.Array, look: Callable[[pa.Array], Pairs]) -> Iterable[tuple[int, int]]:
    distinct, codes, rows = encoded(array)
    if not len(distinct):
        return
    hit: dict[int, list[int]] = defaultdict(list)
    for code, number in look(distinct):
        hit[code].append(number)
    if not hit:
        return
    for place in np.flatnonzero(np.isin(codes, list(hit))).tolist():
        row = place if rows is None else int(rows[place])
        for number in hit[int(codes[place])]:
            yield number, row

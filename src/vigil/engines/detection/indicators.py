"""Indicators over the same columns: domains with their subdomains, addresses and networks, URLs, file hashes.

Each distinct value is looked up once; a host asks for itself and its parents, an address for itself and each length of
network that there is. A list is data of others: what would match half the world (a public suffix, 0.0.0.0/0) and what
is no indicator is refused with a reason, one by one.
"""

import ipaddress
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vigil.engines.detection.indicator_lookup import Lookup
from vigil.engines.detection.indicator_tables import Places, Texts
from vigil.engines.detection.indicator_terms import (
    FIELDS,
    KINDS,
    SHORTEST,
    Indicator,
    RefusedIndicator,
    kind_of,
    time_of,
)

__all__ = ["FIELDS", "KINDS", "Indicator", "IndicatorSet", "RefusedIndicator", "kind_of", "read_list", "time_of"]


class Indicators(Sequence[Indicator]):
    """Indicators by number, made when somebody asks for one."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.kinds = bytearray()
        self._more = array("i")
        self._said: dict[_More, int] = {}

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, at: int) -> Indicator: ...
    @overload
    def __getitem__(self, at: slice) -> list[Indicator]: ...
    def __getitem__(self, at: int | slice) -> Indicator | list[Indicator]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = range(len(self))[at]
        said = self._facts[self._more[number]]
        return Indicator(KINDS[self.kinds[number]], self.texts[number].decode(), *said)

    @property
    def _facts(self) -> list["_More"]:
        return list(self._said)

    def add(self, kind: int, texts: Sequence[bytes] | pa.Array, more: "_More") -> None:
        """The next ones, of one kind."""
        said = self._said.setdefault(more, len(self._said))
        if isinstance(texts, pa.Array):
            self.texts.add_all(texts)
        else:
            for text in texts:
                self.texts.add(text)
        self.kinds += bytes([kind]) * len(texts)
        self._more.extend([said] * len(texts))

    def numbers(self, kind: str) -> Places:
        """Of the indicators of a kind."""
        return np.flatnonzero(np.frombuffer(self.kinds, np.uint8) == KINDS.index(kind))


_More = tuple[datetime | None, datetime | None, str, str]


class IndicatorSet:
    """Indicators ready to be looked up; `refused` are those that are none."""

    def __init__(self) -> None:
        self.indicators = Indicators()
        self.refused: list[RefusedIndicator] = []
        self._look: Lookup | None = None

    def add(
        self,
        value: str,
        *,
        is_suffix: Callable[[str], bool],
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        tlp: str = "",
        source: str = "",
    ) -> None:
        """Take a value, or refuse it. `is_suffix`: whether a name is a public suffix (com.vn, github.io)."""
        try:
            kind, normal = kind_of(value)
            _fits(kind, normal, is_suffix)
        except ValueError as error:
            self.refused.append(RefusedIndicator(value[:200], str(error)[:200]))
            return
        text = normal.encode("utf-8", "replace")
        self.indicators.add(KINDS.index(kind), (text,), (valid_from, valid_until, tlp, source))
        self._look = None

    def add_plain(self, values: pa.Array, *, is_suffix: Callable[[str], bool], source: str = "") -> NDArray[np.bool_]:
        """Take those of the values that are written as they are kept, all at once; returns which were taken.

        They keep their order among themselves, kind by kind.
        """
        taken = np.zeros(len(values), np.bool_)
        for kind, pattern in _PLAIN:
            like = pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False) & ~taken
            if kind == "domain" and like.any():
                at = np.flatnonzero(like)
                names = values.take(pa.array(at)).to_pylist()
                like[at] = [len(name) <= _LONGEST_HOST and not is_suffix(name) for name in names]
            if like.any():
                self.indicators.add(KINDS.index(kind), values.filter(pa.array(like)), (None, None, "", source))
                taken |= like
        self._look = None
        return taken

    def match(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Pairs of an indicator's number and a row's; whether it is valid then is asked by who knows the time."""
        return self.prepared().match(batch)

    def prepared(self) -> Lookup:
        """What is looked up in, made once: before processes part, and not while events wait."""
        if self._look is None:
            self._look = Lookup(self.indicators)
        return self._look


def _fits(kind: str, normal: str, is_suffix: Callable[[str], bool]) -> None:
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


_LONGEST_HOST: Final = 253
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_FIRST: Final = r"(?:[1-9]|[1-9][0-9]|1[01][0-9]|12[0-689]|1[3-9][0-9]|2[01][0-9]|22[0-3])"
_WORD: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_PLAIN: Final = (
    ("hash", r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"),
    ("address", rf"^{_FIRST}(?:\.{_OCTET}){{3}}$"),
    ("domain", rf"^(?:{_WORD}\.)+[a-z](?:[a-z0-9_-]{{0,61}}[a-z0-9_])?$"),
    ("url", r"^(?:https?|ftp)://(?:[a-z0-9_-]+\.)+[a-z]+/[A-Za-z0-9/._~%?=&;+-]{0,1000}$"),
)
"""How most lists write most values, which are kept as they stand; what is written otherwise is read one by one."""


def read_list(
    lines: Iterable[str], *, is_suffix: Callable[[str], bool], source: str = "", at_most: int = 2_000_000
) -> IndicatorSet:
    """A list of values, one a line; `#` begins a remark. After the value may stand, separated by commas, the times from
    which and until which it is valid, and its TLP. More than `at_most` are refused.
    """
    found = IndicatorSet()
    known = iter(lines)
    while several := list(islice(known, _AT_ONCE)):
        room = at_most - len(found.indicators)
        if len(several) > room or len(several) < _FEW:
            rest = several
        else:
            values = pa.array([line.rstrip("\n").encode("utf-8", "replace") for line in several]).cast(pa.string())
            taken = found.add_plain(values, is_suffix=is_suffix, source=source)
            rest = [several[at] for at in np.flatnonzero(~taken).tolist()]
        for line in rest:
            if not _take(found, line, is_suffix, source, at_most):
                break
    found.prepared()
    return found


_AT_ONCE: Final = 50_000
_FEW: Final = 100


def _take(found: IndicatorSet, line: str, is_suffix: Callable[[str], bool], source: str, at_most: int) -> bool:
    """A line of a list, whatever it is; False when there are enough."""
    text = line.partition("#")[0].strip() if "://" not in line else line.strip()
    if not text:
        return True
    value, *more = (part.strip().strip('"') for part in text.split(","))
    if len(found.indicators) >= at_most:
        found.refused.append(RefusedIndicator(value[:200], f"more than {at_most}"))
        return False
    since, until, tlp = (*more, "", "", "")[:3]
    times = [(text, time_of(text) if text else None) for text in (since, until)]
    if any(text and at is None for text, at in times):
        found.refused.append(RefusedIndicator(value[:200], "a time that is none"))
        return True
    found.add(
        value, is_suffix=is_suffix, valid_from=times[0][1], valid_until=times[1][1], tlp=tlp.upper(), source=source
    )
    return True

"""Which atoms hold for which of many distinct values of one field."""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any as AnyValue
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex
from numpy.typing import NDArray

from vigil.engines.detection.plan import EXOTIC, SEPARATOR, FieldPlan
from vigil.engines.detection.reference import NUMBER, OPERATORS, text_pattern, value_holds
from vigil.engines.detection.terms import Atom, Network, Number, Regex, Text, TimePart, Wild

REGEX_TIMEOUT_S: Final = 0.2
_REMEMBERED: Final = 50_000
_FLAGS: Final = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}
Hits = dict[int, NDArray[np.int64]]
"""Atom -> indexes of the values for which it holds, ascending."""


class Scanner:
    """A field's scanner."""

    def __init__(self, plan: FieldPlan, atoms: Sequence[Atom]) -> None:
        self._plan, self._atoms = plan, atoms
        self._numbers = _Numbers(plan.others, atoms)
        self._known: dict[str, tuple[int, ...]] = {}

    @property
    def searches(self) -> bool:
        """Whether there is anything to search for."""
        plan = self._plan
        return bool(plan.folded or plan.cased or plan.regexes or plan.always or plan.others)

    def scan(self, values: Sequence[str]) -> Hits:
        """The atoms that hold, each with the values (by index) for which it does."""
        found: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
        if not values:
            return {}
        if self._plan.folded or self._plan.cased:
            self._scan_texts(values, found)
        if self._plan.others:
            self._scan_others(values, found)
        return {
            atom: parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts)) for atom, parts in found.items()
        }

    def _scan_texts(self, values: Sequence[str], found: dict[int, list[NDArray[np.int64]]]) -> None:
        joined = "\x1e" + "\x1e".join(values) + "\x1e"
        odd: list[int] = []
        if joined.count("\x1e") != len(values) + 1:
            odd = [n for n, value in enumerate(values) if "\x1e" in value]
            joined = "\x1e" + "\x1e".join(value.replace("\x1e", "") for value in values) + "\x1e"
        if self._plan.folded:
            is_ascii = joined.isascii()
            folded = joined.lower() if is_ascii else joined.casefold()
            self._scan_joined("folded", folded.encode("utf-8", "surrogatepass"), odd, found)
        if self._plan.cased:
            self._scan_joined("cased", joined.encode("utf-8", "surrogatepass"), odd, found)
        for n in odd:
            for atom in self._plan.texts:
                if value_holds(self._atoms[atom].predicate, values[n]):
                    found[atom].append(np.array([n], np.int64))

    def _scan_joined(self, kind: str, joined: bytes, odd: list[int], found: dict[int, list[NDArray[np.int64]]]) -> None:
        atoms, ends = self._hits(kind, joined)
        if not len(atoms):
            return
        separators = np.flatnonzero(np.frombuffer(joined, np.uint8) == SEPARATOR[0])
        at = np.searchsorted(separators, ends - 1, side="left") - 1
        kept = at >= 0
        if odd:
            kept &= ~np.isin(at, odd)
        _grouped(atoms[kept], at[kept], len(separators), found)

    def _hits(self, kind: str, data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        database = self._plan.database(kind)
        if database is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        seen: list[int] = []
        note = seen.extend

        def on_match(atom: int, _start: int, end: int, _flags: int, _context: AnyValue) -> None:
            note((atom, end))

        database.scan(data, match_event_handler=on_match)
        pairs = np.array(seen, np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def maybe(self, values: Sequence[str]) -> Hits:
        """The regular expressions that may hold, each with the values for which it may."""
        found: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
        for atom in self._plan.always:
            found[atom].append(np.arange(len(values)))
        if self._plan.regexes and values:
            encoded = [value.encode("utf-8", "replace") for value in values]
            atoms, ends = self._hits("regexes", b"\n" + b"\n".join(encoded) + b"\n")
            if len(atoms):
                stops = np.cumsum([1 + len(value) for value in encoded])
                at = np.minimum(np.searchsorted(stops, ends - 1, side="left"), len(values) - 1)
                _grouped(atoms, at, len(values), found)
        return {atom: parts[0] for atom, parts in found.items()}

    def may_be_in(self, lines: bytes | pa.Buffer) -> frozenset[int] | None:
        """The keywords that values in lines of JSON may have (none is missed); None: any of them."""
        database = self._plan.database("lines")
        seen: set[int] = set(self._plan.unseen)

        def on_match(atom: int, _start: int, _end: int, _flags: int, _context: AnyValue) -> None:
            seen.add(atom)

        if database is not None:
            database.scan(lines, match_event_handler=on_match)
        return None if EXOTIC in seen else frozenset(seen)

    def _scan_others(self, values: Sequence[str], found: dict[int, list[NDArray[np.int64]]]) -> None:
        by_atom: dict[int, list[int]] = defaultdict(list)
        known = self._known
        for n, value in enumerate(values):
            atoms = known.get(value)
            if atoms is None:
                atoms = self._numbers.holding(value)
                if len(known) < _REMEMBERED:
                    known[value] = atoms
            for atom in atoms:
                by_atom[atom].append(n)
        for atom, numbers in by_atom.items():
            found[atom].append(np.array(numbers, np.int64))


def _grouped(
    atoms: NDArray[np.int64], at: NDArray[np.int64], many: int, found: dict[int, list[NDArray[np.int64]]]
) -> None:
    if not len(atoms):
        return
    bits = many.bit_length()
    pairs = np.sort(atoms << bits | at)
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    atoms, at = pairs >> bits, pairs & ((1 << bits) - 1)
    starts = np.flatnonzero(np.diff(atoms, prepend=-1))
    for atom, start, stop in zip(atoms[starts].tolist(), starts.tolist(), [*starts[1:].tolist(), len(at)], strict=True):
        found[atom].append(at[start:stop])


@cache
def _expression(predicate: Regex) -> "regex.Pattern[str]":
    flags = regex.V0
    for letter in predicate.flags:
        flags |= _FLAGS[letter]
    return regex.compile(predicate.pattern, flags)


def regex_holds(predicate: Regex, values: Sequence[str], gave_up: Callable[[], None]) -> NDArray[np.bool_]:
    """For each value whether the expression is found in it; `gave_up` is called for one that takes too long."""
    found = np.zeros(len(values), np.bool_)
    expression = _expression(predicate)
    for n, value in enumerate(values):
        try:
            found[n] = expression.search(value, timeout=REGEX_TIMEOUT_S) is not None
        except TimeoutError:
            gave_up()
    return found


def text_holds(parts: tuple[str | Wild, ...], value: str) -> bool:
    """Whether one value (folded, unless the text is cased) is the text."""
    match parts:
        case (Wild.ANY, str(inner), Wild.ANY):
            return inner in value
        case (Wild.ANY, str(ending)):
            return value.endswith(ending)
        case (str(start), Wild.ANY):
            return value.startswith(start)
        case (str(whole),):
            return value == whole
    return text_pattern(parts).fullmatch(value) is not None


def texts_hold(predicate: Text, values: pa.Array) -> NDArray[np.bool_]:
    """For each value (folded, unless the text is cased) whether it is the text."""
    match predicate.parts:
        case (Wild.ANY, str(inner), Wild.ANY):
            held = pc.match_substring(values, inner)
        case (Wild.ANY, str(ending)):
            held = pc.ends_with(values, ending)
        case (str(start), Wild.ANY):
            held = pc.starts_with(values, start)
        case (str(whole),):
            held = pc.equal(values, whole)
        case parts:
            pattern = text_pattern(parts)
            return np.array([pattern.fullmatch(value) is not None for value in values.to_pylist()], np.bool_)
    result: NDArray[np.bool_] = held.to_numpy(zero_copy_only=False)
    return result


class _Numbers:
    """Numbers, networks and times over one value at a time, without asking every atom."""

    def __init__(self, numbers: Iterable[int], atoms: Sequence[Atom]) -> None:
        self._equal: dict[float, list[int]] = defaultdict(list)
        self._compared: list[tuple[int, Number]] = []
        self._networks: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._times: list[tuple[int, TimePart]] = []
        for number in numbers:
            match atoms[number].predicate:
                case Number(value, "="):
                    self._equal[value].append(number)
                case Number() as compared:
                    self._compared.append((number, compared))
                case Network(cidr):
                    network = ipaddress.ip_network(cidr, strict=False)
                    bits = network.max_prefixlen - network.prefixlen
                    self._networks[network.version, bits][int(network.network_address) >> bits].append(number)
                case TimePart() as part:
                    self._times.append((number, part))

    def holding(self, value: str) -> tuple[int, ...]:
        """The atoms that hold for the value."""
        found: list[int] = []
        if (self._equal or self._compared) and NUMBER.fullmatch(value):
            is_ = float(value)
            found += self._equal.get(is_, ())
            found += [atom for atom, one in self._compared if OPERATORS[one.operator](is_, one.value)]
        if self._networks:
            found += self._in_networks(value)
        found += [atom for atom, part in self._times if value_holds(part, value)]
        return tuple(found)

    def _in_networks(self, value: str) -> list[int]:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return []
        whole = int(address)
        return [
            atom
            for (version, bits), networks in self._networks.items()
            if version == address.version
            for atom in networks.get(whole >> bits, ())
        ]

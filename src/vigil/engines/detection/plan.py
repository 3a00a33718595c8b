"""Rules compiled once: which atoms there are per field, how each is found in many values at once, what each rule needs.

A plan says nothing about where events come from. `needed` is, for each rule, a set of atoms of which one holds wherever
the rule does, chosen to be rare; a rule without such a set (it may hold where nothing is found) is looked at always.
Those atoms, and others that a rule wants and that are not weak, are searched for in every value; the rest (exceptions
above all) is asked only of the events that a rule is left with, which are few. The means of the search, per field:

- texts: one hyperscan database over folded values, one over values as they are; each pattern is exact.
- regular expressions: a hyperscan database that finds at least what the expression finds (its prefilter mode); the
  expression itself decides, where a rule has come so far.
- the rest (numbers, networks, times): small functions over distinct values.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import hyperscan

from vigil.engines.detection.terms import (
    All,
    Any,
    Atom,
    Condition,
    Missing,
    Network,
    Not,
    Number,
    Present,
    Regex,
    Rule,
    SameAs,
    Text,
    TimePart,
    Wild,
)

SEPARATOR: Final = b"\x1e"
"""Stands around values that are scanned together; a value that has it in itself is looked at alone."""
_CHARACTER: Final = (
    b"(?:[\\x00-\\x1d\\x1f-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]"
    b"|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3})"
)
FORMAT: Final = "vigil-detection-7"


@dataclass
class FieldPlan:
    """The atoms over one field, as indexes into the plan's atoms.

    Of keywords: `lines` finds, in the bytes of lines of JSON, at least what their values have (an index of EXOTIC: all
    may be there); those that cannot be found so are `unseen`.
    """

    folded: bytes = b""
    cased: bytes = b""
    regexes: bytes = b""
    texts: tuple[int, ...] = ()
    always: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    lines: bytes = b""
    unseen: tuple[int, ...] = ()
    _open: dict[str, hyperscan.Database | None] = field(default_factory=dict, repr=False)

    def database(self, kind: str) -> hyperscan.Database | None:
        """The scanner of that kind, opened when first asked for; None where it has no pattern."""
        if kind not in self._open:
            data: bytes = getattr(self, kind)
            opened = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK) if data else None
            if opened is not None:
                opened.scratch = hyperscan.Scratch(opened)
            self._open[kind] = opened
        return self._open[kind]

    def __getstate__(self) -> dict[str, object]:
        return {
            "folded": self.folded,
            "cased": self.cased,
            "regexes": self.regexes,
            "texts": self.texts,
            "always": self.always,
            "others": self.others,
            "lines": self.lines,
            "unseen": self.unseen,
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._open = {}


@dataclass
class Plan:
    """Everything that matching needs. `nodes[n]` is rule n's condition; the rules are kept without theirs."""

    rules: tuple[Rule, ...]
    atoms: tuple[Atom, ...]
    nodes: tuple["Node", ...]
    fields: dict[str, FieldPlan]
    needed: tuple[frozenset[int] | None, ...]
    searched: frozenset[int]

    def __post_init__(self) -> None:
        self.by_atom: dict[int, list[int]] = defaultdict(list)
        for number, needed in enumerate(self.needed):
            for atom in needed or ():
                self.by_atom[atom].append(number)
        self.always = tuple(number for number, needed in enumerate(self.needed) if needed is None)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parts joined by & or |, or one part after !. `searched`: the atoms searched for; `rest`: the others."""

    kind: str
    parts: tuple["Node", ...]
    searched: frozenset[int]
    rest: tuple["Node", ...]

    def __reduce__(self) -> tuple[type["Group"], tuple[object, ...]]:
        return Group, (self.kind, self.parts, self.searched, self.rest)


Node = int | Group
_Tree = int | tuple[str, tuple["_Tree", ...]]


_COMPILED: Final = All(())


def compile_rules(rules: Sequence[Rule]) -> Plan:
    """The plan of these rules."""
    numbers: dict[Atom, int] = {}
    nodes = [_node(rule.condition, numbers) for rule in rules]
    atoms = tuple(numbers)
    rarity = [_rarity(atom) for atom in atoms]
    needed = tuple(_needed(node, atoms, rarity) for node in nodes)
    searched = frozenset().union(*(one for one in needed if one is not None))
    searched |= {number for number, atom in enumerate(atoms) if isinstance(atom.predicate, _SMALL)}
    searched |= {
        number
        for node in nodes
        for number in _positive(node)
        if isinstance(atoms[number].predicate, Text) and rarity[number] >= _WEAK
    }
    searched = frozenset(number for number in searched if not isinstance(atoms[number].predicate, Regex))
    cheapest = tuple(_cheapest_first(node, searched) for node in nodes)
    named = tuple(replace(rule, condition=_COMPILED) for rule in rules)
    return Plan(
        named, atoms, cheapest, _fields(atoms, searched.union(*(one or () for one in needed))), needed, searched
    )


def _node(condition: Condition, numbers: dict[Atom, int]) -> _Tree:
    match condition:
        case Atom():
            return numbers.setdefault(condition, len(numbers))
        case All(parts):
            return "&", tuple(_node(part, numbers) for part in parts)
        case Any(parts):
            return "|", tuple(_node(part, numbers) for part in parts)
        case Not(part):
            return "!", (_node(part, numbers),)


COMMON: Final = frozenset({"channel", "eventid", "provider_name", "logname", "source_name"})
"""Fields that say what kind of event it is: what holds there holds for very many."""


def _rarity(atom: Atom) -> int:
    """A guess at how seldom an atom holds: the characters that a text must have; little for numbers and addresses."""
    match atom.predicate:
        case Text(parts):
            if any(isinstance(part, str) and "\x1e" in part for part in parts):
                return -1  # it holds the separator: asked, never searched for
            if atom.field in COMMON:
                return 1
            length = sum(1 if letter.isascii() else 4 for part in parts if isinstance(part, str) for letter in part)
            return min(length, 40) + (2 if all(part is not Wild.ANY for part in parts) else 0)
        case Regex(pattern) as regex:
            if _prefilter(regex) is None:
                return 0  # asked of every value: anything is better
            return max(min(len(re.sub(r"\\.|[^\w]", "", pattern)), 10), 3)
        case Missing() | SameAs() | Present():
            return -1
        case Network():
            return 4
    return 2


_WEAK: Final = 8
"""A text shorter than that is in so many values that finding it everywhere costs more than asking where it matters."""


def _positive(node: _Tree) -> Iterator[int]:
    if isinstance(node, int):
        yield node
    elif node[0] != "!":
        for part in node[1]:
            yield from _positive(part)


_SMALL: Final = (Number, Network, TimePart)


def _cheapest_first(node: _Tree, searched: frozenset[int]) -> Node:
    """The parts of a conjunction so that what is known already, and what is cheap to ask, comes first."""
    if isinstance(node, int):
        return node
    kind, parts = node
    if kind == "&":
        parts = tuple(sorted(parts, key=lambda part: _cost(part, searched)))
    made = tuple(_cheapest_first(part, searched) for part in parts)
    known = frozenset(part for part in made if isinstance(part, int) and part in searched)
    return Group(kind, made, known, tuple(part for part in made if not (isinstance(part, int) and part in searched)))


def _cost(node: _Tree, searched: frozenset[int]) -> int:
    if isinstance(node, int):
        return 0 if node in searched else 1
    kind, parts = node
    return (1 if kind == "!" else 0) + 1 + sum(_cost(part, searched) for part in parts)


def _needed(node: _Tree, atoms: Sequence[Atom], rarity: Sequence[int]) -> frozenset[int] | None:
    found = _need(node, atoms, rarity)
    return None if found is None else found[1]


def _need(node: _Tree, atoms: Sequence[Atom], rarity: Sequence[int]) -> tuple[float, frozenset[int]] | None:
    if isinstance(node, int):
        return None if rarity[node] < 0 else (float(rarity[node]), frozenset((node,)))
    kind, parts = node
    if kind == "!":
        return None
    found = [_need(part, atoms, rarity) for part in parts]
    if kind == "&":
        return max((one for one in found if one is not None), key=lambda one: one[0], default=None)
    if any(one is None for one in found):
        return None
    kept = [one for one in found if one is not None]
    union: frozenset[int] = frozenset().union(*(one[1] for one in kept))
    return min(one[0] for one in kept), union


def _fields(atoms: Sequence[Atom], searched: frozenset[int]) -> dict[str, FieldPlan]:
    by_field: dict[str, list[int]] = defaultdict(list)
    for number, atom in enumerate(atoms):
        by_field[atom.field].append(number)
    made = {name: _field([n for n in numbers if n in searched], atoms) for name, numbers in by_field.items()}
    if "" in made:
        _in_lines(made[""], by_field[""], atoms)
    return made


EXOTIC: Final = 1 << 30
"""Found where a character stands that folds to others in ASCII (the Kelvin sign is a `k`)."""
_PLAIN: Final = re.compile(r'[^\x00-\x1f"/\\\x80-\U0010ffff]+')


@cache
def _exotic() -> bytes:
    folds = (one for one in map(chr, range(0x80, 0x20000)) if not "\ud800" <= one < "\ue000")
    exotic = (one for one in folds if any(map(str.isascii, one.casefold())))
    return b"|".join(b"".join(b"\\x%02x" % byte for byte in one.encode()) for one in exotic)


def _in_lines(plan: FieldPlan, numbers: Sequence[int], atoms: Sequence[Atom]) -> None:
    """How keywords are found in lines as they came: by the longest stretch that JSON never writes in another way."""
    patterns: list[tuple[bytes, int]] = []
    unseen = []
    for number in numbers:
        match atoms[number].predicate:
            case Text(parts):
                plain = [run for part in parts if isinstance(part, str) for run in _PLAIN.findall(part)]
                longest = max(plain, key=len, default="")
            case _:
                longest = ""
        if longest:
            patterns.append((re.escape(longest.encode()), number))
        else:
            unseen.append(number)
    if patterns:
        plan.lines = _dump(
            [*(pattern for pattern, _ in patterns), _exotic()],
            [*(number for _, number in patterns), EXOTIC],
            [
                *([hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH] * len(patterns)),
                hyperscan.HS_FLAG_SINGLEMATCH,
            ],
        )
    plan.unseen = tuple(unseen)


def _field(numbers: Iterable[int], atoms: Sequence[Atom]) -> FieldPlan:
    folded: list[tuple[bytes, int]] = []
    cased: list[tuple[bytes, int]] = []
    regexes: list[tuple[bytes, int, int]] = []
    always, others = [], []
    for number in numbers:
        match atoms[number].predicate:
            case Text(parts, is_cased):
                (cased if is_cased else folded).append((_pattern(parts), number))
            case Regex() as regex:
                prefilter = _prefilter(regex)
                if prefilter is None:
                    always.append(number)
                else:
                    regexes.append((*prefilter, number))
            case _:
                others.append(number)
    return FieldPlan(
        _dump([pattern for pattern, _ in folded], [number for _, number in folded], _TEXT),
        _dump([pattern for pattern, _ in cased], [number for _, number in cased], _TEXT),
        _dump([one[0] for one in regexes], [one[2] for one in regexes], [one[1] for one in regexes]),
        tuple(number for _, number in [*folded, *cased]),
        tuple(always),
        tuple(others),
    )


_TEXT: Final = hyperscan.HS_FLAG_DOTALL


def _pattern(parts: Sequence[str | Wild]) -> bytes:
    """A text's parts as a pattern over separated values; wildcards stay within a value."""
    start, stop = 0, len(parts)
    while start < stop and parts[start] is Wild.ANY:
        start += 1
    while stop > start and parts[stop - 1] is Wild.ANY:
        stop -= 1
    said = [] if start else [b"\\x1e"]
    for part in parts[start:stop]:
        if isinstance(part, str):
            said.append(b"".join(b"\\x%02x" % byte for byte in part.encode("utf-8", "surrogatepass")))
        else:
            said.append(b"[^\\x1e]*" if part is Wild.ANY else _CHARACTER)
    if stop == len(parts):
        said.append(b"\\x1e")
    return b"".join(said) or b"\\x1e"


@cache
def _prefilter(regex: Regex) -> tuple[bytes, int] | None:
    """A pattern and flags that find wherever `regex` does in values joined by line breaks; None: ask every value."""
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_UCP | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
    if "i" in regex.flags:
        flags |= hyperscan.HS_FLAG_CASELESS
    if "s" in regex.flags:
        flags |= hyperscan.HS_FLAG_DOTALL
    pattern = re.sub(r"\\([AZz])", lambda found: "^" if found[1] == "A" else "$", regex.pattern).encode()
    try:
        hyperscan.Database().compile([pattern], ids=[0], elements=1, flags=[flags])
    except hyperscan.HyperscanError:
        return None
    return pattern, flags


def _dump(patterns: list[bytes], numbers: list[int], flags: int | list[int]) -> bytes:
    if not patterns:
        return b""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    each = flags if isinstance(flags, list) else [flags] * len(patterns)
    database.compile(patterns, ids=numbers, elements=len(patterns), flags=each)
    return bytes(hyperscan.dumpb(database))

"""Kinds of logs, from fields.toml: what Sigma calls each, and how its fields become those that rules name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from vigil.adapters.log_sources.turns import NAMED, hexes, missing, split, truth
from vigil.engines.detection.columns import Shape, Turn
from vigil.engines.detection.terms import Source


@dataclass(frozen=True, slots=True)
class Kind:
    """What rules are for it, and the shape of its columns."""

    source: Source
    shape: Shape


def _read(table: Mapping[str, Any]) -> Kind:
    source = Source(table.get("category", ""), table.get("product", ""), table.get("service", ""))
    turned = {name.lower(): NAMED[turn] for name, turn in table.get("read", {}).items()}
    more: dict[str, tuple[tuple[str, Turn | None], ...]] = {}
    for name, others in table.get("also", {}).items():
        made = []
        for other in others:
            field, _, turn = other.partition(":")
            made.append((field.lower(), NAMED[turn] if turn else None))
        more[name.lower()] = tuple(made)
    return Kind(source, Shape(turned, more))


_DATA: Final = tomllib.loads((Path(__file__).parent / "fields.toml").read_text(encoding="utf-8"))
KINDS: Final[dict[str, Kind]] = {}
for _name, _table in _DATA["kinds"].items():
    _whole = {**_DATA["kinds"].get(_table.get("like", ""), {}), **_table}
    KINDS[_name] = _read(_whole)
for _name in _DATA["zeek"]["services"]:
    if f"zeek.{_name}" not in KINDS:
        KINDS[f"zeek.{_name}"] = _read({**_DATA["kinds"]["zeek"], "service": _name})
for _name in _DATA["suricata"]["services"]:
    if f"suricata.{_name}" not in KINDS:
        KINDS[f"suricata.{_name}"] = _read({**_DATA["kinds"]["suricata"], "service": _name})
PROGRAMS: Final[dict[str, str]] = {
    program: kind for kind, programs in _DATA["programs"].items() for program in programs
}
HINTS: Final[dict[str, str]] = {word: reader for reader, words in _DATA["hints"].items() for word in words}
SYSCALLS: Final[dict[str, dict[str, str]]] = _DATA["syscalls"]


def zeek_shape(head: Mapping[str, str], kind: Kind) -> Shape:
    """The shape of a table of Zeek: sets and vectors become several values, what is unset nothing."""
    unset, empty = missing(head.get("unset_field", "-")), missing(head.get("empty_field", "(empty)"))
    by = split(head.get("set_separator", ","))
    separator = head.get("separator", "\t")
    turned: dict[str, Turn] = {}
    for name, said in zip(head["fields"].split(separator), head.get("types", "").split(separator), strict=False):
        many = said.startswith(("set[", "vector["))
        turns = (unset, empty, by, hexes) if many else (unset, truth) if said == "bool" else (unset, empty, hexes)
        turned[name.lower()] = _chain(*turns)
    for name, turn in kind.shape.turned.items():
        turned[name] = _chain(turned.get(name, unset), turn)
    names = [name.lower() for name in head["fields"].split(separator)]
    for name in names:
        turned.setdefault(name, unset)
    return Shape(turned, kind.shape.more)


def _chain(*turns: Turn) -> Turn:
    def turn(array: pa.Array) -> pa.Array:
        for one in turns:
            if pa.types.is_string(array.type):
                array = one(array)
        return array

    return turn

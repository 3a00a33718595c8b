"""Which rules can hold in a batch at all, by what kind of events it has: so that only fields are made that these read.

Most rules for Windows begin with a channel and an event's number. Their *gate* is the part of their condition that asks
for such fields alone; rules have few different gates, and a batch few different kinds of events.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.plan import COMMON, Node, Plan
from vigil.engines.detection.reference import value_holds
from vigil.engines.detection.terms import Atom, Number, SameAs, Text

_MOST_VALUES: Final = 64
_REMEMBERED: Final = 10_000
Living = tuple[frozenset[int], frozenset[str]]
"""Rules that may hold, and the fields that they read ("": keywords)."""


class Partition:
    """The rules of a plan by their gates."""

    def __init__(self, plan: Plan) -> None:
        self._atoms = plan.atoms
        rules: dict[tuple[object, ...], list[int]] = defaultdict(list)
        gates: dict[tuple[object, ...], tuple[Node, ...]] = {}
        for number, node in enumerate(plan.nodes):
            gate = self._gate(node)
            key = tuple(sorted(map(_key, gate), key=repr))
            rules[key].append(number)
            gates[key] = gate
        self._gates = [(gates[key], frozenset(numbers)) for key, numbers in rules.items()]
        self._fields = [
            frozenset(name for n in numbers for name in self._named(plan.nodes[n])) for _, numbers in self._gates
        ]
        self._known: dict[tuple[tuple[str, frozenset[str]], ...] | None, Living] = {}

    def living(self, batch: pa.RecordBatch) -> Living:
        """What may hold in this batch."""
        values = _values(batch)
        key = None if values is None else tuple(sorted(values.items()))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            open_ = [
                n
                for n, (gate, _) in enumerate(self._gates)
                if values is None or all(self._may(one, values) for one in gate)
            ]
            known = self._known[key] = (
                frozenset().union(*(self._gates[n][1] for n in open_)),
                frozenset().union(*(self._fields[n] for n in open_)),
            )
        return known

    def _gate(self, node: Node) -> tuple[Node, ...]:
        parts = node.parts if not isinstance(node, int) and node.kind == "&" else (node,)
        return tuple(part for part in parts if self._is_common(part))

    def _is_common(self, node: Node) -> bool:
        if isinstance(node, int):
            atom = self._atoms[node]
            return atom.field in COMMON and isinstance(atom.predicate, Text | Number)
        return node.kind != "!" and all(self._is_common(part) for part in node.parts)

    def _may(self, node: Node, values: Mapping[str, frozenset[str]]) -> bool:
        if isinstance(node, int):
            atom = self._atoms[node]
            return any(value_holds(atom.predicate, value) for value in values.get(atom.field, ()))
        return (all if node.kind == "&" else any)(self._may(part, values) for part in node.parts)

    def _named(self, node: Node) -> set[str]:
        if isinstance(node, int):
            return _names(self._atoms[node])
        return set().union(*(self._named(part) for part in node.parts))


def _names(atom: Atom) -> set[str]:
    return {atom.field, atom.predicate.field} if isinstance(atom.predicate, SameAs) else {atom.field}


def _key(node: Node) -> tuple[object, ...]:
    if isinstance(node, int):
        return (node,)
    return (node.kind, *sorted(map(_key, node.parts), key=repr))


def _values(batch: pa.RecordBatch) -> dict[str, frozenset[str]] | None:
    """What stands in the fields that gates ask for; None where that is too much to look at."""
    found: dict[str, frozenset[str]] = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name not in COMMON:
            continue
        distinct = pc.unique(array.flatten() if pa.types.is_list(array.type) else array)
        if len(distinct) > _MOST_VALUES:
            return None
        found[name] = found.get(name, frozenset()) | {value for value in distinct.to_pylist() if value is not None}
    return found

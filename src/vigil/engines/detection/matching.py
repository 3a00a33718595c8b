"""Stage one: an Arrow record batch of events in, the rules that hold on them out. Stateless between batches.

Columns are fields, named in lower case: text, a list of texts where a field has several values, null where missing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vigil.engines.detection.plan import Group, Node, Plan
from vigil.engines.detection.scanning import Hits, Scanner, regex_holds, text_holds, texts_hold
from vigil.engines.detection.terms import Atom, Missing, Present, Regex, SameAs, Source, Text

MATCHES: Final = pa.schema([("rule", pa.int32()), ("row", pa.int64())])
Rows = NDArray[np.bool_]
_FEW: Final = 256


@dataclass
class _Column:
    """A field of a batch: distinct values, which each row has (`codes`), and where rows have several, whose each is."""

    distinct: pa.Array
    codes: NDArray[np.int64]
    rows: NDArray[np.int64] | None
    hits: Hits
    maybe: Hits = field(default_factory=dict)
    _sets: dict[int, frozenset[int]] = field(default_factory=dict)
    _known: dict[tuple[int, int], bool] = field(default_factory=dict)
    _texts: dict[int, str] = field(default_factory=dict)
    _folds: dict[int, str] = field(default_factory=dict)

    @cached_property
    def values(self) -> list[str]:
        """The distinct values."""
        found: list[str] = self.distinct.to_pylist()
        return found

    @cached_property
    def folded(self) -> pa.Array:
        """The distinct values, folded."""
        if pc.all(pc.string_is_ascii(self.distinct)).as_py():
            return pc.ascii_lower(self.distinct)
        return pa.array([value.casefold() for value in self.values], pa.string())

    def where(self, atom: int, many: int) -> Rows | None:
        """The rows for which an atom that was searched for holds; None for none."""
        found = self.hits.get(atom)
        if found is None:
            return None
        table = np.zeros(len(self.distinct) + 1, np.bool_)
        table[found] = True
        return self.rows_of(table, many)

    def asked(self, atom: int, predicate: Text | Regex, many: int, gave_up: Callable[[], None]) -> Rows | None:
        """The rows for which a predicate that was not searched for holds."""
        table = np.zeros(len(self.distinct) + 1, np.bool_)
        if isinstance(predicate, Text):
            table[:-1] = texts_hold(predicate, self.distinct if predicate.cased else self.folded)
        else:
            among = self.maybe[atom] if atom in self.maybe else np.arange(len(self.distinct))
            table[among] = regex_holds(predicate, [self.values[code] for code in among.tolist()], gave_up)
        return self.rows_of(table, many) if table.any() else None

    def hit(self, atom: int) -> frozenset[int]:
        """The distinct values (by index) for which an atom that was searched for holds."""
        found = self._sets.get(atom)
        if found is None:
            found = self._sets[atom] = frozenset(self.hits[atom].tolist() if atom in self.hits else ())
        return found

    def codes_at(self, row: int) -> Sequence[int]:
        """The distinct values that a row has."""
        if self.rows is None:
            code = int(self.codes[row])
            return (code,) if code < len(self.distinct) else ()
        start, stop = np.searchsorted(self.rows, (row, row + 1))
        return [code for code in self.codes[start:stop].tolist() if code < len(self.distinct)]

    def holds(self, atom: int, predicate: Text | Regex, code: int, gave_up: Callable[[], None]) -> bool:
        """Whether a predicate that was not searched for holds for one distinct value."""
        known = self._known.get((atom, code))
        if known is None:
            value = self._texts.get(code)
            if value is None:
                value = self._texts[code] = self.distinct[code].as_py()
            if isinstance(predicate, Regex):
                known = bool(regex_holds(predicate, (value,), gave_up)[0])
            elif predicate.cased:
                known = text_holds(predicate.parts, value)
            else:
                folded = self._folds.get(code)
                if folded is None:
                    folded = self._folds[code] = value.casefold()
                known = text_holds(predicate.parts, folded)
            self._known[atom, code] = known
        return known

    def rows_of(self, table: Rows, many: int) -> Rows:
        """From distinct values to rows; the table's last place is for "missing"."""
        held: Rows = table[self.codes]
        if self.rows is None:
            return held
        rows = np.zeros(many, np.bool_)
        rows[self.rows[held]] = True
        return rows


class Matcher:
    """A plan that runs. Not to be shared by threads; `gave_up` counts expressions that took too long, by atom."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.gave_up: Counter[int] = Counter()
        self._scanners = {name: Scanner(one, plan.atoms) for name, one in plan.fields.items()}
        self._for: dict[Source, frozenset[int]] = {}
        self._keyworded = [n for n, node in enumerate(plan.nodes) if self._asks_anywhere(node)]

    @property
    def fields(self) -> frozenset[str]:
        """The names of fields that some rule reads; with "" in it, some rule reads every field."""
        others = {atom.predicate.field for atom in self._plan.atoms if isinstance(atom.predicate, SameAs)}
        return frozenset(self._plan.fields) | others

    def rules_for(self, log: Source) -> frozenset[int]:
        """The numbers of the rules that are for this log."""
        if log not in self._for:
            self._for[log] = frozenset(n for n, rule in enumerate(self._plan.rules) if rule.source.covers(log))
        return self._for[log]

    def match(
        self,
        batch: pa.RecordBatch,
        log: Source,
        levels: Sequence[str] | None = None,
        only: frozenset[int] | None = None,
    ) -> pa.RecordBatch:
        """Pairs of a rule's number and a row's number, by rule, then row; of these levels and rules only, if given."""
        ours = self.rules_for(log)
        if only is not None:
            ours &= only
        if levels is not None:
            ours = frozenset(number for number in ours if self._plan.rules[number].level in levels)
        found = _Batch(self._plan, batch, self._scan(batch, ours), self.gave_up).matches(ours)
        if not found:
            return pa.RecordBatch.from_pylist([], MATCHES)
        rules = np.concatenate([np.full(len(rows), number, np.int32) for number, rows in found])
        rows = np.concatenate([rows for _, rows in found])
        return pa.RecordBatch.from_arrays([pa.array(rules), pa.array(rows)], schema=MATCHES)

    def _scan(self, batch: pa.RecordBatch, ours: frozenset[int]) -> dict[str, list[_Column]]:
        anywhere = self._scanners.get("") if any(rule in ours for rule in self._keyworded) else None
        columns: dict[str, list[_Column]] = defaultdict(list)
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            scanner = self._scanners.get(name)
            if scanner is None and anywhere is None and name not in self.fields:
                continue
            column = _Column(*_encoded(array), {})
            if scanner is not None and scanner.searches:
                column.hits.update(scanner.scan(column.values))
                column.maybe.update(scanner.maybe(column.values))
            if anywhere is not None:
                column.hits.update(anywhere.scan(column.values))
                column.maybe.update(anywhere.maybe(column.values))
            columns[name].append(column)
        return columns

    def _asks_anywhere(self, node: Node) -> bool:
        if isinstance(node, int):
            return not self._plan.atoms[node].field
        return any(self._asks_anywhere(part) for part in node.parts)


class _Batch:
    """One batch under evaluation: the rows of each atom are made when a rule first asks for them."""

    def __init__(
        self, plan: Plan, batch: pa.RecordBatch, columns: dict[str, list[_Column]], gave_up: Counter[int]
    ) -> None:
        self._plan, self._batch, self._columns, self._gave_up = plan, batch, columns, gave_up
        self._many = batch.num_rows
        self._made: dict[int, Rows | None] = {}
        self._alive: dict[int, tuple[Node, ...]] = {}
        self._all = np.ones(self._many, np.bool_)
        every = [column for several in columns.values() for column in several]
        self._present = {atom for column in every for atom in column.hits}
        self._maybe = {atom for column in every for atom in column.maybe}

    def matches(self, ours: frozenset[int]) -> list[tuple[int, NDArray[np.int64]]]:
        """Rules that hold somewhere, with the rows."""
        plan = self._plan
        asked = set(plan.always)
        for atom in self._present | self._maybe:
            asked.update(plan.by_atom.get(atom, ()))
        found = []
        for number in sorted(asked & ours):
            rows = self._rows(plan.nodes[number])
            if rows is not None and rows.any():
                found.append((number, np.flatnonzero(rows)))
        return found

    def _live(self, group: Group) -> tuple[Node, ...]:
        """The parts of a disjunction that may hold in this batch; of a conjunction all, or none where one cannot."""
        live = self._alive.get(id(group))
        if live is None:
            if group.kind == "&":
                can = group.searched <= self._present and all(self._can(part) for part in group.rest)
                live = group.parts if can else ()
            elif group.kind == "|":
                live = (*(group.searched & self._present), *(part for part in group.rest if self._can(part)))
            else:
                live = group.parts
            self._alive[id(group)] = live
        return live

    def _can(self, node: Node) -> bool:
        return bool(self._live(node)) if isinstance(node, Group) else True

    def _rows(self, node: Node) -> Rows | None:
        if isinstance(node, int):
            return self._atom(node)
        live = self._live(node)
        if node.kind == "&":
            return self._every(live) if live else None
        if node.kind == "!":
            rows = self._rows(live[0])
            return self._all if rows is None else ~rows
        some: Rows | None = None
        for part in live:
            rows = self._rows(part)
            if rows is not None:
                some = rows if some is None else some | rows
        return some

    def _every(self, parts: tuple[Node, ...]) -> Rows | None:
        searched = self._plan.searched
        every: Rows | None = None
        for n, part in enumerate(parts):
            if every is not None and not (isinstance(part, int) and part in searched):
                many = int(np.count_nonzero(every))
                if many <= _FEW:
                    return self._one_by_one(every, parts[n:]) if many else None
            rows = self._rows(part)
            if rows is None:
                return None
            every = rows if every is None else every & rows
        return every

    def _one_by_one(self, among: Rows, parts: tuple[Node, ...]) -> Rows | None:
        kept = np.flatnonzero(among).tolist()
        for part in parts:
            kept = [row for row in kept if self._at(part, row)]
            if not kept:
                return None
        rows = np.zeros(self._many, np.bool_)
        rows[kept] = True
        return rows

    def _at(self, node: Node, row: int) -> bool:
        if isinstance(node, int):
            return self._atom_at(node, row)
        live = self._live(node)
        if node.kind == "!":
            return not self._at(live[0], row)
        if node.kind == "&":
            return bool(live) and all(self._at(part, row) for part in live)
        return any(self._at(part, row) for part in live)

    def _atom_at(self, number: int, row: int) -> bool:
        atom = self._plan.atoms[number]
        if number in self._plan.searched:
            if number not in self._present:
                return False
            for column in self._columns_of(atom):
                if column.rows is None:
                    if int(column.codes[row]) in column.hit(number):
                        return True
                elif not column.hit(number).isdisjoint(column.codes_at(row)):
                    return True
            return False
        if isinstance(atom.predicate, Text | Regex):
            give_up = partial(self._give_up, number)
            return any(
                column.holds(number, atom.predicate, code, give_up)
                for column in self._columns_of(atom)
                for code in column.codes_at(row)
            )
        rows = self._atom(number)
        return rows is not None and bool(rows[row])

    def _columns_of(self, atom: Atom) -> list[_Column]:
        if atom.field:
            return self._columns.get(atom.field, [])
        return [column for several in self._columns.values() for column in several]

    def _atom(self, number: int) -> Rows | None:
        if number not in self._made:
            self._made[number] = self._make(number)
        return self._made[number]

    def _make(self, number: int) -> Rows | None:
        atom = self._plan.atoms[number]
        match atom.predicate:
            case Present():
                return self._present_rows(atom.field)
            case Missing():
                there = self._present_rows(atom.field)
                return self._all if there is None else ~there
            case SameAs(other, where):
                return self._same(atom.field, other, where)
        found: Rows | None = None
        for column in self._columns_of(atom):
            if number in self._plan.searched:
                rows = column.where(number, self._many)
            else:
                rows = column.asked(
                    number, cast("Text | Regex", atom.predicate), self._many, partial(self._give_up, number)
                )
            if rows is not None:
                found = rows if found is None else found | rows
        return found

    def _give_up(self, number: int) -> None:
        self._gave_up[number] += 1

    def _present_rows(self, name: str) -> Rows | None:
        found: Rows | None = None
        for column in self._columns_named(name):
            rows = np.zeros(self._many, np.bool_)
            there = column.codes < len(column.distinct)
            if column.rows is None:
                rows = there
            else:
                rows[column.rows[there]] = True
            found = rows if found is None else found | rows
        return found

    def _columns_named(self, name: str) -> list[_Column]:
        if name in self._columns:
            return self._columns[name]
        made = [
            _Column(*_encoded(array), {})
            for other, array in zip(self._batch.schema.names, self._batch.columns, strict=True)
            if other == name
        ]
        self._columns[name] = made
        return made

    def _same(self, one: str, other: str, where: str) -> Rows | None:
        mine, theirs = self._by_row(one), self._by_row(other)
        rows = np.zeros(self._many, np.bool_)
        for row in mine.keys() & theirs.keys():
            rows[row] = any(_same(a, b, where) for a in mine[row] for b in theirs[row])
        return rows if rows.any() else None

    def _by_row(self, name: str) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for column in self._columns_named(name):
            folded = [value.casefold() for value in column.values]
            rows = range(self._many) if column.rows is None else column.rows.tolist()
            for row, code in zip(rows, column.codes.tolist(), strict=True):
                if code < len(folded):
                    found[row].append(folded[code])
        return found


def _same(one: str, two: str, where: str) -> bool:
    if where == "startswith":
        return one.startswith(two)
    if where == "endswith":
        return one.endswith(two)
    return two in one if where == "contains" else one == two


def _encoded(array: pa.Array) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64] | None]:
    rows = None
    if pa.types.is_list(array.type):
        rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
        array = array.flatten()
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    distinct = array.dictionary
    codes = pc.fill_null(array.indices, len(distinct)).to_numpy(zero_copy_only=False)
    return distinct, codes, rows

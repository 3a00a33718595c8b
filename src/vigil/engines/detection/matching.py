"""Stage one: an Arrow record batch of events in, the rules that hold on them out. Stateless between batches.

Columns are fields, named in lower case: text, a list of texts where a field has several values, null where missing.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Final, Protocol, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vigil.engines.detection.held import Column, Rows, encoded
from vigil.engines.detection.partition import Partition
from vigil.engines.detection.plan import Group, Node, Plan
from vigil.engines.detection.scanning import Scanner
from vigil.engines.detection.terms import Atom, Missing, Present, Regex, SameAs, Source, Text

MATCHES: Final = pa.schema([("rule", pa.int32()), ("row", pa.int64())])
_FEW: Final = 24
_MOST_OF: Final = 2


class More(Protocol):
    """The rest of a batch. `lines`: its events as lines of JSON. `names`: of all its fields.

    `fields(names)`: the same rows with these fields (None: every one); called with rows: these, with every field.
    """

    @property
    def lines(self) -> bytes | pa.Buffer: ...
    @property
    def names(self) -> frozenset[str]: ...
    def fields(self, names: frozenset[str] | None) -> pa.RecordBatch: ...
    def __call__(self, rows: Sequence[int]) -> pa.RecordBatch: ...


class Matcher:
    """A plan that runs. Not to be shared by threads; `gave_up` counts expressions that took too long, by atom."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.gave_up: Counter[int] = Counter()
        self._scanners = {name: Scanner(one, plan.atoms) for name, one in plan.fields.items()}
        self._partition = Partition(plan)
        self._for: dict[Source, frozenset[int]] = {}
        self._keyworded = frozenset(n for n, node in enumerate(plan.nodes) if self._asks_anywhere(node))

    @cached_property
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
        more: "More | None" = None,
    ) -> pa.RecordBatch:
        """Pairs of a rule's number and a row's number, by rule, then row; of these levels and rules only, if given.

        `more`: where the batch need not have more than `COMMON` fields, and others are made when rules ask for them.
        """
        ours = self.rules_for(log)
        if only is not None:
            ours &= only
        if levels is not None:
            ours = frozenset(number for number in ours if self._plan.rules[number].level in levels)
        living, fields = self._partition.living(batch)
        ours &= living
        if more is not None:
            batch = _with(batch, more, fields)
        columns = self._scan(batch, fields)
        keyworded = self._keyworded & ours
        if keyworded:
            asked = _Batch(self._plan, batch, columns, self.gave_up)
            words = None if more is None else self._scanners[""].may_be_in(more.lines)
            living = frozenset(number for number in keyworded if asked.may(self._plan.nodes[number], words))
            ours = ours - keyworded | living
            if living:
                batch = batch if more is None else more.fields(None)
                self._scan_all(batch, columns)
        found = _Batch(self._plan, batch, columns, self.gave_up).matches(ours)
        if not found:
            return pa.RecordBatch.from_pylist([], MATCHES)
        rules = np.concatenate([np.full(len(rows), number, np.int32) for number, rows in found])
        rows = np.concatenate([rows for _, rows in found])
        return pa.RecordBatch.from_arrays([pa.array(rules), pa.array(rows)], schema=MATCHES)

    def _scan(self, batch: pa.RecordBatch, fields: frozenset[str]) -> dict[str, list[Column]]:
        """The columns of these fields."""
        columns: dict[str, list[Column]] = defaultdict(list)
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if name not in fields:
                continue
            scanner = self._scanners.get(name)
            column = Column(*encoded(array), {})
            if scanner is not None and scanner.searches:
                column.hits.update(scanner.scan(column.values))
                column.maybe.update(scanner.maybe(column.values))
            columns[name].append(column)
        return columns

    def _scan_all(self, batch: pa.RecordBatch, columns: dict[str, list[Column]]) -> None:
        """Search every column for keywords; adds those that rules do not name."""
        anywhere, made = self._scanners[""], frozenset(columns)
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if name not in made:
                columns[name].append(Column(*encoded(array), {}))
        for column in (column for several in columns.values() for column in several):
            column.hits.update(anywhere.scan(column.values))
            column.maybe.update(anywhere.maybe(column.values))

    def _asks_anywhere(self, node: Node) -> bool:
        if isinstance(node, int):
            return not self._plan.atoms[node].field
        return any(self._asks_anywhere(part) for part in node.parts)


def _with(batch: pa.RecordBatch, more: More, fields: frozenset[str]) -> pa.RecordBatch:
    """The batch, and those of the fields that it has not yet."""
    lacking = (fields & more.names) - set(batch.schema.names)
    if not lacking:
        return batch
    made = more.fields(lacking)
    names = [*batch.schema.names, *made.schema.names]
    return pa.RecordBatch.from_arrays([*batch.columns, *made.columns], names=names)


class _Batch:
    """One batch under evaluation: the rows of each atom are made when a rule first asks for them."""

    def __init__(
        self, plan: Plan, batch: pa.RecordBatch, columns: dict[str, list[Column]], gave_up: Counter[int]
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

    def may(self, node: Node, words: frozenset[int] | None) -> bool:
        """Whether a condition can hold in this batch with no keywords but these (None: any)."""
        if isinstance(node, int):
            atom = self._plan.atoms[node]
            if not atom.field:
                return words is None or node in words
            return isinstance(atom.predicate, Regex) or self._atom(node) is not None
        if node.kind == "!":
            return True
        return (all if node.kind == "&" else any)(self.may(part, words) for part in node.parts)

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
                if many * _MOST_OF < self._many:
                    return self._narrowed(every, parts[n:])
            rows = self._rows(part)
            if rows is None:
                return None
            every = rows if every is None else every & rows
        return every

    def _narrowed(self, every: Rows, parts: tuple[Node, ...]) -> Rows | None:
        """Of these rows those for which the parts hold."""
        at = np.flatnonzero(every)
        for part in parts:
            at = at[self._among(part, at)]
            if not len(at):
                return None
        rows = np.zeros(self._many, np.bool_)
        rows[at] = True
        return rows

    def _among(self, node: Node, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For some rows whether a condition holds; what was not searched for is asked of their values alone."""
        if isinstance(node, int):
            return self._atom_among(node, at)
        live = self._live(node)
        if node.kind == "!":
            return ~self._among(live[0], at)
        held = np.zeros(len(at), np.bool_)
        left = np.arange(len(at))
        for part in live:
            if not len(left):
                break
            holds = self._among(part, at[left])
            if node.kind == "|":
                held[left[holds]] = True
                left = left[~holds]
            else:
                left = left[holds]
        if node.kind == "&" and live:
            held[left] = True
        return held

    def _atom_among(self, number: int, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        atom = self._plan.atoms[number]
        columns = self._columns_of(atom)
        if (
            number in self._made
            or number in self._plan.searched
            or not isinstance(atom.predicate, Text | Regex)
            or any(column.rows is not None for column in columns)
        ):
            rows = self._atom(number)
            return np.zeros(len(at), np.bool_) if rows is None else rows[at]
        held = np.zeros(len(at), np.bool_)
        for column in columns:
            held |= column.held_among(number, atom.predicate, at, partial(self._give_up, number))
        return held

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

    def _columns_of(self, atom: Atom) -> list[Column]:
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

    def _columns_named(self, name: str) -> list[Column]:
        if name in self._columns:
            return self._columns[name]
        made = [
            Column(*encoded(array), {})
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

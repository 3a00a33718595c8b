"""A column of a batch: its distinct values, which rows have them, and what was found or asked of each value once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vigil.engines.detection.scanning import Hits, regex_holds, text_holds, texts_hold
from vigil.engines.detection.terms import Regex, Text

Rows = NDArray[np.bool_]
_UNKNOWN: Final = -1


@dataclass
class Column:
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
    _answers: dict[int, NDArray[np.int8]] = field(default_factory=dict)

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

    def asked_among(
        self, atom: int, predicate: Text | Regex, among: NDArray[np.int64], gave_up: Callable[[], None]
    ) -> NDArray[np.bool_]:
        """For some distinct values (by index) whether a predicate that was not searched for holds; remembered."""
        known = self._answers.get(atom)
        if known is None:
            known = self._answers[atom] = np.full(len(self.distinct), _UNKNOWN, np.int8)
            if atom in self.maybe:
                known[:] = 0
                known[self.maybe[atom]] = _UNKNOWN
        fresh = among[known[among] == _UNKNOWN]
        if len(fresh):
            if isinstance(predicate, Regex):
                known[fresh] = regex_holds(predicate, [self.values[code] for code in fresh.tolist()], gave_up)
            else:
                values = self.distinct if predicate.cased else self.folded
                known[fresh] = texts_hold(predicate, values.take(pa.array(fresh)))
        held: NDArray[np.bool_] = known[among] == 1
        return held

    def held_among(
        self, atom: int, predicate: Text | Regex, rows: NDArray[np.int64], gave_up: Callable[[], None]
    ) -> NDArray[np.bool_]:
        """For some rows, where each has one value, whether the predicate holds."""
        codes = self.codes[rows]
        there = codes < len(self.distinct)
        distinct, back = np.unique(codes[there], return_inverse=True)
        held = np.zeros(len(rows), np.bool_)
        held[there] = self.asked_among(atom, predicate, distinct, gave_up)[back]
        return held

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


def encoded(array: pa.Array) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64] | None]:
    rows = None
    if pa.types.is_list(array.type):
        rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
        array = array.flatten()
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    distinct = array.dictionary
    codes = pc.fill_null(array.indices, len(distinct)).to_numpy(zero_copy_only=False)
    return distinct, codes, rows

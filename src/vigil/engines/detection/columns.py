"""Events, as they were decoded, to record batches: one a layout (the same fields in the same order), a column a field.

Turning events into columns is most of the work of detection. It is cheap where many events have the same fields: their
values are laid side by side and turned all at once, without a step for each value.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.reference import as_text

_STRING: Final = pa.string()
_LISTS: Final = pa.list_(pa.string())
_NOTHING: Final = pa.scalar(None, _STRING)
_MOST_DEPTH: Final = 30
MOST_LAYOUTS: Final = 10_000
"""At once: each becomes a batch of its own, and a sender chooses the names."""


Turn = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True)
class Shape:
    """What becomes of the fields of one kind of log, a column at a time (names in lower case).

    `turned[name]` reads its values as they should be read; `more[name]` are fields that are made of it (with a turn, or
    the same values under another name), unless the event has them itself.
    """

    turned: Mapping[str, Turn] = field(default_factory=dict)
    more: Mapping[str, Sequence[tuple[str, Turn | None]]] = field(default_factory=dict)


@dataclass
class _Layout:
    """Events with the same fields. `take` picks the wanted values from all of them.

    `made`: which of those each field is made of, and how; None where each is a field as it stands.
    """

    names: tuple[str, ...]
    take: Callable[[Any], tuple[Any, ...]]
    made: tuple[tuple[int, tuple[Turn, ...]], ...] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)


class Columns:
    """Collects flat events until they are taken as batches. `wanted`: names to keep (lower case); None keeps all.

    `empty_is_missing`: logs that write what is not there as an empty text (Windows does).
    """

    def __init__(self, wanted: Collection[str] | None, *, empty_is_missing: bool = False) -> None:
        self._wanted, self._empty_is_missing = wanted, empty_is_missing
        self._layouts: dict[Hashable, _Layout] = {}
        self.waiting = 0

    def add(self, event: Mapping[str, Any], number: int) -> None:
        """An event of fields to values (text, number, truth value, null, list of those) under a number of one's own."""
        self.add_values(tuple(event), tuple(event), tuple(event.values()), number)

    def add_values(
        self, key: Hashable, names: Sequence[str], values: tuple[Any, ...], number: int, shape: Shape | None = None
    ) -> None:
        """The same for who has the values apart from the names: `key` stands for names and shape, which are read once.

        A name "" is left out. Raises: ValueError where too many have other fields than the ones before.
        """
        layout = self._layouts.get(key)
        if layout is None:
            if len(self._layouts) >= MOST_LAYOUTS:
                raise ValueError("too many events at once of which each has other fields")
            layout = self._layouts[key] = self._layout(names) if shape is None else self._shaped(names, shape)
        layout.rows.append(layout.take(values))
        layout.ids.append(number)
        self.waiting += 1

    def _layout(self, names: Sequence[str]) -> _Layout:
        lower = [name.lower() for name in names]
        kept = [n for n, name in enumerate(lower) if name and (self._wanted is None or name in self._wanted)]
        if not kept:  # an event in which no rule reads anything is an event still: "not this" may hold for it
            kept = [n for n, name in enumerate(lower) if name][:1]
        if not kept:
            return _Layout((), lambda values: ())
        if len(kept) == 1:
            only = kept[0]
            return _Layout((lower[only],), lambda values: (values[only],))
        return _Layout(tuple(lower[n] for n in kept), itemgetter(*kept))

    def _shaped(self, names: Sequence[str], shape: Shape) -> _Layout:
        lower = [name.lower() for name in names]
        taken = set(lower)
        fields: list[tuple[int, str, tuple[Turn, ...]]] = []
        for n, name in enumerate(lower):
            own = (shape.turned[name],) if name in shape.turned else ()
            if name and (self._wanted is None or name in self._wanted):
                fields.append((n, name, own))
            for other, turn in shape.more.get(name, ()):
                if other not in taken and (self._wanted is None or other in self._wanted):
                    taken.add(other)
                    fields.append((n, other, own if turn is None else (*own, turn)))
        if not fields:
            return self._layout(names)
        places = sorted({n for n, _, _ in fields})
        take = itemgetter(*places) if len(places) > 1 else lambda values, only=places[0]: (values[only],)
        made = tuple((places.index(n), turns) for n, _, turns in fields)
        return _Layout(tuple(name for _, name, _ in fields), take, made)

    def batches(self) -> Iterator[tuple[pa.RecordBatch, list[int]]]:
        """What was collected, layout by layout, with the numbers of the events; empties the collection."""
        for layout in self._layouts.values():
            if layout.rows and layout.names:
                arrays = [_array(column) for column in zip(*layout.rows, strict=True)]
                if layout.made is not None:
                    arrays = [_turned(arrays[place], turns) for place, turns in layout.made]
                if self._empty_is_missing:
                    arrays = [_without_empty(array) for array in arrays]
                yield pa.RecordBatch.from_arrays(arrays, names=list(layout.names)), layout.ids
            layout.rows, layout.ids = [], []
        self.waiting = 0
        if len(self._layouts) > 5000:
            self._layouts.clear()


def _array(values: tuple[Any, ...]) -> pa.Array:
    try:
        return pa.array(values, _STRING)
    except (pa.ArrowTypeError, pa.ArrowInvalid, UnicodeEncodeError):
        pass
    try:
        guessed = pa.array(values)
        if pa.types.is_integer(guessed.type) or pa.types.is_boolean(guessed.type):
            return guessed.cast(_STRING)
    except (pa.ArrowTypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        pass
    if any(isinstance(value, list | dict) for value in values):
        return pa.array([None if value is None else list(_leaves(value)) for value in values], _LISTS)
    return pa.array([None if value is None else _clean(as_text(value)) for value in values], _STRING)


def _turned(array: pa.Array, turns: tuple[Turn, ...]) -> pa.Array:
    for turn in turns:
        if pa.types.is_string(array.type):
            array = turn(array)
    return array


def _without_empty(array: pa.Array) -> pa.Array:
    if pa.types.is_list(array.type):
        kept = [[one for one in values if one] if values else None for values in array.to_pylist()]
        return pa.array([values or None for values in kept], _LISTS)
    empty = pc.equal(array, "")
    return pc.if_else(empty, _NOTHING, array) if pc.any(empty).as_py() else array


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict | list) and depth < _MOST_DEPTH:
        if isinstance(value, dict):
            value = [value["#text"]] if "#text" in value else value.values()
        for one in value:
            yield from _leaves(one, depth + 1)
    elif value is not None:
        yield _clean(as_text(value))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8", "replace")


def flat(event: Mapping[str, Any]) -> dict[str, Any]:
    """A nested event with dotted names for its leaves; lists stay."""
    found: dict[str, Any] = {}
    _flatten(event, "", found, 0)
    return found


def _flatten(event: Mapping[str, Any], before: str, found: dict[str, Any], depth: int) -> None:
    for name, value in event.items():
        if isinstance(value, dict) and depth < _MOST_DEPTH:
            _flatten(value, f"{before}{name}.", found, depth + 1)
        else:
            found[f"{before}{name}"] = value

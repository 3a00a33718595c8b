"""What an import would do, row by row: added, changed, unchanged, refused and why. Nothing is saved here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from django.utils.translation import gettext

from vigil.adapters.inventories import Sheet
from vigil.adapters.inventories.model import Row
from vigil.faces.web.lists.layout import Column, Layout, folded
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

T = TypeVar("T")
Verb = Literal["added", "changed", "same", "refused"]


@dataclass(frozen=True)
class Change:
    """A cell before and after."""

    title: str
    was: str
    now: str


@dataclass
class Outcome(Generic[T]):
    """What becomes of one row."""

    number: int
    verb: Verb
    label: str
    thing: T | None = None
    changes: list[Change] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class Plan(Generic[T]):
    """What becomes of a sheet."""

    outcomes: list[Outcome[T]]
    unknown: list[str]

    def of(self, verb: Verb) -> list[Outcome[T]]:
        """The rows with one fate."""
        return [outcome for outcome in self.outcomes if outcome.verb == verb]

    def things(self, verb: Verb) -> list[T]:
        """Their things."""
        return [outcome.thing for outcome in self.of(verb) if outcome.thing is not None]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each fate."""
        return {verb: sum(o.verb == verb for o in self.outcomes) for verb in ("added", "changed", "same", "refused")}


def plan(layout: Layout[T], sheet: Sheet) -> Plan[T]:
    """Look at every row; a bad one does not touch its neighbours.

    Raises: Refused `sheet.wrong_header`, `sheet.double_header`, `sheet.no_rows`.
    """
    places, unknown = _places(layout, sheet.header)
    if not sheet.rows:
        raise Refused("sheet.no_rows", N_("The file has a header but no rows."))
    seen: dict[Any, int] = {}
    return Plan([_outcome(layout, row, places, seen) for row in sheet.rows], unknown)


def _places(layout: Layout[T], header: tuple[str, ...]) -> tuple[dict[str, int], list[str]]:
    known: dict[str, Column[T]] = {name: column for column in layout.fixed_columns for name in column.names()}
    places: dict[str, int] = {}
    unknown = []
    for position, heading in enumerate(header):
        column = known.get(folded(heading))
        if column is None:
            unknown += [heading] if heading else []
        elif column.key in places:
            raise Refused("sheet.double_header", N_("The column “{name}” is there twice."), name=heading)
        else:
            places[column.key] = position
    missing = [c.heading() for c in layout.fixed_columns if c.needed and c.key not in places]
    if missing and "id" not in places:
        raise Refused(
            "sheet.wrong_header",
            N_("The first row must name the columns; missing: {missing}. Found: {found}."),
            missing=", ".join(missing),
            found=", ".join(filter(None, header))[:300],
        )
    return places, unknown


def _outcome(layout: Layout[T], row: Row, places: Mapping[str, int], seen: dict[Any, int]) -> Outcome[T]:
    cells = {key: row.cells[place] if place < len(row.cells) else "" for key, place in places.items()}
    label = next((cells[c.key] for c in layout.fixed_columns if c.needed and cells.get(c.key)), "")
    try:
        found = layout.find(cells)
        thing = layout.fresh(cells) if found is None else layout.copied(found)
    except Refused as error:
        return Outcome(row.number, "refused", label, faults=[error.phrase.said(gettext)])
    before = layout.shown(thing) if found is not None else {}
    faults = _take(layout, thing, cells, before) or layout.check(thing)
    if not faults:
        faults = _first_of_its_kind(layout, thing, found, row.number, seen)
    if faults:
        return Outcome(row.number, "refused", label, faults=faults)
    layout.accepted(thing)
    after = layout.shown(thing)
    changes = [
        Change(column.heading(), before.get(column.key, ""), after[column.key])
        for column in layout.fixed_columns
        if column.key != "id" and after[column.key] != before.get(column.key, "")
    ]
    verb: Verb = "added" if found is None else "changed" if changes else "same"
    return Outcome(row.number, verb, label, thing, changes)


def _take(layout: Layout[T], thing: T, cells: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """Let the thing have the cells that differ; the faults met on the way."""
    faults = []
    for column in layout.fixed_columns:
        cell = cells.get(column.key)
        if cell is not None and cell != before.get(column.key, ""):
            try:
                column.take(thing, cell)
            except Refused as error:
                faults.append(f"{column.heading()}: {error.phrase.said(gettext)}")
                continue
        if column.needed and not column.show(thing):
            faults.append(f"{column.heading()}: {gettext('is missing.')}")
    return faults


def _first_of_its_kind(layout: Layout[T], thing: T, found: T | None, number: int, seen: dict[Any, int]) -> list[str]:
    key, pk = layout.key(thing), layout.model_of(thing).pk
    renamed = found is None or layout.key(found) != key
    for known in [pk, key] if renamed else [pk]:
        if known in seen:
            return [gettext("Row {number} already speaks of this.").format(number=seen[known])]
    seen[pk] = number
    seen.setdefault(key, number)
    return []

"""Clauses: reading them from TOML and choosing by day."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

TOPICS = ("authority", "contact", "deadline", "form", "legal_basis", "classification", "retention")
_NO_END = date.max


class Mark(StrEnum):
    """How sure the reading is; shown wherever the clause is."""

    PRIMARY = "T"
    SECONDARY = "2"
    PRESS = "N"
    OPEN = "?"
    OWN = "own"

    @property
    def label(self) -> str:
        """English words (a message id)."""
        return {
            "T": N_("Primary text read"),
            "2": N_("One detailed secondary source"),
            "N": N_("Press"),
            "?": N_("Open question"),
            "own": N_("Set by this installation's administrator"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule: from `starts` until and including `ends` (date.max: until further notice).

    `hours` is a period in hours where the clause is a deadline; `values` holds what else it fixes.
    """

    id: str
    topic: str
    starts: date
    ends: date
    vi: str
    en: str
    source: str
    mark: Mark
    hours: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Whether the clause is in force on `day`."""
        return self.starts <= day <= self.ends

    def text(self, language: str) -> str:
        """Its words in Vietnamese, or in English for any other language."""
        return self.vi if language.startswith("vi") else self.en


def read_clauses(toml: str) -> list[Clause]:
    """The clauses of one TOML text.

    Raises: Refused `regime.unreadable` naming the clause that is wrong.
    """
    try:
        rows = tomllib.loads(toml).get("clause", [])
    except tomllib.TOMLDecodeError as error:
        raise Refused("regime.unreadable", N_("The regime file is not TOML: {why}"), why=str(error)) from error
    return [_clause(row) for row in rows]


def _clause(row: Mapping[str, Any]) -> Clause:
    try:
        clause = Clause(
            id=row["id"],
            topic=row["topic"],
            starts=row.get("from", date.min),
            ends=row.get("until", _NO_END),
            vi=row["vi"],
            en=row["en"],
            source=row["source"],
            mark=Mark(row["mark"]),
            hours=row.get("hours"),
            values=row.get("values", {}),
        )
    except (KeyError, ValueError) as error:
        raise Refused(
            "regime.unreadable", N_("Clause {id}: {why}"), id=str(row.get("id", "?")), why=str(error)
        ) from error
    if clause.topic not in TOPICS:
        raise Refused("regime.unreadable", N_("Clause {id}: {why}"), id=clause.id, why=f"topic {clause.topic}")
    if clause.ends < clause.starts:
        raise Refused("regime.unreadable", N_("Clause {id}: {why}"), id=clause.id, why="until < from")
    return clause


@cache
def shipped_clauses() -> tuple[Clause, ...]:
    """The clauses that come with Vigil, in file order."""
    folder = files("vigil.engines.regimes").joinpath("data")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(clause for name in names for clause in read_clauses(folder.joinpath(name).read_text(encoding="utf-8")))


def clauses_in_force(clauses: Iterable[Clause], day: date, topic: str | None = None) -> list[Clause]:
    """Those of `clauses` in force on `day`, of `topic` if one is given; deadlines shortest first.

    Where two clocks may apply, both are returned, and the earliest is acted on.
    """
    found = [c for c in clauses if c.holds_on(day) and (topic is None or c.topic == topic)]
    return sorted(found, key=lambda c: (c.topic, c.hours if c.hours is not None else float("inf"), c.id))

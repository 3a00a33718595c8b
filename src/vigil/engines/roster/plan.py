"""What planning gives back: who stands where and why, what stays open and why, what it costs, how fair it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from vigil.engines.roster.coverage import ON_SITE, Hole, Span
from vigil.engines.roster.problem import Assignment, Problem
from vigil.kernel.phrases import Phrase


@dataclass(frozen=True, slots=True)
class Placed:
    """An assignment, and why this person."""

    person: str
    slot: str
    kind: str
    why: Phrase
    fixed: bool = False

    @property
    def assignment(self) -> Assignment:
        """Without the reason."""
        return Assignment(self.person, self.slot, self.kind)

    def to_json(self) -> dict[str, Any]:
        """As plain values; `why` as a phrase."""
        return {"person": self.person, "slot": self.slot, "kind": self.kind, "fixed": self.fixed,
                "why": self.why.to_json()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A need that stays open: how many are missing, and how many people each rule kept out (`excluded`: rule ->
    count).
    """

    slot: str
    post: str
    span: Span
    kind: str
    quality: str | None
    missing: int
    excluded: Mapping[str, int]
    why: Phrase

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"slot": self.slot, "post": self.post, **self.span.to_json(), "kind": self.kind, "quality": self.quality,
                "missing": self.missing, "excluded": dict(self.excluded), "why": self.why.to_json()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that an assignment breaks: stable code, a sentence, who and when, and the slots concerned."""

    code: str
    phrase: Phrase
    person: str
    slots: tuple[str, ...] = ()
    at: datetime | date | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"code": self.code, "phrase": self.phrase.to_json(), "person": self.person, "slots": list(self.slots),
                "at": self.at.isoformat() if self.at else None}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """The terms of the formula, in points; `total` is what is minimised."""

    unmet: int = 0
    wishes: int = 0
    nights: int = 0
    holidays: int = 0
    hours: int = 0

    @property
    def total(self) -> int:
        """The sum."""
        return self.unmet + self.wishes + self.nights + self.holidays + self.hours

    def to_json(self) -> dict[str, int]:
        """As plain values."""
        return {"unmet": self.unmet, "wishes": self.wishes, "nights": self.nights, "holidays": self.holidays,
                "hours": self.hours, "total": self.total}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's row in the fairness table: in this roster, carried over, and what would be fair in this roster."""

    person: str
    nights: int
    holidays: int
    hours: float
    shifts: int
    on_call: int
    carried_nights: int
    carried_holidays: int
    carried_hours: int
    fair_nights: float
    fair_holidays: float
    fair_hours: float
    wishes_missed: int

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Atom:
    """One rule or need of a conflict. `code`: `need`, `rest`, `nights`, `shifts_7d`, `hours_7d`, `leave`, `dates`,
    `crew`, `fixed`.
    """

    code: str
    phrase: Phrase
    person: str = ""
    slot: str = ""
    kind: str = ON_SITE
    quality: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"code": self.code, "phrase": self.phrase.to_json(), "person": self.person, "slot": self.slot,
                "kind": self.kind, "quality": self.quality}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Impossible:
    """A proof that nobody can make a roster without a gap.

    `atoms` contradict one another; with `minimal`, dropping any one of them leaves something that can be done.
    `method`: `counting` (arithmetic, no solver) or `solver`. `keys`: the atoms as the engine names them.
    """

    phrase: Phrase
    atoms: tuple[Atom, ...]
    minimal: bool
    method: str
    keys: frozenset[tuple[Any, ...]] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"phrase": self.phrase.to_json(), "atoms": [atom.to_json() for atom in self.atoms],
                "minimal": self.minimal, "method": self.method}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """What a roster breaks, leaves open, costs and asks of each; a `Plan` says besides why each stands there."""

    violations: tuple[Violation, ...]
    unfilled: tuple[Unfilled, ...]
    cost: Cost
    fairness: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A roster. `bound`: no roster can cost less (from the solver; None without it). `remarks`: what a planner must
    know.
    """

    problem: Problem
    placed: tuple[Placed, ...]
    unfilled: tuple[Unfilled, ...]
    posts: tuple[Hole, ...]
    functions: tuple[Hole, ...]
    violations: tuple[Violation, ...]
    cost: Cost
    fairness: tuple[Standing, ...]
    method: str = "greedy"
    bound: int | None = None
    impossible: Impossible | None = None
    remarks: tuple[Phrase, ...] = field(default=())

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """Without reasons."""
        return tuple(one.assignment for one in self.placed)

    @property
    def complete(self) -> bool:
        """Whether every need is met to the minute and no rule is broken; nothing to cover is not complete."""
        return bool(self.problem.slots) and not (self.unfilled or self.posts or self.functions or self.violations)

    def to_json(self) -> dict[str, Any]:
        """As plain values, slots included."""
        return {
            "name": self.problem.name,
            "complete": self.complete,
            "method": self.method,
            "cost": self.cost.to_json(),
            "bound": self.bound,
            "slots": [
                {"id": slot.id, "post": slot.post, "shift": slot.shift, **slot.span.to_json(),
                 "day": slot.day.isoformat(), "night": slot.night is not None, "holiday": slot.holiday}
                for slot in self.problem.slots
            ],
            "placed": [one.to_json() for one in self.placed],
            "unfilled": [one.to_json() for one in self.unfilled],
            "gaps": {"posts": [hole.to_json() for hole in self.posts],
                     "functions": [hole.to_json() for hole in self.functions]},
            "violations": [one.to_json() for one in self.violations],
            "fairness": [one.to_json() for one in self.fairness],
            "impossible": self.impossible.to_json() if self.impossible else None,
            "remarks": [one.to_json() for one in self.remarks],
        }  # fmt: skip

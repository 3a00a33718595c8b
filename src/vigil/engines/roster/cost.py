"""The cost formula: weights from data/cost.toml, and convex prices of a person's nights, holidays and hours.

A price is the squared distance from a fair share at whole units, and straight between them; whole points, so that the
local search and the solver reckon the same.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from vigil.engines.roster.coverage import LEAD


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers of data/cost.toml."""

    unmet: Mapping[str, int] = field(default_factory=dict)
    wish: int = 10
    fair: Mapping[str, int] = field(default_factory=dict)
    carried: Mapping[str, float] = field(default_factory=dict)
    at_home: float = 0.25

    def missing(self, kind: str, quality: str | None) -> int:
        """Points for one missing person."""
        if quality is None:
            return self.unmet[kind]
        return self.unmet["lead" if quality == LEAD else "skill"]


@cache
def shipped_weights() -> Weights:
    """Those that come with the engine."""
    return read_weights(tomllib.loads(files("vigil.engines.roster").joinpath("data/cost.toml").read_text("utf-8")))


def read_weights(table: Mapping[str, Any]) -> Weights:
    """From a parsed file of the same shape."""
    return Weights(
        {name: int(value) for name, value in table["unmet"].items()},
        int(table["wish"]["weight"]),
        {name: int(value) for name, value in table["fair"].items()},
        {name: float(value) for name, value in table["carried"].items()},
        float(table["at_home"]["share"]),
    )


@dataclass(frozen=True, slots=True)
class Price:
    """What an amount costs one person: (amount / step - fair)^2 x weight at every multiple of `step`, straight
    between.
    """

    base: int
    slope: int
    weight: int
    step: int = 1

    @classmethod
    def of(cls, fair: float, weight: int, step: int = 1) -> "Price":
        """With a fair share in steps."""
        return cls(round(weight * fair * fair), round(weight * (1 - 2 * fair)), weight, step)

    def at(self, amount: int) -> int:
        """In points, rounded up."""
        whole, rest = divmod(amount, self.step)
        points = self.corner(whole)
        return points - (-(self.rise(whole) * rest) // self.step) if rest else points

    def corner(self, steps: int) -> int:
        """At `steps` whole steps."""
        return self.base + steps * self.slope + self.weight * steps * (steps - 1)

    def rise(self, steps: int) -> int:
        """From there to the next."""
        return self.slope + 2 * self.weight * steps

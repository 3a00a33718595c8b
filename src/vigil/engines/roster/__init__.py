"""Who stands watch when: coverage to the minute, a roster that keeps the rules, why each stands there, and proof
where none can.

Values in, values out: no Django, no sockets, no clock. `plan(problem)` needs no solver; see docs/reference/roster.md.
"""

from vigil.engines.roster.checks import MoveCheck, check_move, violations
from vigil.engines.roster.coverage import (
    BACKUP,
    KINDS,
    LEAD,
    ON_CALL,
    ON_SITE,
    Coverage,
    Hole,
    Need,
    Presence,
    Span,
    coverage,
    gaps,
    intersect,
    subtract,
    union,
)
from vigil.engines.roster.model import Model
from vigil.engines.roster.patterns import PATTERNS, slot
from vigil.engines.roster.plan import Cost, Impossible, Judged, Placed, Plan, Standing, Unfilled, Violation
from vigil.engines.roster.planning import evaluated, judged, plan
from vigil.engines.roster.problem import (
    Assignment,
    Carried,
    Pattern,
    Person,
    Post,
    Problem,
    Rules,
    Shift,
    Slot,
    Staffing,
    Wish,
)
from vigil.engines.roster.search import steps

__all__ = [
    "BACKUP", "KINDS", "LEAD", "ON_CALL", "ON_SITE", "PATTERNS", "Assignment", "Carried", "Cost", "Coverage", "Hole",
    "Impossible", "Judged", "Model", "MoveCheck", "Need", "Pattern", "Person", "Placed", "Plan", "Post", "Presence",
    "Problem", "Rules", "Shift", "Slot", "Span", "Staffing", "Standing", "Unfilled", "Violation", "Wish",
    "check_move", "coverage", "evaluated", "gaps", "intersect", "judged", "plan", "slot", "steps", "subtract",
    "union", "violations",
]  # fmt: skip

"""The one gate on the way out: may this go to that receiver? Whoever sends or shows anything asks here.

TLP says how far a thing may travel, need-to-know says whom it concerns; both must hold. An empty group means nobody.
"""

from enum import StrEnum

from vigil.kernel.tlp import Tlp


class Withheld(StrEnum):
    """Why a thing does not leave. Stands in the journal entry `exchange.withheld`."""

    NEED_TO_KNOW = "need_to_know"
    TLP = "tlp"


def may_leave(*, tlp: Tlp | int, needs_to_know: bool, ceiling: Tlp | int) -> Withheld | None:
    """None when it may go; else why not. `ceiling`: the strictest label (or rank) that the receiver may be given."""
    if not needs_to_know:
        return Withheld.NEED_TO_KNOW
    return Withheld.TLP if _rank(tlp) > _rank(ceiling) else None


def _rank(value: Tlp | int) -> int:
    return value.rank if isinstance(value, Tlp) else value


def visible_up_to(*ceilings: Tlp | int) -> int:
    """The strictest rank that passes every one of `ceilings`. Raises: ValueError for none, which would mean all."""
    if not ceilings:
        raise ValueError("no ceiling is not every ceiling")
    return min(_rank(ceiling) for ceiling in ceilings)

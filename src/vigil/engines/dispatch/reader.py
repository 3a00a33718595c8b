"""Text in, structure out."""

from __future__ import annotations

from .reading import Reading
from .values import Field


def read(text: str) -> Reading:
    """Read a dispatch."""
    return Reading(kind=Field("dispatch", "inferred"))

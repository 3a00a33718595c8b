"""What a reader returns: a value, where it stands in the text given, and how it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")
Span = tuple[int, int]  # [start, end) in the text given

How = Literal["read", "normalised", "inferred", "absent", "blank"]
"""read: the text's own words. normalised: the same fact in one spelling (dates in ISO, names from capitals).
inferred: follows from the text by a stated rule. blank: the form is there, unfilled. absent: not in the text."""


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One value with its provenance."""

    value: T
    how: How
    spans: tuple[Span, ...] = ()
    note: str | None = None

    def trace(self, **extra: Any) -> dict[str, Any]:
        """The entry under `readings`; the value itself is in the plain part."""
        return {"how": self.how, "spans": [list(s) for s in self.spans], "note": self.note, **extra}


def absent(note: str | None = None) -> Field[None]:
    """The value of what the text does not hold."""
    return Field(None, "absent", (), note)

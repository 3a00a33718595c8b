"""What a reader of lines gives: a record, as the names of its fields beside their values."""

from collections.abc import Hashable, Sequence
from typing import Any, Final, NamedTuple, Protocol

MOST_READ: Final = 500_000
"""Pairs further on in a message are not taken apart; no program writes such."""


class Record(NamedTuple):
    """One event. `kind` is one of fields.toml; `key` stands for the names within the kind; a name "" is left out."""

    kind: str
    key: Hashable
    names: Sequence[str]
    values: tuple[Any, ...]


def timed(kind: str, key: Hashable, names: tuple[str, ...], values: tuple[Any, ...], time: str | None) -> Record:
    """A record with the time, where it has one: a field that is there and empty would hide that of an envelope."""
    if time is None:
        return Record(kind, key, names, values)
    return Record(kind, (key, "timed"), (*names, "timestamp"), (*values, time))


class Reader(Protocol):
    """Reads the lines of one format. What it remembers from line to line it gives and takes as plain JSON values."""

    def read(self, line: str) -> Record | None:
        """The event of the line; None where the line is none and says how others are read, or nothing.

        Raises: ValueError with a short reason where it is no line of this format.
        """

    def state(self) -> dict[str, Any]:
        """What it remembers."""

    def restore(self, state: dict[str, Any]) -> None:
        """Remember that, and nothing else. Raises: ValueError, KeyError, TypeError where it is none of `state`."""


class Forgetful:
    """A reader to which each line is the first."""

    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing."""

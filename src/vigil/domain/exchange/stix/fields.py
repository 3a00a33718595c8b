"""The fields of our own STIX types: what each may hold, and how large. A field says what is wrong, or nothing.

Everything that arrives passes here before anything else looks at it, so that every text, list and number is bounded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_ID = re.compile(
    r"([a-z0-9-]{3,250})--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_PLACES = re.compile(r"\{\{|\}\}|\{[a-z_][a-z0-9_]{0,40}\}|([{}])", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Field(Protocol):
    """One field."""

    def fault(self, value: Any, where: str) -> str | None:
        """Why `value` cannot stand at `where` (English, for machines and logs); None: it can."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of `least` to `most` characters, without control characters."""

    most: int = 300
    least: int = 1
    pattern: re.Pattern[str] | None = None

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, str):
            return f"{where} is not a text"
        if not self.least <= len(value) <= self.most:
            return f"{where} has {len(value)} characters, allowed are {self.least} to {self.most}"
        if _CONTROL.search(value):
            return f"{where} holds control characters"
        return f"{where} does not have its form" if self.pattern and not self.pattern.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class Instant:
    """An RFC 3339 instant in UTC. Source: STIX 2.1 section 2.15."""

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            return f"{where} is not an instant in UTC"
        try:
            datetime.fromisoformat(value[:19])
        except ValueError:
            return f"{where} is no instant of the calendar"
        return None


@dataclass(frozen=True, slots=True)
class Day:
    """A day, `2022-04-30`."""

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        try:
            date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
        except ValueError:
            return f"{where} is not a day"
        return None


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        return None if isinstance(value, bool) else f"{where} is neither true nor false"


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number, 0 to `most`."""

    most: int = 10**9

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= self.most
        return None if good else f"{where} is not a whole number from 0 to {self.most}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        return None if value in self.words else f"{where} is none of {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Ref:
    """The identifier of another STIX object, of one of `types` (none named: of any)."""

    types: tuple[str, ...] = ()

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return f"{where} is not a STIX identifier"
        return None if not self.types or found[1] in self.types else f"{where} names an object of another type"


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of 1 to `most` values (STIX has no empty lists)."""

    of: Field
    most: int = 200

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, list) or not value:
            return f"{where} is not a list with something in it"
        if len(value) > self.most:
            return f"{where} has {len(value)} entries, allowed are {self.most}"
        return next((why for n, one in enumerate(value) if (why := self.of.fault(one, f"{where}[{n}]"))), None)


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these fields and no others."""

    required: Mapping[str, Field] = field(default_factory=dict)
    optional: Mapping[str, Field] = field(default_factory=dict)

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, dict):
            return f"{where or 'it'} is not an object"
        at = f"{where}." if where else ""
        for name in self.required:
            if name not in value:
                return f"{at}{name} is missing"
        for name, one in value.items():
            known = self.required.get(name) or self.optional.get(name)
            if known is None:
                return f"{at}{str(name)[:60]} is not a field of this type"
            if why := known.fault(one, f"{at}{name}"):
                return why
        return None


@dataclass(frozen=True, slots=True)
class Loose:
    """What a reading found: a text, a number, or a shallow object of such. Bounded, but of no fixed form."""

    most: int = 2000
    depth: int = 3

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if isinstance(value, bool | int):
            return None if abs(value) < 2**53 else f"{where} is too large a number"
        if isinstance(value, str):
            return Text(self.most).fault(value, where)
        if self.depth == 0:
            return f"{where} is nested too deep"
        inner = Loose(self.most, self.depth - 1)
        if isinstance(value, list):
            return Listed(inner, 100).fault(value, where)
        if not isinstance(value, dict) or not 0 < len(value) <= 40:
            return f"{where} is none of the plain values"
        for name, one in value.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                return f"{where} has a field whose name is not plain"
            if why := inner.fault(one, f"{where}.{name}"):
                return why
        return None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A `Phrase` as JSON. Its places are plain names: what a peer writes must not reach into `str.format`."""

    depth: int = 2

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, dict) or not set(value) <= {"wording", "values"}:
            return f"{where} is not a sentence"
        wording, values = value.get("wording"), value.get("values", {})
        if why := Text(2000).fault(wording, f"{where}.wording"):
            return why
        if not isinstance(values, dict) or len(values) > 20:
            return f"{where}.values is not an object of at most 20"
        places = set()
        for found in _PLACES.finditer(str(wording)):
            if found[1]:
                return f"{where}.wording has a place that is not plain"
            if found[0] not in {"{{", "}}"}:
                places.add(found[0][1:-1])
        if not places <= set(values):
            return f"{where}.wording has a place that nothing fills"
        return next((why for name, one in values.items() if (why := self._value(one, f"{where}.{name}"))), None)

    def _value(self, value: Any, where: str) -> str | None:
        if not isinstance(value, dict):
            return Loose(1000, 0).fault(value, where)
        if "wording" in value:
            return Sentence(self.depth - 1).fault(value, where) if self.depth else f"{where} is nested too deep"
        if set(value) == {"instant"}:
            return Text(40, pattern=re.compile(r"[0-9T:.+Z-]+")).fault(value["instant"], where)
        return Day().fault(value["day"], where) if set(value) == {"day"} else f"{where} is not a plain value"

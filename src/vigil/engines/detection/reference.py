"""What a condition means, slowly and obviously: one event at a time. The fast way must say the same.

An event is a mapping of field names to values: text, numbers, truth values, null, or lists of them.
"""

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any as AnyValue
from typing import Final

from vigil.engines.detection.terms import (
    All,
    Any,
    Atom,
    Condition,
    Missing,
    Network,
    Not,
    Number,
    Predicate,
    Present,
    Regex,
    SameAs,
    Text,
    TimePart,
    Wild,
)

OPERATORS: Final = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
Event = Mapping[str, AnyValue]


def holds(condition: Condition, event: Event) -> bool:
    """Whether the condition holds for the event."""
    match condition:
        case All(parts):
            return all(holds(part, event) for part in parts)
        case Any(parts):
            return any(holds(part, event) for part in parts)
        case Not(part):
            return not holds(part, event)
        case Atom(field, predicate):
            return _atom(field, predicate, event)


def _atom(field: str, predicate: Predicate, event: Event) -> bool:
    found = values(event, field)
    match predicate:
        case Missing():
            return not found
        case Present():
            return bool(found)
        case SameAs(other, where):
            return any(_same(one, two, where) for one in found for two in values(event, other))
    return any(value_holds(predicate, value) for value in found)


def value_holds(predicate: Predicate, value: str) -> bool:
    """Whether a predicate over one value holds for this one."""
    match predicate:
        case Text(parts, cased):
            return text_pattern(parts).fullmatch(value if cased else value.casefold()) is not None
        case Number(number, operator):
            return NUMBER.fullmatch(value) is not None and bool(OPERATORS[operator](float(value), number))
        case Regex():
            return regex_of(predicate).search(value) is not None
        case Network(cidr):
            return _in_network(value, cidr)
        case TimePart(part, number, operator):
            return (is_ := time_part(value, part)) is not None and bool(OPERATORS[operator](is_, number))
    raise TypeError(f"{predicate} is not about one value")


def values(event: Event, field: str) -> list[str]:
    """The values of a field as text, of all fields where it is empty; nothing for null."""
    found: list[str] = []
    for name, value in event.items():
        if not field or name.lower() == field:
            found += [as_text(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
    return found


def as_text(value: AnyValue) -> str:
    """A value as rules see it: JSON's words for truth, whole numbers without a fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@cache
def text_pattern(parts: tuple[str | Wild, ...]) -> re.Pattern[str]:
    """The parts as a regular expression for the whole value."""
    said = "".join(re.escape(part) if isinstance(part, str) else (".*" if part is Wild.ANY else ".") for part in parts)
    return re.compile(said, re.DOTALL)


@cache
def regex_of(predicate: Regex) -> re.Pattern[str]:
    """The pattern compiled with its flags; raises re.error."""
    flags = re.NOFLAG
    for letter in predicate.flags:
        flags |= _FLAGS[letter]
    return re.compile(predicate.pattern, flags)


def _in_network(value: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False


def _same(one: str, two: str, where: str) -> bool:
    one, two = one.casefold(), two.casefold()
    if where == "startswith":
        return one.startswith(two)
    if where == "endswith":
        return one.endswith(two)
    return two in one if where == "contains" else one == two


def time_part(value: str, part: str) -> int | None:
    """A part of a time in ISO 8601, as it is written there (no zone is applied)."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    if part == "week":
        return at.isocalendar().week
    found: int = getattr(at, part)
    return found

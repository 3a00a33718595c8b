"""The package's data files, loaded once. What a newcomer may have to add (a body, a product, a phrase) is there, not
in code."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from .text import key


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "data" / name).read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Body:
    """An issuing body: its proper name, its acronym, and the title of its head."""

    name: str
    acronym: str | None = None
    parent: str | None = None
    head: str | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product under the name by which a reading lists it."""

    name: str
    vendor: str
    beside_vendor: bool = False


@cache
def bodies() -> dict[str, Body]:
    """Every spelling of a body's name (folded) and the body."""
    found: dict[str, Body] = {}
    for row in _toml("organisations.toml")["body"]:
        body = Body(row["name"], row.get("acronym"), row.get("parent"), row.get("head"), row.get("symbol"))
        for spelling in (body.name, *row.get("also", ())):
            found[key(spelling)] = body
    return found


@cache
def acronyms() -> dict[str, Body]:
    """Bodies by the acronym that follows their name in brackets."""
    return {b.acronym: b for b in bodies().values() if b.acronym}


@cache
def places() -> dict[str, tuple[str, str]]:
    """Provinces and cities (folded) with their proper name and type. Source: the 63 units of 2008-2025."""
    with (files(__package__) / "data" / "places.csv").open(encoding="utf-8") as lines:
        return {key(row["name"]): (row["name"], row["type"]) for row in csv.DictReader(lines)}


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, longest first, with white space of any kind between their parts."""
    ordered = sorted({key(w) for w in words}, key=len, reverse=True)
    return "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in ordered)


@cache
def body_pattern() -> re.Pattern[str]:
    """Finds any known body in lowered text."""
    return re.compile(rf"(?<!\w)(?:{one_of(bodies())})(?!\w)")


@cache
def place_pattern() -> str:
    """A pattern for any province, for use inside other patterns over lowered text."""
    return one_of(places())


@cache
def phrases(group: str) -> tuple[str, ...]:
    """The openings of a group in phrases.toml, folded."""
    return tuple(lead(w) for w in _toml("phrases.toml")[group])


def lead(words: str) -> str:
    """An opening as it is matched: folded, a wanted space at its end kept."""
    return key(words) + (" " if words.endswith(" ") else "")


@cache
def duties() -> dict[str, tuple[str, ...]]:
    """Kinds of obligation and the words that tell them."""
    return {kind: tuple(map(key, words)) for kind, words in _toml("phrases.toml")["duties"].items()}


@cache
def audience_patterns() -> dict[str, re.Pattern[str]]:
    """One pattern for each class of audience, over lowered text."""
    classes = _toml("audiences.toml")["classes"]
    return {name: re.compile(rf"(?<!\w)(?:{one_of(words)})(?!\w)") for name, words in classes.items()}


@cache
def vulnerability_names() -> dict[str, tuple[str, ...]]:
    """Names of weaknesses (folded) and their CVE identifiers."""
    return {key(n): tuple(c) for n, c in _toml("vulnerabilities.toml")["names"].items()}


@cache
def exact_vulnerability_names() -> dict[str, tuple[str, ...]]:
    """Names that are common words too: they count only in their own spelling."""
    return {n: tuple(c) for n, c in _toml("vulnerabilities.toml")["exact"].items()}


@cache
def vendors() -> tuple[str, ...]:
    """Makers of products."""
    return tuple(_toml("products.toml")["vendors"])


@cache
def products() -> dict[str, Product]:
    """Every spelling of a product (exact case) and the product."""
    found: dict[str, Product] = {}
    for row in _toml("products.toml")["product"]:
        for name in row["names"]:
            found[name] = Product(name, row["vendor"])
        for spelling, name in row.get("also", {}).items():
            found[spelling] = Product(name, row["vendor"])
        for spelling, name in row.get("beside_vendor", {}).items():
            found[spelling] = Product(name, row["vendor"], beside_vendor=True)
    return found


@dataclass(frozen=True, slots=True)
class Event:
    """An occasion with a fixed day."""

    words: tuple[str, ...]
    day: int
    month: int


@cache
def events() -> tuple[Event, ...]:
    """Occasions whose day is fixed in the solar calendar."""
    rows = _toml("events.toml")["event"]
    return tuple(Event(tuple(map(key, r["words"])), r["day"], r["month"]) for r in rows)

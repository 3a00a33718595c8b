"""One event: checked against PyMISP's schema, its head as a whole and each attribute by itself.

Source: MISP core format; the schema that PyMISP ships (schema-lax.json).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from jsonschema import Draft4Validator, ValidationError
from pymisp import MISPAttribute
from pymisp.exceptions import PyMISPError

from vigil.adapters.peers.misp.bounds import Bounds, Unfit

_HEAD: Final = ("uuid", "info", "date", "timestamp", "distribution", "published", "threat_level_id", "analysis")
_OWN: Final = ("uuid", "type", "category", "value", "to_ids", "timestamp", "distribution", "comment", "deleted")


_BAD: Final = (ValidationError, PyMISPError, LookupError, ValueError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Group:
    """Who may have it: MISP's distribution number, and the organisations (UUIDs) of its sharing group."""

    distribution: int
    organisations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Event:
    """The head of an event; `tags` are plain names."""

    uuid: str
    info: str
    source_uuid: str
    source_name: str
    tags: tuple[str, ...]
    group: Group


@cache
def _validators() -> tuple[Draft4Validator, Draft4Validator]:
    schema = json.loads(files("pymisp").joinpath("data", "schema-lax.json").read_text("utf-8"))
    attribute = {"$schema": schema["$schema"], "defs": schema["defs"], "$ref": "#/defs/attribute"}
    return Draft4Validator(schema), Draft4Validator(attribute)


def events_in(value: Any) -> Iterator[Any]:
    """The events of a parsed file: `{"Event": ...}`, a bare event, or `{"response": [...]}`."""
    if isinstance(value, dict) and isinstance(value.get("response"), list):
        yield from value["response"]
    elif isinstance(value, dict) and isinstance(value.get("response"), dict):
        yield value["response"]
    else:
        yield value


def head_of(value: Any, bounds: Bounds) -> tuple[Event, dict[str, Any]]:
    """An event's head and its raw body. Raises: Unfit `not_an_event`, `bad_event`, `too_long`."""
    body = value.get("Event", value) if isinstance(value, dict) else None
    if not isinstance(body, dict) or "info" not in body:
        raise Unfit("not_an_event")
    plain = {name: _as_schema(name, body[name]) for name in (*_HEAD, "Orgc", "SharingGroup", "Tag") if name in body}
    try:
        _validators()[0].validate({"Event": plain})
    except (ValidationError, RecursionError) as error:
        raise Unfit("bad_event") from error
    info = _text(body.get("info"), bounds)
    source = body.get("Orgc") or {}
    return Event(
        uuid=_uuid(body.get("uuid")),
        info=info,
        source_uuid=_uuid(source["uuid"]) if source.get("uuid") else "",
        source_name=_text(source.get("name") or "", bounds),
        tags=_tags(body, bounds),
        group=group_of(body, Group(-1)),
    ), body


def attributes_in(body: dict[str, Any], bounds: Bounds) -> Iterator[Any]:
    """Every attribute, also those within objects; at most as many as the bound. Raises: Unfit `too_many`."""
    count = 0
    objects = body.get("Object")
    for holder in (body, *(objects if isinstance(objects, list) else ())):
        if not isinstance(holder, dict):
            yield holder
            continue
        rows = holder.get("Attribute")
        for row in rows if isinstance(rows, list) else ([] if rows is None else [rows]):
            count += 1
            if count > bounds.attributes:
                raise Unfit("too_many")
            yield row


def attribute_of_row(row: Any, bounds: Bounds) -> MISPAttribute:
    """An attribute that the schema and PyMISP both take; its attached data is never opened.

    Raises: Unfit `bad_attribute`, `too_long`.
    """
    if not isinstance(row, dict):
        raise Unfit("bad_attribute")
    plain = {name: _as_schema(name, row[name]) for name in _OWN if row.get(name) is not None}
    _text(plain.get("value"), bounds)
    try:
        _validators()[1].validate(plain)
        UUID(plain["uuid"])  # PyMISP takes any text for one
        made = MISPAttribute()
        made.from_dict(**{k: v for k, v in plain.items() if k != "distribution"})  # ours to judge: `group_of`
    except _BAD as error:
        raise Unfit("bad_attribute") from error
    return made


def tags_of(row: dict[str, Any], bounds: Bounds) -> tuple[str, ...]:
    """The names of an attribute's tags."""
    return _tags(row, bounds)


def group_of(row: dict[str, Any], above: Group) -> Group:
    """Who may have it. Distribution 5 inherits; 4 without a sharing group, or with an empty one, means nobody."""
    try:
        number = int(row.get("distribution", 5 if above.distribution >= 0 else -1))
    except (TypeError, ValueError):
        number = 0
    if number == 5:
        return above if above.distribution >= 0 else Group(0)
    if number != 4:
        return Group(number if number in (-1, 0, 1, 2, 3) else 0)
    group = row.get("SharingGroup")
    rows = group.get("SharingGroupOrg") if isinstance(group, dict) else None
    found = set()
    for entry in rows if isinstance(rows, list) else []:
        holder = entry.get("Organisation", entry) if isinstance(entry, dict) else None
        try:
            found.add(_uuid(holder.get("uuid") if isinstance(holder, dict) else None))
        except Unfit:
            continue
    return Group(4, frozenset(found))


def _as_schema(name: str, value: Any) -> Any:
    """The schema wants numbers as text; some instances write them as numbers."""
    numbers = ("timestamp", "distribution", "threat_level_id", "analysis")
    return str(value) if name in numbers and isinstance(value, int) and not isinstance(value, bool) else value


def _text(value: Any, bounds: Bounds) -> str:
    if not isinstance(value, str):
        raise Unfit("bad_attribute")
    if len(value) > bounds.value:
        raise Unfit("too_long")
    return value


def _uuid(value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError) as error:
        raise Unfit("bad_event") from error


def _tags(row: dict[str, Any], bounds: Bounds) -> tuple[str, ...]:
    rows = row.get("Tag")
    names = [tag.get("name") for tag in rows if isinstance(tag, dict)] if isinstance(rows, list) else []
    return tuple(name for name in names[:200] if isinstance(name, str) and len(name) <= bounds.value)

"""What a posted object must be before anybody looks at what it means: well-formed STIX 2.1, within bounds.

References are only looked at as text and never followed, so a cycle costs nothing.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from vigil.domain.exchange.instants import read_instant
from vigil.domain.exchange.models.collections import microseconds
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

MAX_DEPTH: Final = 32
MAX_TEXT: Final = 200_000
MAX_VALUES: Final = 20_000
AHEAD: Final = timedelta(days=1)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TYPE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_ID = re.compile(rf"([a-z][a-z0-9-]{{2,249}})--{_UUID}", re.ASCII)

# Source: STIX 2.1 sections 3.2 (common properties), 4 and 5 (domain and relationship objects), 7 (meta objects).
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "attack-pattern": ("name",),
    "campaign": ("name",),
    "course-of-action": ("name",),
    "grouping": ("context", "object_refs"),
    "identity": ("name",),
    "incident": ("name",),
    "indicator": ("pattern", "pattern_type", "valid_from"),
    "infrastructure": ("name",),
    "intrusion-set": ("name",),
    "location": (),
    "malware": ("is_family",),
    "malware-analysis": ("product",),
    "note": ("content", "object_refs"),
    "observed-data": ("first_observed", "last_observed", "number_observed"),
    "opinion": ("opinion", "object_refs"),
    "report": ("name", "published", "object_refs"),
    "threat-actor": ("name",),
    "tool": ("name",),
    "vulnerability": ("name",),
    "relationship": ("relationship_type", "source_ref", "target_ref"),
    "sighting": ("sighting_of_ref",),
    "extension-definition": ("created_by_ref", "name", "schema", "version", "extension_types"),
    "language-content": ("object_ref", "contents"),
}
_OBSERVABLES: Final = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
        "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
        "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
_INSTANTS: Final = ("created", "modified", "valid_from", "valid_until", "first_seen", "last_seen", "published")


def inspect(obj: object, *, now: datetime) -> dict[str, Any]:
    """`obj` itself when it is well-formed. Raises: Refused with a reason for its sender."""
    if not isinstance(obj, dict):
        raise Refused("exchange.not_stix", N_("An object has no identifier and type of STIX."))
    _bounded(obj)
    stix_type, found = obj.get("type"), _ID.fullmatch(str(obj.get("id", "")))
    if not isinstance(stix_type, str) or not _TYPE.fullmatch(stix_type) or found is None or found[1] != stix_type:
        raise Refused("exchange.not_stix", N_("An object has no identifier and type of STIX."))
    _known_type(stix_type, obj)
    observable = stix_type in _OBSERVABLES
    if obj.get("spec_version", "2.1" if observable else None) != "2.1":
        raise Refused("exchange.not_stix_21", N_("{id} is not an object of STIX 2.1."), id=obj["id"])
    if not observable:
        needed = ("created", *(() if stix_type == "marking-definition" else ("modified",)), *_NEEDED.get(stix_type, ()))
        missing = [name for name in needed if obj.get(name) in (None, "", [])]
        if missing:
            raise Refused("exchange.property_missing", N_("It lacks {names}."), names=", ".join(missing))
    _times(obj, now)
    _references(obj)
    return obj


def _bounded(obj: dict[str, Any]) -> None:
    waiting: list[tuple[Any, int]] = [(obj, 1)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_VALUES:
            raise Refused("exchange.too_deep", N_("It is nested too deeply or holds too many values."))
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, str) and (len(value) > MAX_TEXT or "\0" in value):
            raise Refused("exchange.text_too_long", N_("It holds a text that is too long, or a null character."))


def _known_type(stix_type: str, obj: dict[str, Any]) -> None:
    if stix_type in _NEEDED or stix_type in _OBSERVABLES or stix_type == "marking-definition":
        return
    extensions = obj.get("extensions")
    if stix_type.startswith("x-") or (isinstance(extensions, dict) and extensions):
        return
    raise Refused("exchange.unknown_type", N_("{type} is no type of STIX 2.1 and no extension."), type=stix_type)


def _times(obj: dict[str, Any], now: datetime) -> None:
    instants: dict[str, int] = {}
    for name in _INSTANTS:
        if name in obj:
            try:
                instants[name] = read_instant(obj[name])
            except ValueError as error:
                raise Refused(
                    "exchange.bad_time", N_("{name} cannot be read: {why}"), name=name, why=str(error)
                ) from error
    if instants.get("modified", instants.get("created", 0)) > microseconds(now + AHEAD):
        raise Refused("exchange.from_the_future", N_("It was made more than a day from now; is the clock right?"))
    for early, late in (("created", "modified"), ("valid_from", "valid_until"), ("first_seen", "last_seen")):
        if early in instants and late in instants and instants[late] < instants[early]:
            raise Refused("exchange.times_reversed", N_("{late} is before {early}."), late=late, early=early)


def _references(obj: dict[str, Any]) -> None:
    for name, value in obj.items():
        refs = [value] if name.endswith("_ref") else value if name.endswith("_refs") else []
        if not isinstance(refs, list) or not all(isinstance(ref, str) and _ID.fullmatch(ref) for ref in refs):
            raise Refused("exchange.bad_reference", N_("{name} is no reference to an object."), name=name)

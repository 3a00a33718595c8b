"""Whether an object that arrived can be taken: bounded first, then of a known form, then neither circular nor ahead."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vigil.domain.exchange.stix.definitions import SEAL, TLP_2_EXTENSION, TYPES
from vigil.domain.exchange.stix.fields import Instant, Ref
from vigil.domain.exchange.stix.shapes import SHAPES
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

LARGEST_BYTES: Final = 2_000_000
DEEPEST: Final = 12
MOST_VALUES: Final = 60_000
AHEAD: Final = timedelta(hours=2)
"""How far a peer's clock may run ahead: an hour off (a wrong time zone) works; more is quarantined."""

_STATED: Final = ("created", "modified", "stated_at", "measured_at", "counted_at", "asked_at", "filed_at",
                  "verified_at", "retired_at", "started_at", "finished_at")  # fmt: skip
_STANDARD: Final = frozenset(
    """
    attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set location
    malware malware-analysis note observed-data opinion report threat-actor tool vulnerability relationship sighting
    artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex
    network-traffic process software url user-account windows-registry-key x509-certificate
    marking-definition language-content extension-definition
    """.split()  # noqa: SIM905
)


def check(obj: Any, *, now: datetime) -> dict[str, Any]:
    """`obj` itself, when it can be taken. It is not changed and nothing it refers to is followed.

    Raises: Refused `stix.too_large`, `stix.too_deep`, `stix.invalid`, `stix.unknown_type`, `stix.unknown_extension`,
    `stix.refers_to_itself`, `stix.ahead_of_time`.
    """
    _bounded(obj)
    name = obj.get("type")
    if isinstance(name, str) and name in SHAPES:
        _known_extensions(obj, {TYPES[name], SEAL})
        _demand(SHAPES[name].fault(obj, ""))
        _versioned(obj)
    elif isinstance(name, str) and name in _STANDARD:
        _standard(obj, name)
    else:
        raise Refused("stix.unknown_type", N_("Objects of the type {type} are not known here."), type=str(name)[:100])
    _not_circular(obj)
    _not_ahead(obj, now)
    return dict(obj)


def parse(raw: bytes) -> Any:
    """JSON, bounded in size and depth before anything walks it. Raises: Refused `stix.too_large`, `stix.invalid`."""
    if len(raw) > LARGEST_BYTES:
        raise _too_large()
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("stix.invalid", N_("Not a valid object: {why}"), why="it is not JSON") from error


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def instant_of(text: str) -> datetime:
    """The instant that a checked field holds; what lies beyond microseconds is cut off."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC, microsecond=int(fraction[:6].ljust(6, "0") or 0))


def _too_large() -> Refused:
    return Refused("stix.too_large", N_("The object is larger than {most} bytes."), most=LARGEST_BYTES)


def _bounded(obj: Any) -> None:
    """Size, depth and number of values, without recursion; a Python object that holds itself ends here too."""
    if not isinstance(obj, dict):
        raise Refused("stix.invalid", N_("Not a valid object: {why}"), why="it is not a JSON object")
    seen, characters = 0, 0
    waiting: list[tuple[Any, int]] = [(obj, 1)]
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_VALUES:
            raise Refused("stix.too_deep", N_("The object is nested too deep or has too many parts."))
        if isinstance(value, dict):
            characters += sum(len(str(key)) for key in value)
            waiting.extend((one, depth + 1) for one in value.values())
        elif isinstance(value, list):
            waiting.extend((one, depth + 1) for one in value)
        elif isinstance(value, str):
            characters += len(value)
        if characters > LARGEST_BYTES:
            raise _too_large()


def _demand(fault: str | None) -> None:
    if fault:
        raise Refused("stix.invalid", N_("Not a valid object: {why}"), why=fault[:500])


def _known_extensions(obj: Mapping[str, Any], known: set[str]) -> None:
    extensions = obj.get("extensions")
    if isinstance(extensions, dict):
        for ref in extensions:
            if ref not in known:
                raise Refused("stix.unknown_extension", N_("The extension {ref} is not known here."), ref=ref[:100])


def _standard(obj: Mapping[str, Any], name: str) -> None:
    """An object of STIX itself: its head is checked; unknown property extensions stay and are ignored (section 7.3)."""
    _demand(Ref((name,)).fault(obj.get("id"), "id"))
    for part in ("created", "modified"):
        if part in obj:
            _demand(Instant().fault(obj[part], part))
    if "created_by_ref" in obj:
        _demand(Ref(("identity",)).fault(obj["created_by_ref"], "created_by_ref"))
    extensions = obj.get("extensions", {})
    if not isinstance(extensions, dict):
        raise Refused("stix.invalid", N_("Not a valid object: {why}"), why="extensions is not an object")
    added = {
        ref
        for ref, one in extensions.items()
        if isinstance(one, dict) and str(one.get("extension_type", "")) not in {"", "property-extension"}
    }
    _known_extensions({"extensions": dict.fromkeys(added)}, {TLP_2_EXTENSION, SEAL})
    if "modified" in obj:
        _versioned(obj)


def _versioned(obj: Mapping[str, Any]) -> None:
    if "created" in obj and instant_of(obj["modified"]) < instant_of(obj["created"]):
        _demand("modified is before created")


def _not_circular(obj: Mapping[str, Any]) -> None:
    own = obj["id"]
    for name, value in obj.items():
        if (name.endswith("_ref") and value == own) or (
            name.endswith("_refs") and isinstance(value, list) and own in value
        ):
            raise Refused("stix.refers_to_itself", N_("The object refers to itself ({field})."), field=name)


def _not_ahead(obj: Mapping[str, Any], now: datetime) -> None:
    for name in _STATED:
        value = obj.get(name)
        if isinstance(value, str) and Instant().fault(value, name) is None and instant_of(value) > now + AHEAD:
            raise Refused("stix.ahead_of_time", N_("The object is dated in the future ({field})."), field=name)

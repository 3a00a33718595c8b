"""From a file or a feed's folder to STIX 2.1 indicators; a bad attribute costs itself, a bad event costs itself."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pymisp import MISPAttribute

from vigil.adapters.peers.misp import events as misp
from vigil.adapters.peers.misp import mapping, markings
from vigil.adapters.peers.misp.bounds import Bounds, Unfit, elements_of, values_of
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_
from vigil.kernel.tlp import Tlp

VALID_FOR = timedelta(days=180)
_UUID_RE = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass
class Read:
    """What came out, and the account of what did not: by type, by reason, by event."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)  # by STIX id
    events: int = 0
    indicators: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    bad_attributes: Counter[str] = field(default_factory=Counter)
    bad_events: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """The account as plain JSON values."""
        return {
            "events": self.events,
            "indicators": self.indicators,
            "unmapped": dict(sorted(self.unmapped.items())),
            "left_out": dict(sorted(self.left_out.items())),
            "bad_attributes": dict(sorted(self.bad_attributes.items())),
            "bad_events": dict(sorted(self.bad_events.items())),
        }

    def bundle(self) -> dict[str, Any]:
        """Everything as one STIX bundle; its id follows from what is in it."""
        ids = sorted(self.objects)
        return {
            "type": "bundle",
            "id": f"bundle--{uuid5(NAMESPACE_URL, ','.join(ids))}",
            **({"objects": [self.objects[name] for name in ids]} if ids else {}),
        }


def read_path(path: Path, now: datetime, *, bounds: Bounds | None = None, untagged: Tlp = Tlp.AMBER) -> Read:
    """Read a file of events, or a feed's folder (manifest.json and an event file for each UUID in it).

    What bears no TLP tag is `untagged`. Raises: Refused `misp.too_large`, `misp.too_deep`, `misp.not_json`,
    `misp.no_manifest`; OSError as `open` does.
    """
    bounds = bounds or Bounds()
    read = Read()
    if path.is_dir():
        for name in _manifest(path, bounds):
            _feed_file(path, name, read, now, bounds, untagged)
        return read
    with path.open("rb") as stream:
        for piece in elements_of(stream, bounds):
            _piece(piece, read, now, bounds, untagged, "")
    return read


def _manifest(folder: Path, bounds: Bounds) -> Iterator[str]:
    """The UUIDs of a feed's manifest; what is no UUID is never used as a path."""
    try:
        listed = values_of(_bytes(folder / "manifest.json", bounds.manifest_bytes), bounds)
    except (OSError, Unfit) as error:
        raise Refused("misp.no_manifest", N_("The folder has no manifest.json that can be read.")) from error
    if not isinstance(listed, dict):
        raise Refused("misp.no_manifest", N_("The folder has no manifest.json that can be read."))
    yield from list(listed)[: bounds.events]


def _bytes(path: Path, most: int) -> bytes:
    """A regular file's bytes; links are not followed. Raises: OSError; Unfit `too_large`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise Unfit("too_large")
    return data


def _feed_file(folder: Path, name: str, read: Read, now: datetime, bounds: Bounds, untagged: Tlp) -> None:
    if not _UUID_RE.fullmatch(name):
        read.bad_events["not_a_uuid"] += 1
        return
    try:
        data = _bytes(folder / f"{name}.json", bounds.event_bytes)
    except OSError:
        read.bad_events["missing"] += 1
    except Unfit as error:
        read.bad_events[str(error)] += 1
    else:
        _piece(data, read, now, bounds, untagged, name.lower())


def _piece(data: bytes, read: Read, now: datetime, bounds: Bounds, untagged: Tlp, promised: str) -> None:
    try:
        found = list(misp.events_in(values_of(data, bounds)))
    except Unfit as error:
        read.bad_events[str(error)] += 1
        return
    for value in found:
        try:
            event, body = misp.head_of(value, bounds)
            if promised and event.uuid != promised:
                raise Unfit("other_uuid")
            read.events += 1
            for row in misp.attributes_in(body, bounds):
                _row(row, event, read, now, bounds, untagged)
        except Unfit as error:
            read.bad_events[str(error)] += 1


def _row(row: Any, event: misp.Event, read: Read, now: datetime, bounds: Bounds, untagged: Tlp) -> None:
    kind = row.get("type") if isinstance(row, dict) else None
    if isinstance(kind, str) and kind not in mapping.MAPPED:
        read.unmapped[kind[:80]] += 1
        return
    try:
        attribute = misp.attribute_of_row(row, bounds)
        if attribute.get("deleted"):
            read.left_out["deleted"] += 1
            return
        if not attribute.to_ids:
            read.left_out["not_for_detection"] += 1
            return
        value = mapping.checked(attribute.type, str(attribute.value))
        indicator = _indicator(attribute, row, value, event, now, bounds, untagged)
    except Unfit as error:
        read.bad_attributes[str(error)] += 1
        return
    label = next(label for label, ref in markings.REFS.items() if ref == indicator["object_marking_refs"][0])
    read.objects.setdefault(markings.REFS[label], markings.definition(label))
    if event.source_uuid:
        read.objects.setdefault(f"identity--{event.source_uuid}", _identity(event))
    old = read.objects.get(indicator["id"])
    if old is not None:
        read.left_out["repeated"] += 1
        if old["modified"] >= indicator["modified"]:
            return
    else:
        read.indicators += 1
    read.objects[indicator["id"]] = indicator


def _indicator(
    attribute: MISPAttribute,
    row: dict[str, Any],
    value: str,
    event: misp.Event,
    now: datetime,
    bounds: Bounds,
    untagged: Tlp,
) -> dict[str, Any]:
    at = _instant(row.get("timestamp"), now) or now
    since = _instant(row.get("first_seen"), now) or at
    until = max(_instant(row.get("last_seen"), now) or at, since, at) + VALID_FOR
    tlp = max(
        (t for t in (markings.of_tags(event.tags), markings.of_tags(misp.tags_of(row, bounds))) if t is not None),
        key=lambda label: label.rank,
        default=untagged,
    )
    group = misp.group_of(row, event.group)
    made: dict[str, Any] = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{str(attribute.uuid).lower()}",
        "created": _stamp(at),
        "modified": _stamp(at),
        "name": value[:250],
        "indicator_types": ["malicious-activity"],
        "pattern": mapping.pattern_of(attribute.type, value),
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": _stamp(since),
        "valid_until": _stamp(until),
        "labels": [
            f'misp:type="{attribute.type}"',
            f'misp:distribution="{group.distribution}"',
            *(f'misp:sharing-group-org="{uuid}"' for uuid in sorted(group.organisations)),
        ],
        "external_references": [{"source_name": "MISP", "description": event.info[:500], "external_id": event.uuid}],
        "object_marking_refs": [markings.REFS[tlp]],
    }
    if event.source_uuid:
        made["created_by_ref"] = f"identity--{event.source_uuid}"
    return made


def _identity(event: misp.Event) -> dict[str, Any]:
    since = "2017-01-20T00:00:00.000Z"  # the source's own age is not known; equal feeds give equal objects
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{event.source_uuid}",
        "created": since,
        "modified": since,
        "name": event.source_name[:300] or event.source_uuid,
        "identity_class": "organization",
    }


def _instant(value: Any, now: datetime) -> datetime | None:
    """An aware instant between 1990 and a day from now. Raises: Unfit `bad_time`."""
    if value in (None, ""):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value):
        value = int(value)
    try:
        at = datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value
        if not isinstance(at, datetime):
            at = datetime.fromisoformat(str(value))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unfit("bad_time") from error
    if not datetime(1990, 1, 1, tzinfo=UTC) <= at <= now + timedelta(days=1):
        raise Unfit("bad_time")
    return at


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

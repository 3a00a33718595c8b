"""From STIX indicators to MISP events: what may leave under the ceiling and the group, and what is withheld and why.

Fails closed: no marking, an unknown one, "your organisation only", an empty sharing group, or a group that does not
hold everybody the feed goes to, means that nobody gets it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import stix2
from pymisp import MISPEvent, MISPOrganisation
from stix2.exceptions import STIXError

from vigil.adapters.peers.misp import mapping, markings
from vigil.adapters.peers.misp.bounds import Unfit
from vigil.kernel.tlp import Tlp

_LABEL_RE = re.compile(r'misp:(type|distribution|sharing-group-org)="([^"]*)"')
_UNNAMED = UUID("00000000-0000-4000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class Withheld:
    """An object that did not leave, and why (a short code)."""

    id: str
    reason: str


@dataclass
class Written:
    """The account of an export."""

    events: int = 0
    attributes: int = 0
    withheld: list[Withheld] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As plain JSON values."""
        reasons = Counter(each.reason for each in self.withheld)
        return {"events": self.events, "attributes": self.attributes, "withheld": dict(sorted(reasons.items()))}


@dataclass(frozen=True, slots=True)
class Leaving:
    """An indicator that may leave, as an attribute."""

    uuid: str
    kind: str
    value: str
    tlp: Tlp
    source: str  # identity id, or empty
    first_seen: str
    modified: datetime


def released(
    objects: Iterable[Any], *, ceiling: Tlp, audience: frozenset[str], now: datetime, written: Written
) -> list[Leaving]:
    """The indicators that may go to a feed under `ceiling` whose readers are `audience` (organisations' UUIDs)."""
    leaving: dict[str, Leaving] = {}
    for each in objects:
        if not isinstance(each, Mapping) or each.get("type") != "indicator":
            continue
        name = str(each.get("id"))[:100]
        try:
            one = _leaving(each, ceiling, audience, now)
        except Unfit as reason:
            written.withheld.append(Withheld(name, str(reason)))
            continue
        old = leaving.get(one.uuid)
        if old is None or old.modified < one.modified:
            leaving[one.uuid] = one
    return sorted(leaving.values(), key=lambda one: one.uuid)


def _leaving(stix: Mapping[str, Any], ceiling: Tlp, audience: frozenset[str], now: datetime) -> Leaving:
    """Raises: Unfit with the reason for which it stays."""
    tlp = markings.of_object(stix)
    if tlp is None:
        raise Unfit("unmarked")
    if tlp.rank > ceiling.rank:
        raise Unfit("tlp")
    labels = _labels(stix.get("labels"))
    _demand_group(labels, audience)
    try:
        indicator = stix2.parse(dict(stix), allow_custom=True)
    except (STIXError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unfit("invalid") from error
    if indicator.get("revoked"):
        raise Unfit("revoked")
    until = indicator.get("valid_until")
    if until is not None and until <= now:
        raise Unfit("expired")
    if indicator["pattern_type"] != "stix":
        raise Unfit("other_pattern")
    kind, value = mapping.attribute_of(str(indicator["pattern"]), labels.get("type", [""])[0])
    return Leaving(
        uuid=str(indicator["id"]).partition("--")[2],
        kind=kind,
        value=value,
        tlp=tlp,
        source=str(indicator.get("created_by_ref") or ""),
        first_seen=indicator["valid_from"].astimezone(UTC).isoformat(),
        modified=indicator["modified"].astimezone(UTC),
    )


def _labels(values: Any) -> dict[str, list[str]]:
    """Raises: Unfit `invalid` for what is no list of words: it might say who may not have it."""
    found: dict[str, list[str]] = {}
    if values is not None and not (isinstance(values, list) and all(isinstance(value, str) for value in values)):
        raise Unfit("invalid")
    for value in values or ():
        match = _LABEL_RE.fullmatch(value)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def _demand_group(labels: Mapping[str, list[str]], audience: frozenset[str]) -> None:
    """MISP's distribution: 0 our organisation only, 1 this community, 2 connected ones, 3 all, 4 a sharing group."""
    numbers = labels.get("distribution", [])
    if not numbers:
        return  # never was MISP's; TLP alone decides
    if len(numbers) != 1 or numbers[0] not in ("-1", "0", "1", "2", "3", "4"):
        raise Unfit("distribution")
    if numbers[0] in ("0", "1"):
        raise Unfit("distribution")
    if numbers[0] == "4":
        members = set(labels.get("sharing-group-org", []))
        if not members:
            raise Unfit("empty_group")
        if not audience or not audience <= members:
            raise Unfit("sharing_group")


def events_of(leaving: Iterable[Leaving], names: Mapping[str, str]) -> list[MISPEvent]:
    """An event for each source and TLP; equal input gives equal events. `names` are identities' names."""
    lots: dict[tuple[str, Tlp], list[Leaving]] = {}
    for one in leaving:
        lots.setdefault((one.source, one.tlp), []).append(one)
    return [_event(source, tlp, lot, names) for (source, tlp), lot in sorted(lots.items())]


def _event(source: str, tlp: Tlp, lot: list[Leaving], names: Mapping[str, str]) -> MISPEvent:
    latest = max(one.modified for one in lot)
    event = MISPEvent()
    organisation = MISPOrganisation()
    organisation.from_dict(name=names.get(source) or "Vigil", uuid=_source_uuid(source))
    event.from_dict(
        uuid=str(uuid5(NAMESPACE_URL, f"vigil:misp:{source}:{tlp.value}")),
        info=f"{names.get(source) or 'Vigil'}: {tlp.label}",
        date=latest.date().isoformat(),
        timestamp=int(latest.timestamp()),
        publish_timestamp=int(latest.timestamp()),
        published=True,
        analysis=2,
        threat_level_id=4,
    )
    event.Orgc = organisation
    event.add_tag(f"tlp:{tlp.value}")
    for one in lot:
        event.add_attribute(
            type=one.kind,
            value=one.value,
            category=mapping.CATEGORIES.get(one.kind, "Network activity"),
            to_ids=True,
            uuid=one.uuid,
            timestamp=int(one.modified.timestamp()),
            first_seen=one.first_seen,
        )
    return event


def _source_uuid(source: str) -> str:
    try:
        return str(UUID(source.partition("--")[2]))
    except ValueError:
        return str(_UNNAMED)

"""Whom or what a match concerns: the host a record is of, or, where records tell of others, who came from outside."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from vigil.engines.detection.correlation import Correlation
from vigil.engines.detection.terms import Source

OUTSIDERS: Final = (
    "c-ip", "src_ip", "id.orig_h", "clientaddress", "client_address", "sourceip", "ipaddress", "remote_addr", "srcip",
    "src",
)  # fmt: skip
HOSTS: Final = ("computer", "hostname", "host", "host.name", "agent.hostname", "_host", "cs-host")
_OF_OTHERS: Final = frozenset({"webserver", "proxy", "dns", "firewall"})
_PRODUCTS: Final = frozenset({"zeek", "suricata", "apache", "nginx"})
_SHOWN: Final = 40
_LONGEST: Final = 2000
_NUL: Final = "\ufffd"
"""In place of NUL, which PostgreSQL keeps in no text."""


def tells_of_others(log: Source) -> bool:
    """Whether such records tell what others did to, or through, who writes them."""
    return log.category in _OF_OTHERS or log.product in _PRODUCTS


def entity_names(log: Source) -> tuple[str, ...]:
    """The fields that name the entity, the best first."""
    return (*OUTSIDERS, *HOSTS) if tells_of_others(log) else (*HOSTS, *OUTSIDERS)


def entities(batch: pa.RecordBatch, rows: Sequence[int], names: Sequence[str]) -> list[str]:
    """For each of the rows the first of the fields that has a value; empty where none has."""
    found = [""] * len(rows)
    left, wanted = list(range(len(rows))), pa.array(rows, pa.int64())
    for name in names:
        for at in batch.schema.get_all_field_indices(name)[:1]:
            values = batch.column(at).take(wanted).to_pylist()
            for n in left:
                found[n] = _text(values[n])
            left = [n for n in left if not found[n]]
        if not left:
            break
    return found


def shown(batch: pa.RecordBatch, rows: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The fields of some events as evidence, by row: at most 40 each, none longer than 2,000 characters."""
    found: dict[int, dict[str, Any]] = {row: {} for row in rows}
    if not found:
        return found
    wanted = pa.array(found, pa.int64())
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        kept = _kept(name)
        for fields, value in zip(found.values(), column.take(wanted).to_pylist(), strict=True):
            if value is not None and len(fields) < _SHOWN:
                fields[kept] = _kept(value) if isinstance(value, str) else [_kept(str(one)) for one in value[:20]]
    return found


def values_of(batch: pa.RecordBatch, row: int, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and value of the fields (as the rule names them) that the event has."""
    found: dict[str, str] = {}
    for name in names:
        for at in batch.schema.get_all_field_indices(name.lower()):
            text = _text(batch.column(at)[row].as_py())
            if text:
                found.setdefault(name, text)
    return tuple(found.items())


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value).replace("\0", _NUL)


def _kept(text: str) -> str:
    return text[:_LONGEST].replace("\0", _NUL)


@lru_cache(maxsize=20_000)
def technique_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Techniques of ATT&CK among a rule's tags (`attack.t1059.001`), as they are written: T1059.001."""
    found = (tag.lower().removeprefix("attack.") for tag in tags if tag.lower().startswith("attack.t"))
    return tuple(dict.fromkeys(one.upper() for one in found if one[1:5].isdigit()))


def fields_by_rule(correlations: Iterable[Correlation]) -> Mapping[str, frozenset[str]]:
    """Which fields of a rule's events correlations read."""
    found: dict[str, set[str]] = {}
    for one in correlations:
        for rule in one.rules:
            found.setdefault(rule, set()).update(one.field_of(name, rule) for name in (*one.group_by, *one.fields))
    return {rule: frozenset(names) for rule, names in found.items()}

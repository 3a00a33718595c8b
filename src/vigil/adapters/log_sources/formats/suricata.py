"""Suricata's events (EVE): told apart by `event_type`; DNS in each of the shapes it has had.

Source: Suricata User Guide, "EVE JSON Format".
"""

from collections.abc import Mapping
from typing import Any

from vigil.adapters.log_sources.kinds import KINDS


def kind_of(event: Mapping[str, Any]) -> str:
    """The kind of an event."""
    kind = f"suricata.{event.get('event_type')}"
    return kind if kind in KINDS else "suricata"


def asked(event: Mapping[str, Any]) -> dict[str, Any]:
    """Question and answers of a DNS event, as rules name them."""
    dns = event.get("dns")
    if type(dns) is not dict:
        return {}
    names, kinds = [], []
    for place in [dns, *_dicts(dns, "queries"), *_dicts(dns, "query")]:
        if type(place.get("rrname")) is str:
            names.append(place["rrname"])
            kinds.append(place.get("rrtype"))
    places = [dns, *_dicts(dns, "answers"), *_dicts(dns, "answer")]
    answers = [place["rdata"] for place in places if type(place.get("rdata")) is str]
    grouped = dns.get("grouped")
    if type(grouped) is dict:
        for values in grouped.values():
            answers += [one for one in values if type(one) is str] if type(values) is list else []
    made: dict[str, Any] = {"query": names[0] if len(names) == 1 else names or None}
    made["record_type"] = kinds[0] if len(kinds) == 1 else kinds or None
    made["answer"] = answers[0] if len(answers) == 1 else answers or None
    return made


def _dicts(dns: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = dns.get(name)
    if type(value) is dict:
        return [value]
    return [one for one in value if type(one) is dict] if type(value) is list else []

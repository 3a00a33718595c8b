"""STIX objects of our own fiction: `.example` names and documentation addresses."""

from typing import Any
from uuid import UUID, uuid5

_SPACE = UUID("6f3f0c3e-4a55-4f6b-9d3b-0d6a3f7c1a10")


def indicator(n: int, modified: str = "2022-04-28T01:00:00.000Z", **fields: Any) -> dict[str, Any]:
    """The n-th indicator: a domain known to be bad."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{_uuid4(n)}",
        "created": "2022-04-28T01:00:00.000Z",
        "modified": modified,
        "name": f"Tên miền giả mạo số {n}",
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value = 'gia-mao-{n}.example']",
        "pattern_type": "stix",
        "valid_from": "2022-04-28T01:00:00Z",
        **fields,
    }


def address(n: int) -> dict[str, Any]:
    """A cyber observable: it has no time of its own (STIX 2.1 section 3.3)."""
    value = f"198.51.100.{n}"
    space = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
    named = uuid5(space, f'{{"value":"{value}"}}')
    return {"type": "ipv4-addr", "spec_version": "2.1", "id": f"ipv4-addr--{named}", "value": value}


def statement(n: int) -> dict[str, Any]:
    """A marking: created once, never modified (STIX 2.1 section 7.2)."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{_uuid4(1000 + n)}",
        "created": "2022-04-05T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": f"Chỉ dùng trong đợt diễn tập số {n}"},
    }


def _uuid4(n: int) -> UUID:
    return UUID(int=uuid5(_SPACE, str(n)).int & ~(0xF << 76) | (4 << 76))

"""Timestamps of STIX and TAXII as whole microseconds, and back.

Source: STIX 2.1 section 2.15, TAXII 2.1 section 2 (`timestamp`): RFC 3339, UTC, `Z`; any number of fraction digits.
What lies beyond microseconds is cut off, so that two spellings of one instant are equal.
"""

import re
from datetime import UTC, datetime

from vigil.domain.exchange.models.collections import instant_of, microseconds

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


def read_instant(text: object) -> int:
    """Microseconds since 1970. Raises: ValueError for anything but an RFC 3339 instant in UTC."""
    found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("not a timestamp in UTC such as 2022-04-29T03:00:00Z")
    whole = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    return microseconds(whole) + int((found[2] or "0")[:6].ljust(6, "0"))


def write_instant(value: int) -> str:
    """`2022-04-29T03:00:00.000000Z`: always six digits (TAXII 2.1 section 2, `timestamp`)."""
    return f"{instant_of(value):%Y-%m-%dT%H:%M:%S.%f}Z"


def write_version(value: int) -> str:
    """As an object's `modified` is written: milliseconds (STIX 2.1 section 3.2), six digits where they say more."""
    written = write_instant(value)
    return f"{written[:-4]}Z" if value % 1000 == 0 else written

"""Tokens as shippers show them: each has its own scheme, and some wrap the token once more."""

import base64
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from vigil.adapters.receivers.door import Door

_MOST: Final = 4096


async def source_of(authorization: str, door: Door) -> UUID | None:
    """Whose token the header shows: Splunk, Bearer, ApiKey, or Basic with the token as password."""
    for token in _candidates(authorization[:_MOST]):
        source = await door.by_token(token)
        if source is not None:
            return source
    return None


def _candidates(authorization: str) -> Iterator[str]:
    scheme, _, value = authorization.strip().partition(" ")
    scheme, value = scheme.lower(), value.strip()
    if not value:
        return
    if scheme in ("splunk", "bearer", "apikey"):
        yield value
    if scheme in ("apikey", "basic"):
        try:
            pair = base64.b64decode(value, validate=True).decode()
        except ValueError:
            return
        _, colon, secret = pair.partition(":")
        if colon and secret:
            yield secret

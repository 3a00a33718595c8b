"""The arithmetic of the chain: what is hashed, what is signed. Pure functions over plain values."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = "0" * 64


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def instant(at: datetime) -> str:
    """An instant as the chain writes it: UTC, microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def personal_digest(salt: str, content: Mapping[str, Any]) -> str:
    """The salted SHA-256 by which the chain refers to personal data."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(content)).hexdigest()


def entry_hash(
    *,
    sequence: int,
    previous_hash: str,
    id: UUID,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    organisation_id: UUID | None,
    why: str,
    facts: Any,
    personal_digest: str,
) -> str:
    """The SHA-256 that binds an entry to its place and to the entry before it."""
    content = {
        "sequence": sequence,
        "previous": previous_hash,
        "id": str(id),
        "at": instant(at),
        "actor": actor,
        "action": action,
        "subject": subject,
        "organisation": str(organisation_id) if organisation_id else "",
        "why": why,
        "facts": facts,
        "personal": personal_digest,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def head_message(sequence: int, hash: str, at: datetime) -> bytes:
    """The bytes that a head's signature covers."""
    return canonical({"vigil-journal-head": 1, "sequence": sequence, "hash": hash, "at": instant(at)})

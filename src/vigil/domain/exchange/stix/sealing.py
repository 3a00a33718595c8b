"""The seal: an Ed25519 signature over an object's canonical JSON, in an extension that any object may bear.

Signed is everything but the signature itself: what the object says, who says it (`created_by_ref`), and the
sender's sequence number. Source: RFC 8032 (Ed25519); RFC 8785 (canonical JSON), for texts, whole numbers, booleans.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vigil.domain.exchange.stix.definitions import SEAL
from vigil.domain.exchange.stix.shapes import SEAL_SHAPE
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value. Raises: ValueError for what has none here (fractions, NaN, lone surrogates)."""
    _only_plain(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _only_plain(value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, float):
            raise ValueError("a number with a fraction has no one spelling")
        if isinstance(one, dict):
            if any(not isinstance(name, str) or not name.isascii() for name in one):
                raise ValueError("a field's name is not plain ASCII")
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def public_hex(key: Ed25519PublicKey) -> str:
    """The 32 raw bytes of a public key, in hex."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def key_id_of(public_key: str) -> str:
    """How a seal names its key: the SHA-256 (hex) of the raw public key."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()


def seal(
    obj: Mapping[str, Any], *, key: Ed25519PrivateKey, sequence: int, fact_at: datetime | None = None
) -> dict[str, Any]:
    """`obj` with a fresh seal (an earlier one falls away). `sequence`: the sender's, growing per peer; 0: none.
    `fact_at`: when that happened of which the object tells, by the sender's clock."""
    bearing: dict[str, Any] = {
        "extension_type": "property-extension",
        "key_id": key_id_of(public_hex(key.public_key())),
        "sequence": sequence,
    }
    if fact_at is not None:
        bearing["fact_at"] = f"{fact_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    bare = {**obj, "extensions": {**obj.get("extensions", {}), SEAL: bearing}}
    signature = key.sign(canonical(bare)).hex()
    return {**bare, "extensions": {**bare["extensions"], SEAL: {**bearing, "signature": signature}}}


def check_seal(obj: Mapping[str, Any], *, key_of: Callable[[str], str | None]) -> dict[str, Any]:
    """What a good seal bears: `sequence`, `key_id`, perhaps `fact_at`.

    `key_of`: the pinned public key (hex) of a key id; None: unknown.

    Raises: Refused `stix.not_sealed`, `stix.unknown_key`, `stix.bad_signature`.
    """
    extensions = obj.get("extensions")
    found = extensions.get(SEAL) if isinstance(extensions, dict) else None
    if found is None or not isinstance(extensions, dict) or SEAL_SHAPE.fault(found, "seal"):
        raise Refused("stix.not_sealed", N_("The object bears no seal of its sender."))
    public = key_of(found["key_id"])
    if public is None:
        raise Refused("stix.unknown_key", N_("The object is sealed with a key that is not its sender's."))
    unsigned = {name: value for name, value in found.items() if name != "signature"}
    try:
        signed = canonical({**obj, "extensions": {**extensions, SEAL: unsigned}})
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(found["signature"]), signed)
    except (InvalidSignature, ValueError) as error:
        raise Refused("stix.bad_signature", N_("The object's signature does not hold.")) from error
    return unsigned


def content_digest(obj: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over an object without its seal: equal when two copies say the same."""
    kept = {name: value for name, value in obj.get("extensions", {}).items() if name != SEAL}
    plain = json.dumps({**obj, "extensions": kept}, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()

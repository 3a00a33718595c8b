"""Signed letters between two Vigils: what is signed over a request or an answer; the string that two people compare.

A letter is a JSON body and, beside it, the Ed25519 signature (hex) over its purpose and its bytes. The purpose keeps a
letter of one kind from being taken for another. Source: RFC 8032.
"""

import hashlib

HEADER = "Vigil-Signature"


def signed_bytes(purpose: str, body: bytes) -> bytes:
    """What a signature is over. `purpose`: `heartbeat`, `heartbeat-answer`, `token`, `rotate`..."""
    return b"vigil-letter-1\n" + purpose.encode("ascii") + b"\n" + body


def comparison(authority_key: str, member_key: str, enrolment: str) -> str:
    """Six groups of five digits (99 bits) over both public keys (hex) and the enrolment's id. Whoever stands between
    the two has other keys, and the two screens differ."""
    digest = hashlib.sha256(f"vigil-compare-1|{authority_key}|{member_key}|{enrolment}".encode("ascii")).digest()
    digits = f"{int.from_bytes(digest, 'big') % 10**30:030d}"
    return " ".join(digits[n : n + 5] for n in range(0, 30, 5))

"""Identifiers: time-ordered (UUID version 7, RFC 9562 section 5.7), so that rows and files sort by birth."""

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of unix milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0x2 << 62 | random & (1 << 62) - 1
    return UUID(int=value)


def new_token(bits: int = 160) -> str:
    """An unguessable URL-safe token of at least `bits` bits."""
    return secrets.token_urlsafe((bits + 7) // 8)


CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_spoken_code(length: int = 8) -> str:
    """A code that survives a telephone: no 0/O, 1/I/L; about 5 bits a letter."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(length))

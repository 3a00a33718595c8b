"""Secrets that must be read again (of authenticators) lie in the database encrypted; the key is not in the database."""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings


def box(purpose: bytes) -> Fernet:
    """What seals and opens secrets of one `purpose`, under a key derived from the installation's."""
    key = hashlib.sha256(purpose + b"\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))

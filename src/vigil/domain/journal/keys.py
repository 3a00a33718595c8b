"""The key that signs heads: made once, kept in the data folder, readable by its owner alone."""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vigil.kernel.errors import Unavailable
from vigil.kernel.files import place_new_file
from vigil.kernel.phrases import N_

KEY_FILE = "journal.key"


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the raw public key, in hex."""
    return hashlib.sha256(public_bytes(key)).hexdigest()


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in `folder`, made there (mode 0600) when it is not yet."""
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        place_new_file(path, made)
    return _read(path)


def verifying_key(folder: Path) -> Ed25519PublicKey:
    """The public half of the key in `folder`. A verification makes no key.

    Raises: Unavailable `journal.no_key` when there is none.
    """
    path = folder / KEY_FILE
    if not path.exists():
        raise Unavailable("journal.no_key", N_("The journal's key is missing; nothing can be verified."))
    return _read(path).public_key()


def _read(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path.name} is not an Ed25519 key")
    return key


def signature_holds(key: Ed25519PublicKey, signature_hex: str, message: bytes) -> bool:
    """Whether `signature_hex` is `key`'s over `message`."""
    try:
        key.verify(bytes.fromhex(signature_hex), message)
    except (InvalidSignature, ValueError):
        return False
    return True

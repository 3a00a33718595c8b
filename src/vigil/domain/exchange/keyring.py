"""Secrets of the links, in files beside the database: our private key for each peer, and the token it gave us.

    VIGIL_KEYS/peers/<peer id>/key.pem        ours for this peer (Ed25519, PKCS 8)
                               next.pem       made, not yet taken over by the peer
                               token          its token for us

Every file is for its owner alone (0600). Nothing here is in the database, a log or a page.
"""

import shutil
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigil.kernel.errors import Unavailable
from vigil.kernel.files import place_file, place_new_file, sync_folder
from vigil.kernel.phrases import N_


class Keyring:
    """The secrets under `folder` (VIGIL_KEYS)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "peers"

    def _of(self, peer: UUID) -> Path:
        folder = self._folder / str(peer)
        for one in (self._folder.parent, self._folder, folder):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def make(self, peer: UUID) -> Ed25519PrivateKey:
        """Our key for `peer`, made now unless it is there."""
        place_new_file(self._of(peer) / "key.pem", _written(Ed25519PrivateKey.generate()))
        return self.key(peer)

    def key(self, peer: UUID) -> Ed25519PrivateKey:
        """Our key for `peer`. Raises: Unavailable `exchange.no_key`."""
        return _read(self._folder / str(peer) / "key.pem")

    def next_key(self, peer: UUID) -> Ed25519PrivateKey | None:
        """The key that shall follow, when one was made."""
        path = self._folder / str(peer) / "next.pem"
        return _read(path) if path.exists() else None

    def make_next(self, peer: UUID) -> Ed25519PrivateKey:
        """The key that shall follow, made now unless it is there."""
        path = self._of(peer) / "next.pem"
        place_new_file(path, _written(Ed25519PrivateKey.generate()))
        return _read(path)

    def take_next(self, peer: UUID) -> None:
        """The following key is the key from now on."""
        folder = self._of(peer)
        (folder / "next.pem").replace(folder / "key.pem")
        sync_folder(folder)

    def put_token(self, peer: UUID, token: str) -> None:
        """Keep the token that `peer` gave us."""
        place_file(self._of(peer) / "token", token.encode("ascii"))

    def token(self, peer: UUID) -> str:
        """The token that `peer` gave us; empty when there is none."""
        path = self._folder / str(peer) / "token"
        return path.read_text(encoding="ascii") if path.exists() else ""

    def forget(self, peer: UUID) -> None:
        """Destroy every secret of the link."""
        shutil.rmtree(self._folder / str(peer), ignore_errors=True)


def _written(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise Unavailable("exchange.no_key", N_("The key of this link is missing or cannot be read.")) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable("exchange.no_key", N_("The key of this link is missing or cannot be read."))
    return key

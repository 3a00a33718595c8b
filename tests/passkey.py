"""A passkey without a browser: it makes and signs what a real one would (WebAuthn Level 2, ES256, no attestation)."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

ORIGIN = "http://testserver"


@dataclass
class Passkey:
    """One key of one person at `testserver`; `challenge` is what the page's options hold."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: str = ""

    def register(self, options: dict[str, Any]) -> str:
        """What the form that adds a key is sent."""
        asked = options["publicKey"]
        self.handle = asked["user"]["id"]
        client = self._client("webauthn.create", asked["challenge"])
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key()))
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        made = AttestationObject.create("none", self._data(flags, data), {})
        return self._sent({"attestationObject": websafe_encode(bytes(made))}, client)

    def sign(self, options: dict[str, Any], **change: Any) -> str:
        """What the form that asks for a key is sent; `change` makes it wrong."""
        client = self._client("webauthn.get", change.get("challenge", options["publicKey"]["challenge"]))
        data = self._data(AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV, None)
        key = change.get("key", self.key)
        signature = key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(signature),
            "userHandle": change.get("handle", self.handle),
        }
        return self._sent(answer, client)

    def _data(self, flags: AuthenticatorData.FLAG, credential: AttestedCredentialData | None) -> AuthenticatorData:
        place = hashlib.sha256(b"testserver").digest()
        return AuthenticatorData.create(place, flags, 0, credential or b"")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}).encode()

    def _sent(self, answer: dict[str, str], client: bytes) -> str:
        name = websafe_encode(self.id)
        response = {**answer, "clientDataJSON": websafe_encode(client)}
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )

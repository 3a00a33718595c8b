"""The client of another Vigil's own endpoints (/exchange/...). JSON, signed both ways."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vigil.adapters.peers.bounded import Answer, BoundedHttp
from vigil.kernel.errors import Refused
from vigil.kernel.letters import HEADER, signed_bytes
from vigil.kernel.phrases import N_

LARGEST = 65_536


def signature_holds(public_key: str, signature: str, message: bytes) -> bool:
    """Whether `signature` (hex) is that of `public_key` (hex, Ed25519) over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a letter: status, body, the problem's code when it is one, and how long it took."""

    status: int
    body: dict[str, Any]
    code: str
    elapsed_s: float
    raw: bytes = b""
    signature: str = ""

    def bears(self, public_key: str, purpose: str) -> bool:
        """Whether it is signed with this key (hex) as the answer to a letter of this purpose."""
        return signature_holds(public_key, self.signature, signed_bytes(f"{purpose}-answer", self.raw))


class Post(Protocol):
    """Something that carries a letter."""

    def post(
        self, purpose: str, body: dict[str, Any], *, key: Ed25519PrivateKey | None = None, token: str = ""
    ) -> Reply:
        """Carry one letter; `key` signs it. Raises: Unavailable, Refused as `bounded`."""
        ...


class VigilPost:
    """Letters to the Vigil at `http`."""

    def __init__(self, http: BoundedHttp) -> None:
        self._http = http

    def post(
        self, purpose: str, body: dict[str, Any], *, key: Ed25519PrivateKey | None = None, token: str = ""
    ) -> Reply:
        """Carry one letter. Raises: Unavailable, Refused as `bounded`; Refused `exchange.bad_answer`."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key is not None:
            headers[HEADER] = key.sign(signed_bytes(purpose, content)).hex()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = self._http.ask("POST", f"/exchange/{purpose}", headers=headers, content=content, largest=LARGEST)
        return _read(answer)


def _read(answer: Answer) -> Reply:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(
            "exchange.bad_answer", N_("The peer's answer cannot be understood (HTTP {status})."), status=answer.status
        )
    code = str(body.get("code", ""))[:100] if answer.status >= 400 else ""
    signature = answer.headers.get(HEADER.lower(), "")[:200]
    return Reply(answer.status, body, code, answer.elapsed_s, answer.body, signature)

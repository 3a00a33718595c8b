"""One frame around every endpoint: bounded bodies, floods, who signed it, problem+json; answers are signed in turn."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.faces.exchange.floods import ADDRESSES, PEERS
from vigil.kernel.errors import NotAllowed, Refused, VigilError
from vigil.kernel.letters import HEADER, signed_bytes
from vigil.kernel.phrases import N_

log = logging.getLogger(__name__)
LARGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class Letter:
    """A request that was read: its body, its bytes, its signature and who sent it (None: nobody known)."""

    purpose: str
    body: dict[str, Any]
    raw: bytes
    peer: Peer | None = None


Handler = Callable[[HttpRequest, Letter], tuple[int, dict[str, Any]]]


def endpoint(purpose: str, handler: Handler, *, signed: bool = True) -> Callable[[HttpRequest], HttpResponse]:
    """The view for letters of `purpose`. `signed`: only from a peer whose pinned key signed it."""

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        peer: Peer | None = None
        try:
            ADDRESSES.count(str(request.META.get("REMOTE_ADDR", "")))
            letter = _read(request, purpose)
            if signed:
                peer = _signer(request, letter)
                PEERS.count(str(peer.pk))
                if peer.state == PeerState.REVOKED:
                    raise NotAllowed("exchange.link_revoked", N_("This link was ended."))
                letter = Letter(letter.purpose, letter.body, letter.raw, peer)
            status, body = handler(request, letter)
            return _answer(purpose, peer, status, body)
        except VigilError as error:
            return _problem(purpose, peer, error)
        except Exception:
            log.exception("exchange: a letter (%s) broke down", purpose)
            return _problem(purpose, peer, VigilError("exchange.broken", N_("The fault is in the log.")))

    return view


def _read(request: HttpRequest, purpose: str) -> Letter:
    if request.method != "POST":
        raise _Plain("exchange.post_only", N_("Letters are posted."), as_status=405)
    try:
        length = int(request.META.get("CONTENT_LENGTH") or -1)
    except ValueError:
        length = -1
    if length < 0 or length > LARGEST:
        raise _Plain("exchange.letter_too_large", N_("A letter has at most {most} bytes."), as_status=413, most=LARGEST)
    raw = request.read(length)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused("exchange.no_json", N_("This is no JSON.")) from error
    if not isinstance(body, dict):
        raise Refused("exchange.no_json", N_("This is no JSON."))
    return Letter(purpose, body, raw)


class _Plain(VigilError):
    """An error of HTTP alone."""

    def __init__(self, code: str, wording: str, /, *, as_status: int, **facts: Any) -> None:
        super().__init__(code, wording, **facts)
        self.as_status = as_status


def _signer(request: HttpRequest, letter: Letter) -> Peer:
    unknown = NotAllowed("exchange.not_known", N_("No linked Vigil signed this."))
    try:
        found = Peer.objects.select_related("organisation").filter(
            pk=UUID(str(letter.body.get("peer", ""))), side=PeerSide.BELOW, link__isnull=False
        )
    except ValueError:
        raise unknown from None
    peer = found.first()
    if peer is None:
        raise unknown
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(peer.public_key)).verify(
            bytes.fromhex(request.headers.get(HEADER, "")[:200]), signed_bytes(letter.purpose, letter.raw)
        )
    except (InvalidSignature, ValueError):
        raise unknown from None
    return peer


def _answer(purpose: str, peer: Peer | None, status: int, body: dict[str, Any], **headers: str) -> HttpResponse:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    media = "application/json" if status < 400 else "application/problem+json"
    response = HttpResponse(raw, status=status, content_type=media, headers={"Cache-Control": "no-store", **headers})
    if peer is not None:
        try:
            key = Keyring(settings.VIGIL_KEYS).key(peer.pk)
        except VigilError:
            log.exception("exchange: the key for peer %s is missing", peer.pk)
        else:
            response[HEADER] = key.sign(signed_bytes(f"{purpose}-answer", raw)).hex()
    return response


def _problem(purpose: str, peer: Peer | None, error: VigilError) -> HttpResponse:
    status = error.as_status if isinstance(error, _Plain) else error.status
    body = {
        "type": f"urn:vigil:problem:{error.code}",
        "title": error.title,
        "status": status,
        "detail": str(error.phrase),
        "code": error.code,
    }
    if "last" in error.facts:
        body["last"] = int(error.facts["last"])
    wait = error.facts.get("retry_after_s")
    return _answer(purpose, peer, status, body, **({"Retry-After": str(wait)} if wait else {}))

"""The client against a real server: what our endpoints and TAXII answer, and what a hostile server may not do to us."""

import http.server
import json
import socketserver
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigil.adapters.peers.bounded import BoundedHttp, safe_url
from vigil.adapters.peers.letters import VigilPost
from vigil.adapters.peers.taxii import Client
from vigil.domain.exchange import stix
from vigil.domain.exchange.actions import enrolment
from vigil.domain.exchange.actions.enrolment import renew_token
from vigil.domain.exchange.actions.sending import send
from vigil.domain.exchange.models import Peer, PeerState
from vigil.domain.exchange.queries.links import own_sender
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.faces.exchange import floods
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed, NotFound, Refused, Unavailable, VigilError
from vigil.kernel.tlp import Tlp

LEAD = Actor("cli", "test", "test")
INSTANCE = "6f1dd6a0-0000-4000-8000-00000000000a"


@pytest.fixture(autouse=True)
def _calm() -> None:
    for gauge in (floods.PEERS, floods.ADDRESSES, floods.ENROLMENTS):
        gauge._seen.clear()


@pytest.fixture
def member(live_server, settings, tmp_path) -> dict[str, object]:
    """A linked member's key, peer, access and a client of the running server."""
    settings.VIGIL_KEYS = tmp_path / "keys"
    organisation = Organisation(name="Bộ Mẫu")
    save_organisation(organisation=organisation, actor=LEAD, now=clock.now())
    code = enrolment.make_code(organisation=organisation, actor=LEAD, now=clock.now())
    key = Ed25519PrivateKey.generate()
    http_ = BoundedHttp(live_server.url)
    post = VigilPost(http_)
    letter = {
        "code": code,
        "public_key": stix.public_hex(key.public_key()),
        "name": "Vigil",
        "instance": INSTANCE,
        "sent_at": stix.written(clock.now()),
    }
    reply = post.post("enrol", letter)
    assert reply.status == 201
    peer = Peer.objects.get(pk=reply.body["id"])
    held = {"http": http_, "post": post, "key": key, "peer": peer, "public": reply.body["public_key"], "letter": letter}
    yield held
    http_.close()


def _token_letter(member, count: int) -> dict[str, object]:
    return {"peer": str(member["peer"].pk), "count": count, "sent_at": stix.written(clock.now())}


@pytest.mark.django_db(transaction=True)
def test_the_letters_from_pending_to_revoked(member) -> None:
    post, key, peer = member["post"], member["key"], member["peer"]
    assert post.post("enrol", member["letter"]).code == "exchange.bad_code", "once"
    waiting = post.post("token", _token_letter(member, 1), key=key)
    assert (waiting.status, waiting.body["state"]) == (202, "pending")
    assert waiting.bears(member["public"], "token")
    assert not waiting.bears(member["public"], "heartbeat"), "an answer of one kind is none of another"
    enrolment.confirm_match(peer=peer, actor=LEAD, now=clock.now())
    active = post.post("token", _token_letter(member, 2), key=key)
    assert active.body["state"] == "active"
    assert post.post("token", _token_letter(member, 2), key=key).code == "exchange.replayed"
    stranger = post.post("token", _token_letter(member, 3), key=Ed25519PrivateKey.generate())
    assert (stranger.status, stranger.code, stranger.signature) == (403, "exchange.not_known", "")
    assert post.post("heartbeat", {"peer": str(peer.pk)}, key=key, token="wrong").code == "exchange.token_refused"
    token = active.body["token"]
    assert post.post("heartbeat", {"peer": str(peer.pk)}, key=key, token=token).code == "exchange.bad_letter"
    enrolment.revoke(peer=peer, actor=LEAD, now=clock.now())
    ended = post.post("heartbeat", {"peer": str(peer.pk)}, key=key, token=token)
    assert ended.code == "exchange.link_revoked"
    assert ended.bears(member["public"], "heartbeat"), "the end is said under the authority's signature"


@pytest.mark.django_db(transaction=True)
def test_the_taxii_client_reads_posts_and_learns_what_became_of_each(member, settings) -> None:
    peer, now = member["peer"], clock.now()
    enrolment.confirm_match(peer=peer, actor=LEAD, now=now)
    access = renew_token(peer=peer, actor=LEAD, now=now)
    for text in ("1", "2", "3"):
        obj = stix.help_request(
            request_id=text, subject="s", text=text, asked_at=now, sender=own_sender(), tlp=Tlp.AMBER, created=now
        )
        send(peer=peer, obj=obj, subject="s", tlp=Tlp.AMBER, actor=LEAD, now=now)
    client = Client(member["http"], root="/taxii2/vigil/", token=access.token)
    name = access.collections["directives"]
    first = client.page(name, added_after="", limit=2)
    rest = client.page(name, added_after=first.added_last, limit=2)
    assert [obj["text"] for obj in (*first.objects, *rest.objects)] == ["1", "2", "3"]
    assert (first.more, rest.more) == (True, False)
    assert client.page(name, added_after=rest.added_last, limit=2).objects == ()
    good = stix.help_request(
        request_id="u", subject="s", text="u", asked_at=now, sender=stix.Sender(UUID(INSTANCE)),
        tlp=Tlp.AMBER, created=now,
    )  # fmt: skip
    sealed = stix.seal(good, key=member["key"], sequence=1)
    posted = client.post(
        access.collections["returns"], [sealed, {**sealed, "id": sealed["id"][:-1] + "0", "text": "x"}]
    )
    assert (sealed["id"], sealed["modified"]) in posted.taken
    ((_, why),) = posted.refused.items()
    assert why.startswith("stix.bad_signature")
    with pytest.raises(NotFound):
        client.page("00000000-0000-4000-8000-000000000000", added_after="", limit=1)
    with pytest.raises(NotAllowed):
        Client(member["http"], root="/taxii2/vigil/", token="x").page(name, added_after="", limit=1)


@pytest.mark.django_db(transaction=True)
def test_too_large_too_often_and_no_json_are_refused_cheaply(member, live_server) -> None:
    def raw(body: bytes, path: str = "/exchange/token") -> tuple[int, dict[str, str]]:
        request = urllib.request.Request(live_server.url + path, data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers)

    assert raw(b"{" + b" " * 70_000)[0] == 413
    for body in (b"{", b"[]", b"[" * 60_000, b'{"peer": 1}'):
        assert raw(body)[0] in (403, 422)
    peer, key = member["peer"], member["key"]
    Peer.objects.filter(pk=peer.pk).update(state=PeerState.ACTIVE)
    for _ in range(260):
        try:
            member["post"].post("heartbeat", {"peer": str(peer.pk)}, key=key)
        except Unavailable as busy:
            assert busy.code == "exchange.busy"
            assert 0 < busy.facts["retry_after_s"] <= 60
            return
    raise AssertionError("nobody stopped the flood")


class _Hostile(http.server.BaseHTTPRequestHandler):
    answer: Callable[["_Hostile"], None]

    def do_GET(self) -> None:
        type(self).answer(self)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        return

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        return


@contextmanager
def _hostile(answer: Callable[[_Hostile], None]) -> Iterator[str]:
    handler = type("Handler", (_Hostile,), {"answer": staticmethod(answer)})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _endless(handler: _Hostile) -> None:
    handler.says(200)
    try:
        for _ in range(2000):
            handler.wfile.write(b"x" * 65536)
    except OSError:
        return


def _dripping(handler: _Hostile) -> None:
    handler.says(200)
    try:
        for _ in range(50):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


HOSTILE = {
    "sends us elsewhere": (lambda h: h.says(302, Location="http://10.0.0.1/"), Refused, "exchange.redirected"),
    "never ends": (_endless, Refused, "exchange.answer_too_large"),
    "drips": (_dripping, Unavailable, "exchange.unreachable"),
    "is broken": (lambda h: h.says(503, Retry_After="7"), Unavailable, "exchange.busy"),
    "says no JSON": (lambda h: h.says(200, b"<html>"), Refused, "exchange.bad_answer"),
    "nests": (lambda h: h.says(200, b"[" * 60_000), Refused, "exchange.bad_answer"),
    "hangs up": (lambda h: h.connection.close(), Unavailable, "exchange.unreachable"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_server_gets_a_typed_error_and_nothing_else(case) -> None:
    answer, kind, code = HOSTILE[case]
    with _hostile(answer) as url, BoundedHttp(url, whole_s=1.5) as client:
        with pytest.raises(kind) as letter:
            VigilPost(client).post("heartbeat", {})
        assert letter.value.code == code
        with pytest.raises(VigilError):
            Client(client, root="/x/", token="t").page("c", added_after="", limit=1)


def test_nobody_at_home_is_said() -> None:
    with BoundedHttp("http://127.0.0.1:1") as client, pytest.raises(Unavailable, match="unreachable"):
        client.ask("GET", "/")


@pytest.mark.parametrize(
    "url, code",
    [
        ("http://cuc.example", "exchange.not_tls"),
        ("ftp://cuc.example", "exchange.bad_url"),
        ("https://u:p@cuc.example", "exchange.bad_url"),
        ("https://cuc.example/?x=1", "exchange.bad_url"),
        ("https://[::1", "exchange.bad_url"),
        ("nonsense", "exchange.bad_url"),
    ],
)
def test_an_address_that_is_none_or_is_not_safe_is_refused(url, code) -> None:
    with pytest.raises(Refused) as refused:
        safe_url(url)
    assert refused.value.code == code


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path) -> None:
    import ssl
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    handler = type("Handler", (_Hostile,), {"answer": staticmethod(lambda h: h.says(200, json.dumps({}).encode()))})
    server = _Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    url = f"https://localhost:{server.server_address[1]}"
    try:
        with BoundedHttp(url) as client, pytest.raises(Unavailable, match="unreachable"):
            client.ask("GET", "/")
        with BoundedHttp(url, ca=pem) as client:
            assert client.ask("GET", "/").status == 200
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

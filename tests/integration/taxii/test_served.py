"""Vigil served as it is in earnest (granian), and taxii2-client, a foreign client, in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.postgresql import free_port
from tests.stix import address, indicator

ROOT = Path(__file__).parents[3]
_FILL = """
import json, sys, django
django.setup()
from tests.stix import indicator
from vigil.domain.exchange.actions.collections import collections_for
from vigil.domain.exchange.actions.items import publish_all
from vigil.domain.exchange.actions.tokens import issue_token
from vigil.domain.exchange.models import Peer, PeerSide, PeerState
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.tlp import Tlp
from django.core.management import call_command
call_command("migrate", verbosity=0)
who, now = Actor("cli", "test"), clock.now()
organisation = Organisation(name="Bộ Thử nghiệm")
save_organisation(organisation=organisation, actor=who, now=now)
peer = Peer.objects.create(organisation=organisation, name="Bộ Thử nghiệm", created_at=now, side=PeerSide.BELOW,
                           state=PeerState.ACTIVE)
held = collections_for(peer=peer, actor=who, now=now)
publish_all(collection=held["indicators"], objects=(indicator(n) for n in range(10_000)), tlp=Tlp.GREEN, actor=who,
            now=now)
print(json.dumps({"token": issue_token(peer=peer, actor=who, now=now)}))
"""
_CLIENT = """
import json, sys
from taxii2client.v21 import Server, as_pages
url, token = sys.argv[1:]
server = Server(url, user="anybody", password=token)
named = {c.title: c for c in server.default.collections}
indicators = named["Indicators"]
ids = [o["id"] for page in as_pages(indicators.get_objects, per_request=1000) for o in page["objects"]]
manifest = [o["id"] for page in as_pages(indicators.get_manifest, per_request=1000) for o in page["objects"]]
one = indicators.get_object(ids[7])["objects"][0]
versions = indicators.object_versions(ids[7])["versions"]
status = named["Returns"].add_objects({"objects": json.loads(sys.stdin.read())})
back = named["Returns"].get_objects()["objects"]
print(json.dumps({"root": server.default.title, "ids": ids, "manifest": manifest, "one": one, "versions": versions,
                  "status": status.status, "taken": status.success_count, "refused": status.failure_count,
                  "why": [f["message"] for f in status.failures], "back": [o["id"] for o in back]}))
"""


@dataclass
class Running:
    """A server with ten thousand indicators, and a token for it."""

    port: int
    token: str
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/taxii2/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("taxii") / "var"
    (data / "static").mkdir(parents=True)
    env = {**os.environ, "VIGIL_DATA": str(data), "VIGIL_DATABASE_URL": "", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
           "DJANGO_SETTINGS_MODULE": "vigil.project.settings"}  # fmt: skip
    filled = subprocess.run([sys.executable, "-c", _FILL], env=env, check=True, stdout=subprocess.PIPE)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
         "--workers", "1", "--blocking-threads", "8", "--no-ws", "--log-level", "error",
         "vigil.project.wsgi:application"],
        env=env,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Running(port, json.loads(filled.stdout)["token"], process.pid)
    finally:
        process.terminate()
        process.wait(20)


def test_taxii2_client_pages_ten_thousand_and_posts(running: Running) -> None:
    objects = [indicator(1), address(3), {"type": "indicator"}]
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, running.url, running.token],
        input=json.dumps(objects).encode(), stdout=subprocess.PIPE, check=True, timeout=120,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["root"] == "Vigil"
    assert told["ids"] == [indicator(n)["id"] for n in range(10_000)]
    assert told["manifest"] == told["ids"]
    assert told["one"] == indicator(7)
    assert told["versions"] == ["2022-04-28T01:00:00.000Z"]
    assert (told["status"], told["taken"], told["refused"]) == ("complete", 2, 1)
    assert told["why"][0].startswith("exchange.not_stix")
    assert told["back"] == [obj["id"] for obj in objects[:2]]


def _head(running: Running, path: str, more: str, send: int = 0) -> bytes:
    """The beginning of the answer to a POST of which at most `send` bytes go out."""
    with socket.create_connection(("127.0.0.1", running.port), 10) as sock:
        sock.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {running.token}\r\n"
            f"Accept: application/taxii+json;version=2.1\r\n"
            f"Content-Type: application/taxii+json;version=2.1\r\n{more}\r\n".encode()
        )
        try:
            for _ in range(0, send, 1 << 20):
                sock.sendall(b"x" * (1 << 20))
        except OSError:
            pass  # it hung up on us, which is its right
        return sock.recv(65536)


def _memory_kb(pid: int) -> int:
    """Resident memory of the server and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(
        int(line.split()[1])
        for each in [str(pid), *children]
        for line in Path(f"/proc/{each}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )


def test_fifty_megabytes_are_refused_without_being_read_into_memory(running: Running) -> None:
    before = _memory_kb(running.pid)
    path = "/taxii2/vigil/collections/returns/objects/"
    assert b" 413 " in _head(running, path, "Content-Length: 50000000\r\n")[:20]
    assert b" 413 " in _head(running, path, "Content-Length: 50000000\r\n", send=8_000_000)[:20]
    assert _memory_kb(running.pid) - before < 20_000


def test_a_body_of_unsaid_length_is_refused(running: Running) -> None:
    path = "/taxii2/vigil/collections/returns/objects/"
    answer = _head(running, path, "Transfer-Encoding: chunked\r\n")
    assert b" 411 " in answer[:20]


def test_our_samples_are_valid_stix(tmp_path: Path) -> None:
    code = (
        "import json, sys\nfrom stix2validator import validate_instance\n"
        "from tests.stix import address, indicator\n"
        "bad = [str(e) for o in (indicator(1), address(3)) for e in validate_instance(o).errors]\n"
        "print(json.dumps(bad))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout) == []

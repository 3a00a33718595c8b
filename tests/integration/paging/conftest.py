"""The outside of paging, for real: an HTTP receiver that keeps what comes, and can hang, refuse, or answer late."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from vigil.adapters.notifiers.gateway import ID_HEADER


@dataclass
class Hit:
    """One request that came."""

    path: str
    query: dict[str, list[str]]
    message_id: str
    body: str


@dataclass
class Receiver:
    """What came, and what it answers by the first part of the path."""

    port: int = 0
    hits: list[Hit] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    let_go: threading.Event = field(default_factory=threading.Event)
    takes_s: Callable[[], float] = lambda: 0.0

    def at(self, place: str) -> list[Hit]:
        """What came to `/place`..."""
        return [hit for hit in self.hits if hit.path.startswith(f"/{place}")]


def serve(receiver: Receiver) -> ThreadingHTTPServer:
    """Listen on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            parts = urlsplit(self.path)
            place = parts.path.strip("/").partition("/")[0]
            if place in receiver.hang:
                receiver.let_go.wait(60)
            receiver.hits.append(Hit(parts.path, parse_qs(parts.query), self.headers.get(ID_HEADER, ""), body))
            time.sleep(receiver.takes_s())
            self.send_response(receiver.answers.get(place, 200))
            self.send_header("Content-Length", "0")
            if receiver.answers.get(place) == 302:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            with suppress(BrokenPipeError, ConnectionResetError):
                self.end_headers()

        do_POST = do_GET = _take

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = serve(made)
    yield made
    made.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def channel_file(settings, tmp_path: Path, receiver: Receiver) -> Path:
    at = f"json://127.0.0.1:{receiver.port}"
    path = tmp_path / "channels.toml"
    path.write_text(
        f'[channel.good]\nurl = "{at}/good?:to={{address}}"\ntakes = "phone"\nsms = true\ntimeout_s = 2\n'
        f'[channel.chat]\nurl = "{at}/chat/{{address}}"\ntakes = "chat"\ntimeout_s = 2\n'
        f'[channel.slow]\nurl = "{at}/slow/{{address}}"\ntakes = "chat"\ntimeout_s = 60\nat_once = 1\nfailover_s = 1\n'
    )
    path.chmod(0o600)
    settings.VIGIL_CHANNELS = path
    return path

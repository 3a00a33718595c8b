"""Two running Vigils and a line between them that can be cut: started, enrolled, asked, stopped by process id."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.laid import lay
from tests.postgresql import free_port

ROOT = Path(__file__).parents[3]


class Line:
    """A TCP proxy on loopback: what a firewall between the two would be. Cut, it drops every connection."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._up = True
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._up:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._open -= {one, other}

    def cut(self) -> None:
        """Drop what runs, take nothing new."""
        self._up = False
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._up = True

    def close(self) -> None:
        self._server.close()
        self.cut()
        self._thread.join(5)


@dataclass
class Side:
    """One Vigil."""

    data: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)
    _console: subprocess.Popen[str] | None = field(default=None)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.data / "serve.log").open("ab")
        command = [sys.executable, "-m", "vigil.faces.cli", "serve", "--threads", "4"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=log, start_new_session=True, cwd=ROOT
        )
        log.close()

    def wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/sign-in/", timeout=2).close()
                return
            assert self.process is not None
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError((self.data / "serve.log").read_text())

    def kill(self) -> None:
        """As a power cut: the whole group, at once."""
        self._hang_up()
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def stop(self) -> None:
        self._hang_up()
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            self.process = None

    def vigil(self, *arguments: str, check: bool = True) -> str:
        command = [sys.executable, "-m", "vigil.faces.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
        )
        if check and done.returncode:
            raise AssertionError(f"{arguments} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def python(self, code: str) -> str:
        """Run code beside it, with its database."""
        answer = self._ask({"code": code})
        if answer["error"]:
            raise AssertionError(answer["error"])
        return answer["out"]

    def _ask(self, asked: dict[str, object]) -> dict[str, str]:
        with self._asking:
            if self._console is None:
                command = [sys.executable, "-m", "tests.integration.exchange.console"]
                self._console = subprocess.Popen(
                    command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
                )
            assert self._console.stdin is not None
            assert self._console.stdout is not None
            self._console.stdin.write(json.dumps(asked) + "\n")
            self._console.stdin.flush()
            return json.loads(self._console.stdout.readline())

    def _hang_up(self) -> None:
        """What is asked next finds what is there then, not what somebody remembers."""
        with self._asking:
            if self._console is not None:
                self._console.kill()
                self._console.communicate()
                self._console = None

    def effects(self) -> list[dict[str, str]]:
        """What took effect here, in order."""
        code = (
            "import json\nfrom vigil.domain.journal.models import Entry\n"
            "print(json.dumps([e.facts for e in Entry.objects.filter(action='test.effect').order_by('row')]))"
        )
        return json.loads(self.python(code))

    def journal(self, action: str) -> list[dict[str, object]]:
        code = (
            "import json\nfrom vigil.domain.journal.models import Entry\n"
            f"print(json.dumps([e.facts for e in Entry.objects.filter(action={action!r}).order_by('row')]))"
        )
        return json.loads(self.python(code))

    def status(self) -> list[dict[str, object]]:
        return json.loads(self._ask({"command": ["link", "status", "--json"]})["out"])


def side(folder: Path, **more: str) -> Side:
    """A prepared Vigil with two organisations (the authority and a member), not yet started."""
    folder.mkdir(parents=True)
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")},
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "tests.integration.exchange.settings",
        "VIGIL_DATA": str(folder),
        "VIGIL_PORT": str(port),
        "VIGIL_SYSLOG_PORT": "0",
        "VIGIL_EVENTS_HTTP_PORT": "0",
        "VIGIL_ADMIN_PASSWORD": "mật khẩu để thử nghiệm",
        "VIGIL_HEARTBEAT_S": "1",
        "VIGIL_LANG": "en",
        **more,
    }
    made = Side(folder, port, environment)
    lay(folder)
    made.vigil("prepare")
    made.python(
        "from vigil.domain.organisations.models import Organisation\n"
        "from vigil.domain.organisations.actions.tree import save_organisation\n"
        "from vigil.kernel.actors import Actor\nfrom vigil.kernel import clock\n"
        "top = Organisation(name='Cục Mẫu', code='MAU')\n"
        "low = Organisation(name='Bộ Mẫu', code='MAU.1', parent=top)\n"
        "[save_organisation(organisation=o, actor=Actor('cli', 't'), now=clock.now()) for o in (top, low)]\n"
    )
    return made


def until(condition: Callable[[], object], *, within_s: float = 30.0, what: str = "") -> None:
    """Wait for a condition."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if condition():
            return
        time.sleep(0.3)
    raise AssertionError(f"not within {within_s} s: {what}")


@dataclass
class Pair:
    """An authority and a member, linked through a line."""

    authority: Side
    member: Side
    line: Line

    def close(self) -> None:
        for one in (self.member, self.authority):
            one.kill()
        self.line.close()

    def send_up(self, *texts: str, subject: str = "help", check: bool = True) -> str:
        """The member writes requests for help in the transactions of facts; prints the texts that were committed."""
        return self.member.python(_SENDING.format(side="above", texts=json.dumps(texts), subject=subject))

    def send_down(self, *texts: str, subject: str = "help") -> str:
        return self.authority.python(_SENDING.format(side="below", texts=json.dumps(texts), subject=subject))

    def linked(self) -> bool:
        rows = [*self.authority.status(), *self.member.status()]
        return len(rows) == 2 and all(row["up"] for row in rows)


_SENDING = """
from datetime import timedelta
from django.db import transaction
from vigil.domain.exchange import stix
from vigil.domain.exchange.actions.sending import send
from vigil.domain.exchange.models import Peer
from vigil.domain.exchange.queries.links import own_sender
from vigil.domain.journal.actions import record
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.tlp import Tlp
peer, actor = Peer.objects.get(side="{side}", state="active"), Actor("cli", "test")
for text in {texts}:
    now = clock.now()
    obj = stix.help_request(request_id=text, subject="{subject}", text=text, asked_at=now, sender=own_sender(),
                            tlp=Tlp.AMBER, created=now)
    with transaction.atomic():
        record(actor=actor, now=now, action="test.fact", facts={{"text": text}})
        send(peer=peer, obj=obj, subject="one", tlp=Tlp.AMBER, actor=actor, now=now)
    print(text, flush=True)
"""


def linked_pair(folder: Path, *, member: dict[str, str] | None = None) -> Pair:
    """Start both, enrol through the line, compare, confirm, wait for the first heartbeat."""
    authority, below = side(folder / "authority"), side(folder / "member", **(member or {}))
    line = Line(authority.port)
    pair = Pair(authority, below, line)
    try:
        for one in (authority, below):
            one.start()
        for one in (authority, below):
            one.wait()
        code = authority.vigil("link", "code", "MAU.1").strip()
        url = f"http://127.0.0.1:{line.port}"
        shown = below.vigil("link", "enrol", url, code, "--organisation", "MAU.1").strip()
        (waiting,) = authority.status()
        assert waiting["comparison"] == shown, "both screens show the same"
        authority.vigil("link", "confirm", str(waiting["peer"]), "--yes")
        until(pair.linked, what="both sides are up")
    except BaseException:
        pair.close()
        raise
    return pair

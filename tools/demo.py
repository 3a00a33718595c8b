"""`make demo`: an authority and two organisations, each its own Vigil, linked; a directive goes through; they run on.

    authority  http://localhost:8101     sends; two banks answer by a link (mail is kept in build/demo/mail)
    ministry   http://localhost:8102     its own Vigil
    province   http://localhost:8103     its own Vigil; relays to two of its own, who answer by a link

Sign in everywhere as `admin` with the password that is printed. Ctrl-C stops all. Nothing leaves this machine.
"""

import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "demo"
PARTS = {"authority": 8101, "ministry": 8102, "province": 8103}
SMTP_PORT = 8125


class Mailbox:
    """Keeps every letter as a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """SMTP's DATA."""
        number = len(list(self.folder.glob("*.eml"))) + 1
        (self.folder / f"{number:04d}-{envelope.rcpt_tos[0]}.eml").write_bytes(envelope.original_content)
        return "250 kept"

    def links(self) -> dict[str, str]:
        """The newest guest link of each address."""
        found = {}
        for path in sorted(self.folder.glob("*.eml")):
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = letter.get_body(("plain",))
            links = re.findall(r"http://\S+/g/\S+/", body.get_content() if body else "")
            if links:
                found[str(letter["To"])] = links[0]
        return found


class Part:
    """One Vigil of the demonstration."""

    def __init__(self, name: str, port: int, password: str, *, data: Path, smtp_port: int, **more: str) -> None:
        self.name, self.url = name, f"http://localhost:{port}"
        self.data = data / name
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("VIGIL_")},
            "VIGIL_DATA": str(self.data),
            "VIGIL_PORT": str(port),
            "VIGIL_BASE_URL": self.url,
            "VIGIL_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "VIGIL_ADMIN_PASSWORD": password,
            "VIGIL_HEARTBEAT_S": "3",
            "VIGIL_SYSLOG_PORT": "0",
            "VIGIL_EVENTS_HTTP_PORT": "0",
            "VIGIL_LOG_LEVEL": "WARNING",
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def vigil(self, *arguments: str, check: bool = True) -> str:
        """Call the command line of this part."""
        command = [sys.executable, "-m", "vigil.faces.cli", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=180, check=False)
        if check and done.returncode:
            raise SystemExit(f"{self.name}: {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip()

    def start(self) -> None:
        """Serve, and wait until it answers."""
        log = (self.data / "serve.log").open("ab")
        command = [sys.executable, "-m", "vigil.faces.cli", "serve"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        log.close()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()  # noqa: S310 - our own address
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise SystemExit(f"{self.name} did not start:\n{(self.data / 'serve.log').read_text()[-2000:]}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it and all that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
            self.process.wait(30)
            self.process = None


def enrol(authority: Part, member: Part, code: str, url: str = "") -> None:
    """The member enters a one-time code; the strings on both screens are compared; the link begins."""
    spoken = authority.vigil("link", "code", code).splitlines()[-1]
    there = member.vigil("link", "enrol", url or authority.url, spoken).splitlines()[-1]
    rows = json.loads(authority.vigil("link", "status", "--json", check=False))
    waiting = [row for row in rows if row["state"] == "pending"]
    here = authority.vigil("link", "confirm", waiting[0]["peer"], "--yes").splitlines()[0]
    if here != there:
        raise SystemExit(f"the strings differ: {here!r} at the authority, {there!r} at {member.name}")


def wait_for(what: str, seen: Any, seconds: float = 60) -> Any:
    """Until `seen()` is true; its value."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = seen()
        if value:
            return value
        time.sleep(0.5)
    raise SystemExit(f"timed out: {what}")


def received(part: Part) -> list[dict[str, Any]]:
    """What a part received."""
    found: list[dict[str, Any]] = json.loads(part.vigil("campaign", "received", "--json"))
    return found


def prepared(data: Path, ports: dict[str, int], smtp_port: int, password: str) -> dict[str, Part]:
    """The three parts, prepared, running and linked."""
    parts = {name: Part(name, port, password, data=data, smtp_port=smtp_port) for name, port in ports.items()}
    for part in parts.values():
        part.vigil("prepare", "--demo", part.name)
        part.start()
    enrol(parts["authority"], parts["ministry"], "MAU.01")
    enrol(parts["authority"], parts["province"], "MAU.02")
    return parts


def main() -> None:
    """Run the demonstration until stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    password = os.environ.get("VIGIL_ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    shutil.rmtree(DATA, ignore_errors=True)
    mailbox = Mailbox(DATA / "mail")
    catcher = Controller(mailbox, hostname="127.0.0.1", port=SMTP_PORT)
    catcher.start()
    parts: dict[str, Part] = {}
    try:
        print("demo: three Vigils are being prepared ...", flush=True)
        parts = prepared(DATA, PARTS, SMTP_PORT, password)
        authority, ministry, province = parts.values()
        number = re.search(r"Số: (\S+)", _dispatch_text()).group(1)  # type: ignore[union-attr]
        authority.vigil("campaign", "send", number, "--answer-within-h", "4", "--yes")
        for part in (ministry, province):
            wait_for(f"{part.name} has the directive", lambda part=part: received(part))
        ministry.vigil("campaign", "answer", received(ministry)[0]["id"], "accepted", "--by", "Trần Mẫu An, trưởng ca")
        province.vigil("campaign", "answer", received(province)[0]["id"], "accepted", "--by", "Lê Mẫu Bình, chánh VP")
        province.vigil("campaign", "relay", received(province)[0]["id"], "--yes")
        wait_for("the guests' letters", lambda: len(mailbox.links()) >= 4)
        _say(parts, mailbox, password)
        signal.pause()
    except KeyboardInterrupt:
        print("\ndemo: stopping")
    finally:
        for part in parts.values():
            part.stop()
        catcher.stop()


def _dispatch_text() -> str:
    from vigil.domain.flows.sample import sample_dispatch
    from vigil.kernel import clock

    return sample_dispatch(clock.now())


def _say(parts: dict[str, Part], mailbox: Mailbox, password: str) -> None:
    print("=" * 76)
    for part in parts.values():
        print(f"  {part.name:10} {part.url}/")
    print(f"  Tài khoản / account: admin    Mật khẩu / password: {password}")
    print(f"  Thư / letters: {mailbox.folder.relative_to(ROOT)}")
    for address, link in mailbox.links().items():
        print(f"    {address:30} {link}")
    print("  Ctrl-C dừng tất cả / stops everything")
    print("=" * 76, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("VIGIL_DATA", str(DATA / "tool"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
    import django

    django.setup()
    main()

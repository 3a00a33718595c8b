"""Receivers and a spool of the tests' own, in a thread with its loop; certificates for them; a real rsyslog."""

import asyncio
import datetime
import ipaddress
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vigil.adapters.receivers import Listening, Receivers, Tally
from vigil.adapters.spool import Frame, SpoolReader, SpoolWriter

SOURCE, TOKEN = UUID(int=7), "thử-9f"
FROM_TOKEN = UUID(int=8)


@dataclass
class Doors:
    """Who is known here: hosts by name (or any), and tokens."""

    hosts: dict[str, UUID] = field(default_factory=dict)
    anybody: UUID | None = SOURCE
    tokens: dict[str, UUID] = field(default_factory=lambda: {TOKEN: FROM_TOKEN})

    async def by_address(self, address: str, host: str) -> UUID | None:
        return self.hosts.get(host, self.anybody)

    async def by_token(self, token: str) -> UUID | None:
        return self.tokens.get(token)


@dataclass
class Receiving:
    """What runs: its ports, its counts, and what is in its spool."""

    folder: Path
    receivers: Receivers
    tally: Tally
    doors: Doors

    @property
    def ports(self) -> dict[str, int]:
        return self.receivers.ports

    def frames(self) -> list[Frame]:
        reader, position, found = SpoolReader(self.folder), None, []
        while (batch := reader.read("events", position, 10**7)).position != position:
            position = batch.position
            found += batch.frames
        return found

    def records(self) -> list[bytes]:
        return [record for frame in self.frames() for record in frame.data.split(b"\n")]

    def refused(self) -> list[str]:
        return [sample for count in self.tally.counts() for sample in count.samples]


@contextmanager
def receiving(
    folder: Path, listening: Listening, doors: Doors | None = None, spool: SpoolWriter | None = None
) -> Iterator[Receiving]:
    """Started, and stopped at the end."""
    doors, tally = doors or Doors(), Tally()
    own = spool or SpoolWriter(folder, "events", least_free_bytes=0)
    receivers = Receivers(listening, own, doors, tally)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(receivers.start(), loop).result(20)
        yield Receiving(folder, receivers, tally, doors)
    finally:
        asyncio.run_coroutine_threadsafe(receivers.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
        own.close()


def until(what: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)


def certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vigil.minhhoa.example")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


class Rsyslog:
    """A running rsyslogd that takes what `logger` writes to its socket and carries out `actions`."""

    def __init__(self, folder: Path, actions: str, settings: str = "") -> None:
        program = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
        if not Path(program).exists():
            raise RuntimeError("rsyslog is not installed: apt-get install rsyslog rsyslog-gnutls")
        self.socket = folder / "log"
        (folder / "conf").write_text(
            f'global(workDirectory="{folder}" maxMessageSize="64k" {settings})\n'
            'module(load="imuxsock" SysSock.Use="off")\n'
            f'input(type="imuxsock" Socket="{self.socket}" RateLimit.Interval="0")\n'
            f"{actions}\n"
        )
        command = [program, "-n", "-f", str(folder / "conf"), "-i", str(folder / "pid")]
        with (folder / "said").open("wb") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said)
        until(lambda: self.socket.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, (folder / "said").read_text()

    def log(self, *texts: str, tag: str = "thu") -> None:
        """As a program on that host would; each text a message."""
        for text in texts:
            command = ["logger", "--socket", str(self.socket), "--tag", tag, "--size", "60000", "--", text]
            subprocess.run(command, check=True, timeout=10)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

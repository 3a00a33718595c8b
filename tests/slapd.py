"""An LDAP server (OpenLDAP) of the tests' own, on loopback ports, with a test CA; stopped by its process.

It lets a bind with a name and no password through as nobody (RFC 4513, 5.1.2), so that a client that forgets is caught.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE, Connection, Server

from tests.postgresql import free_port

BASE = "dc=bo-mau,dc=example"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
MANAGER, ASKER = f"cn=manager,{BASE}", f"cn=vigil,{BASE}"
SECRET = "bí mật của máy chủ"
PASSWORDS = {"an": "mật khẩu của An", "binh": "mật khẩu của Bình", "cu": "mật khẩu của Cư"}
LEADS, ADMINS = f"cn=Leads,{GROUPS}", f"cn=admins,{GROUPS}"

_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
allow bind_anon_cred
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "{base}"
rootdn "{manager}"
rootpw "{secret}"
directory {folder}/db
dbnosync
overlay memberof
overlay ppolicy
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{asker}" read by * none
"""


@dataclass
class Slapd:
    """A running server."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    tls_port: int

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def settings(self, **more: Any) -> dict[str, Any]:
        """What `Directory` is made from."""
        return {
            "url": f"ldap://127.0.0.1:{self.port}",
            "people_base": PEOPLE,
            "bind_dn": ASKER,
            "bind_password": SECRET,
            **more,
        }

    @contextmanager
    def _manager(self) -> Iterator[Connection]:
        connection = Connection(Server("127.0.0.1", self.port), MANAGER, SECRET, auto_bind=True)
        yield connection
        connection.unbind()

    def join(self, group: str, name: str) -> None:
        with self._manager() as connection:
            assert connection.modify(group, {"member": [(MODIFY_ADD, [f"uid={name},{PEOPLE}"])]}), connection.result

    def leave(self, group: str, name: str) -> None:
        with self._manager() as connection:
            assert connection.modify(group, {"member": [(MODIFY_DELETE, [f"uid={name},{PEOPLE}"])]}), connection.result

    def change(self, name: str, **values: str) -> None:
        with self._manager() as connection:
            changes = {key: [(MODIFY_REPLACE, [value])] for key, value in values.items()}
            assert connection.modify(f"uid={name},{PEOPLE}", changes), connection.result

    def rename(self, name: str, to: str) -> None:
        with self._manager() as connection:
            assert connection.modify_dn(f"uid={name},{PEOPLE}", f"uid={to}"), connection.result

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_slapd(folder: Path) -> Slapd:
    """Start a server whose people are `PASSWORDS`: `an` leads, `binh` is in no group, `cu` is locked."""
    program = shutil.which("slapd") or "/usr/sbin/slapd"
    if not Path(program).exists():
        raise RuntimeError("OpenLDAP is not installed: apt-get install slapd")
    (folder / "db").mkdir(parents=True)
    make_certificates(folder)
    conf = folder / "slapd.conf"
    conf.write_text(_CONF.format(folder=folder, base=BASE, manager=MANAGER, secret=SECRET, asker=ASKER), "utf-8")
    add = ["/usr/sbin/slapadd", "-q", "-f", str(conf)]
    done = subprocess.run(add, input=_entries().encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    port, tls_port = free_port(), free_port()
    listen = f"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"
    log = (folder / "log").open("wb")
    process = subprocess.Popen([program, "-f", str(conf), "-h", listen, "-d", "0"], stdout=log, stderr=log)
    log.close()
    started = Slapd(process, folder, port, tls_port)
    for _ in range(100):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 2).close()
            started.join(LEADS, "an")
            return started
        if process.poll() is not None:
            break
        time.sleep(0.05)
    started.stop()
    raise RuntimeError(f"slapd did not answer: {(folder / 'log').read_text()}")


def _entries() -> str:
    parts = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: bo-mau\no: Bo Mau",
        f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people",
        f"dn: {GROUPS}\nobjectClass: organizationalUnit\nou: groups",
        f"dn: {ASKER}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: vigil\n"
        f"userPassword: {SECRET}",
    ]
    for name, password in PASSWORDS.items():
        locked = "\npwdAccountLockedTime: 000001010000Z" if name == "cu" else ""
        parts.append(
            f"dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: Ng {name}\nsn: {name}\n"
            f"mail: {name}@bo-mau.example\nuserPassword: {password}{locked}"
        )
    keeper = f"uid=keeper,{PEOPLE}"
    parts += [
        f"dn: {group}\nobjectClass: groupOfNames\ncn: {group.split(',')[0][3:]}\nmember: {keeper}"
        for group in (LEADS, ADMINS)
    ]
    return "\n\n".join(parts) + "\n"


def make_certificates(folder: Path) -> None:
    """A CA (`ca.pem`), a certificate of it for `localhost` alone (`server.pem`), and a CA of somebody else's."""
    ca_key, ca = _certificate("Test CA", None, None)
    key, certificate = _certificate("localhost", ca_key, ca)
    _, stranger = _certificate("Stranger CA", None, None)
    for name, made in (("ca", ca), ("server", certificate), ("stranger", stranger)):
        (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.key").write_bytes(private)


def _certificate(
    name: str, issuer_key: ec.EllipticCurvePrivateKey | None, issuer: x509.Certificate | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())

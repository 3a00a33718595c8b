"""Where the receivers listen and within what bounds."""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

ANY: Final = -1  # any free port
LISTENERS: Final = ("syslog_udp", "syslog_tcp", "syslog_tls", "http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Ports: 0 is off, `ANY` is whichever is free. TLS needs a certificate (with its chain) and its key.

    `client_authority`: who signs clients' certificates; they are then wanted, or required. `elastic_version`: what
    shippers of Elastic are told, some of which refuse a server older than themselves. `most_connections_of_one`: of
    syslog, from one address.
    """

    host: str = "127.0.0.1"
    syslog_udp: int = 0
    syslog_tcp: int = 0
    syslog_tls: int = 0
    http: int = 0
    https: int = 0
    certificate: Path | None = None
    key: Path | None = None
    client_authority: Path | None = None
    client_certificates: Literal["wanted", "required"] = "required"
    most_record_bytes: int = 1024 * 1024
    most_body_bytes: int = 32 * 1024 * 1024
    most_expanded_bytes: int = 128 * 1024 * 1024
    most_lines: int = 400_000
    most_connections: int = 1000
    most_connections_of_one: int = 250
    most_requests: int = 64
    body_s: float = 60.0
    patience_s: float = 10.0
    receive_buffer_bytes: int = 16 * 1024 * 1024
    elastic_version: str = "8.19.0"

    def port(self, listener: str) -> int:
        """The port of one of `LISTENERS`."""
        return int(getattr(self, listener))


def tls_context(listening: Listening) -> ssl.SSLContext:
    """Source: RFC 5425 (4.2), RFC 9662. Raises: OSError (also ssl.SSLError), ValueError where none is given."""
    if listening.certificate is None:
        raise ValueError("TLS needs a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(listening.certificate, listening.key)
    if listening.client_authority is not None:
        context.load_verify_locations(listening.client_authority)
        required = listening.client_certificates == "required"
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def plain_address(address: str) -> str:
    """An IPv4 address that came through an IPv6 socket, as people write it."""
    return address.removeprefix("::ffff:").partition("%")[0] if address.startswith("::ffff:") else address


def sender_of(address: str) -> str:
    """Whose a connection is: the address, of IPv6 the /64, in which one machine may have any."""
    try:
        asked = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ipaddress.IPv6Network((int(asked) >> 64 << 64, 64))) if asked.version == 6 else address

"""ldap3, as it is used here: strict TLS by Python's own check of the name, no referrals, nothing left open."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from ldap3 import NONE, SIMPLE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPExceptionError

CONNECT_S: Final = 5
ANSWER_S: Final = 10
FAULTS: Final = (LDAPExceptionError, OSError)


class _StrictTls(Tls):  # type: ignore[misc]  # ldap3 ships no types
    """The certificate must be for the host that was asked for, signed by the CA that was named (else the system's)."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """ldap3 calls this for ldaps:// and after StartTLS."""
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


@contextmanager
def session(
    host: str, port: int, *, secure: bool, start_tls: bool, ca: str | None, dn: str, password: str
) -> Iterator[tuple[Any, int]]:
    """A connection, encrypted where it must be, and the result code of the bind (an empty `dn` binds as nobody).

    Raises: one of FAULTS when the server does not answer or is not the one that was meant.
    """
    tls = _StrictTls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca)
    server = Server(
        host, port=port, use_ssl=secure, tls=tls, get_info=NONE, connect_timeout=CONNECT_S, allowed_referral_hosts=[]
    )
    how = {"user": dn, "password": password, "authentication": SIMPLE} if dn else {}
    connection = Connection(server, auto_referrals=False, receive_timeout=ANSWER_S, read_only=True, **how)
    try:
        connection.open()
        if start_tls and not connection.start_tls():
            raise OSError("StartTLS was refused")
        connection.bind()
        yield connection, int(connection.result["result"])
    finally:
        plug = connection.socket
        with suppress(*FAULTS):
            connection.unbind()
        if plug is not None:  # ldap3 leaves it open when opening failed
            plug.close()

"""One IMAP mailbox: what is unseen is fetched without being marked, and marked when the caller has kept it.

Source: RFC 3501 (6.4.5 BODY.PEEK and partial fetch, 2.3.2 \\Seen), RFC 8314 (implicit TLS).
"""

import imaplib
import ipaddress
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from vigil.kernel.errors import Unavailable
from vigil.kernel.phrases import N_

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as it lies there. `data` is cut after the bytes asked for; `whole` says whether it was."""

    uid: str
    data: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mail is read. Plain IMAP is taken on this machine's own addresses alone."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: bool

    def __repr__(self) -> str:
        return f"Mailbox({'imaps' if self.tls else 'imap'}://{self.host}:{self.port}/{self.folder})"

    @classmethod
    def from_url(cls, url: str) -> "Mailbox | None":
        """From `imaps://user:password@host:port/INBOX`; None for an empty URL.

        Raises: ValueError (without the URL in it) for another scheme, no host, or plain IMAP over a network.
        """
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
            raise ValueError("VIGIL_IMAP_URL must be imaps://user:password@host/FOLDER")
        if parts.scheme == "imap" and not _is_loopback(parts.hostname):
            raise ValueError("VIGIL_IMAP_URL: plain imap:// is taken on this machine's own address only; use imaps://")
        return cls(
            host=parts.hostname,
            port=parts.port or (993 if parts.scheme == "imaps" else 143),
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            tls=parts.scheme == "imaps",
        )

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """Signed in, the folder open; signed out at the end.

        Raises: Unavailable `mailbox.unavailable` when the server does not answer or does not let us in.
        """
        box: BaseMailBox | None = None
        try:
            box = self._connected()
            box.login_utf8(self.user, self.password, initial_folder=self.folder)
            yield Session(box)
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            raise Unavailable(
                "mailbox.unavailable", N_("The mailbox does not answer ({why})."), why=type(error).__name__
            ) from None  # the server's words may repeat what was sent to it
        finally:
            if box is not None:
                with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
                    box.logout()
                with suppress(OSError):
                    box.client.shutdown()

    def _connected(self) -> BaseMailBox:
        if self.tls:
            context = ssl.create_default_context()
            return MailBox(self.host, port=self.port, timeout=TIMEOUT_S, ssl_context=context)
        return MailBoxUnencrypted(self.host, port=self.port, timeout=TIMEOUT_S)


class Session:
    """An open folder."""

    def __init__(self, box: BaseMailBox) -> None:
        self._box = box

    def unseen(self, *, most: int, bytes_each: int) -> Iterator[Fetched]:
        """The unseen messages, oldest first, at most `most`; none is marked."""
        for uid in self._box.uids("UNSEEN")[:most]:
            status, answer = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bytes_each + 1}>)")
            data = next((part[1] for part in answer or () if isinstance(part, tuple)), None)
            if status == "OK" and isinstance(data, bytes):
                yield Fetched(uid, data[:bytes_each], len(data) <= bytes_each)

    def mark_seen(self, uid: str) -> None:
        """Say to the server that this message is dealt with."""
        if not re.fullmatch(r"\d+", uid):
            raise ValueError("not a UID")
        self._box.flag(uid, MailMessageFlags.SEEN, True)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

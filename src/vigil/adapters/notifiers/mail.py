"""Mail by SMTP (RFC 5321), plain text in UTF-8, under the Message-ID that the outbox chose."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_

TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. `scheme`: smtp (plain), smtp+starttls, smtps."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        return f"MailServer({self.scheme}://{self.host}:{self.port})"

    @classmethod
    def from_url(cls, url: str, *, sender: str) -> "MailServer | None":
        """From `smtp://user:password@host:port`; None for an empty URL.

        Raises: ValueError for another scheme or no host.
        """
        if not url:
            return None
        parts = urlsplit(url)
        default_port = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}.get(parts.scheme)
        if default_port is None or not parts.hostname:
            raise ValueError("VIGIL_SMTP_URL must be smtp://, smtp+starttls:// or smtps:// with a host")
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or default_port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            sender,
        )

    def send(self, *, to: str, title: str, body: str, message_id: str) -> None:
        """Hand one mail to the server.

        Raises: Refused `mail.refused` when the server will never take it (5xx);
        Unavailable `mail.unavailable` when it may later.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = self.sender, to, title, message_id
        mail.set_content(body)
        try:
            with self._connect() as server:
                if self.scheme == "smtp+starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise self._fault(code, reason) from error
        except smtplib.SMTPResponseException as error:
            raise self._fault(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(
                "mail.unavailable", N_("The mail server does not answer ({why})."), why=type(error).__name__
            ) from error

    def _connect(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)

    def _fault(self, code: int, reason: bytes | str) -> Refused | Unavailable:
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        if code >= 500:
            return Refused(
                "mail.refused", N_("The mail server refused the message ({code} {why})."), code=code, why=words
            )
        return Unavailable(
            "mail.deferred", N_("The mail server asks to try later ({code} {why})."), code=code, why=words
        )

"""What a message holds: sender, subject, text, attachments; and whether a machine sent it.

Source: RFC 5322 (fields), 2045-2047 (MIME), 3834 (Auto-Submitted), 2919 and 2369 (List-*), 3464 (bounces).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a message is opened."""

    bytes: int = 30_000_000
    parts: int = 200
    depth: int = 12
    attachments: int = 20
    text: int = 500_000


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; `filename` is bare, never a path."""

    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A message within bounds. `sender` is the bare address in small letters; `automatic` says why it is a
    machine's ("auto", "bounce", "list"); `fault` says what kept it from being opened whole. Both may be empty."""

    message_id: str
    sha256: str
    sender: str
    subject: str
    sent_at: datetime | None
    automatic: str
    text: str
    attachments: tuple[Attachment, ...]
    fault: str = ""


def opened(data: bytes, *, whole: bool = True, bounds: Bounds | None = None) -> Mail:
    """Open a message. Never raises for what is in it: what cannot be opened is said in `fault`
    ("too_large", "too_deep", "too_many_parts", "too_many_attachments", "malformed")."""
    bounds = bounds or Bounds()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        message = message_from_bytes(_head(data) if not whole else data, policy=policy.default)
        mail = _described(message, sha256)
    except Exception:  # noqa: BLE001 - the library raises whatever it likes over hostile fields
        return Mail(f"<{sha256}@unread>", sha256, "", "", None, "", "", (), "malformed")
    if not whole or len(data) > bounds.bytes:
        return _faulty(mail, "too_large")
    if mail.automatic:
        return mail
    try:
        return _with_parts(message, mail, bounds)
    except RecursionError:
        return _faulty(mail, "too_deep")
    except Exception:  # noqa: BLE001
        return _faulty(mail, "malformed")


def _head(data: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", data[:100_000], maxsplit=1)[0] + b"\n\n"


def _faulty(mail: Mail, fault: str) -> Mail:
    return Mail(mail.message_id, mail.sha256, mail.sender, mail.subject, mail.sent_at, mail.automatic, "", (), fault)


def _field(message: EmailMessage, name: str, most: int) -> str:
    words = " ".join(str(message.get(name, "")).split())
    return "".join(c for c in words if c.isprintable() and not "\ud800" <= c <= "\udfff")[:most]


def _described(message: EmailMessage, sha256: str) -> Mail:
    sender = parseaddr(_field(message, "From", 1000))[1].lower()[:320]
    named = _field(message, "Message-ID", 255)
    return Mail(
        message_id=named or f"<{sha256}@unnamed>",
        sha256=sha256,
        sender=sender,
        subject=_field(message, "Subject", 500),
        sent_at=_sent_at(message),
        automatic=_automatic(message),
        text="",
        attachments=(),
    )


def _sent_at(message: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
    except (TypeError, ValueError, IndexError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _automatic(message: EmailMessage) -> str:
    """Why the message is a machine's; a machine's message is never answered or offered, so that no loop can start."""
    if _field(message, "Auto-Submitted", 100).lower().split(";")[0].strip() not in ("", "no"):
        return "auto"
    if _field(message, "Return-Path", 100) == "<>" or message.get_content_type() == "multipart/report":
        return "bounce"
    names = {name.lower() for name in message}
    if any(name.startswith("list-") for name in names) or _field(message, "Precedence", 20).lower() in (
        "bulk",
        "junk",
        "list",
    ):
        return "list"
    return ""


def _with_parts(message: EmailMessage, mail: Mail, bounds: Bounds) -> Mail:
    texts: list[str] = []
    marked: list[str] = []
    attachments: list[Attachment] = []
    waiting: list[tuple[EmailMessage, int]] = [(message, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if depth > bounds.depth:
            return _faulty(mail, "too_deep")
        if seen > bounds.parts:
            return _faulty(mail, "too_many_parts")
        if part.is_multipart():
            inner = [child for child in part.get_payload() if isinstance(child, EmailMessage)]
            waiting += [(child, depth + 1) for child in reversed(inner)]
            continue
        name, kind = part.get_filename(), part.get_content_type()
        if name is None and kind in ("text/plain", "text/html") and not part.is_attachment():
            (texts if kind == "text/plain" else marked).append(_text(part))
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes) and data and not kind.startswith(("application/pgp", "application/pkcs7")):
            attachments.append(Attachment(_bare(name or ""), kind[:120], data))
        if len(attachments) > bounds.attachments:
            return _faulty(mail, "too_many_attachments")
    text = "\n".join(texts).strip() or _shown("\n".join(marked)[: bounds.text]).strip()
    return Mail(
        mail.message_id, mail.sha256, mail.sender, mail.subject, mail.sent_at, "",
        text.replace("\r\n", "\n")[: bounds.text], tuple(attachments),
    )  # fmt: skip


def _text(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, KeyError):
        data = part.get_payload(decode=True)
        return data.decode("utf-8", errors="replace") if isinstance(data, bytes) else ""


def _bare(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable() and not "\ud800" <= c <= "\udfff")[:200]


class _Words(HTMLParser):
    """The visible words of a mail that came as HTML alone."""

    _BREAKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """A block begins on a new line; script and style are not shown."""
        self._hidden += tag in ("script", "style")
        if tag in self._BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """The end of what is not shown."""
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        """Words that are shown."""
        if not self._hidden:
            self.words.append(data)


def _shown(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return "".join(reader.words)

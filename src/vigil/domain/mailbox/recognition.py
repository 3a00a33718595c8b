"""Whether a file or a letter's own text is a dispatch or a warning: only such are offered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vigil.adapters.documents import Document, extract
from vigil.adapters.mailboxes import Mail
from vigil.domain.directives.actions.receive import refuse_secret
from vigil.engines import dispatch as reader
from vigil.kernel.errors import VigilError

_DEMANDING = frozenset({"dispatch", "directive", "plan", "notice", "decision", "guidance"})


@dataclass(frozen=True, slots=True)
class Offer:
    """A part worth a person's look."""

    filename: str
    media_type: str
    data: bytes
    warning: bool
    issuer: str
    number: str
    about: str
    demands: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a letter, and how many of its files could not be read."""

    offers: tuple[Offer, ...]
    unreadable: int


def look_through(mail: Mail, *, anchors: Path | None, read_file: Callable[..., Document] = extract) -> Looked:
    """Read every file and the text of a letter; keeps nothing.

    Raises: Refused `dispatch.secret` when any part of it, or its subject, bears a secrecy grade.
    """
    refuse_secret(mail.subject)
    refuse_secret(mail.text)
    offers, unreadable = [], 0
    for attachment in mail.attachments:
        try:
            document = read_file(attachment.data, attachment.filename, early_check=refuse_secret, anchors=anchors)
        except VigilError as error:
            if error.code == "dispatch.secret":
                raise
            unreadable += 1
            continue
        refuse_secret(document.text)
        offer = _offer(attachment.filename, document.media_type, attachment.data, document.text)
        if offer is not None:
            offers.append(offer)
    if not offers and mail.text:
        own = _offer("thu.txt", "text/plain", mail.text.encode(), mail.text)
        offers += [own] if own is not None else []
    return Looked(tuple(offers), unreadable)


def _offer(filename: str, media_type: str, data: bytes, text: str) -> Offer | None:
    reading: dict[str, Any] = reader.read(text).to_json()
    warns = bool(reading["cves"] or reading["vuln_references"])
    demands = len(reading["obligations"])
    if not reading["issuer"] or reading["kind"] not in _DEMANDING or not (demands or warns):
        return None
    return Offer(
        filename=filename[:255],
        media_type=media_type,
        data=data,
        warning=warns and reading["window"] is None,
        issuer=reading["issuer"][:300],
        number=(reading["number"] or "")[:120],
        about=(reading["subject"] or "")[:500],
        demands=demands,
    )

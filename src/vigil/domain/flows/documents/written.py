"""A composed document becomes a file, and the journal says which."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from vigil.adapters.documents.writing import OfficialDocument, write_docx, write_pdf
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

_WRITERS: Final = {"docx": write_docx, "pdf": write_pdf}
_TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_NAMES: Final = {"plan": "ke-hoach", "request": "cong-van-de-nghi", "report": "bao-cao", "dispatch": "van-ban"}
FORMATS: Final = tuple(_WRITERS)


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its bytes, media type, a name in plain letters, its SHA-256."""

    data: bytes
    media_type: str
    filename: str
    sha256: str


def written(
    *, document: OfficialDocument, what: str, form: str, subject: str, organisation: UUID, actor: Actor, now: datetime
) -> Written:
    """Write `document` as `form` ("docx" or "pdf"); `what` is plan, request, report or dispatch.

    Raises: NotFound `documents.unknown_form` for another form or kind.
    """
    if form not in _WRITERS or what not in _NAMES:
        raise NotFound("documents.unknown_form", N_("Documents are written as docx or pdf."))
    data = _WRITERS[form](document)
    sha256 = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        record(
            actor=actor,
            now=now,
            action="documents.written",
            subject=subject,
            organisation=organisation,
            facts={"kind": what, "form": form, "sha256": sha256, "exercise": document.exercise},
        )
    mark = "dien-tap-" if document.exercise else ""
    return Written(data, _TYPES[form], f"{mark}{_NAMES[what]}-{_ascii(document.symbol)}.{form}", sha256)


def _ascii(symbol: str) -> str:
    """Plain letters for a file's name on any system."""
    bare = unicodedata.normalize("NFD", symbol.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:60] or "vigil"

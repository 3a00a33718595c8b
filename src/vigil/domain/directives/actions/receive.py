"""A dispatch arrives: from bytes to a kept original and a draft of what it says."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from vigil.adapters.documents import Document, extract
from vigil.domain.directives.models import Directive, Dispatch, Obligation, ObligationKind
from vigil.domain.directives.originals import digest, keep
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.engines import dispatch as reader
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_


def refuse_secret(text: str) -> None:
    """Raises: Refused `dispatch.secret` when the text bears a secrecy grade's stamp (Mật and above)."""
    if reader.secrecy_grade(text) is not None:
        raise Refused(
            "dispatch.secret",
            N_(
                "The document bears a secrecy grade. It was refused and nothing of it was kept. "
                "Handle it on a machine approved for state secrets, never on a connected one."
            ),
        )


def receive_dispatch(
    *,
    data: bytes,
    filename: str,
    organisation: Organisation,
    originals: Path,
    actor: Actor,
    now: datetime,
    anchors: Path | None = None,
    read_file: Callable[..., Document] = extract,
) -> Directive:
    """Read a document and keep it with a draft directive for review.

    Nothing is stored before the text is read and found free of a secrecy stamp. The bytes are durable before the row
    that speaks of them is committed. `anchors` is a folder of certificates that signatures must lead to.

    Raises: Refused (`document.*`, `dispatch.secret`, with nothing kept); Conflict `dispatch.already_here`.
    """
    sha256 = digest(data)
    _refuse_double(organisation, sha256)
    document = read_file(data, filename, early_check=refuse_secret, anchors=anchors)
    refuse_secret(document.text)
    reading = reader.read(document.text).to_json()
    keep(originals, data)
    try:
        with transaction.atomic():
            return _store(data, filename, sha256, document, reading, organisation, actor, now)
    except IntegrityError as error:
        _refuse_double(organisation, sha256)
        raise error


def _refuse_double(organisation: Organisation, sha256: str) -> None:
    present = Directive.objects.filter(organisation=organisation, dispatch__sha256=sha256).first()
    if present is not None:
        raise Conflict(
            "dispatch.already_here", N_("This very document was received before."), directive=str(present.id)
        )


def _store(
    data: bytes,
    filename: str,
    sha256: str,
    document: Document,
    reading: dict[str, Any],
    organisation: Organisation,
    actor: Actor,
    now: datetime,
) -> Directive:
    kept = Dispatch.objects.create(
        organisation=organisation,
        sha256=sha256,
        size_bytes=len(data),
        filename=Path(filename.replace("\\", "/")).name[:255],
        media_type=document.media_type,
        received_at=now,
        text=document.text,
        document=_document_facts(document),
        reading=reading,
    )
    draft = draft_from(reading, kept, now)
    record(
        actor=actor,
        now=now,
        action="dispatch.received",
        subject=f"directives.dispatch:{kept.id}",
        organisation=organisation.id,
        facts={
            "sha256": sha256,
            "bytes": len(data),
            "directive": str(draft.id),
            "media_type": kept.media_type,
        },
        personal={"filename": kept.filename},
    )
    return draft


MOST_BOXES = 20_000


def _document_facts(document: Document) -> dict[str, Any]:
    """How the document was read, with the places of its words where there are not too many to keep."""
    boxes = document.words if len(document.words) <= MOST_BOXES else ()
    return {
        **document.to_json(),
        "boxes": [
            [box.start, box.end, box.page, *(round(edge, 1) for edge in (box.left, box.top, box.right, box.bottom))]
            for box in boxes
        ],
    }


def draft_from(reading: Mapping[str, Any], dispatch: Dispatch, now: datetime) -> Directive:
    """A draft directive holding what was read, field for field; nothing that was not read is filled in."""
    window = reading.get("window") or {}
    signatory = reading.get("signatory") or {}
    directive = Directive.objects.create(
        organisation=dispatch.organisation,
        dispatch=dispatch,
        kind=reading.get("kind") or "",
        issuer=(reading.get("issuer") or "")[:300],
        issuer_parent=(reading.get("issuer_parent") or "")[:300],
        number=(reading.get("number") or "")[:120],
        number_missing_serial=bool(reading.get("number_missing_serial")),
        place=(reading.get("place") or "")[:120],
        issued_on=_day(reading.get("date")),
        subject=(reading.get("subject") or "")[:1000],
        window_event=(window.get("event") or "")[:500],
        window_start=_day(window.get("start")),
        window_end=_day(window.get("end")),
        signatory_authority=(signatory.get("authority") or "")[:200],
        signatory_title=(signatory.get("title") or "")[:200],
        signatory_name=(signatory.get("name") or "")[:200],
        addressees=reading.get("addressees") or [],
        recipients=reading.get("recipients_noi_nhan") or [],
        cves=reading.get("cves") or [],
        products=reading.get("products") or [],
        vuln_references=reading.get("vuln_references") or [],
        deadlines=reading.get("deadlines") or [],
        contacts=reading.get("contacts") or [],
        refs=reading.get("refs") or [],
        created_at=now,
    )
    kinds = reading.get("readings", {}).get("obligations", [])
    seen: set[str] = set()
    for position, item in enumerate(reading.get("obligations") or []):
        how = kinds[position] if position < len(kinds) and isinstance(kinds[position], dict) else {}
        kind = item.get("kind") or how.get("kind") or ObligationKind.OTHER
        Obligation.objects.create(
            directive=directive,
            position=position + 1,
            code=_fresh_code(str(item["id"])[:24], seen),
            kind=kind if kind in ObligationKind.values else ObligationKind.OTHER,
            audience=(item.get("audience") or "all")[:120],
            text=item.get("text") or item.get("first_words") or "",
            deadline_at=_due(reading.get("deadlines") or [], str(item["id"])),
        )
    return directive


def _due(deadlines: list[dict[str, Any]], item: str) -> datetime | None:
    """The end of the earliest day by which `item` is due; "trước ngày" leaves the day before its last."""
    days = [day for row in deadlines if row.get("obligation") == item and (day := _day(row.get("date"))) is not None]
    return datetime.combine(min(days), time.min, tzinfo=VIETNAM) if days else None


def _fresh_code(code: str, seen: set[str]) -> str:
    """Item ids are unique within a directive; a document that repeats one gets `1.a (2)`."""
    fresh, n = code, 1
    while fresh in seen:
        n += 1
        fresh = f"{code} ({n})"
    seen.add(fresh)
    return fresh


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None

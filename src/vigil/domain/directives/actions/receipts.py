"""What recipients let know: delivered, read, accepted, refused; and the files that come along."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from vigil.domain.directives.actions.watches import open_watch
from vigil.domain.directives.models import (
    Attachment,
    Campaign,
    CampaignState,
    Directive,
    Receipt,
    ReceiptKind,
    Recipient,
    RecipientRole,
    RecipientState,
    WatchState,
)
from vigil.domain.directives.originals import keep
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis

_RANK = {state: n for n, state in enumerate(RecipientState.values)}
_ANSWERS = (ReceiptKind.ACCEPTED, ReceiptKind.REFUSED)
MOST_ATTACHMENTS = 50
ATTACHMENT_BYTES = 20_000_000


@transaction.atomic
def receipt(
    *,
    recipient: Recipient,
    kind: str,
    basis: Basis,
    actor: Actor,
    now: datetime,
    by: str = "",
    reason: str = "",
    at: datetime | None = None,
    directive: Directive | None = None,
) -> Receipt | None:
    """Keep an answer to the directive's present version (or to `directive`, an earlier one: kept, nothing more).

    The same answer twice is one. An acceptance opens the watch; a refusal needs a reason; a person may change their
    mind. Returns None when nothing new was said.

    Raises: Refused `receipt.no_reason`, `receipt.no_name`, `receipt.copy`; Conflict `receipt.not_sent`,
    `campaign.over`.
    """
    found = (
        Recipient.objects.select_for_update(of=("self",))
        .select_related("campaign", "organisation")
        .get(pk=recipient.pk)
    )
    subject = directive or found.directive
    if subject is None:
        raise Conflict("receipt.not_sent", N_("This was not sent yet."))
    by, reason = by.strip()[:200], reason.strip()[:1000]
    said_at = min(at or now, now)
    if kind in _ANSWERS:
        _check_answer(found, kind, by, reason, said_at)
    if found.campaign.sent_at is not None:
        said_at = max(said_at, min(found.campaign.sent_at, now))  # nobody answers before being asked: a clock is off
    earlier = found.receipts.filter(directive=subject)
    if kind in _ANSWERS:
        last = earlier.filter(kind__in=_ANSWERS).order_by("-received_at", "-id").first()
        if last is not None and (last.kind, last.reason) == (kind, reason):
            return None
    elif earlier.filter(kind=kind).exists():
        return None
    kept = Receipt.objects.create(
        recipient=found,
        directive=subject,
        kind=kind,
        basis=basis.value,
        at=said_at,
        received_at=now,
        by=by,
        reason=reason,
    )
    if subject.pk == found.directive_id:
        _move_on(found, kept, actor, now)
    record(
        actor=actor,
        now=now,
        action=f"recipient.{kind}",
        subject=f"directives.recipient:{found.id}",
        organisation=found.organisation_id,
        why=kept.reason,
        facts={"campaign": str(found.campaign_id), "basis": basis.value, "directive": str(subject.id)},
        personal={"by": kept.by} if kept.by else None,
    )
    recipient.refresh_from_db()
    return kept


def _check_answer(recipient: Recipient, kind: str, by: str, reason: str, said_at: datetime) -> None:
    if recipient.role == RecipientRole.COPY:
        raise Refused("receipt.copy", N_("This is a copy to know of; it asks for no answer."))
    campaign = recipient.campaign
    over = campaign.state in (CampaignState.WITHDRAWN, CampaignState.CLOSED)
    if over and (campaign.ended_at is None or said_at >= campaign.ended_at):  # else it was on its way through an outage
        raise Conflict("campaign.over", N_("This campaign is over; it takes no more answers."))
    if not by:
        raise Refused("receipt.no_name", N_("Say who answers: name and title."))
    if kind == ReceiptKind.REFUSED and not reason:
        raise Refused("receipt.no_reason", N_("Say why it is refused."))


def _move_on(recipient: Recipient, kept: Receipt, actor: Actor, now: datetime) -> None:
    """Raise the recipient's state (a late "delivered" never lowers it); an acceptance opens the watch."""
    answered = kept.kind in _ANSWERS
    if not answered and _RANK[kept.kind] <= _RANK[recipient.state]:
        return
    recipient.state, recipient.state_at, recipient.send_error = kept.kind, now, ""
    recipient.reason = kept.reason if answered else recipient.reason
    recipient.save(update_fields=["state", "state_at", "send_error", "reason"])
    if kept.kind == ReceiptKind.ACCEPTED and recipient.watch and recipient.watch.state == WatchState.PLANNED:
        open_watch(watch=recipient.watch, actor=actor, now=now)


@transaction.atomic
def delivered_many(*, campaign: Campaign, recipients: Sequence[Recipient], actor: Actor, now: datetime) -> None:
    """Many were delivered at once (their homes are here, or a mail server took the letter): one entry."""
    waiting = Recipient.objects.select_for_update(of=("self",)).filter(
        pk__in=[r.pk for r in recipients], state=RecipientState.SENT
    )
    still = set(waiting.values_list("pk", flat=True))  # whoever answered meanwhile keeps that answer
    fresh = [r for r in recipients if r.pk in still]
    if not fresh:
        return
    for recipient in fresh:
        recipient.state, recipient.state_at = RecipientState.DELIVERED, now
    Recipient.objects.bulk_update(fresh, ["state", "state_at"], batch_size=500)
    Receipt.objects.bulk_create(
        [
            Receipt(
                recipient=recipient,
                directive=recipient.directive or campaign.directive,
                kind=ReceiptKind.DELIVERED,
                basis=Basis.MEASURED.value,
                at=now,
                received_at=now,
            )
            for recipient in fresh
        ],
        batch_size=500,
    )
    record(
        actor=actor,
        now=now,
        action="campaign.delivered",
        subject=f"directives.campaign:{campaign.id}",
        organisation=campaign.organisation_id,
        facts={"recipients": len(fresh)},
    )


@transaction.atomic
def attach(
    *, recipient: Recipient, filename: str, data: bytes, by: str, originals: Path, actor: Actor, now: datetime
) -> Attachment:
    """Keep a file that came with an answer. It is only ever handed out as a download, never opened by Vigil.

    Raises: Refused `attachment.empty`, `attachment.too_large`, `attachment.too_many`.
    """
    if not data:
        raise Refused("attachment.empty", N_("The file is empty."))
    if len(data) > ATTACHMENT_BYTES:
        raise Refused("attachment.too_large", N_("At most {n} MB a file."), n=ATTACHMENT_BYTES // 1_000_000)
    if recipient.attachments.count() >= MOST_ATTACHMENTS:
        raise Refused("attachment.too_many", N_("At most {n} files."), n=MOST_ATTACHMENTS)
    sha256 = keep(originals, data)
    kept = Attachment.objects.create(
        recipient=recipient,
        filename=_plain_name(filename),
        sha256=sha256,
        size_bytes=len(data),
        by=by[:200],
        at=now,
    )
    record(
        actor=actor,
        now=now,
        action="recipient.attached",
        subject=f"directives.recipient:{recipient.id}",
        organisation=recipient.organisation_id,
        facts={"sha256": sha256, "bytes": len(data)},
        personal={"filename": kept.filename, "by": kept.by},
    )
    return kept


def _plain_name(filename: str) -> str:
    """The last part of a name, without what is not seen: such characters can make `exe.txt` of `txt.exe`."""
    seen = "".join(c for c in filename.replace("\\", "/") if unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs"})
    return Path(seen).name[-255:].strip() or "tep"

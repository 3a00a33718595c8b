"""An organisation answers a directive that it received; when it came from another Vigil, the answer goes back there."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from vigil.adapters.documents import extract
from vigil.domain.directives.actions.receipts import attach, receipt
from vigil.domain.directives.actions.receive import refuse_secret
from vigil.domain.directives.models import Assignment, Attachment, Receipt, Recipient
from vigil.domain.flows.peering import send_receipt
from vigil.domain.readiness.actions import check_in, state
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused, Unavailable
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis, Verdict


@transaction.atomic
def answer(
    *, recipient: Recipient, kind: str, by: str, basis: Basis, actor: Actor, now: datetime, reason: str = ""
) -> Receipt | None:
    """Confirm reading, accept or refuse (`ReceiptKind`). Raises: as `receipt`."""
    kept = receipt(recipient=recipient, kind=kind, basis=basis, actor=actor, now=now, by=by, reason=reason)
    if kept is not None:
        send_receipt(kept=kept, actor=actor, now=now)
    return kept


@transaction.atomic
def state_obligation(
    *, recipient: Recipient, assignment: Assignment, verdict: str, text: str, by: str, actor: Actor, now: datetime
) -> None:
    """State of one obligation what is so. Raises: Conflict `statement.foreign`; Refused as `state`."""
    if recipient.watch_id is None or assignment.watch_id != recipient.watch_id or not assignment.applies:
        raise Conflict("statement.foreign", N_("This obligation is not one of this directive's."))
    try:
        chosen = Verdict(verdict)
    except ValueError as error:
        raise Refused("statement.cannot_tell", N_("A statement says met, at risk or not met.")) from error
    state(assignment=assignment, verdict=chosen, text=text, by=by, actor=actor, now=now)


def check_in_for(*, recipient: Recipient, by: str, actor: Actor, now: datetime) -> int:
    """Everything stated still holds. Raises: Conflict `receipt.not_sent`; Refused `statement.no_name`."""
    if recipient.watch is None:
        raise Conflict("receipt.not_sent", N_("This was not sent yet."))
    return check_in(watch=recipient.watch, by=by, actor=actor, now=now)


_UNREADABLE_IS_FINE = {"document.unsupported", "document.no_text", "document.empty"}


def attach_file(
    *, recipient: Recipient, filename: str, data: bytes, by: str, originals: Path, actor: Actor, now: datetime
) -> Attachment:
    """Keep a file with an answer, unless it bears a secrecy stamp: then nothing of it is kept.

    Raises: Refused `dispatch.secret`, `attachment.*`, `document.*` (encrypted, damaged or hostile documents).
    """
    try:
        refuse_secret(extract(data, filename, early_check=refuse_secret).text)
    except Refused as error:
        if error.code not in _UNREADABLE_IS_FINE:
            raise
    except Unavailable as error:
        raise Refused("attachment.unchecked", N_("The file cannot be checked for a secrecy stamp here.")) from error
    return attach(recipient=recipient, filename=filename, data=data, by=by, originals=originals, actor=actor, now=now)

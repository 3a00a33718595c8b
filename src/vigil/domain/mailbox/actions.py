"""Mail arrives; a person takes what is offered, or says that it is not ours."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, transaction

from vigil.adapters.documents import Document, extract
from vigil.adapters.mailboxes import Mail
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.models import Directive
from vigil.domain.directives.originals import digest, fetch, keep
from vigil.domain.journal.actions import record
from vigil.domain.mailbox.models import Letter, LetterPart, LetterState, Reason
from vigil.domain.mailbox.recognition import Offer, look_through
from vigil.domain.organisations.models import Organisation
from vigil.domain.outbox.models import Message
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_

MOST_AN_HOUR = 30


def receive_letter(
    *,
    mail: Mail,
    organisation: Organisation,
    originals: Path,
    actor: Actor,
    now: datetime,
    anchors: Path | None = None,
    read_file: Callable[..., Document] = extract,
) -> Letter | None:
    """Keep a letter and offer what in it is a dispatch or a warning; None when this very letter is here already.

    Nothing of a letter that bears a secrecy grade is kept but sender, Message-ID and digest; of one that is set aside,
    the envelope. The bytes of what is offered are durable before the rows that speak of them.
    """
    if Letter.objects.filter(organisation=organisation, message_id=mail.message_id, sha256=mail.sha256).exists():
        return None
    reason, offers = _refused_unread(mail, organisation, now), tuple[Offer, ...]()
    if not reason:
        try:
            looked = look_through(mail, anchors=anchors, read_file=read_file)
        except Refused:
            reason = Reason.SECRET
        else:
            offers = looked.offers
            if not offers:
                reason = Reason.UNREADABLE if looked.unreadable else Reason.NOT_A_DISPATCH
    for offer in offers:
        keep(originals, offer.data)
    try:
        with transaction.atomic():
            return _store(mail, organisation, reason, offers, actor, now)
    except IntegrityError:
        if Letter.objects.filter(organisation=organisation, message_id=mail.message_id, sha256=mail.sha256).exists():
            return None
        raise


def set_aside_faulty(*, mail: Mail, organisation: Organisation, actor: Actor, now: datetime) -> None:
    """A letter on which Vigil itself failed: kept as an envelope, so that it does not hold up those behind it."""
    with transaction.atomic():
        _store(mail, organisation, Reason.FAULT, (), actor, now)


def _refused_unread(mail: Mail, organisation: Organisation, now: datetime) -> str:
    """The reason for which a letter is set aside before its parts are read; empty when there is none."""
    if Message.objects.filter(message_id=mail.message_id).exists():
        return Reason.OWN
    if mail.automatic:
        return mail.automatic
    if mail.fault:
        return mail.fault
    here = Letter.objects.filter(organisation=organisation)
    if here.filter(message_id=mail.message_id).exists():
        return Reason.REPEATED
    lately = here.filter(sender=mail.sender, received_at__gt=now - timedelta(hours=1))
    return Reason.TOO_MANY if lately.count() >= MOST_AN_HOUR else ""


def _store(
    mail: Mail, organisation: Organisation, reason: str, offers: tuple[Offer, ...], actor: Actor, now: datetime
) -> Letter:
    letter = Letter.objects.create(
        organisation=organisation,
        message_id=mail.message_id,
        sha256=mail.sha256,
        sender=mail.sender,
        subject="" if reason == Reason.SECRET else mail.subject,
        sent_at=mail.sent_at,
        received_at=now,
        state=LetterState.SET_ASIDE if reason else LetterState.OFFERED,
        reason=reason,
    )
    for position, offer in enumerate(offers, start=1):
        LetterPart.objects.create(
            letter=letter,
            position=position,
            filename=offer.filename,
            media_type=offer.media_type,
            sha256=digest(offer.data),
            size_bytes=len(offer.data),
            warning=offer.warning,
            issuer=offer.issuer,
            number=offer.number,
            about=offer.about,
            demands=offer.demands,
        )
    record(
        actor=actor,
        now=now,
        action="mailbox.letter_set_aside" if reason else "mailbox.letter_offered",
        subject=f"mailbox.letter:{letter.id}",
        organisation=organisation.id,
        facts={"sha256": mail.sha256, "reason": str(reason), "count": len(offers)},
        personal={"from": mail.sender},
    )
    return letter


def take_part(*, part: LetterPart, originals: Path, anchors: Path | None, actor: Actor, now: datetime) -> Directive:
    """Read an offered part as a dispatch: the same way as a file that somebody drops.

    Raises: Conflict `mailbox.not_offered` when somebody decided before; whatever `receive_dispatch` raises.
    """
    _still_offered(part.letter)
    organisation = part.letter.organisation
    try:
        directive = receive_dispatch(
            data=fetch(originals, part.sha256),
            filename=part.filename,
            organisation=organisation,
            originals=originals,
            anchors=anchors,
            actor=actor,
            now=now,
        )
    except Conflict as already:
        directive = Directive.objects.get(pk=already.facts["directive"])
    with transaction.atomic():
        LetterPart.objects.filter(pk=part.pk).update(directive=directive)
        Letter.objects.filter(pk=part.letter_id, state=LetterState.OFFERED).update(state=LetterState.TAKEN)
        record(
            actor=actor,
            now=now,
            action="mailbox.letter_taken",
            subject=f"mailbox.letter:{part.letter_id}",
            organisation=organisation.id,
            facts={"directive": str(directive.pk), "sha256": part.sha256},
        )
    return directive


@transaction.atomic
def refuse_letter(*, letter: Letter, actor: Actor, now: datetime) -> Letter:
    """Say that an offered letter is not ours. Raises: Conflict `mailbox.not_offered`."""
    refused = Letter.objects.filter(pk=letter.pk, state=LetterState.OFFERED).update(
        state=LetterState.SET_ASIDE, reason=Reason.NOT_OURS
    )
    if not refused:
        raise Conflict("mailbox.not_offered", N_("Somebody has decided on this letter before."))
    record(
        actor=actor,
        now=now,
        action="mailbox.letter_refused",
        subject=f"mailbox.letter:{letter.pk}",
        organisation=letter.organisation_id,
    )
    letter.refresh_from_db()
    return letter


def _still_offered(letter: Letter) -> None:
    """A letter of which one part was taken still offers the others."""
    if letter.state == LetterState.SET_ASIDE:
        raise Conflict("mailbox.not_offered", N_("Somebody has decided on this letter before."))

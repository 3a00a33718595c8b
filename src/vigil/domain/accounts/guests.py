"""Guest links: made, sent, opened with a second factor, revoked. The holder acts for one organisation alone."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.db.models import F

from vigil.domain.accounts.models import GuestLink, SecondFactor
from vigil.domain.accounts.sealing import box
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Home, Organisation
from vigil.domain.outbox.actions import queue
from vigil.domain.outbox.queries import queued_since
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotFound, Refused
from vigil.kernel.identifiers import new_spoken_code, new_token
from vigil.kernel.phrases import N_

CHALLENGE_LASTS: Final = timedelta(minutes=10)
MOST_TRIES: Final = 8
CODE_LETTERS: Final = 12
MOST_CODES: Final = 10  # to one address, over all its links: whoever holds a link must not fill its owner's mailbox
CODES_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FreshLink:
    """A link as it was just made: `token` for its address, `code` for paper. Neither can be had again."""

    link: GuestLink
    token: str
    code: str

    @property
    def spaced_code(self) -> str:
        """The code in groups of four, as it is printed."""
        return "-".join(self.code[n : n + 4] for n in range(0, len(self.code), 4))


def make_links(
    *,
    organisations: Sequence[tuple[Organisation, str]],
    second_factor: str,
    expires_at: datetime,
    actor: Actor,
    now: datetime,
) -> list[FreshLink]:
    """A link for each (organisation, mail address; "" for paper); told to the journal once for all of them.

    Raises: Refused `guest.not_guest` for one whose watch is not kept by a link.
    """
    fresh = []
    for organisation, address in organisations:
        if organisation.home != Home.GUEST:
            raise Refused("guest.not_guest", N_("{name} does not answer by link."), name=organisation.name)
        token, code = new_token(), new_spoken_code(CODE_LETTERS)
        factor = SecondFactor.TOTP if second_factor == SecondFactor.MAIL and not address else second_factor
        link = GuestLink(
            organisation=organisation,
            address=address,
            token_sha256=_sha256(token),
            code_sha256=_sha256(code),
            second_factor=factor,
            created_at=now,
            expires_at=expires_at,
        )
        fresh.append(FreshLink(link, token, code))
    if fresh:
        with transaction.atomic():
            GuestLink.objects.bulk_create([made.link for made in fresh], batch_size=500)
            alone = fresh[0].link.organisation_id if len(fresh) == 1 else None
            facts = {"count": len(fresh), "factor": second_factor, "expires": expires_at.isoformat()}
            record(actor=actor, now=now, action="guest.links_made", organisation=alone, facts=facts)
    return fresh


def link_of_token(token: str, now: datetime) -> GuestLink:
    """The link behind an address. Raises: NotFound `guest.no_link` for unknown, expired and revoked alike."""
    return _open({"token_sha256": _sha256(token)}, now)


def link_of_code(code: str, now: datetime) -> GuestLink:
    """The link behind a printed code (spaces, dashes and case do not matter). Raises: NotFound `guest.no_link`."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())[:40]
    return _open({"code_sha256": _sha256(plain)}, now)


def link_in_use(pk: str, now: datetime) -> GuestLink:
    """The link of a guest who is in, looked at anew with every request. Raises: NotFound `guest.no_link`."""
    return _open({"pk": pk}, now)


def _open(key: Mapping[str, str], now: datetime) -> GuestLink:
    link = GuestLink.objects.select_related("organisation").filter(**key).first()
    usable = link is not None and link.revoked_at is None and link.expires_at > now
    if link is None or not usable or link.organisation.home != Home.GUEST:
        raise NotFound("guest.no_link", N_("This link is not known, has expired or was revoked."))
    return link


@transaction.atomic
def challenge(*, link: GuestLink, actor: Actor, now: datetime) -> None:
    """Send a code to the address that the link was made for: who was only forwarded the link does not get it.

    Raises: Conflict `guest.wait` within half a minute of the last one; `guest.wait_long` after many to one address.
    """
    link = GuestLink.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=link.pk)
    if link.challenge_until is not None and link.challenge_until - CHALLENGE_LASTS > now - timedelta(seconds=30):
        raise Conflict("guest.wait", N_("A code was just sent. Look into the mailbox, or wait half a minute."))
    if queued_since(address=link.address, about="accounts.guestlink:", since=now - CODES_WITHIN) >= MOST_CODES:
        raise Conflict("guest.wait_long", N_("Too many codes were asked for. Wait an hour, or call the sender."))
    code = new_spoken_code(6)
    GuestLink.objects.filter(pk=link.pk).update(
        challenge_sha256=_sha256(code), challenge_until=now + CHALLENGE_LASTS, tries=0
    )
    queue(
        address=link.address,
        title="[Vigil] Mã xác nhận / Confirmation code",
        body=(
            f"Mã xác nhận của {link.organisation.name}: {code}\n"
            "Mã có hiệu lực trong 10 phút. Nếu không phải Anh/Chị đang mở liên kết, hãy báo lại cho nơi gửi.\n\n--\n\n"
            f"The confirmation code of {link.organisation.name} is {code}.\n"
            "It is valid for 10 minutes. If it is not you who opens the link, please tell the sender.\n"
        ),
        now=now,
        about=f"accounts.guestlink:{link.id}",
        organisation=link.organisation_id,
    )
    _tell(link, "guest.challenged", actor, now)


def confirm(*, link: GuestLink, code: str, actor: Actor, now: datetime) -> GuestLink:
    """Check the second factor. Eight tries, then another code must be asked for.

    Raises: Refused `guest.wrong_code`; Conflict `guest.too_many_tries`.
    """
    tried = GuestLink.objects.filter(pk=link.pk, tries__lt=MOST_TRIES).update(tries=F("tries") + 1)
    if not tried:
        raise Conflict("guest.too_many_tries", N_("Too many wrong codes. Ask the sender for another link."))
    link.refresh_from_db()
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    if not (_mail_code_right(link, plain, now) if link.second_factor == SecondFactor.MAIL else _totp(link, plain, now)):
        raise Refused("guest.wrong_code", N_("That is not the right code, or it has run out."))
    with transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(tries=0, challenge_sha256="", challenge_until=None, used_at=now)
        _tell(link, "guest.entered", actor, now, factor=link.second_factor)
    link.refresh_from_db()
    return link


def entered_without_factor(*, link: GuestLink, actor: Actor, now: datetime) -> None:
    """Somebody came in by a link that asks for no second factor. Raises: Refused `guest.factor_needed`."""
    if link.second_factor != SecondFactor.NONE:
        raise Refused("guest.factor_needed", N_("This link asks for a second factor."))
    with transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(used_at=now)
        _tell(link, "guest.entered", actor, now, factor=link.second_factor)


@transaction.atomic
def set_up_totp(*, link: GuestLink, secret: str, code: str, actor: Actor, now: datetime) -> GuestLink:
    """Bind an authenticator (RFC 6238) at the first visit.

    Raises: Conflict `guest.totp_set`; Refused `guest.wrong_code`.
    """
    if not pyotp.TOTP(secret).verify(code.strip(), for_time=now, valid_window=1):
        raise Refused("guest.wrong_code", N_("That is not the right code, or it has run out."))
    bound = GuestLink.objects.filter(pk=link.pk, totp_sealed="", second_factor=SecondFactor.TOTP).update(
        totp_sealed=_box().encrypt(secret.encode()).decode(),
        totp_last_counter=int(now.timestamp()) // 30 + 1,
        used_at=now,
        tries=0,
    )
    if not bound:
        raise Conflict("guest.totp_set", N_("An authenticator is already set up for this link."))
    _tell(link, "guest.totp_set_up", actor, now)
    link.refresh_from_db()
    return link


@transaction.atomic
def revoke_links(*, organisation: Organisation, why: str, actor: Actor, now: datetime) -> int:
    """Revoke every link of an organisation, at once. Returns how many were still good."""
    revoked = GuestLink.objects.filter(organisation=organisation, revoked_at=None, expires_at__gt=now).update(
        revoked_at=now
    )
    record(
        actor=actor,
        now=now,
        action="guest.revoked",
        subject=f"organisations.organisation:{organisation.id}",
        organisation=organisation.id,
        why=why,
        facts={"links": revoked},
    )
    return revoked


def _mail_code_right(link: GuestLink, code: str, now: datetime) -> bool:
    if not link.challenge_sha256 or link.challenge_until is None or link.challenge_until <= now:
        return False
    return hmac.compare_digest(link.challenge_sha256, _sha256(code))


def _totp(link: GuestLink, code: str, now: datetime) -> bool:
    """RFC 6238 with one step of tolerance; a code is good once."""
    try:
        generator = pyotp.TOTP(_box().decrypt(link.totp_sealed.encode()).decode())
    except InvalidToken:
        return False
    step = int(now.timestamp()) // 30
    for counter in (step - 1, step, step + 1):
        if hmac.compare_digest(generator.generate_otp(counter), code):
            fresh = GuestLink.objects.filter(pk=link.pk, totp_last_counter__lt=counter)
            return bool(fresh.update(totp_last_counter=counter))
    return False


def _box() -> Fernet:
    return box(b"vigil guest totp")


def _tell(link: GuestLink, action: str, actor: Actor, now: datetime, **facts: str) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"accounts.guestlink:{link.id}",
        organisation=link.organisation_id,
        facts=facts,
    )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

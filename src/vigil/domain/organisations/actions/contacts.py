"""Contact points: filing, changing, testing. `verified_at` is set by an answered test alone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.domain.organisations.models import ChannelKind, ContactChannel, ContactPoint, ContactTest
from vigil.domain.outbox.actions import queue
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotFound, Refused
from vigil.kernel.identifiers import new_spoken_code, new_token
from vigil.kernel.phrases import N_

TEST_LASTS = timedelta(hours=24)
TEST_TRIES = 5


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """One channel as it is filed: a `ChannelKind` and its number or address."""

    kind: str
    value: str


def e164(value: str) -> str:
    """A Vietnamese or international telephone in E.164 (ITU-T E.164), or "" when it is none."""
    try:
        number = phonenumbers.parse(value, "VN")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@transaction.atomic
def file_contact_point(
    *, contact_point: ContactPoint, channels: Sequence[ChannelEntry], actor: Actor, now: datetime
) -> ContactPoint:
    """File a contact point, or change one: a changed channel is a new one and must be tested again.

    Raises: Refused `contact.no_channel`, `contact.bad_number`, `contact.bad_address`, `input.invalid`.
    """
    check_channels(channels)
    if contact_point._state.adding:
        contact_point.filed_at = now
    save_and_record(contact_point, actor=actor, now=now, organisation=contact_point.organisation_id)
    fresh, gone = set_channels(contact_point=contact_point, channels=channels)
    if gone or fresh:
        record(
            actor=actor,
            now=now,
            action="organisations.contact_channels_changed",
            subject=f"organisations.contactpoint:{contact_point.id}",
            organisation=contact_point.organisation_id,
            facts={"added": len(fresh), "removed": len(gone)},
            personal={"added": [list(key) for key in fresh], "removed": [list(key) for key in gone]},
        )
    return contact_point


def check_channels(channels: Sequence[ChannelEntry]) -> None:
    """Raises: Refused `contact.no_channel`, `contact.bad_number`, `contact.bad_address`."""
    wanted = _wanted(channels)
    if not wanted:
        raise Refused("contact.no_channel", N_("A contact point needs at least one number or address."))
    for kind, value in wanted:
        _check_channel(kind, value)


def set_channels(
    *, contact_point: ContactPoint, channels: Sequence[ChannelEntry]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Let a contact point have just `channels`: (added, removed), which the caller tells to the journal.

    Raises: Refused as `check_channels`.
    """
    check_channels(channels)
    wanted = _wanted(channels)
    present = {(channel.kind, channel.value): channel for channel in contact_point.channels.all()}
    gone = sorted(set(present) - wanted)
    fresh = sorted(wanted - set(present))
    for key in gone:
        present[key].delete()
    for kind, value in fresh:
        number = "" if kind == ChannelKind.EMAIL else e164(value)
        ContactChannel.objects.create(contact_point=contact_point, kind=kind, value=value, e164=number)
    if gone or fresh:
        _refresh_verified(contact_point)
    return fresh, gone


def _wanted(channels: Sequence[ChannelEntry]) -> set[tuple[str, str]]:
    return {(entry.kind, entry.value.strip()) for entry in channels if entry.value.strip()}


def _check_channel(kind: str, value: str) -> None:
    if kind not in ChannelKind.values:
        raise Refused("contact.bad_number", N_("Unknown channel {kind}."), kind=kind)
    if kind == ChannelKind.EMAIL:
        try:
            validate_email(value)
        except ValidationError as error:
            raise Refused("contact.bad_address", N_("{value} is not a mail address."), value=value) from error
    elif not e164(value):
        raise Refused("contact.bad_number", N_("{value} is not a telephone number."), value=value)


def _refresh_verified(contact_point: ContactPoint) -> None:
    answered = ContactTest.objects.filter(channel__contact_point=contact_point).exclude(answered_at=None)
    newest = answered.order_by("-answered_at").first()
    ContactPoint.objects.filter(pk=contact_point.pk).update(verified_at=newest.answered_at if newest else None)


@transaction.atomic
def retire_contact_point(*, contact_point: ContactPoint, actor: Actor, now: datetime) -> None:
    """Take a contact point out of force."""
    taken = ContactPoint.objects.filter(pk=contact_point.pk, retired_at=None).update(retired_at=now)
    if not taken:
        raise Conflict("contact.already_retired", N_("This contact point was already retired."))
    record(
        actor=actor,
        now=now,
        action="organisations.contact_retired",
        subject=f"organisations.contactpoint:{contact_point.id}",
        organisation=contact_point.organisation_id,
    )


@dataclass(frozen=True, slots=True)
class StartedTest:
    """A test under way. `code` is said on the telephone; it is shown once and kept only as a digest."""

    test: ContactTest
    code: str


@transaction.atomic
def start_test(*, channel: ContactChannel, base_url: str, actor: Actor, now: datetime) -> StartedTest:
    """Send a test to a channel: by mail a link and a code; for a telephone, a code that the officer reads out.

    The answer by link is measured; a code read back on the telephone is attested by who entered it.
    """
    token, code = new_token(), new_spoken_code()
    test = ContactTest.objects.create(
        channel=channel,
        token_sha256=_sha256(token),
        code_sha256=_sha256(code),
        sent_at=now,
        expires_at=now + TEST_LASTS,
    )
    point = channel.contact_point
    if channel.kind == ChannelKind.EMAIL:
        queue(
            address=channel.value,
            title="[Vigil] Kiểm tra đầu mối / Contact point test",
            body=_test_mail(point.organisation.name, point.label, f"{base_url}/t/{token}/", code),
            now=now,
            about=f"organisations.contacttest:{test.id}",
            organisation=point.organisation_id,
        )
    record(
        actor=actor,
        now=now,
        action="organisations.contact_test_started",
        subject=f"organisations.contactpoint:{point.id}",
        organisation=point.organisation_id,
        facts={"channel": channel.kind, "test": str(test.id)},
        personal={"value": channel.value},
    )
    return StartedTest(test, code)


def _test_mail(organisation: str, label: str, link: str, code: str) -> str:
    return (
        f"{organisation}: {label}\n\n"
        "Đây là tin kiểm tra đầu mối tiếp nhận thông tin. Để xác nhận đã nhận, mở liên kết sau rồi bấm nút xác nhận:\n"
        f"{link}\n"
        f"hoặc đọc mã này qua điện thoại cho người trực: {code}\n"
        "Liên kết và mã có hiệu lực trong 24 giờ.\n\n"
        "--\n\n"
        "This is a test of the contact point. To confirm that it arrived, open the link above and press the button,\n"
        f"or read this code to the duty officer on the telephone: {code}\n"
        "Link and code are valid for 24 hours.\n"
    )


def find_test(token: str, now: datetime) -> ContactTest:
    """The open test of a link.

    Raises: NotFound `contact.no_test` for an unknown, expired or answered one alike.
    """
    test = (
        ContactTest.objects.select_related("channel__contact_point__organisation")
        .filter(token_sha256=_sha256(token), answered_at=None, expires_at__gt=now)
        .first()
    )
    if test is None:
        raise NotFound("contact.no_test", N_("This link is not known, has expired or was already used."))
    return test


def answer_by_link(*, token: str, now: datetime) -> ContactTest:
    """Whoever reads the mail pressed the button: measured."""
    test = find_test(token, now)
    _answered(test, by="link", actor=Actor("link", str(test.id)), now=now)
    return test


def answer_by_code(*, test: ContactTest, code: str, actor: Actor, now: datetime) -> ContactTest:
    """The code came back over the telephone and `actor` entered it: attested. Five tries.

    Raises: Refused `contact.wrong_code`; Conflict `contact.test_over`.
    """
    tried = ContactTest.objects.filter(
        pk=test.pk, answered_at=None, expires_at__gt=now, attempts__lt=TEST_TRIES
    ).update(attempts=F("attempts") + 1)
    if not tried:
        raise Conflict("contact.test_over", N_("This test is over; start another."))
    if _sha256(code.strip().upper()) != test.code_sha256:
        raise Refused("contact.wrong_code", N_("That is not the code that was sent."))
    _answered(test, by="code", actor=actor, now=now)
    return test


@transaction.atomic
def _answered(test: ContactTest, *, by: str, actor: Actor, now: datetime) -> None:
    first = ContactTest.objects.filter(pk=test.pk, answered_at=None).update(answered_at=now, answered_by=by)
    if not first:
        raise Conflict("contact.test_over", N_("This test is over; start another."))
    point = test.channel.contact_point
    ContactPoint.objects.filter(pk=point.pk).update(verified_at=now)
    record(
        actor=actor,
        now=now,
        action="organisations.contact_test_answered",
        subject=f"organisations.contactpoint:{point.id}",
        organisation=point.organisation_id,
        facts={"test": str(test.id), "by": by},
    )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

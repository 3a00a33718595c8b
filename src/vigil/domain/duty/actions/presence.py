"""Presence: the post's screen with its changing code, checking in, attesting by telephone, and what was missed.

The code is a time-based one (RFC 6238, 30 s, 6 digits): the one shown and the one before it are taken.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.coverage import EARLY
from vigil.domain.duty.looks import check_ins_of, missed_of
from vigil.domain.duty.models import CheckIn, DutyRow, How, Kind, MissedCheckIn, Place, Post, Screen
from vigil.domain.paging.actions import raise_page, resolve_pages
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_, phrase

STEP_S: Final = 30
_AGAIN: Final = timedelta(seconds=60)
_MOST_WRONG: Final = 20
_AT_ONCE: Final = 1000
_WRONG_WITHIN: Final = timedelta(minutes=10)
_PLACE: Final = {How.SCREEN: Place.PROVEN, How.CALL: Place.ATTESTED}


@transaction.atomic
def new_screen(*, post: Post, actor: Actor, now: datetime) -> tuple[Screen, str]:
    """A new address for the post's screen; earlier ones end. Returns the screen and its token, kept nowhere."""
    post.screens.filter(revoked_at=None).update(revoked_at=now)
    token = new_token()
    screen = Screen.objects.create(
        post=post,
        token_sha256=sha256(token),
        made_at=now,
        secret_sealed=_box().encrypt(pyotp.random_base32().encode()).decode(),
    )
    tell(screen, "screen_made", organisation=post.organisation_id, actor=actor, now=now, facts={"post": str(post.pk)})
    return screen, token


@transaction.atomic
def end_screen(*, screen: Screen, actor: Actor, now: datetime) -> None:
    """The address opens no longer."""
    if Screen.objects.filter(pk=screen.pk, revoked_at=None).update(revoked_at=now):
        tell(screen, "screen_ended", organisation=screen.post.organisation_id, actor=actor, now=now)


def code_on(screen: Screen, now: datetime) -> tuple[str, int]:
    """The code to show, and for how many seconds. Raises: Refused `duty.screen_sealed`."""
    return _codes(screen).at(now), STEP_S - int(now.timestamp()) % STEP_S


def _codes(screen: Screen) -> pyotp.TOTP:
    try:
        return pyotp.TOTP(_box().decrypt(screen.secret_sealed.encode()).decode(), interval=STEP_S)
    except InvalidToken as error:
        raise Refused(
            "duty.screen_sealed", N_("The screen's secret cannot be read with this Vigil's key; make a new screen.")
        ) from error


def _box() -> Fernet:
    key = hashlib.sha256(b"vigil duty screen\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def sha256(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_in(
    *, row: DutyRow, how: str, actor: Actor, now: datetime, code: str = "", by: str = "", note: str = ""
) -> CheckIn:
    """Somebody is there. With the screen's code the place is proven; by a lead who called it is attested (`by`, their
    name); else it is unproven. Twice within a minute is once.

    Raises: Refused `duty.wrong_code`, `duty.no_screen`, `duty.too_many_codes`, `duty.no_name`;
    Conflict `duty.not_now`, `roster.superseded`.
    """
    if how == How.SCREEN:
        _compare(row.shift.post, code, actor, now)
    if how == How.CALL and not by.strip():
        raise Refused("duty.no_name", N_("Say who called: the name stands under it."))
    with transaction.atomic():
        row = DutyRow.objects.select_for_update().select_related("shift__post", "roster__watch").get(pk=row.pk)
        if row.superseded_at is not None or row.roster.published_at is None:
            raise Conflict("roster.superseded", N_("This row of the roster was changed meanwhile."))
        if not row.starts_at - EARLY <= now < row.ends_at:
            raise Conflict(
                "duty.not_now", N_("This shift is not now: one checks in from an hour before it until its end.")
            )
        place = _PLACE.get(How(how), Place.UNPROVEN)
        lately = CheckIn.objects.filter(row=row, place=place, at__gt=now - _AGAIN, at__lte=now).first()
        if lately is not None:
            return lately
        made = CheckIn.objects.create(
            row=row,
            at=now,
            how=how,
            place=place,
            attested_by=by.strip()[:200] if how == How.CALL else "",
            note=note.strip()[:300],
        )
        _make_up(row, actor, now)
        tell(
            row,
            "checked_in",
            organisation=row.shift.post.organisation_id,
            actor=actor,
            now=now,
            personal={"person": row.person.name, "attested_by": made.attested_by},
            facts={"how": str(how), "place": str(place)},
        )
    return made


def _make_up(row: DutyRow, actor: Actor, now: datetime, **which: object) -> None:
    """What was missed is made up; once nothing is missed any more nobody is paged about it."""
    missed = MissedCheckIn.objects.filter(row__shift=row.shift_id, row__person=row.person_id, made_up_at=None)
    missed.filter(**which).update(made_up_at=now)
    if not missed.exists():
        resolve_pages(organisation=row.shift.post.organisation_id, dedupe_key=absence_of(row), actor=actor, now=now)


@transaction.atomic
def attest_past(
    *, row: DutyRow, at: datetime, by: str, note: str, actor: Actor, now: datetime, attester: UUID | None = None
) -> CheckIn:
    """A lead states, with their name and why they know, that somebody else was there at an instant that is over.

    What was missed until one interval after it is made up. `attester`: the person that the lead's account stands for.

    Raises: Refused `duty.no_name`, `duty.no_note`, `duty.not_then`; NotAllowed `duty.own_word`; Conflict
    `roster.superseded`.
    """
    if attester is not None and attester == row.person_id:
        raise NotAllowed("duty.own_word", N_("Nobody attests for themselves: check in, or let another lead attest it."))
    if not by.strip():
        raise Refused("duty.no_name", N_("Say who states this: the name stands under it."))
    if not note.strip():
        raise Refused("duty.no_note", N_("Say how you know."))
    if not row.starts_at <= at < row.ends_at or at > now:
        raise Refused("duty.not_then", N_("The instant is not within the part of the shift that is over."))
    if row.superseded_at is not None:
        raise Conflict("roster.superseded", N_("This row of the roster was changed meanwhile."))
    made = CheckIn.objects.create(
        row=row, at=at, how=How.CALL, place=Place.ATTESTED, attested_by=by.strip()[:200], note=note.strip()[:300]
    )
    holds_until = at + timedelta(minutes=row.shift.post.check_in_every_min or 1440)
    _make_up(row, actor, now, due_at__lte=holds_until)
    tell(
        row,
        "attested",
        organisation=row.shift.post.organisation_id,
        actor=actor,
        now=now,
        why=note.strip()[:300],
        personal={"person": row.person.name, "attested_by": made.attested_by},
        facts={"at": at.isoformat()},
    )
    return made


def _compare(post: Post, code: str, actor: Actor, now: datetime) -> None:
    """Raises: see `check_in`. Wrong codes are counted, one at a time, and told: a code is not guessed."""
    digits = "".join(letter for letter in code if letter.isdigit())
    with transaction.atomic():  # ends before anything is raised: what was counted stays counted
        fault = _fault_of(list(post.screens.select_for_update().filter(revoked_at=None)), digits, actor, now)
    if fault is not None:
        raise fault


def _fault_of(screens: Sequence[Screen], digits: str, actor: Actor, now: datetime) -> Refused | None:
    if not screens:
        return Refused("duty.no_screen", N_("This post has no screen; check in without a code, or let a lead call."))
    lately = {one.pk for one in screens if one.wrong_since and timedelta(0) <= now - one.wrong_since < _WRONG_WITHIN}
    for screen in screens:
        if screen.wrong_codes >= _MOST_WRONG and screen.pk in lately:
            return Refused("duty.too_many_codes", N_("Too many wrong codes at this post; try again in ten minutes."))
        codes = _codes(screen)
        taken = [codes.at(now), codes.at(now - timedelta(seconds=STEP_S))]
        if sum(hmac.compare_digest(digits.encode(), one.encode()) for one in taken):
            return None
    for screen in screens:
        screen.wrong_codes = screen.wrong_codes + 1 if screen.pk in lately else 1
        screen.wrong_since = screen.wrong_since if screen.pk in lately else now
        screen.save(update_fields=["wrong_codes", "wrong_since"])
        if screen.wrong_codes == _MOST_WRONG:
            organisation = screen.post.organisation_id
            tell(screen, "codes_guessed", organisation=organisation, actor=actor, now=now, facts={"count": _MOST_WRONG})
    return Refused("duty.wrong_code", N_("This is not the code on the screen now; it changes every half minute."))


def due_at(row: DutyRow, at: Sequence[datetime], missed: Sequence[datetime]) -> datetime | None:
    """When the next check-in of a row is due: at its start, then an interval after the last; None when no more is."""
    every = timedelta(minutes=row.shift.post.check_in_every_min)
    last = max([*(max(one, row.starts_at) for one in at), *missed], default=None)
    if last is None:
        return row.starts_at
    if not every:
        return None
    due = last + every
    return due if due + timedelta(minutes=row.shift.post.grace_min) < row.ends_at else None


def rows_with_dues(rows: Sequence[DutyRow]) -> list[tuple[DutyRow, datetime | None, list[CheckIn]]]:
    """Each row on site with when its next check-in is due, and those it has."""
    checks, missed = check_ins_of(rows), missed_of(rows)
    found = []
    for row in rows:
        own = [one for one in checks[row.pk] if one.at < row.ends_at]
        found.append((row, due_at(row, [one.at for one in own], missed[row.pk]), own))
    return found


def overdue(now: datetime) -> list[tuple[DutyRow, datetime]]:
    """Rows on site whose check-in is overdue by more than the grace, with the instant when it was due, in that order.

    Also of shifts that ended while no worker lived: what was missed then is told, once. Rows that are over and owe
    nothing more are settled, and not looked at again.
    """
    rows = DutyRow.objects.filter(
        superseded_at=None,
        settled_at=None,
        kind=Kind.ON_SITE,
        roster__published_at__isnull=False,
        starts_at__lt=now,
        shift__dropped_at=None,
    ).exclude(roster__watch__state="closed")
    rows = rows.filter(made_at__lt=F("ends_at"))  # who was entered afterwards is not asked to check in
    rows = rows.select_related("shift__post__organisation", "person", "roster__watch").order_by("starts_at")
    found, settled = [], []
    for row, due, _ in rows_with_dues(list(rows[:_AT_ONCE])):
        if due is not None and due + timedelta(minutes=row.shift.post.grace_min) < min(now, row.ends_at):
            found.append((row, due))
        elif row.ends_at <= now:
            settled.append(row.pk)
    DutyRow.objects.filter(pk__in=settled).update(settled_at=now)
    return sorted(found, key=lambda pair: pair[1])


@transaction.atomic
def miss(*, row: DutyRow, due: datetime, actor: Actor, now: datetime) -> MissedCheckIn | None:
    """Decide that a check-in was missed; None when that was decided before.

    While the shift still runs somebody is paged, in the same transaction: the post's lead, whoever is on call, the next
    shift, as the escalation plan says. What was missed in a shift that is over is put on record alone.
    """
    try:
        with transaction.atomic():
            made = MissedCheckIn.objects.create(row=row, due_at=due, decided_at=now)
    except IntegrityError:
        return None
    post, watch = row.shift.post, row.roster.watch
    tell(
        row,
        "check_in_missed",
        organisation=post.organisation_id,
        actor=actor,
        now=now,
        personal={"person": row.person.name},
        facts={"due_at": due.isoformat()},
    )
    if row.starts_at <= now < row.ends_at:
        page = raise_page(
            organisation=post.organisation,
            kind="duty.absent",
            subject=f"duty.dutyrow:{row.pk}",
            title=phrase(N_("{name} has not checked in at {post}."), name=row.person.name, post=post.name),
            body=phrase(
                N_("{name} was to check in at {post} by {due}. Call {phone}, or take over the post."),
                name=row.person.name,
                post=post.name,
                due=due + timedelta(minutes=post.grace_min),
                phone=row.person.mobile or row.person.phone or "—",
            ),
            actor=actor,
            now=now,
            post=post.pk,
            dedupe_key=absence_of(row),
            exercise=watch.exercise,
        )
        MissedCheckIn.objects.filter(pk=made.pk).update(page_id=page.pk)
        made.page_id = page.pk
    return made


def absence_of(row: DutyRow) -> str:
    """The key under which a person's absence from a shift is one page."""
    return f"duty.absent:{row.shift_id}:{row.person_id}"

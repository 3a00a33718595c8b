"""The signs of life as every face shows them: the domain's reads, with the machine's clock measured."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError

from vigil.adapters.documents import ocr_available
from vigil.adapters.host.system_clock import read_clock
from vigil.adapters.notifiers.deadman import checked
from vigil.domain.detection.signs import detection_signs
from vigil.domain.paging.channels import channels
from vigil.domain.paging.models import Ping
from vigil.domain.paging.unreached import paging_signs
from vigil.domain.vitals.queries import State, Vital, health
from vigil.kernel import clock
from vigil.kernel.phrases import N_, phrase

OFF_BY_S = 1.0


def signs() -> list[Vital]:
    """Every sign, now."""
    found = health(now=clock.now(), folder=settings.VIGIL_DATA, workers=settings.VIGIL_WORKERS, clock=_clock_sign)
    return [
        *found,
        *_of_the_database("detection", detection_signs),
        *_of_the_database("pages", paging_signs),
        _ocr_sign(),
        _mail_sign(),
        second_factor_sign(),
        *_channel_signs(),
        _outside_sign(),
    ]


def _of_the_database(name: str, told: Callable[[datetime], list[Vital]]) -> list[Vital]:
    try:
        return told(clock.now())
    except DatabaseError:
        return [Vital(name, "unknown", phrase(N_("Unknown while the database does not answer.")))]


def _channel_signs() -> list[Vital]:
    """A channel that was set aside shows, and so does a file that cannot be used."""
    read = channels()
    if read.fault is not None:
        return [Vital("channels", "fails", read.fault)]
    wording = N_("The channel {name} is set aside: {why}")
    aside = [
        Vital(f"channel {name}", "warns", phrase(wording, name=name, why=why)) for name, why in read.broken.items()
    ]
    return aside or [Vital("channels", "works", phrase(N_("{n} channels can be used."), n=len(read.usable)))]


def _outside_sign() -> Vital:
    """Whether somebody outside would learn of our death."""
    if not settings.VIGIL_DEADMAN_URL:
        return Vital("outside", "warns", phrase(N_("Nobody outside listens for this Vigil (VIGIL_DEADMAN_URL).")))
    try:
        checked(settings.VIGIL_DEADMAN_URL)
    except ValueError:
        return Vital("outside", "fails", phrase(N_("VIGIL_DEADMAN_URL must be https (http only to this machine).")))
    try:
        last = Ping.objects.filter(pk=1).first()
    except DatabaseError:
        return Vital("outside", "unknown", phrase(N_("Unknown while the database does not answer.")))
    if last is None:
        return Vital("outside", "warns", phrase(N_("No ping has been sent to the outside yet.")))
    if not last.arrived:
        return Vital("outside", "fails", phrase(N_("The last ping to the outside, at {at}, was lost."), at=last.at))
    late = clock.now() - last.at > timedelta(seconds=3 * settings.VIGIL_DEADMAN_S + 60)
    if late:
        return Vital("outside", "fails", phrase(N_("The outside was last pinged at {at}."), at=last.at))
    return Vital("outside", "works", phrase(N_("The outside was last pinged at {at}."), at=last.at))


def _clock_sign() -> Vital:
    reading = read_clock()
    if clock.shift():
        return Vital("clock", "warns", phrase(N_("A practice clock is set (VIGIL_CLOCK_SHIFT_S).")))
    if reading.synchronised is None:
        return Vital("clock", "unknown", phrase(N_("This machine does not say whether its clock is right.")))
    if not reading.synchronised:
        return Vital("clock", "warns", phrase(N_("The clock is not synchronised; its offset is unknown.")))
    error_s = reading.estimated_error_s or 0.0
    state: State = "works" if error_s < OFF_BY_S else "warns"
    return Vital("clock", state, phrase(N_("The clock is synchronised to about {ms} ms."), ms=round(error_s * 1000, 1)))


def _ocr_sign() -> Vital:
    there = ocr_available()
    if there:
        return Vital("ocr", "works", phrase(N_("Scanned documents can be read (tesseract, Vietnamese).")))
    return Vital("ocr", "warns", phrase(N_("Scanned documents cannot be read: tesseract with Vietnamese is missing.")))


def _mail_sign() -> Vital:
    if settings.VIGIL_SMTP_URL:
        return Vital("mail", "works", phrase(N_("A mail server is configured.")))
    return Vital("mail", "warns", phrase(N_("No mail server is configured (VIGIL_SMTP_URL): mails wait.")))


def second_factor_sign() -> Vital:
    """A notice, never a failure: whether somebody must show a second factor."""
    roles = settings.VIGIL_MFA_ROLES
    if not roles:
        wording = N_("No role must show a second factor: VIGIL_MFA_ROLES is not set. Set it before others come in.")
        return Vital("second_factor", "warns", phrase(wording))
    wording = N_("A second factor is demanded of: {roles}.")
    return Vital("second_factor", "works", phrase(wording, roles=", ".join(sorted(roles))))

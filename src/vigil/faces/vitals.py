"""The signs of life as every face shows them: the domain's reads, with the machine's clock measured."""

from django.conf import settings

from vigil.adapters.documents import ocr_available
from vigil.adapters.host.system_clock import read_clock
from vigil.domain.vitals.queries import State, Vital, health
from vigil.kernel import clock
from vigil.kernel.phrases import N_, phrase

OFF_BY_S = 1.0


def signs() -> list[Vital]:
    """Every sign, now."""
    found = health(now=clock.now(), folder=settings.VIGIL_DATA, workers=settings.VIGIL_WORKERS, clock=_clock_sign)
    return [*found, _ocr_sign(), _mail_sign(), second_factor_sign()]


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

"""The workers by name, made from settings."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from vigil.adapters.mailboxes import Mailbox
from vigil.adapters.notifiers.deadman import checked
from vigil.adapters.notifiers.mail import MailServer
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.receiving import receiver
from vigil.domain.journal.keys import signing_key
from vigil.domain.paging.channels import channels
from vigil.domain.vitals.queries import Vital, health
from vigil.kernel import clock
from vigil.kernel.phrases import phrase
from vigil.workers import campaigner, courier, liaison, pager, postman, sentinel, timekeeper, watchman
from vigil.workers.loop import run

log = logging.getLogger(__name__)


def _timekeeper(stop: threading.Event) -> None:
    keeper = timekeeper.Timekeeper(key=signing_key(settings.VIGIL_KEYS), journal=settings.VIGIL_JOURNAL)
    run(name=timekeeper.NAME, round=keeper.round, every_s=timekeeper.EVERY_S, stop=stop)


def _courier(stop: threading.Event) -> None:
    server = MailServer.from_url(settings.VIGIL_SMTP_URL, sender=settings.VIGIL_MAIL_FROM)
    carrier = courier.Courier(server=server, channels=channels, lease=timedelta(seconds=settings.VIGIL_OUTBOX_LEASE_S))
    run(name=courier.NAME, round=carrier.round, every_s=courier.EVERY_S, stop=stop)


def _campaigner(stop: threading.Event) -> None:
    keeper = campaigner.Campaigner(base_url=settings.VIGIL_BASE_URL)
    run(name=campaigner.NAME, round=keeper.round, every_s=campaigner.EVERY_S, stop=stop)


def _liaison(stop: threading.Event) -> None:
    speaker = liaison.Liaison(
        keyring=Keyring(settings.VIGIL_KEYS),
        receiver=receiver,
        interval_s=settings.VIGIL_HEARTBEAT_S,
        ca=settings.VIGIL_EXCHANGE_CA,
    )
    run(name=liaison.NAME, round=speaker.round, every_s=liaison.EVERY_S, stop=stop)


def _postman(stop: threading.Event) -> None:
    reading = postman.Postman(
        mailbox=Mailbox.from_url(settings.VIGIL_IMAP_URL),
        organisation=settings.VIGIL_MAILBOX_ORGANISATION,
        originals=settings.VIGIL_ORIGINALS,
        anchors=settings.VIGIL_TRUST_ANCHORS,
    )
    run(name=postman.NAME, round=reading.round, every_s=postman.EVERY_S, stop=stop)


def _watchman(stop: threading.Event) -> None:
    seeing = watchman.Watchman(base_url=settings.VIGIL_BASE_URL)
    run(name=watchman.NAME, round=seeing.round, every_s=watchman.EVERY_S, stop=stop)


def _sentinel(stop: threading.Event) -> None:
    run(name=sentinel.NAME, round=sentinel.Sentinel().round, every_s=sentinel.EVERY_S, stop=stop)


def _pager(stop: threading.Event) -> None:
    try:
        outside = checked(settings.VIGIL_DEADMAN_URL)
    except ValueError as error:  # pages must go out though nobody outside can be told
        log.error("%s", error)
        outside = ""
    keeper = pager.Pager(
        well=everything_works,
        outside=outside,
        ping_every_s=settings.VIGIL_DEADMAN_S,
    )
    run(name=pager.NAME, round=keeper.round, every_s=pager.EVERY_S, stop=stop)


def everything_works() -> bool:
    """Whether no part that this Vigil needs fails: database, journal, workers, disk."""
    unmeasured = Vital("clock", "unknown", phrase("-"))
    signs = health(
        now=clock.now(), folder=settings.VIGIL_DATA, workers=settings.VIGIL_WORKERS, clock=lambda: unmeasured
    )
    return all(sign.state != "fails" for sign in signs)


WORKERS: dict[str, Callable[[threading.Event], None]] = {
    "timekeeper": _timekeeper,
    "courier": _courier,
    "campaigner": _campaigner,
    "liaison": _liaison,
    "postman": _postman,
    "watchman": _watchman,
    "sentinel": _sentinel,
    "pager": _pager,
}

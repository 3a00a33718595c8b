"""The workers by name, made from settings."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

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
from vigil.kernel.arrow import without_pandas
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


def _receiver(stop: threading.Event) -> None:
    from vigil.adapters.receivers.listening import Listening
    from vigil.workers import receiver as receiving  # what events need is read by who needs it, after the fork

    listening = Listening(
        host=settings.VIGIL_RECEIVER_HOST,
        syslog_udp=settings.VIGIL_SYSLOG_PORT,
        syslog_tcp=settings.VIGIL_SYSLOG_PORT,
        syslog_tls=settings.VIGIL_SYSLOG_TLS_PORT,
        http=settings.VIGIL_EVENTS_HTTP_PORT,
        https=settings.VIGIL_EVENTS_HTTPS_PORT,
        certificate=settings.VIGIL_RECEIVER_CERTIFICATE,
        key=settings.VIGIL_RECEIVER_KEY,
        client_authority=settings.VIGIL_RECEIVER_CLIENTS_CA,
    )
    one = receiving.Receiver(
        listening=listening,
        spool=settings.VIGIL_SPOOL,
        streams=settings.VIGIL_DETECTORS,
        least_free_bytes=settings.VIGIL_SPOOL_FREE_MB * 1024 * 1024,
    )
    try:
        run(name=receiving.NAME, round=one.round, every_s=receiving.EVERY_S, stop=stop)
    finally:
        one.close()


def _tailer(stop: threading.Event) -> None:
    without_pandas()
    from vigil.workers import tailer

    one = tailer.Tailer(
        spool=settings.VIGIL_SPOOL,
        streams=settings.VIGIL_DETECTORS,
        least_free_bytes=settings.VIGIL_SPOOL_FREE_MB * 1024 * 1024,
        folders=settings.VIGIL_LOG_FOLDERS,
        stop=stop,
    )
    try:
        run(name=tailer.NAME, round=one.round, every_s=tailer.EVERY_S, stop=stop)
    finally:
        one.close()


def _detector(number: int, name: str, stop: threading.Event) -> None:
    without_pandas()
    from vigil.adapters.event_store import EventStore
    from vigil.domain.detection.deadlines import take_within_s
    from vigil.domain.detection.queries import running_for
    from vigil.workers import detector

    one = detector.Detector(
        spool=settings.VIGIL_SPOOL,
        store=EventStore(settings.VIGIL_EVENTS),
        plans=settings.VIGIL_DATA / "plans",
        lists=settings.VIGIL_DATA / "indicators",
        runs=running_for,
        within=take_within_s,
        number=number,
        of=settings.VIGIL_DETECTORS,
        keep_days=settings.VIGIL_EVENTS_KEEP_DAYS,
        stop=stop,
    )
    try:
        run(name=name, round=one.round, every_s=detector.EVERY_S, stop=stop)
    finally:
        one.close()


def _hunter(stop: threading.Event) -> None:
    without_pandas()
    from vigil.adapters.event_store import EventStore
    from vigil.domain.detection.deadlines import take_within_s
    from vigil.workers import hunter

    hunter.lower_priority()
    one = hunter.Hunter(
        store=EventStore(settings.VIGIL_EVENTS),
        plans=settings.VIGIL_DATA / "plans",
        lists=settings.VIGIL_DATA / "indicators",
        runs=settings.VIGIL_DATA / "hunts",
        within=take_within_s,
        stop=stop,
    )
    run(name=hunter.NAME, round=one.round, every_s=hunter.EVERY_S, stop=stop)


WORKERS: dict[str, Callable[[threading.Event], None]] = {
    "timekeeper": _timekeeper,
    "courier": _courier,
    "campaigner": _campaigner,
    "liaison": _liaison,
    "postman": _postman,
    "watchman": _watchman,
    "sentinel": _sentinel,
    "pager": _pager,
    "hunter": _hunter,
    "receiver": _receiver,
    "tailer": _tailer,
    **{
        name: partial(_detector, number, name)
        for number, name in enumerate(name for name in settings.VIGIL_WORKERS if name.startswith("detector"))
    },
}

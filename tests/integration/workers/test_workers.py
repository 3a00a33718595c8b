"""The workers against real parts: an SMTP server, the database; and what they do when a part is missing."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from tests.postgresql import free_port

from vigil.adapters.notifiers.mail import MailServer
from vigil.domain.journal.actions import record
from vigil.domain.journal.keys import signing_key
from vigil.domain.journal.models import Entry
from vigil.domain.journal.verification import verify
from vigil.domain.outbox.actions import queue
from vigil.domain.outbox.models import Message
from vigil.domain.vitals.models import WorkerBeat
from vigil.domain.vitals.queries import Vital, health
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import phrase
from vigil.workers.courier import Courier
from vigil.workers.loop import run
from vigil.workers.timekeeper import Timekeeper

pytestmark = pytest.mark.django_db
NOW = datetime(2022, 4, 30, 3, tzinfo=UTC)


class Box:
    """An SMTP handler that keeps what comes and can be told to refuse."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.answer.startswith("250"):
            self.mails.append(envelope.content)
        return self.answer


class _OneLoop(Controller):
    """aiosmtpd would make a loop for each connection, and close none."""

    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, loop=self.loop)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[MailServer]:
    port = free_port()
    loop = asyncio.new_event_loop()
    controller = _OneLoop(box, hostname="127.0.0.1", port=port, loop=loop)
    controller.start()
    made = MailServer.from_url(f"smtp://127.0.0.1:{port}", sender="vigil@truc.example")
    assert made is not None
    yield made
    controller.stop()
    loop.close()


def _mail() -> Message:
    return queue(address="truc@vienthong.example", title="Kiểm tra đầu mối", body="Xin chào", now=clock.now())


def test_a_mail_arrives_in_vietnamese_under_its_message_id(server, box) -> None:
    queued = _mail()
    assert Courier(server=server).round() == "sent 1"
    (raw,) = box.mails
    from email import message_from_bytes, policy

    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "Kiểm tra đầu mối"
    assert mail["Message-ID"] == queued.message_id
    assert mail.get_content().strip() == "Xin chào"
    queued.refresh_from_db()
    assert queued.state == "sent"


@pytest.mark.parametrize("answer, state", [("451 later", "queued"), ("550 never", "failed")])
def test_what_the_server_says_decides_whether_it_is_tried_again(server, box, answer, state) -> None:
    queued = _mail()
    box.answer = answer
    Courier(server=server).round()
    queued.refresh_from_db()
    assert queued.state == state
    assert answer[:3] in queued.last_error


@pytest.mark.parametrize("missing", ["unconfigured", "down"])
def test_without_a_server_the_mail_waits(missing) -> None:
    queued = _mail()
    down = MailServer.from_url("smtp://127.0.0.1:1", sender="x@y.example")
    Courier(server=None if missing == "unconfigured" else down).round()
    queued.refresh_from_db()
    assert queued.state == "queued"
    assert bool(queued.last_error) == (missing == "down")
    assert queued.attempts == (1 if missing == "down" else 0)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense"])
def test_an_address_that_is_no_mail_server_is_said_at_once(url) -> None:
    with pytest.raises(ValueError, match="VIGIL_SMTP_URL"):
        MailServer.from_url(url, sender="x@y.example")


def test_a_password_of_the_mail_server_is_in_no_representation() -> None:
    made = MailServer.from_url("smtps://an:b%C3%AD-m%E1%BA%ADt@mail.example", sender="x@y.example")
    assert made is not None
    assert made.password == "bí-mật"
    assert "bí-mật" not in f"{made!r} {made}"


def test_the_timekeeper_seals_what_was_written(tmp_path: Path) -> None:
    from django.db import transaction

    with transaction.atomic():
        record(actor=Actor("cli", "x", "x"), now=NOW, action="test.done")
    key = signing_key(tmp_path / "keys")
    Timekeeper(key=key, journal=tmp_path / "journal").round()
    assert not Entry.objects.filter(sequence=None).exists()
    assert verify(key=key.public_key(), folder=tmp_path / "journal").holds


@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_a_failed_round_and_says_that_it_failed() -> None:
    stop, rounds = threading.Event(), []

    def stumble() -> str:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        raise OSError("disk gone")

    run(name="stumbler", round=stumble, every_s=0.01, stop=stop)
    beat = WorkerBeat.objects.get(name="stumbler")
    assert len(rounds) == 3
    assert beat.failed
    assert beat.detail == "OSError", "the words are for the log, not for /healthz"


def _health(tmp_path: Path, at: datetime) -> dict[str, str]:
    signs = health(
        now=at, folder=tmp_path, workers=["stumbler"], clock=lambda: Vital("clock", "works", phrase("right"))
    )
    return {sign.name: sign.state for sign in signs}


def test_health_tells_a_silent_worker_and_one_that_never_ran(tmp_path) -> None:
    assert _health(tmp_path, NOW)["worker stumbler"] == "fails"
    WorkerBeat.objects.create(name="stumbler", at=NOW)
    assert _health(tmp_path, NOW)["worker stumbler"] == "works"
    assert _health(tmp_path, NOW + timedelta(minutes=2))["worker stumbler"] == "fails"


def test_health_tells_entries_that_nobody_seals_and_a_folder_that_is_gone(tmp_path) -> None:
    from django.db import transaction

    with transaction.atomic():
        record(actor=Actor("cli", "x", "x"), now=NOW, action="test.done")
    assert _health(tmp_path, NOW + timedelta(seconds=30))["journal"] == "works"
    assert _health(tmp_path, NOW + timedelta(minutes=10))["journal"] == "fails"
    assert _health(tmp_path / "gone", NOW)["disk"] == "unknown"

"""Receiver and tailer as workers: what comes is in the spool once; strangers, full disks and crashes are told."""

import gzip
import lzma
import os
import socket
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DataError, OperationalError, connection
from tests.receiving import until

from vigil.adapters.log_sources.opening import opened_where
from vigil.adapters.receivers import ANY, Listening
from vigil.adapters.spool import Frame, SpoolReader
from vigil.domain.detection.actions.sources import renew_token, save_source
from vigil.domain.detection.doors import Door
from vigil.domain.detection.models import Listener, LogSource, SourceHour, TailPosition
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused, Unavailable
from vigil.project import given
from vigil.workers import tailer as module
from vigil.workers.receiver import Receiver
from vigil.workers.tailer import Tailer

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
ACTOR = Actor("cli", "t", "t")


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=ACTOR, now=NOW)
    return made


def _frames(folder: Path, stream: str) -> list[Frame]:
    return SpoolReader(folder).read(stream, None, 10**7).frames


def _lines(folder: Path, stream: str = "file0") -> list[str]:
    return [line for frame in _frames(folder, stream) for line in frame.data.decode().split("\n")]


@pytest.fixture
def receive(tmp_path: Path):
    running = []

    def begin(**listening) -> Receiver:
        one = Receiver(
            listening=Listening(**listening), spool=tmp_path / "spool", streams=2, least_free_bytes=1024
        )  # fmt: skip
        running.append(one)
        return one

    yield begin
    for one in running:
        one.close()


def _post(port: int, token: str) -> int:
    body = b'{"create":{}}\n{"message":"a"}\n'
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/_bulk", body, headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.django_db(transaction=True)
def test_what_is_known_is_spooled_and_what_is_not_is_told(owner, receive, tmp_path) -> None:
    source = save_source(source=LogSource(organisation=owner, name="Qua HTTP"), actor=ACTOR, now=NOW)
    token = renew_token(source=source, actor=ACTOR, now=NOW)
    one = receive(http=ANY, syslog_udp=ANY)
    assert one.round() == "0 received, 0 refused"
    ports = {row.name: row.port for row in Listener.objects.all()}
    assert _post(ports["http"], token) == 200
    assert _post(ports["http"], "stranger") == 401
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<13>Apr 30 09:00:00 fw1 it: hello", ("127.0.0.1", ports["syslog_udp"]))
    found = LogSource.objects.filter(found_by_itself=True)
    until(found.exists)
    until(lambda: sum(len(_frames(tmp_path / "spool", f"net{n}")) for n in (0, 1)) == 2)
    assert one.round() == "2 received, 1 refused"
    assert (found.get().host, found.get().address) == ("fw1", "127.0.0.1")
    frame = _frames(tmp_path / "spool", f"net{source.pk.int % 2}")[0]
    assert frame.source == source.pk
    http = Listener.objects.get(name="http")
    assert (http.received, http.refused, http.trouble) == (1, 1, "")
    assert "no token that is known" in http.samples[0]["why"]
    assert Listener.objects.get(name="syslog_udp").received == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_known_source_sends_broken_is_counted_for_it(owner, receive) -> None:
    source = save_source(source=LogSource(organisation=owner, name="Qua HTTP"), actor=ACTOR, now=NOW)
    token = renew_token(source=source, actor=ACTOR, now=NOW)
    one = receive(http=ANY)
    one.round()
    port = Listener.objects.get().port
    headers = {"Authorization": f"Splunk {token}"}
    body = b'{"event": {"a": 1}} {"event": '
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/services/collector/event", body, headers)
        ).close()
    one.round()
    source.refresh_from_db()
    assert source.rejected == 1
    assert source.rejected_samples
    assert SourceHour.objects.get(source=source).rejected == 1


@pytest.mark.django_db(transaction=True)
def test_a_port_that_another_has_is_told_and_taken_when_it_is_free(owner, receive, monkeypatch) -> None:
    monkeypatch.setattr("vigil.workers.receiver._RETRY_S", 0.1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        one = receive(syslog_tcp=port, http=ANY)
        with pytest.raises(Unavailable, match="one of the ports for events cannot be used"):
            one.round()
        assert Listener.objects.get(name="syslog_tcp").trouble.startswith("syslog_tcp cannot listen")
        assert not Listener.objects.get(name="http").trouble, "one that cannot start stops no other"
    until(lambda: not one.receivers.troubles)
    one.round()
    assert not Listener.objects.get(name="syslog_tcp").trouble


@pytest.mark.django_db(transaction=True)
def test_who_is_known_is_taken_while_the_database_is_away_and_who_is_not_waits(owner, receive, monkeypatch) -> None:
    monkeypatch.setattr("vigil.domain.detection.doors.FRESH_S", 0.0)
    source = save_source(source=LogSource(organisation=owner, name="Qua HTTP"), actor=ACTOR, now=NOW)
    token = renew_token(source=source, actor=ACTOR, now=NOW)
    one = receive(http=ANY)
    one.round()
    port = Listener.objects.get().port
    assert _post(port, token) == 200
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE detection_rulebook RENAME TO away")
    try:
        assert _post(port, token) == 200, "known from before"
        assert _post(port, "another") == 503, "nobody can tell; come again"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO detection_rulebook")
    assert _post(port, "another") == 401


@pytest.fixture
def tail(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    running = []

    def begin(**more) -> Tailer:
        while running:
            running.pop().close()
        one = Tailer(
            spool=tmp_path / "spool", streams=1, least_free_bytes=more.get("least", 1024),
            folders=more.get("folders", [tmp_path / "logs"]), stop=threading.Event(),
        )  # fmt: skip
        running.append(one)
        return one

    yield begin
    while running:
        running.pop().close()


@pytest.fixture
def followed(owner, tmp_path, settings, monkeypatch) -> LogSource:
    monkeypatch.setattr(module, "ROUND_S", 0.0)
    settings.VIGIL_LOG_FOLDERS = [tmp_path / "logs"]
    source = LogSource(organisation=owner, name="Tệp", path=str(tmp_path / "logs" / "*.log"))
    return save_source(source=source, actor=ACTOR, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_followed_and_after_a_restart_goes_on(followed, tail, tmp_path) -> None:
    log = tmp_path / "logs" / "a.log"
    one = tail()
    one.round()
    assert TailPosition.objects.get().trouble == "no file matches"
    log.write_text("one\n\ntwo\nthr")
    one.round()
    assert TailPosition.objects.get().trouble == ""
    with log.open("a") as more:
        more.write("ee\nfour\n")
    tail().round()
    assert _lines(tmp_path / "spool") == ["one", "two", "three", "four"]
    assert {frame.sender for frame in _frames(tmp_path / "spool", "file0")} == {str(log)}


@pytest.mark.django_db(transaction=True)
def test_lines_whose_cursor_was_not_kept_do_not_come_twice(followed, tail, tmp_path, monkeypatch) -> None:
    log = tmp_path / "logs" / "a.log"
    log.write_text("one\ntwo\n")
    tail().round()
    with log.open("a") as more:
        more.write("three\nfour\n")

    def dies(**_: object) -> None:
        raise KeyboardInterrupt  # between the spool and the database

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(module, "keep_tail", dies)
        tail().round()
    with log.open("a") as more:
        more.write("five\n")
    tail().round()
    tail().round()
    assert _lines(tmp_path / "spool") == ["one", "two", "three", "four", "five"]


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_costs_no_line(followed, tail, tmp_path) -> None:
    (tmp_path / "logs" / "a.log").write_text("one\n")
    full = tail(least=2**62)
    with pytest.raises(Unavailable, match="the disk has too little room"):
        full.round()
    tail().round()
    assert _lines(tmp_path / "spool") == ["one"]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_costs_none_and_doubles_none(
    followed, tail, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", 0.01)
    (tmp_path / "logs" / "a.log").write_text("one\n")
    real, failed = module.keep_tail, []

    def away(**more: object) -> None:
        if len(failed) < 3:
            failed.append(1)
            raise OperationalError("away")
        real(**more)

    monkeypatch.setattr(module, "keep_tail", away)
    tail().round()
    assert _lines(tmp_path / "spool") == ["one"]
    assert len(failed) == 3


@pytest.mark.django_db(transaction=True)
def test_only_below_the_folders_that_may_be_read(followed, tail, owner, tmp_path) -> None:
    for path in ("/etc/passwd", str(tmp_path / "logs" / ".." / "x"), "logs/a.log"):
        with pytest.raises(Refused, match="VIGIL_LOG_FOLDERS"):
            save_source(source=LogSource(organisation=owner, name=path, path=path), actor=ACTOR, now=NOW)
    (tmp_path / "secret").write_text("hidden\n")
    (tmp_path / "logs" / "a.log").symlink_to(tmp_path / "secret")
    tail().round()
    assert _lines(tmp_path / "spool") == []
    assert "not allowed" in TailPosition.objects.get().trouble


@pytest.mark.django_db(transaction=True)
def test_files_are_followed_by_whose_folder_it_is_alone(followed, tail, owner, tmp_path, settings) -> None:
    logs, inner, outer = tmp_path / "logs", tmp_path / "logs" / "isp", tmp_path / "another"
    inner.mkdir()
    outer.mkdir()
    other = Organisation(name="Cơ quan khác", code="T.2", parent=owner)
    save_organisation(organisation=other, actor=ACTOR, now=NOW)
    settings.VIGIL_LOG_FOLDERS = [logs, inner, outer]
    settings.VIGIL_LOG_FOLDER_OWNERS = {inner: "T.2", outer: "none.such"}
    theirs = LogSource(organisation=other, name="Tệp", path=str(inner / "*.log"))
    save_source(source=theirs, actor=ACTOR, now=NOW)
    for whose, path in (
        (other, logs / "a.log"),
        (owner, inner / "a.log"),
        (owner, outer / "a.log"),
        (other, outer / "b"),
    ):
        with pytest.raises(Refused, match="VIGIL_LOG_FOLDERS"):
            save_source(source=LogSource(organisation=whose, name="x", path=str(path)), actor=ACTOR, now=NOW)
    followed.path = str(logs / "**")
    save_source(source=followed, actor=ACTOR, now=NOW)
    (logs / "a.log").write_text("host\n")
    (inner / "b.log").write_text("isp\n")
    (inner / "link.log").symlink_to(logs / "a.log")
    tail(folders=[logs, inner, outer]).round()
    found = {(frame.source, frame.data) for frame in _frames(tmp_path / "spool", "file0")}
    assert found == {(followed.pk, b"host"), (theirs.pk, b"isp")}
    assert "not allowed" in TailPosition.objects.get(source=theirs).trouble
    settings.VIGIL_EVENTS_ORGANISATION = "none.such"
    (logs / "a.log").write_text("host\nmore\n")
    tail(folders=[logs, inner, outer]).round()
    assert len(_frames(tmp_path / "spool", "file0")) == 2, "whose the host is is not known: nobody's"


def test_folders_and_whose_they_are(monkeypatch) -> None:
    monkeypatch.setenv("VIGIL_LOG_FOLDERS", "/var/log/isp=T.2:/var/log::/odd=name/x")
    assert given.folders("VIGIL_LOG_FOLDERS", "") == (
        [Path("/var/log/isp"), Path("/var/log"), Path("/odd=name/x")], {Path("/var/log/isp"): "T.2"}
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["log", "log.gz", "log.xz"])
def test_a_link_put_there_between_look_and_opening_shows_nothing(tmp_path, monkeypatch, ending) -> None:
    logs, secret = tmp_path / "logs", tmp_path / f"secret.{ending}"
    logs.mkdir()
    pack = {"log": bytes, "log.gz": gzip.compress, "log.xz": lzma.compress}[ending]
    secret.write_bytes(pack(b"hidden\n"))
    path = logs / f"a.{ending}"

    def allowed(asked: Path) -> bool:
        return asked.resolve(strict=True).is_relative_to(logs)

    path.write_bytes(pack(b"seen\n"))
    with opened_where(path, allowed) as stream:
        assert stream.read(100) == b"seen\n"
    opening = os.open

    def swapped(name: object, *more: int) -> int:
        if Path(str(name)) != path:
            return opening(name, *more)
        path.unlink()
        path.symlink_to(secret)
        held = opening(name, *more)
        path.unlink()  # and back again, before anybody looks
        path.write_bytes(pack(b"seen\n"))
        return held

    with monkeypatch.context() as patched, pytest.raises(PermissionError, match="is not where it may be read"):
        patched.setattr("vigil.adapters.log_sources.opening.os.open", swapped)
        opened_where(path, allowed)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(PermissionError):
        opened_where(path, allowed)  # and does not wait for who writes


@pytest.mark.django_db(transaction=True)
def test_files_wait_while_the_detectors_do_not_keep_up(followed, tail, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    for name in ("a", "b"):
        (tmp_path / "logs" / f"{name}.log").write_text(f"{name}\n")
    one = tail()
    one.round()
    assert _lines(tmp_path / "spool") == ["a"], "one at a time"
    one.round()
    assert _lines(tmp_path / "spool") == ["a", "b"], "and none lost"


@pytest.mark.django_db(transaction=True)
def test_no_token_is_in_the_log_while_the_database_is_away(owner, receive, monkeypatch, caplog) -> None:
    source = save_source(source=LogSource(organisation=owner, name="Qua HTTP"), actor=ACTOR, now=NOW)
    token = renew_token(source=source, actor=ACTOR, now=NOW)
    one = receive(http=ANY)
    one.round()
    port = Listener.objects.get().port
    assert _post(port, token) == 200
    monkeypatch.setattr("vigil.domain.detection.doors.FRESH_S", 0.0)

    def away(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("vigil.domain.detection.doors.Door._refresh", away)
    assert _post(port, token) == 200
    assert "does not answer" in caplog.text
    assert token not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_sender_whom_nothing_can_be_told_of_closes_no_port(owner, receive, tmp_path, monkeypatch) -> None:
    one = receive(syslog_udp=ANY, syslog_tcp=ANY)
    one.round()
    ports = {row.name: row.port for row in Listener.objects.all()}
    by_address = Door.by_address

    def broken(door: Door, address: str, host: str = "") -> object:
        if host == "broken":
            raise DataError("value too long")
        return by_address(door, address, host)

    monkeypatch.setattr(Door, "by_address", broken)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for host in (b"broken", b"fw1", b"broken", b"fw1"):
            sender.sendto(b"<13>Apr 30 09:00:00 %s it: hello" % host, ("127.0.0.1", ports["syslog_udp"]))
    until(lambda: sum(len(_frames(tmp_path / "spool", f"net{n}")) for n in (0, 1)) >= 1)
    until(lambda: one.round() == "0 received, 0 refused")
    row = Listener.objects.get(name="syslog_udp")
    assert (row.received, row.refused) == (2, 2)
    assert "nobody's: 127.0.0.1 broken" in row.samples[0]["why"]

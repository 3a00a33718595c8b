"""Receiver, tailer and detectors killed with -9 while events come: none is lost, no alert comes twice.

Over HTTP what was not answered is sent again: an event may come twice, never not at all; from a file each comes once.
Beyond the events: one alert for each host that a rule names, one for each group that a correlation counts.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.laid import lay
from tests.postgresql import free_port

EVENTS = int(os.environ.get("VIGIL_DETECTION_EVENTS", "24000"))
KILLS = int(os.environ.get("VIGIL_DETECTION_KILLS", "8"))
IN_GROUP, LOT = 5, 500
EVERY = max(500, EVENTS // 400)  # fewer entities than a rule may have open alerts (`taking.MOST_OPEN`)
RULES = """
title: A shell
id: 61c1a5de-5a5e-4c1e-8f0e-0a8d6d1f0001
level: high
logsource: {product: linux}
detection: {it: {what: shell}, condition: it}
---
title: Refused
id: 61c1a5de-5a5e-4c1e-8f0e-0a8d6d1f0002
name: refused
level: informational
logsource: {product: linux}
detection: {it: {what: refused}, condition: it}
---
title: Many times refused
id: 61c1a5de-5a5e-4c1e-8f0e-0a8d6d1f0003
level: high
correlation:
  type: event_count
  rules: [refused]
  group-by: [user]
  timespan: 10m
  condition: {gte: 5}
"""
DRIVER = """
import json, sys, django
django.setup()
from vigil.domain.detection.actions.rules import import_rules
from vigil.domain.detection.actions.sources import renew_token, save_source
from vigil.domain.detection.models import *
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel import clock
from vigil.kernel.actors import Actor
actor, now = Actor("cli", "soak", "soak"), clock.now
owner = Organisation(name="Công ty Thử")
save_organisation(organisation=owner, actor=actor, now=now())
rules, path = json.loads(sys.stdin.readline())
done = import_rules(texts=[("soak.yml", rules.encode())], origin=Origin.SIGMAHQ, actor=actor, now=now())
assert done.added == 3 and not done.unusable, done
made = [save_source(source=LogSource(organisation=owner, product="linux", format="json", silent_after_s=0, **more),
                    actor=actor, now=now()) for more in ({"name": "http"}, {"name": "file", "path": path})]
token = renew_token(source=made[0], actor=actor, now=now())
print(json.dumps({"token": token, "http": str(made[0].pk), "file": str(made[1].pk)}), flush=True)
for line in sys.stdin:
    print(json.dumps({
        "events": {s.name: s.events for s in LogSource.objects.all()},
        "rejected": {s.name: [s.rejected, s.rejected_samples] for s in LogSource.objects.all()},
        "waiting": sum(SpoolPosition.objects.values_list("waiting_bytes", flat=True)),
        "pending": PendingMatch.objects.count(),
        "torn": sum(SpoolPosition.objects.values_list("torn_bytes", flat=True)),
        "alerts": [[a.kind, a.title, a.entity, a.count, a.detections.count()] for a in Alert.objects.all()],
    }), flush=True)
"""


class Workers:
    """Programs that are started again whenever they end."""

    def __init__(self, environment: dict[str, str], log: Path, names: tuple[str, ...]) -> None:
        self._environment, self._log = environment, log
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.killed: Counter[str] = Counter()
        for name in names:
            self._start(name)

    def _start(self, name: str) -> None:
        with self._log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "vigil.faces.cli", "worker", name],
                env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        process = self._running[name]
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        self.killed[name] += 1
        self._start(name)

    def all_run(self) -> bool:
        return all(process.poll() is None for process in self._running.values())

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(20)


def _event(number: int) -> dict[str, str]:
    place, at = divmod(number, EVERY)
    stamp = f"2026-04-30T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    said = {
        "timestamp": stamp,
        "n": str(number),
        "what": "nothing",
        "message": f"like {number}, long enough",
    }
    if at == 0:
        return said | {"what": "shell", "hostname": f"host-{place}"}
    if at <= IN_GROUP:
        return said | {"what": "refused", "user": f"user-{place}"}
    return said


def _lines(numbers: range) -> list[str]:
    return [json.dumps(_event(number)) for number in numbers]


def _post(port: int, token: str, numbers: range, stop: threading.Event) -> None:
    """Send as a shipper does: again, until it is answered with 200."""
    body = "".join(f'{{"create":{{}}}}\n{line}\n' for line in _lines(numbers)).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    while not stop.is_set():
        request = urllib.request.Request(f"http://127.0.0.1:{port}/_bulk", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert not json.load(answer)["errors"]
                return
        except (OSError, urllib.error.HTTPError, json.JSONDecodeError):
            time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "logs").mkdir()
    lay(tmp_path / "data")
    yield tmp_path


@pytest.mark.timeout(1800)
def test_no_event_is_lost_and_no_alert_comes_twice(folder: Path) -> None:
    dice, port, log = random.Random(20260430), free_port(), folder / "logs" / "app.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")},
        "DJANGO_SETTINGS_MODULE": "vigil.project.settings", "VIGIL_DATA": str(folder / "data"),
        "VIGIL_SYSLOG_PORT": "0", "VIGIL_EVENTS_HTTP_PORT": str(port), "VIGIL_DETECTORS": "2",
        "VIGIL_LOG_FOLDERS": str(folder / "logs"), "VIGIL_SPOOL_FREE_MB": "1", "VIGIL_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    if "VIGIL_DATABASE_URL" in os.environ:  # VIGIL_TEST_DATABASE=postgresql: a cluster of the tests' own
        environment["VIGIL_DATABASE_URL"] = os.environ["VIGIL_DATABASE_URL"]
        subprocess.run([sys.executable, "-m", "vigil.faces.cli", "prepare"], env=environment, check=True, timeout=120)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def asked(question: str) -> dict:
        driver.stdin.write(question + "\n")
        driver.stdin.flush()
        return json.loads(driver.stdout.readline())

    made = asked(json.dumps([RULES, str(log)]))
    names = ("receiver", "tailer", "detector", "detector-2")
    workers = Workers(environment, folder / "workers.log", names)
    half = EVENTS // 2
    sent, stop = threading.Event(), threading.Event()
    told = 0  # how often somebody was killed: what is sent is spread over all of that

    def may_send(share: float) -> bool:
        while not stop.is_set() and share > (told + 1) / KILLS:
            time.sleep(0.02)
        return not stop.is_set()

    def post_all() -> None:
        for start in range(0, half, LOT):
            if not may_send(start / half):
                return
            _post(port, made["token"], range(start, min(start + LOT, half)), stop)
        sent.set()

    def write_all() -> None:
        for start in range(half, EVENTS, LOT):
            if not may_send((start - half) / half):
                return
            text = "\n".join(_lines(range(start, min(start + LOT, EVENTS)))) + "\n"
            cut = dice.randrange(len(text))
            with log.open("a") as file:
                file.write(text[:cut])
            with log.open("a") as file:
                file.write(text[cut:])
            if (start - half) // LOT % 10 == 9:  # rotated, as logrotate does
                log.rename(log.with_name(f"app.log.{start}"))

    threads = [threading.Thread(target=post_all), threading.Thread(target=write_all)]
    for thread in threads:
        thread.start()
    latest = time.monotonic() + 60 + 10 * KILLS
    try:
        while True:
            time.sleep(dice.uniform(0.2, 3.0))
            now = asked("?")
            if sent.is_set() and now["events"]["file"] >= EVENTS - half and now["events"]["http"] >= half:
                break
            if told < KILLS:
                workers.kill(names[told] if told < len(names) else dice.choice(names))
                told += 1
            assert time.monotonic() < latest, (now, (folder / "workers.log").read_text()[-3000:])
        end = time.monotonic() + 60
        while (now := asked("?"))["waiting"] or now["pending"] or len(now["alerts"]) < 2 * (EVENTS // EVERY):
            assert time.monotonic() < end, (
                now,
                (folder / "workers.log").read_text()[-3000:],
            )
            time.sleep(0.5)
        time.sleep(2)
        now = asked("?")
        assert workers.all_run(), (folder / "workers.log").read_text()[-3000:]
    finally:
        stop.set()
        workers.stop()
        driver.stdin.close()
        driver.wait(10)
        driver.stdout.close()
        for thread in threads:
            thread.join(30)
    print(f"\n{EVENTS} events; killed {dict(workers.killed)}; {now['events']}; torn {now['torn']}")
    assert now["rejected"] == {"http": [0, []], "file": [0, []]}
    kept = {name: _kept(folder / "data" / "events", made[name]) for name in ("http", "file")}
    assert set(kept["http"]) == {str(n) for n in range(half)}, "acknowledged, and not there"
    assert kept["file"] == Counter(str(n) for n in range(half, EVENTS)), "each line once"
    assert now["events"] == {name: sum(numbers.values()) for name, numbers in kept.items()}
    alerts = Counter((kind, entity) for kind, _, entity, _, _ in now["alerts"])
    places = range(-(-EVENTS // EVERY))
    wanted = {("rule", f"host-{n}") for n in places} | {("correlation", f"user-{n}") for n in places}
    assert set(alerts) == wanted
    assert set(alerts.values()) == {1}, "an alert came twice"
    for kind, _, entity, count, detections in now["alerts"]:
        assert count == detections
        if int(entity.rpartition("-")[2]) * EVERY >= half:
            assert count == 1, f"{kind} {entity} counted {count} times"


def _kept(events: Path, source: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in events.glob(f"day=*/source={source}/*.parquet"):
        found.update(pq.read_table(path, columns=["n"], partitioning=None).column("n").to_pylist())
    return found

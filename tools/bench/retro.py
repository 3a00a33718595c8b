"""What a hunt through kept events costs the live path: what detectors do with and without one running.

    python tools/bench/retro.py [--rounds N] [--events N]

A data folder of its own (SQLite), SigmaHQ's rules, a realistic Windows log. The detectors read a spool that is full, as
fast as they can: one of them, and as many as there are processors, where nothing is left for a hunt but what it takes
from them. Rounds with and without a hunt take turns. What it takes is reckoned from processor time, because other work
on a machine moves wall time by more than a hunt does: how many events a detector reads in a processor second beside a
hunt (caches, memory), and where all processors are busy the hunt's share of them, from the start of the detectors'
steady reading to its end; medians. Wall time (the best of the rounds) stands beside it. A detector has four streams,
each short enough that a hunt does not stand still for it. Writes build/bench/retro.json.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
OUT = ROOT / "build" / "bench"
DATA = OUT / "retro-data"
CORPUS = Path(os.environ.get("VIGIL_CORPUS", ROOT.parent / "shared" / "data")) / "detection"
ARCHIVE = CORPUS / "sigma_rules.tar.xz"
BEGUN = datetime(2026, 4, 29, tzinfo=UTC)  # the log's own time
LOSS_PERCENT = 10.0
STOP_S = 2.0
STREAMS = 4  # of a detector
rows: list[dict[str, Any]] = []

DETECTOR = """
import sys, time, django
django.setup()
from django.conf import settings
from vigil.adapters.event_store import EventStore
from vigil.domain.detection.deadlines import take_within_s
from vigil.domain.detection.models import SpoolPosition
from vigil.domain.detection.queries import running_for
from vigil.workers import detector as module
number, of, events = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
module.ROUND_S = 0.0
one = module.Detector(
    spool=settings.VIGIL_SPOOL, store=EventStore(settings.VIGIL_DATA / "live"), plans=settings.VIGIL_DATA / "plans",
    lists=settings.VIGIL_DATA / "indicators", within=take_within_s, number=number, of=of,
    runs=running_for)
one._refresh()
print("ready", flush=True)
sys.stdin.readline()
read = 0
while read < min(20_000, events // 4):
    read += int(one.round().split()[0])
print("reads", flush=True)
before, begun, used = read, time.monotonic(), time.process_time()
while read < events:
    read += int(one.round().split()[0])
print(time.monotonic() - begun, time.process_time() - used, read - before, flush=True)
one.close()
"""


def note(
    measure: str, value: float, unit: str, *, target: float | None = None, better: str = "higher", **peer: Any
) -> None:
    """A row of the table."""
    row = {"measure": measure, "value": round(value, 2), "unit": unit, "target": target, "better": better}
    rows.append({**row, "peer": None, "peer_value": None, "ratio": None, **peer})
    beside = f"  ({peer['peer']}: {peer['peer_value']:,.0f}, ratio {peer['ratio']:.2f})" if peer else ""
    print(f"  {measure}: {value:,.1f} {unit}{beside}", flush=True)


def laid(events: int) -> tuple[list[bytes], Any]:
    """An empty Vigil with a source, SigmaHQ's rules, and four days of kept events; the lines, and the source."""
    import orjson
    from django.core.management import call_command

    from tools.bench.windows_log import Log
    from vigil.adapters.event_store import EventStore
    from vigil.adapters.sigma_rules import rule_texts
    from vigil.adapters.spool import Frame
    from vigil.domain.detection.actions.rules import import_rules
    from vigil.domain.detection.actions.sources import save_source
    from vigil.domain.detection.models import LogSource
    from vigil.domain.detection.rule_book import empty
    from vigil.domain.organisations.actions.tree import save_organisation
    from vigil.domain.organisations.models import Organisation
    from vigil.kernel.actors import Actor
    from vigil.workers.detector import facts_of
    from vigil.workers.event_reading import EventReader

    call_command("migrate", verbosity=0)
    actor, now = Actor("cli", "bench", "bench"), datetime.now(UTC)
    owner = Organisation(name="Công ty Đo thử")
    save_organisation(organisation=owner, actor=actor, now=now)
    source = save_source(source=LogSource(organisation=owner, name="windows", format="auto"), actor=actor, now=now)
    import_rules(texts=list(rule_texts([ARCHIVE])), origin="sigmahq", actor=actor, now=now)
    lines = [orjson.dumps(event) for event in islice(Log(7).events(), events)]
    reader, store = EventReader(empty()), EventStore(DATA / "events")
    part = 5_000
    for day in range(1, 5):
        received = now - timedelta(days=day)
        for n in range(0, len(lines), part):
            frame = Frame("old", day, n, source.pk, received.timestamp(), "192.0.2.1", b"\n".join(lines[n : n + part]))
            made = reader.read([frame], {source.pk: facts_of(source)}, {}, received)
            for (of, pk), tables in made.tables.items():
                store.write(f"old-{day:012x}-{n:010x}", of, pk, tables)
    return lines, source


def spooled(lines: list[bytes], source: Any, stream: str) -> None:
    """The lines in a stream, as a receiver lays them down."""
    from vigil.adapters.spool import SpoolWriter

    with SpoolWriter(DATA / "spool", stream, least_free_bytes=0) as spool:
        for n in range(0, len(lines), 500):
            spool.append(source.pk, b"\n".join(lines[n : n + 500]), "192.0.2.1", time.time())


@dataclass
class Round:
    """A round: how many events the detectors read, in which wall time, in how much processor time; and the hunt's."""

    events: int
    wall_s: float
    cpu_s: float
    hunt_cpu_s: float = 0.0


def detected(detectors: int, events: int, environment: dict[str, str], hunting: "Hunting | None") -> Round:
    """A round of so many detectors, each with full streams, beside a hunt or none."""
    going = [
        subprocess.Popen(
            [sys.executable, "-c", DETECTOR, str(n), str(detectors), str(events)], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for n in range(detectors)
    ]  # fmt: skip
    pipes = [(one.stdin, one.stdout) for one in going if one.stdin is not None and one.stdout is not None]
    if any(out.readline() != "ready\n" for _, out in pipes):
        raise RuntimeError("a detector did not begin")
    for given, _ in pipes:
        given.write("go\n")
        given.flush()
    if any(out.readline() != "reads\n" for _, out in pipes):
        raise RuntimeError("a detector does not read")
    before = hunting.cpu_s() if hunting else 0.0
    told = [[float(word) for word in out.readline().split()] for _, out in pipes]
    hunted = hunting.cpu_s() - before if hunting else 0.0
    for one in going:
        one.communicate()
    wall_s, cpu_s, read = zip(*told, strict=True)
    return Round(int(sum(read)), max(wall_s), sum(cpu_s), hunted)


class Hunting:
    """The worker of this program with hunts enough to be busy; stopped at the end."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> "Hunting":
        from vigil.domain.detection.actions.hunts import ask_hunt
        from vigil.domain.detection.models import LogSource, RetroHunt, Rule
        from vigil.kernel.actors import Actor

        owner, now = LogSource.objects.select_related("organisation").get().organisation, datetime.now(UTC)
        RetroHunt.objects.exclude(state__in=["done", "cancelled"]).update(state="cancelled")
        chosen = Rule.objects.filter(unusable="", correlates=False, product="windows", level__in=["high", "critical"])
        for _ in range(10):
            ask_hunt(
                organisation=owner, title="Đo", rules=list(chosen.values_list("pk", flat=True)), lists=[],
                since=BEGUN, until=BEGUN + timedelta(days=3), actor=Actor("cli", "bench", "bench"), now=now,
            )  # fmt: skip
        command = [sys.executable, "-m", "vigil.faces.cli", "worker", "hunter"]
        self._process = subprocess.Popen(command, env=self._environment)
        until = time.monotonic() + 400  # the first compiles its rules, at the lowest priority
        while not RetroHunt.objects.filter(events__gt=0, state="running").exists():
            if time.monotonic() > until:
                self.__exit__()
                raise RuntimeError("no hunt runs")
            time.sleep(0.05)
        return self

    def cpu_s(self) -> float:
        """Processor time so far."""
        told = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


def hunted(hunting: Hunting) -> tuple[float, float]:
    """Events that a hunt reads in a processor second, and how long after it is asked one stops."""
    from vigil.domain.detection.actions.hunts import stop_hunt
    from vigil.domain.detection.models import RetroHunt
    from vigil.kernel.actors import Actor

    def read() -> int:
        return sum(RetroHunt.objects.values_list("events", flat=True))

    before, used, until = read(), hunting.cpu_s(), time.monotonic() + 60
    while read() < before + 60_000 and time.monotonic() < until:
        time.sleep(0.2)
    rate = (read() - before) / (hunting.cpu_s() - used)
    while (one := RetroHunt.objects.filter(state="running").first()) is None:
        time.sleep(0.01)
    stop_hunt(hunt=one, actor=Actor("cli", "bench", "bench"), now=datetime.now(UTC))
    begun = time.monotonic()
    while RetroHunt.objects.get(pk=one.pk).state == "running":
        time.sleep(0.01)
    return rate, time.monotonic() - begun


def compared(alone: list[Round], beside: list[Round], busy: str, *, full: bool) -> None:
    """The rows of rounds without and with a hunt."""
    one, two = (max(each.events / each.wall_s for each in rounds) for rounds in (alone, beside))
    no_hunt = {"peer": "no hunt", "peer_value": round(one, 1), "ratio": round(two / one, 3)}
    note(f"live events a second (the best round) beside a hunt, {busy}", two, "events/s", **no_hunt)
    one, two = (median(r.events / r.cpu_s for r in rounds) for rounds in (alone, beside))
    no_hunt = {"peer": "no hunt", "peer_value": round(one, 1), "ratio": round(two / one, 3)}
    note(f"live events a processor second beside a hunt, {busy}", two, "events/CPU-s", **no_hunt)
    hunt = sum(r.hunt_cpu_s for r in beside)
    share = hunt / (hunt + sum(r.cpu_s for r in beside)) if full else 0.0
    note(f"the hunt's part of all processor time, {busy}", 100 * hunt / (hunt + sum(r.cpu_s for r in beside)), "%")
    lost = max(0.0, 100 * (1 - min(1.0, two / one) * (1 - share)))
    note(f"what a hunt takes from the live path, {busy}", lost, "%", target=LOSS_PERCENT, better="lower")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=40_000)
    given = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    os.environ.update(VIGIL_DATA=str(DATA), DJANGO_SETTINGS_MODULE="vigil.project.settings", VIGIL_LOG_LEVEL="ERROR")
    os.environ.pop("VIGIL_DATABASE_URL", None)
    import django

    django.setup()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"}
    lines, source = laid(given.events)
    turn = 0

    def once(detectors: int, hunting: Hunting | None = None) -> Round:
        nonlocal turn
        turn += 1
        for n in range(detectors):
            for part in range(STREAMS):
                spooled(lines, source, f"t{turn}s{part}x{n}")
        return detected(detectors, STREAMS * given.events, environment, hunting)

    once(1)  # compiles the rules
    processors = os.cpu_count() or 1
    for detectors in dict.fromkeys((1, processors)):
        busy = f"{detectors} of {processors} processors busy with detecting"
        alone, beside = [], []
        for _ in range(given.rounds):
            alone.append(once(detectors))
            with Hunting(environment) as hunting:
                beside.append(once(detectors, hunting))
        compared(alone, beside, busy, full=detectors == processors)
    with Hunting(environment) as hunting:
        rate, stops = hunted(hunting)
    note(
        "kept events a hunt with all high and critical rules reads",
        rate,
        "events/CPU-s",
    )
    note("from asking a hunt to stop until it has", stops, "s", target=STOP_S, better="lower")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "retro.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(DATA, ignore_errors=True)
    missed = [row["measure"] for row in rows if row["target"] is not None and row["value"] > row["target"]]
    sys.exit(f"missed: {'; '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()

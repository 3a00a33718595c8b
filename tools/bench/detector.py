"""How many events a detector takes from the spool in a CPU-second: found, kept as Parquet, committed.

    python tools/bench/detector.py [--events 300000] [--kind windows|sshd] [--levels all|high]
                                   [--postgresql] [--profile]

SigmaHQ's rules run for one organisation, over SQLite in a temporary folder or over a PostgreSQL of its own (whose own
processor seconds are told beside): all of them, or those of level high and above (the normal posture); the spool has
frames of about a megabyte, as shippers send them. Compiling the rules is not counted. Without --kind and --levels
everything, each in a process of its own. Prints a table and writes build/bench/detector.json.
"""

import argparse
import cProfile
import hashlib
import json
import os
import pstats
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
OUT = ROOT / "build" / "bench"
CORPUS = Path(os.environ.get("VIGIL_CORPUS", ROOT.parent / "shared" / "data")) / "detection"
FRAME = 1_000_000
KINDS = {"windows": "Windows events, JSON lines", "sshd": "sshd and systemd over syslog (RFC 3164)"}
_LEVEL = re.compile(rb"^level: *([a-z]+)", re.MULTILINE)
_ID = re.compile(rb"^id: *([0-9a-f-]{36})", re.MULTILINE)


def lines(kind: str, many: int) -> Iterator[bytes]:
    """Events as their source sends them."""
    if kind == "windows":
        from tools.bench.windows_log import Log

        for _, event in zip(range(many), Log(20260430).events(), strict=False):
            yield orjson.dumps(event)
        return
    from tools.bench.text_log import _syslog

    dice, at = random.Random(20260430), datetime(2026, 4, 30, tzinfo=UTC)  # noqa: S311
    for n in range(many):
        yield _syslog(dice, at + timedelta(milliseconds=20 * n)).encode()


def prepared(folder: Path) -> Any:
    """A database with one organisation, its source, and every rule of the archive."""
    os.environ |= {
        "VIGIL_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "vigil.project.settings",
        "VIGIL_LOG_LEVEL": "ERROR",
        "VIGIL_ADMIN_PASSWORD": "bench-detector-only-1",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from vigil.adapters.sigma_rules import rule_texts
    from vigil.domain.detection.models import LogSource, Rule, RuleBook
    from vigil.domain.organisations.actions.tree import save_organisation
    from vigil.domain.organisations.models import Organisation
    from vigil.kernel import clock
    from vigil.kernel.actors import Actor

    now = clock.now()
    owner = Organisation(name="Đơn vị đo", code="DO.1")
    save_organisation(organisation=owner, actor=Actor("cli", "bench", "bench"), now=now)
    rules = {}
    for name, data in rule_texts([CORPUS / "sigma_rules.tar.xz"]):
        found = _ID.search(data)
        if found and found[1] not in rules:
            rules[found[1]] = Rule(
                origin="sigmahq", level=_level(data), uid=found[1].decode(), name=name[-500:],
                title=name[-300:], text=data.decode(),
                sha256=hashlib.sha256(data).hexdigest(), added_at=now, changed_at=now,
            )  # fmt: skip
    Rule.objects.bulk_create(rules.values())
    RuleBook.objects.update_or_create(pk=1, defaults={"version": 1})
    return LogSource.objects.create(organisation=owner, name="do", created_at=now)


def _level(data: bytes) -> str:
    found = _LEVEL.search(data)
    return found[1].decode() if found else "medium"


def spooled(folder: Path, source: Any, kind: str, many: int) -> int:
    """The events in the spool; returns their bytes."""
    from vigil.adapters.spool import SpoolWriter
    from vigil.kernel import clock

    writer = SpoolWriter(folder / "spool", "net0")
    size, waiting, held = 0, [], 0
    for line in lines(kind, many):
        waiting.append(line)
        held += len(line) + 1
        if held >= FRAME:
            writer.append(source.pk, b"\n".join(waiting), "192.0.2.9", clock.now().timestamp())
            size, waiting, held = size + held, [], 0
    if waiting:
        writer.append(source.pk, b"\n".join(waiting), "192.0.2.9", clock.now().timestamp())
    writer.close()
    return size + held


def measured(kind: str, levels: str, many: int, postgresql: bool, profile: bool) -> dict[str, Any]:
    """One kind, in a folder of its own."""
    with tempfile.TemporaryDirectory() as place, _database(postgresql):
        folder = Path(place)
        source = prepared(folder)
        from vigil.adapters.event_store import EventStore
        from vigil.domain.detection.models import Detection, Rule
        from vigil.workers.detector import Detector

        size = spooled(folder, source, kind, many)
        grave = Rule.objects.filter(level__in=("high", "critical")) if levels == "high" else Rule.objects.all()
        running = set(grave.values_list("pk", flat=True))
        detector = Detector(
            spool=folder / "spool", store=EventStore(folder / "events"), plans=OUT / "plans", lists=folder / "lists",
            runs=lambda organisations, now: dict.fromkeys(organisations, frozenset(running)),
            within=lambda organisation, level: 900,
        )  # fmt: skip
        detector._refresh()  # the rules, which are not what is measured
        profiler = cProfile.Profile()
        began, done, other = time.process_time(), 0, _backend_s()
        if profile:
            profiler.enable()
        while events := int(detector.round().split()[0]):
            done += events
        profiler.disable()
        cpu, other = time.process_time() - began, _backend_s() - other
        detector.close()
        if done != many:
            raise SystemExit(f"{kind}: {done} of {many} events")
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
        kept = sum(path.stat().st_size for path in (folder / "events").rglob("*.parquet"))
        print(
            f"  {KINDS[kind]}, {len(running)} rules: {many / cpu:,.0f} events/CPU-s, {size / cpu / 1e6:.1f} MB/CPU-s; "
            f"{Detection.objects.count()} detections, kept in {100 * kept / size:.0f} % of the bytes"
            + (f"; {other:.1f} CPU-s of PostgreSQL beside {cpu:.1f}" if postgresql else ""),
            flush=True,
        )
        return {
            "measure": f"events a detector takes from the spool per CPU-second: {KINDS[kind]}, rules: {levels}",
            "value": many / cpu, "unit": "events/CPU-s", "target": None, "better": "higher", "peer": None,
            "peer_value": None, "ratio": None,
        }  # fmt: skip


@contextmanager
def _database(postgresql: bool) -> Iterator[None]:
    if not postgresql:
        yield
        return
    from tests.postgresql import start_cluster, stop_cluster

    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
        os.environ["VIGIL_DATABASE_URL"] = start_cluster(Path(folder))
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()
            stop_cluster()


def _backend_s() -> float:
    """Processor seconds of the process of PostgreSQL that serves this one; 0 without one."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def everything(many: int) -> list[dict[str, Any]]:
    """Each in a process of its own, for a process has one database."""
    made = []
    for kind in KINDS:
        for levels in ("all", "high"):
            command = [sys.executable, __file__, "--kind", kind, "--levels", levels, "--events", str(many)]
            subprocess.run(command, check=True)
            made.append(json.loads((OUT / "detector.json").read_text())[0])
    (OUT / "detector.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    return made


def main() -> None:
    """See the module."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--events", type=int, default=300_000)
    given.add_argument("--kind", choices=KINDS)
    given.add_argument("--levels", choices=("all", "high"), default="all")
    given.add_argument("--postgresql", action="store_true")
    given.add_argument("--profile", action="store_true")
    asked = given.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    if asked.kind is None:
        everything(asked.events)
        return
    made = [measured(asked.kind, asked.levels, asked.events, asked.postgresql, asked.profile)]
    (OUT / "detector.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

"""`make bench-taxii`: Vigil's TAXII server beside medallion and OpenTAXII, measured in one run on this machine.

Prints a table and writes build/bench/taxii.json. The load client is a process of its own. `--quick` leaves out the
million; `--postgresql` adds a run on a PostgreSQL of its own.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools.bench import taxii_peers  # noqa: E402
from tools.bench.processes import Served  # noqa: E402
from tools.bench.taxii_vigil import Vigil, indicators  # noqa: E402

SECONDS, CONNECTIONS, SMALL, MILLION = 8, 4, 10_000, 1_000_000
OPENTAXII_OBJECTS, MEDALLION_OBJECTS = 200, 200  # small: their cost grows with what they hold
REQUESTS, OBJECTS, TIP_MS = 570.0, 57_000.0, 5.0
rows: list[dict[str, Any]] = []


def note(measure: str, value: float, unit: str, better: str, target: float | None = None) -> None:
    """A row of the table."""
    rows.append({"measure": measure, "value": round(value, 3), "unit": unit, "target": target, "better": better,
                 "peer": None, "peer_value": None, "ratio": None})  # fmt: skip
    print(f"  {measure}: {value:,.3f} {unit}", flush=True)


def beside(measure: str, peer: str, value: float | str) -> None:
    """The peer's figure for a row; a ratio above 1 is in Vigil's favour. A text says why there is none."""
    own = next(row for row in rows if row["measure"] == measure)
    ratio = None
    if isinstance(value, float) and value and own["value"]:
        ratio = own["value"] / value if own["better"] == "higher" else value / own["value"]
        value, ratio = round(value, 3), round(ratio, 1)
    rows.append({**own, "peer": peer, "peer_value": value, "ratio": ratio})


def load(port: int, path: str, authorization: str, *, connections: int, seconds: float, fixed: bool = False) -> Any:
    """The load client's report."""
    command = [sys.executable, str(ROOT / "tools/bench/taxii_load.py"), "127.0.0.1", str(port), path, authorization,
               str(connections), str(seconds), *(["fixed"] if fixed else [])]  # fmt: skip
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def paging(server: Served, port: int, path: str, authorization: str, seconds: float = SECONDS) -> dict[str, float]:
    """Requests and objects a second, and the server's processor time a page."""
    load(port, path, authorization, connections=CONNECTIONS, seconds=1)
    before = server.cpu_s()
    told = load(port, path, authorization, connections=CONNECTIONS, seconds=seconds)
    return {
        "requests": told["requests"] / told["seconds"],
        "objects": told["objects"] / told["seconds"],
        "cpu_ms": (server.cpu_s() - before) / told["requests"] * 1000,
    }


def measure_vigil(vigil: Vigil, name: str) -> None:
    """Everything that is measured at one size, under one name."""
    server, port = vigil.serve()
    bearer = f"Bearer {vigil.token}"
    try:
        told = paging(server, port, vigil.path(), bearer)
        note(f"requests/s, {name}", told["requests"], "1/s", "higher", REQUESTS)
        note(f"objects/s, {name}", told["objects"], "1/s", "higher", OBJECTS)
        note(f"server CPU a page, {name}", told["cpu_ms"], "ms", "lower")
        tip = vigil.path(f"?limit=100&added_after={vigil.tip()}")
        polled = load(port, tip, bearer, connections=1, seconds=3, fixed=True)
        note(f"poll at the tip p50, {name}", polled["p50_ms"], "ms", "lower", TIP_MS)
        note(f"poll at the tip p95, {name}", polled["p95_ms"], "ms", "lower", TIP_MS)
    finally:
        server.stop()


def page_all(vigil: Vigil, name: str, expected: int) -> None:
    """taxii2-client pages through everything; the count must be right."""
    server, port = vigil.serve()
    code = (
        "import sys\nfrom taxii2client.v21 import Collection, as_pages\n"
        "from taxii2client.common import TokenAuth\n"
        "c = Collection(sys.argv[1], auth=TokenAuth(sys.argv[2]))\n"
        "seen = set()\nfor page in as_pages(c.get_objects, per_request=1000):\n"
        "    seen.update(obj['id'] for obj in page.get('objects', []))\n"
        "print(len(seen))\n"
    )
    url = f"http://127.0.0.1:{port}" + vigil.path("").removesuffix("objects/")
    began = time.perf_counter()
    before = server.cpu_s()
    try:
        command = [sys.executable, "-c", code, url, vigil.token]
        count = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        took, cpu = time.perf_counter() - began, server.cpu_s() - before
    finally:
        server.stop()
    if count != expected:
        raise SystemExit(f"taxii2-client saw {count} of {expected}")
    note(f"taxii2-client pages all of {name} (pages of 1000)", took, "s", "lower")
    note(f"server CPU for that, {name}", cpu, "s", "lower")


def measure_peer(
    peer: str, objects: int, start: Callable[[Path, list[dict[str, Any]]], taxii_peers.PeerServer], name: str
) -> None:
    """A peer's figures beside Vigil's at `name`; where it does not run, why."""
    measures = {key: f"{words}, {name}" for key, words in
                (("requests", "requests/s"), ("objects", "objects/s"), ("cpu_ms", "server CPU a page"))}  # fmt: skip
    label = f"{peer}, {objects:,} indicators"
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
        try:
            running = start(Path(folder), list(indicators(0, objects)))
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            print(f"  {peer} does not run here: {error}")
            for measure in measures.values():
                beside(measure, label, f"does not run here: {str(error)[:200]}")
            return
        try:
            told = paging(running.served, running.port, running.path, running.authorization)
            for key, measure in measures.items():
                print(f"  {peer}: {measure}: {told[key]:,.3f}", flush=True)
                beside(measure, label, told[key])
        except subprocess.CalledProcessError as error:
            for measure in measures.values():
                beside(measure, label, f"broke off: {error}")
        finally:
            running.served.stop()


def on_sqlite(quick: bool) -> None:
    """The default database, at ten thousand and at a million; the peers beside the first."""
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
        vigil = Vigil(Path(folder) / "data")
        vigil.load(0, SMALL)
        measure_vigil(vigil, "10,000 on SQLite")
        for limit in (10, 100, 1000):
            note(f"queries a page of {limit}", vigil.queries(limit), "", "lower", 2)
        page_all(vigil, "10,000", SMALL)
        measure_peer("OpenTAXII", OPENTAXII_OBJECTS, taxii_peers.opentaxii, "10,000 on SQLite")
        measure_peer("medallion", MEDALLION_OBJECTS, taxii_peers.medallion, "10,000 on SQLite")
        if quick:
            return
        took = vigil.load(SMALL, MILLION - SMALL)
        note("publishing, to 1,000,000 on SQLite", (MILLION - SMALL) / took, "objects/s", "higher")
        measure_vigil(vigil, "1,000,000 on SQLite")
        page_all(vigil, "1,000,000", MILLION)


def on_postgresql(size: int) -> None:
    """A PostgreSQL of the benchmark's own (in a process of its own: one Django, one database)."""
    from tests.postgresql import start_cluster, stop_cluster

    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
        url = start_cluster(Path(folder))
        try:
            vigil = Vigil(Path(folder) / "data", url)
            took = vigil.load(0, size)
            note(f"publishing, to {size:,} on PostgreSQL", size / took, "objects/s", "higher")
            measure_vigil(vigil, f"{size:,} on PostgreSQL")
        finally:
            from django.db import connections

            connections.close_all()
            stop_cluster()


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--postgresql", action="store_true")
    options.add_argument("--only-postgresql", type=int, metavar="OBJECTS", help=argparse.SUPPRESS)
    given = options.parse_args()
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    if given.only_postgresql:
        on_postgresql(given.only_postgresql)
        (target / "taxii-postgresql.json").write_text(json.dumps(rows))
        return
    on_sqlite(given.quick)
    if given.postgresql and shutil.which("psql"):
        me = [sys.executable, __file__, "--only-postgresql", str(SMALL)]
        subprocess.run(me, check=True)
        part = target / "taxii-postgresql.json"
        rows.extend(json.loads(part.read_text()))
        part.unlink()
    (target / "taxii.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{'measure':58} {'Vigil':>12} {'target':>9}  {'beside':34} {'ratio':>7}")
    for row in rows:
        other = f"{row['peer']}: {row['peer_value']}" if row["peer"] else ""
        target_text = "" if row["target"] is None else f"{row['target']:g}"
        ratio = f"{row['ratio']}x" if row["ratio"] else ""
        print(f"{row['measure']:58} {row['value']:>12,.3f} {target_text:>9}  {other[:60]:34} {ratio:>7}")
    missed = [row["measure"] for row in rows if row["target"] is not None and not _reached(row)]
    if missed:
        sys.exit(f"targets missed: {', '.join(dict.fromkeys(missed))}")


def _reached(row: dict[str, Any]) -> bool:
    return row["value"] >= row["target"] if row["better"] == "higher" else row["value"] <= row["target"]


if __name__ == "__main__":
    main()

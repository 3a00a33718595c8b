"""`make bench-detection [DETECTION_MB=1000]`: every rule over every event of a large log, beside peers and the limit.

The log is written by tools/bench/windows_log.py into build/bench (mostly benign, high cardinality); rules are SigmaHQ's
for Windows and for emerging threats, from the archive in VIGIL_CORPUS/detection. `vigil hunt` runs as its user runs it:
a process of its own, everything from the bytes on the disk to the counts. Peers read the first events of the same file:
zargunlite (Zircolite's engine as a library), DuckDB with pysigma-backend-duckdb, and with ZIRCOLITE=CHECKOUT Zircolite
itself. The limit is orjson's bare parse of the same bytes. Then a million indicators in the same pass
(tools/bench/indicator_list.py), and the detector's way from the spool (tools/bench/detector.py). Prints a table and
writes build/bench/detection.json.

`python tools/bench/detection.py formats` measures in half a minute how many lines of each format of text become columns
in a CPU-second (with every field, and with those that rules for it read), and all rules over them end to end.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
from tools.bench import detector, indicator_list, text_log  # noqa: E402
from tools.bench.windows_log import write  # noqa: E402

OUT = ROOT / "build" / "bench"
CORPUS = Path(os.environ.get("VIGIL_CORPUS", ROOT.parent / "shared" / "data")) / "detection"
ARCHIVE = CORPUS / "sigma_rules.tar.xz"
MEGABYTES = int(os.environ.get("DETECTION_MB", "1000"))
PEER_EVENTS = int(os.environ.get("DETECTION_PEER_EVENTS", "20000"))
ZIRCOLITE = 539.0
"""Events per CPU-second that Zircolite makes on this kind of machine, at most (measured; with ZIRCOLITE= anew)."""
LINES = 200_000
DETECTOR_EVENTS = int(os.environ.get("DETECTION_DETECTOR_EVENTS", "300000"))
WARM_START_S, MOST_MB, TWO, MOST_EXTRA = 2.0, 600.0, 1.7, 20.0
INDICATORS = int(os.environ.get("DETECTION_INDICATORS", "1000000"))
ROUNDS_SOUGHT = 5
rows: list[dict[str, Any]] = []


@dataclass
class Ran:
    """A program that has run: seconds on the clock and of the processor, the most memory, what it printed."""

    wall: float
    cpu: float
    peak_mb: float
    out: str


def ran(*command: str, codes: tuple[int, ...] = (0, 1), **environment: str) -> Ran:
    """Run it alone and measure it and its children."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}, cwd=ROOT)
    out = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise SystemExit(f"{command}: {process.returncode}\n{out[-2000:]}")
    return Ran(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, out)


def note(
    measure: str,
    value: float,
    unit: str,
    *,
    target: float | None = None,
    better: str = "higher",
    peer: str | None = None,
    peer_value: float | None = None,
) -> None:
    """A line of the table."""
    ratio = value / peer_value if peer_value else None
    rows.append({"measure": measure, "value": value, "unit": unit, "target": target, "better": better, "peer": peer,
                 "peer_value": peer_value, "ratio": ratio})  # fmt: skip
    print(f"  {measure}: {value:,.2f} {unit}" + (f" ({ratio:,.1f} x {peer})" if ratio else ""), flush=True)


def hunt(log: Path, rules: list[Path], cache: Path, *more: str) -> Ran:
    """`vigil hunt` over the log."""
    places = [word for place in rules for word in ("--rules", str(place))]
    return ran(
        sys.executable, "-m", "vigil.faces.cli", "hunt", str(log), *places, "--cache", str(cache), "--json", *more
    )


def bare_parse(log: Path) -> tuple[int, float]:
    """Events, and CPU-seconds of orjson's loads over every line: nothing that reads JSON here can be faster."""
    many, before = 0, time.process_time()
    with log.open("rb") as lines:
        for line in lines:
            orjson.loads(line)
            many += 1
    return many, time.process_time() - before


def measure_peers(small: Path) -> dict[str, float]:
    """Events per CPU-second of each peer, without the time it takes to turn rules into queries."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    found = {}
    for name in ("zargunlite", "duckdb"):
        made = json.loads(ran(str(python), "tools/bench/detection_peer.py", name, str(small), str(ARCHIVE)).out)
        found[name] = made["events"] / made["cpu_s"]
        print(
            f"  {name}: {made['rules']} rules, {made['matches']} matches, {found[name]:,.0f} events/CPU-s", flush=True
        )
    checkout = os.environ.get("ZIRCOLITE")
    if checkout:
        with tempfile.TemporaryDirectory() as folder:
            rules = Path(folder) / "rules.json"
            ran(str(python), "tools/bench/detection_peer.py", "ruleset", str(rules), str(ARCHIVE))
            program = os.environ.get("ZIRCOLITE_PYTHON", str(Path(checkout) / ".venv" / "bin" / "python"))
            asked = ["--events", str(small), "--ruleset", str(rules), "--json-input", "--outfile", f"{folder}/out.json"]
            used = ran(program, f"{checkout}/zircolite.py", *asked)
        found["Zircolite"] = PEER_EVENTS / used.cpu
    return found


def main() -> None:
    """See the module."""
    OUT.mkdir(parents=True, exist_ok=True)
    log, small = OUT / f"windows-{MEGABYTES}.jsonl", OUT / "windows-peers.jsonl"
    if not log.exists():
        print(f"writing {MEGABYTES} MB of events", flush=True)
        write(log, MEGABYTES * 1_000_000)
    with log.open("rb") as lines, small.open("wb") as out:
        out.writelines(line for line, _ in zip(lines, range(PEER_EVENTS), strict=False))
    with tempfile.TemporaryDirectory() as folder:
        measure(log, small, Path(folder))
    rows.extend(detector.everything(DETECTOR_EVENTS))
    (OUT / "detection.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    missed = [
        row["measure"]
        for row in rows
        if row["target"] is not None
        and (row["value"] < row["target"] if row["better"] == "higher" else row["value"] > row["target"])
    ]
    if missed:
        sys.exit(f"targets missed: {', '.join(missed)}")


def measure(log: Path, small: Path, folder: Path) -> None:
    """All lines of the table."""
    subprocess.run(["tar", "xf", str(ARCHIVE), "-C", str(folder)], check=True)
    windows = [folder / "rules" / "windows", folder / "rules-emerging-threats"]
    every = sorted(folder.glob("rules*"))
    cache, one = folder / "cache", folder / "one.jsonl"
    one.write_bytes(small.read_bytes().split(b"\n")[0] + b"\n")
    cold = hunt(one, every, cache)
    note("rules that run, of all in the archive", json.loads(cold.out)["rules"], "rules")
    note("cold start, all rules compiled", cold.wall, "s", better="lower")
    warm = statistics.median(hunt(one, every, cache).wall for _ in range(5))
    note("warm start, all rules", warm, "s", target=WARM_START_S, better="lower")
    hunt(one, windows, cache)
    runs, twos, shares = [], [], []
    for _ in range(3):  # one after the other, for a machine that others use too is now faster, now slower
        many, parse = bare_parse(log)
        runs.append(hunt(log, windows, cache))
        twos.append(hunt(log, windows, cache, "--processes", "2"))
        shares.append(100 * parse / runs[-1].cpu)
    cpu = statistics.median(run.cpu for run in runs)
    rate = many / cpu
    peers = measure_peers(small)
    zircolite = peers.get("Zircolite", ZIRCOLITE)
    words = "Zircolite" if "Zircolite" in peers else "Zircolite (as known for this kind of machine)"
    note(
        "events per CPU-second, one process, end to end",
        rate,
        "events/CPU-s",
        target=50 * zircolite,
        peer=words,
        peer_value=zircolite,
    )
    for name, value in peers.items():
        note(f"events per CPU-second beside {name}", rate, "events/CPU-s", peer=name, peer_value=value)
    note("share of orjson's bare parse rate", statistics.median(shares), "%", target=25, peer="orjson", peer_value=100)
    note("most memory, one process", max(run.peak_mb for run in runs), "MB", target=MOST_MB, better="lower")
    two = statistics.median(run.wall for run in twos)
    note("two processes, times as fast as one", statistics.median(run.wall for run in runs) / two, "x", target=TWO)
    sought(log, windows, cache, folder)
    note("rules that matched", len(json.loads(runs[0].out)["found"]), "rules")
    note("size of the log", log.stat().st_size / 1e6, "MB")
    print(f"  (peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB)")


def sought(log: Path, rules: list[Path], cache: Path, folder: Path) -> None:
    """A million indicators in the same pass: what they cost."""
    listed = folder / "indicators.txt"
    indicator_list.write(listed, INDICATORS)
    one = folder / "one.jsonl"
    runs, loads, more = [], [], []
    for _ in range(ROUNDS_SOUGHT):  # what is compared is run side by side: the machine is now faster, now slower
        without = hunt(log, rules, cache).cpu
        loads.append(hunt(one, rules, cache, "--indicators", str(listed)).cpu - hunt(one, rules, cache).cpu)
        runs.append(hunt(log, rules, cache, "--indicators", str(listed)))
        more.append(100 * (runs[-1].cpu - loads[-1] - without) / without)
    note(f"CPU-seconds to load {INDICATORS:,} indicators", statistics.median(loads), "s", better="lower")
    if json.loads(runs[0].out)["refused_indicators"]:
        raise SystemExit("indicators were refused")
    note("extra CPU for them, once loaded", statistics.median(more), "%", target=MOST_EXTRA, better="lower")
    note("most memory with them", max(run.peak_mb for run in runs), "MB", target=MOST_MB, better="lower")


def formats() -> None:
    """Lines of text to columns, and all rules over them; see the module."""
    from vigil.adapters.log_sources import Piece, Tally, portions
    from vigil.adapters.sigma_rules import kept_plan, rule_texts
    from vigil.engines.detection.matching import Matcher

    now = datetime(2026, 5, 1, tzinfo=UTC)
    OUT.mkdir(parents=True, exist_ok=True)
    plan, _, _ = kept_plan(list(rule_texts([ARCHIVE])), OUT / "plans")
    matcher = Matcher(plan)
    read = matcher.fields - {""} | {"timestamp"}
    print(
        f"lines per CPU-second, {LINES:,} each {'':<14} {'every field':>11} {'fields of rules':>16} {'all rules':>15}"
    )
    for kind in text_log.KINDS:
        path = OUT / "text.log"
        text_log.write(kind, path, LINES)
        rates = []
        for wanted, match in ((None, False), (read, False), (None, True)):
            tallies: dict[Path, Tally] = {}
            began = time.process_time()
            for portion in portions([Piece(path)], wanted, tallies, now=now):
                if match:
                    matcher.match(portion.batch, portion.source)
            rates.append(LINES / (time.process_time() - began))
            if tallies[path].read != LINES or tallies[path].rejected:
                raise SystemExit(f"{kind}: {tallies[path]}")
        print(f"  {kind:<42} {rates[0]:>13,.0f} {rates[1]:>16,.0f} {rates[2]:>15,.0f}", flush=True)
        path.unlink()


if __name__ == "__main__":
    formats() if sys.argv[1:] == ["formats"] else main()

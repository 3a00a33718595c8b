"""`make bench-pages`: every page of a Vigil with 10,000 organisations on PostgreSQL, asked one at a time.

Starts a PostgreSQL of its own, fills it (tools/bench/pages_fill.py), serves it by granian as `vigil serve` does, signs
in and asks for every page as an administrator over everything, as an officer of one organisation, as a guest. Prints
p50, p95 and the longest, the server's processor time and the queries of each; writes build/bench/pages.json. Ends with
a code other than 0 when a page misses its target, fails, or has no case.

`--database URL --data FOLDER` measures on a PostgreSQL that runs already, and fills it only the first time.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools.bench.pages_browser import Browser, Timed  # noqa: E402
from tools.bench.processes import Served, free_port  # noqa: E402

PAGE_MS, BOARD_MS, FILE_MS = 200.0, 100.0, 5000.0
SIGNED_IN = ("administrator", "officer", "overseer")
BOARDS = {"home", "watch", "wall"}
WARM_UP, REQUESTS, FILE_REQUESTS = 3, 30, 3
rows: list[dict[str, Any]] = []
failed: list[str] = []
_signed_in: dict[str, Any] = {}  # once each, or the page of one's own sessions would show one a case


def note(measure: str, value: float, unit: str, better: str, target: float | None = None) -> None:
    """A row of the table; no peer was measured beside it."""
    rows.append({"measure": measure, "value": round(value, 3), "unit": unit, "target": target, "better": better,
                 "peer": None, "peer_value": None, "ratio": None})  # fmt: skip


def prepared(data: Path, database: str) -> dict[str, str]:
    """The environment of the Vigil under measurement, after `vigil prepare`; Django is set up in this process too."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    env = {
        **os.environ,
        "VIGIL_DATA": str(data),
        "VIGIL_DATABASE_URL": database,
        "VIGIL_ADMIN_PASSWORD": "bench-pages-only-1",
        "VIGIL_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "vigil.project.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    command = [sys.executable, "-m", "vigil.faces.cli", "prepare"]
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    os.environ.update(env)
    import django

    django.setup()
    return env


def served(env: dict[str, str], data: Path) -> tuple[Served, int]:
    """The web part of `vigil serve`."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "8", "--no-ws", "--log-level", "error",
        "vigil.project.wsgi:application",
    ]  # fmt: skip
    return Served(command, port, env=env, log=data / "granian.log"), port


def known_keys(data: Path, organisations: int) -> dict[str, Any]:
    """What the filling told; fills when nobody has."""
    told = data / "filled.json"
    if not told.exists():
        from tools.bench.pages_fill import fill

        began = time.monotonic()
        print(f"filling with {organisations:,} organisations", flush=True)
        done = fill(organisations, lambda text: print(f"  {time.monotonic() - began:5.0f} s  {text}", flush=True))
        measures = {**done.measures, "fill": time.monotonic() - began}
        told.write_text(json.dumps({"keys": done.keys, "tokens": done.tokens, "measures": measures}))
    return dict(json.loads(told.read_text()))


def measure(case: Any, browser: Browser, server: Served, requests: int) -> Timed:
    """One case, warmed up, then asked `requests` times."""
    path = case.path
    if "{middle}" in path or "{last}" in path:
        last = browser.last_page(re.sub(r"[?&]page=\{\w+\}", "", path))
        path = path.format(middle=max(1, last // 2), last=last)
    times = FILE_REQUESTS if case.is_file else requests
    for _ in range(1 if case.is_file else WARM_UP):
        browser.get(path)
    before = server.cpu_s()
    timed = browser.times(path, times)
    timed.cpu_ms = (server.cpu_s() - before) / times * 1000
    return timed


def queries(case: Any, path: str) -> int:
    """How many queries the page costs, seen in this process; 0 for who has no account."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from vigil.domain.accounts.models import User

    if case.who not in SIGNED_IN:
        return 0
    if case.who not in _signed_in:
        _signed_in[case.who] = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "vi"})
        user = User.objects.get(username=f"bench-{case.who}")
        _signed_in[case.who].force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    client = _signed_in[case.who]
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


def pages(env: dict[str, str], data: Path, told: dict[str, Any], only: str, requests: int) -> None:
    """Every page, as everybody who may see it."""
    from tools.bench.pages_cases import cases
    from vigil.domain.organisations.models import Organisation
    from vigil.domain.regimes.queries import all_clauses

    code = Organisation.objects.get(pk=told["keys"]["organisation"]).code
    tokens = {f"{name}_token": token for name, token in told["tokens"].items()}
    keys = {**told["keys"], **tokens, "organisation_code": code, "clause": all_clauses()[0].id}
    server, port = served(env, data)
    try:
        browsers = {"nobody": Browser(port)}
        for who in SIGNED_IN:
            browsers[who] = Browser(port)
            browsers[who].sign_in(f"bench-{who}", "bench-pages-only-1")
        browsers["guest"] = Browser(port)
        browsers["guest"].enter(told["tokens"]["guest"])
        print(f"{'page':66} {'who':6} {'p50':>7} {'p95':>7} {'max':>7} {'cpu':>6} {'sql':>4} {'kB':>6}")
        for case in cases(keys):
            if only and not re.search(only, f"{case.page} {case.path}"):
                continue
            try:
                timed = measure(case, browsers[case.who], server, requests)
            except RuntimeError as error:
                failed.append(str(error))
                print(f"{case.page} as {case.who} FAILED: {error}", flush=True)
                continue
            asked = queries(case, timed.path)
            target = FILE_MS if case.is_file else BOARD_MS if case.page in BOARDS else PAGE_MS
            label = f"{case.page} {shortened(timed.path)}, {case.who}"
            note(f"p95 of {label}", timed.p95, "ms", "lower", target)
            for name, value, unit in (("p50", timed.p50, "ms"), ("longest", timed.longest, "ms"),
                                      ("server CPU", timed.cpu_ms, "ms"), ("queries", asked, "")):  # fmt: skip
                note(f"{name} of {label}", value, unit, "lower")
            slow = " <-- missed" if timed.p95 > target else ""
            print(
                f"{case.page + ' ' + shortened(timed.path):66.66} {case.who[:6]:6} {timed.p50:7.1f} {timed.p95:7.1f} "
                f"{timed.longest:7.1f} {timed.cpu_ms:6.0f} {asked:4d} {timed.size / 1000:6.0f}{slow}",
                flush=True,
            )
    finally:
        server.stop()


def shortened(path: str) -> str:
    """Without identifiers, so that one run compares with the next."""
    named = re.sub(r"/(g|shift|screen|calendar)/[^/.]+", r"/\1/…", path)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", named)


def workers() -> None:
    """What a round of the workers costs when there is nothing new to do, and what detection loads for everybody."""
    from tools.bench.pages_detectors import loading
    from tools.bench.pages_workers import rounds

    by_name: dict[str, list[float]] = defaultdict(list)
    for name, wall_ms, cpu_ms in rounds():
        by_name[name].append(wall_ms)
        print(f"  {name}: {wall_ms:,.0f} ms, of which processor {cpu_ms:,.0f} ms", flush=True)
    for name, found in by_name.items():
        note(name, max(found), "ms", "lower", 500.0)
    for name, value, unit, target in loading():
        print(f"  {name}: {value:,.1f} {unit}", flush=True)
        note(name, value, unit, "lower", target)


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--organisations", type=int, default=10_000)
    options.add_argument("--database", default="", help="a PostgreSQL that runs already")
    options.add_argument("--data", type=Path, help="the data folder that belongs to it")
    options.add_argument("--only", default="", help="pages whose name or address matches this expression")
    options.add_argument("--requests", type=int, default=REQUESTS, help="how often each page is asked for")
    given = options.parse_args()
    if given.database:
        run(given, given.data, given.database)
    else:
        from tests.postgresql import start_cluster, stop_cluster

        with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
            url = start_cluster(Path(folder))
            try:
                run(given, Path(folder) / "data", url)
            finally:
                from django.db import connections

                connections.close_all()
                stop_cluster()
    missed = [row["measure"] for row in rows if row["target"] is not None and not reached(row)]
    if missed or failed:
        sys.exit(f"pages failed: {len(failed)}\ntargets missed: {len(missed)}\n  " + "\n  ".join(missed))


def reached(row: dict[str, Any]) -> bool:
    """Whether a row is as good as its target."""
    return bool(row["value"] >= row["target"] if row["better"] == "higher" else row["value"] <= row["target"])


def run(given: argparse.Namespace, data: Path, database: str) -> None:
    """Fill, measure, write down."""
    env = prepared(data, database)
    from tools.bench.pages_cases import forgotten

    if left := forgotten():
        sys.exit(f"pages without a case in tools/bench/pages_cases.py: {', '.join(sorted(left))}")
    told = known_keys(data, given.organisations)
    note("carrying a campaign", told["measures"]["carry"], "recipients/s", "higher")
    note("sealing the journal", told["measures"]["journal"], "entries/s", "higher")
    workers()
    pages(env, data, told, given.only, given.requests)
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    (target / "pages.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    worst = sorted((row for row in rows if row["measure"].startswith("p95")), key=lambda row: -row["value"])[:5]
    print("slowest: " + "; ".join(f"{row['measure'][7:]} {row['value']:.0f} ms" for row in worst))


if __name__ == "__main__":
    main()

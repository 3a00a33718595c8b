"""How fast the spool takes and gives back, and how fast the receivers take, on this machine's disk.

    python tools/bench/spool.py [--folder DIR] [--quick]

Every append waits for its fsync. Prints a table and writes build/bench/spool.json. Beside it, SQLite as the same kind
of store: one row a batch, WAL, synchronous=FULL. The HTTP client runs in processes of its own.
"""

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from vigil.adapters.receivers import ANY, Listening, Receivers, Tally  # noqa: E402
from vigil.adapters.spool import Position, SpoolReader, SpoolWriter  # noqa: E402

SOURCE = UUID(int=7)
LINE = b'{"@timestamp":"2026-02-14T10:00:00Z","host":"gw","message":"' + b"x" * 230 + b'"}'
SMALL, LARGE = b"\n".join([LINE] * 3), b"\n".join([LINE] * 3400)  # about 1 KB and 1 MB
rows: list[dict[str, Any]] = []

CLIENT = """
import sys, time, httpx
url, body, seconds = sys.argv[1], sys.stdin.buffer.read(), float(sys.argv[2])
n, end = 0, time.monotonic() + seconds
with httpx.Client(headers={"Authorization": "Bearer t"}) as client:
    while time.monotonic() < end:
        assert client.post(url, content=body).status_code == 200
        n += 1
print(n)
"""


class Doors:
    """Everybody is known."""

    async def by_address(self, address: str, host: str) -> UUID | None:
        return SOURCE

    async def by_token(self, token: str) -> UUID | None:
        return SOURCE


def note(measure: str, value: float, unit: str) -> None:
    """A row of the table."""
    rows.append({"measure": measure, "value": round(value, 2), "unit": unit})
    print(f"  {measure}: {value:,.1f} {unit}", flush=True)


def appends(folder: Path, waiting: int, seconds: float, data: bytes) -> float:
    """Appends a second by so many threads that each wait for theirs."""
    done = [0] * waiting
    with SpoolWriter(folder, f"by{waiting}", least_free_bytes=0) as spool:
        end = time.monotonic() + seconds

        def write(n: int) -> None:
            while time.monotonic() < end:
                spool.append(SOURCE, data, "192.0.2.1", 1.0)
                done[n] += 1

        threads = [threading.Thread(target=write, args=(n,)) for n in range(waiting)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(done) / (time.monotonic() - started)


def streamed(folder: Path, total: int) -> float:
    """MB/s of large frames with eight always on their way."""
    with SpoolWriter(folder, "large", least_free_bytes=0) as spool:
        started, going = time.monotonic(), []
        for _ in range(total // len(LARGE)):
            going.append(spool.submit(SOURCE, LARGE, "192.0.2.1", 1.0))
            if len(going) == 8:
                going.pop(0).result()
        for future in going:
            future.result()
        return total / 1e6 / (time.monotonic() - started)


def read(folder: Path) -> float:
    """MB/s of reading it back, checked."""
    reader, size, started = SpoolReader(folder), 0, time.monotonic()
    position: Position | None = None
    while (batch := reader.read("large", position, 8_000_000)).position != position:
        position = batch.position
        size += sum(len(frame.data) for frame in batch.frames)
    return size / 1e6 / (time.monotonic() - started)


def sqlite(folder: Path, seconds: float, data: bytes) -> float:
    """Transactions a second of one writer into SQLite, as durable as the spool."""
    store = sqlite3.connect(folder / "beside.sqlite3", isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute("CREATE TABLE frames (id INTEGER PRIMARY KEY, source TEXT, data BLOB)")
    done, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        store.execute("INSERT INTO frames (source, data) VALUES (?, ?)", (str(SOURCE), data))
        done += 1
    return done / (time.monotonic() - started)


def over_http(folder: Path, seconds: float) -> float:
    """Events a second through _bulk, two client processes, 500 events a request, all acknowledged after fsync."""
    spool = SpoolWriter(folder, "http", least_free_bytes=0)
    receivers = Receivers(Listening(http=ANY), spool, Doors(), Tally())
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(receivers.start(), loop).result()
    body = (b'{"create":{}}\n' + LINE + b"\n") * 500
    url = f"http://127.0.0.1:{receivers.ports['http']}/_bulk"
    command = [sys.executable, "-c", CLIENT, url, str(seconds)]
    clients = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for client in clients:
        if client.stdin is not None:
            client.stdin.write(body)
            client.stdin.close()
    done = sum(int(client.stdout.read()) for client in clients if client.stdout is not None)
    for client in clients:
        client.wait()
    asyncio.run_coroutine_threadsafe(receivers.stop(), loop).result()
    spool.close()
    return done * 500 / seconds


def over_tcp(folder: Path, total: int) -> float:
    """Records a second of syslog over one TCP connection, line by line, until the last is on disk."""
    import socket

    spool, tally = SpoolWriter(folder, "tcp", least_free_bytes=0), Tally()
    receivers = Receivers(Listening(syslog_tcp=ANY), spool, Doors(), tally)
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(receivers.start(), loop).result()
    record = b"<13>1 2026-02-14T10:00:00Z gw sshd 1 - - " + b"x" * 200 + b"\n"
    with socket.create_connection(("127.0.0.1", receivers.ports["syslog_tcp"])) as client:
        started = time.monotonic()
        for _ in range(total // 1000):
            client.sendall(record * 1000)
    while sum(count.received for count in tally.counts()) < total:
        time.sleep(0.005)
    taken = time.monotonic() - started
    asyncio.run_coroutine_threadsafe(receivers.stop(), loop).result()
    spool.close()
    return total / taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="on the disk to be measured")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    seconds, total = (1.0, 50_000_000) if given.quick else (5.0, 1_000_000_000)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for waiting in (1, 8, 64):
            note(f"appends of 1 KB with fsync, {waiting} waiting", appends(folder, waiting, seconds, SMALL), "/s")
        note("SQLite (WAL, FULL), rows of 1 KB, 1 writer", sqlite(folder, seconds, SMALL), "/s")
        note("written with fsync, 1 MB frames", streamed(folder, total), "MB/s")
        note("read and checked", read(folder), "MB/s")
        note("events over HTTP _bulk, 500 a request, 2 clients", over_http(folder, seconds), "/s")
        note("records over syslog TCP, 1 connection", over_tcp(folder, 100_000 if given.quick else 1_000_000), "/s")
    out = ROOT / "build" / "bench" / "spool.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()

"""Killed at any instant, a writer loses nothing that it acknowledged; a full disk refuses, and is got over."""

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, wait
from pathlib import Path
from uuid import UUID

import pytest

from vigil.adapters.spool import Position, SpoolError, SpoolFull, SpoolReader, SpoolWriter

ROUNDS = int(os.environ.get("VIGIL_SOAK_ROUNDS", "8"))
SOURCE = UUID(int=7)
WRITER = """
import os, sys, threading
from pathlib import Path
from uuid import UUID
from vigil.adapters.spool import SpoolSlow, SpoolWriter

spool = SpoolWriter(Path(sys.argv[1]), "events", segment_bytes=200_000, least_free_bytes=0, queue_bytes=100_000)

def write(thread):
    n = 0
    while True:
        try:
            data = b"%s %d %d %s" % (sys.argv[2].encode(), thread, n, b"x" * (n % 3000))
            future = spool.submit(UUID(int=7), data, "a", 1.0)
        except SpoolSlow:
            continue
        # one write of a short line: the acknowledgement is there or it is not
        future.add_done_callback(lambda f, n=n: os.write(1, b"%d %d\\n" % (thread, n)))
        n += 1
        if n % 8 == 0:
            future.result()

threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
[thread.start() for thread in threads]
"""


def test_whatever_was_acknowledged_is_read_in_order_and_once(tmp_path: Path) -> None:
    dice = random.Random(1975)
    reader, position = SpoolReader(tmp_path), None
    acknowledged: dict[tuple[str, int], int] = {}
    seen: dict[tuple[str, int], list[int]] = {}
    torn = 0
    for turn in range(ROUNDS):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(turn)], stdout=subprocess.PIPE)
        said: list[bytes] = []
        listening = threading.Thread(target=lambda p=process, s=said: s.append(p.stdout.read()))
        listening.start()
        until = time.monotonic() + 0.35 + dice.random() * 0.4
        while (left := until - time.monotonic()) > 0 or process.poll() is None:
            if left <= 0:
                process.kill()
                process.wait(10)
            elif "events" not in reader.streams():
                time.sleep(0.01)
                continue
            batch = reader.read("events", position, 300_000)  # while the other writes
            position, torn = batch.position, torn + batch.torn
            for frame in batch.frames:
                run, thread, n, _ = frame.data.split(b" ")
                seen.setdefault((run.decode(), int(thread)), []).append(int(n))
        listening.join(10)
        process.stdout.close()
        for line in said[0].splitlines(keepends=True):
            if line.endswith(b"\n"):
                thread, n = map(int, line.split())
                acknowledged[str(turn), thread] = n
        reader.release("events", position)
    with SpoolWriter(tmp_path, "events", least_free_bytes=0) as spool:
        spool.append(SOURCE, b"last 0 0 ", "a", 1.0)
    while (batch := reader.read("events", position, 300_000)).position != position:
        position = batch.position
        for frame in batch.frames:
            run, thread, n, _ = frame.data.split(b" ")
            seen.setdefault((run.decode(), int(thread)), []).append(int(n))
    assert seen["last", 0] == [0]
    assert sum(acknowledged.values()) > 100 * ROUNDS
    for key, last in acknowledged.items():
        assert seen[key][: last + 1] == list(range(last + 1))
    for numbers in seen.values():
        assert numbers == list(range(len(numbers))), "in order, once, without a gap"


def _mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _kept(folder: Path) -> set[bytes]:
    reader, position, found = SpoolReader(folder), None, set()
    while (batch := reader.read("events", position, 10**6)).position != position:
        position = batch.position
        found |= {frame.data for frame in batch.frames}
    return found


def _until_taken(spool: SpoolWriter, data: bytes) -> Position:
    for _ in range(500):
        try:
            return spool.append(SOURCE, data, "a", 1.0)
        except SpoolError:
            time.sleep(0.02)
    raise AssertionError("the spool does not recover")


def test_a_disk_that_fills_fails_what_it_cannot_take_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    if not _mounted(folder, "3m"):
        pytest.skip("no tmpfs can be mounted here; the next test has the same fault by another way")
    try:
        _fill_and_free(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill_and_free(folder: Path) -> None:
    with SpoolWriter(folder, "events", segment_bytes=500_000, least_free_bytes=0, retry_s=0.05) as spool:
        futures: dict[bytes, Future[Position]] = {}
        refused = 0
        for n in range(400):
            data = b"%d " % n + b"x" * 20_000
            try:
                futures[data] = spool.submit(SOURCE, data, "a", 1.0)
            except SpoolFull:
                refused += 1
            if n % 10 == 9:
                wait(futures.values())
                time.sleep(0.002)
        acknowledged = {data for data, future in futures.items() if future.exception() is None}
        failed = {data for data, future in futures.items() if isinstance(future.exception(), SpoolFull)}
        assert acknowledged
        assert failed
        assert acknowledged | failed == set(futures)
        assert refused, "while the disk fails, what comes is refused at once"
        assert acknowledged <= _kept(folder)
        batch = SpoolReader(folder).read("events", None, 1_000_000)
        assert SpoolReader(folder).release("events", batch.position) > 0
        _until_taken(spool, b"after")
        assert b"after" in _kept(folder)
        assert len(list((folder / "events").iterdir())) < 20, "refusals leave no files behind"


LIMITED = """
import resource, sys
from pathlib import Path
from uuid import UUID
from vigil.adapters.spool import SpoolError, SpoolWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
with SpoolWriter(Path(sys.argv[1]), "events", segment_bytes=10**9, least_free_bytes=0, retry_s=0) as spool:
    for n in range(60):
        try:
            spool.append(UUID(int=7), b"%d " % n + b"x" * 9_000, "a", 1.0)
            print(n, flush=True)
        except SpoolError as error:
            print("refused", error, file=sys.stderr)
"""


def test_a_write_that_fails_half_way_abandons_its_segment_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    acknowledged = [int(n) for n in done.stdout.split()]
    assert done.stderr.count("refused") == 60 - len(acknowledged) == 5
    assert sorted(int(data.split()[0]) for data in _kept(tmp_path)) == acknowledged

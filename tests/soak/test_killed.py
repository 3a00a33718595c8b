"""Killed at any moment, Vigil leaves a journal that verifies, keeps what it acknowledged, and starts again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from tests.journeys.conftest import start, stop

ROUNDS = int(os.environ.get("VIGIL_SOAK_ROUNDS", "6"))

WRITER = """
import os, sys, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigil.project.settings")
import django; django.setup()
from django.conf import settings
from django.db import transaction
from vigil.domain.directives.originals import keep
from vigil.domain.journal.actions import record
from vigil.kernel import clock
from vigil.kernel.actors import Actor
n = int(sys.argv[1])
while True:
    n += 1
    digest = keep(settings.VIGIL_ORIGINALS, f"original {n}".encode() * 200)
    facts = {"n": n, "sha256": digest}
    with transaction.atomic():
        record(actor=Actor("cli", "soak", "soak"), now=clock.now(), action="soak.kept", facts=facts)
    print(n, digest, flush=True)   # the acknowledgement
"""


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


@pytest.mark.timeout(600)
def test_whatever_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    dice = random.Random(20220430)
    acknowledged: dict[int, str] = {}
    running, process = start(tmp_path / "var")
    for turn in range(ROUNDS):
        last = str(turn * 1_000_000)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, last], env=running.environment, stdout=subprocess.PIPE, text=True
        )
        time.sleep(1.5 + dice.random() * 1.5)
        victims = [writer.kill, lambda p=process: _kill_all(p)]
        dice.shuffle(victims)
        for kill in victims:
            kill()
            time.sleep(dice.random() * 0.05)
        out, _ = writer.communicate(timeout=10)
        for line in out.splitlines():
            n, _, digest = line.partition(" ")
            if len(digest) == 64:
                acknowledged[int(n)] = digest
        running, process = start(tmp_path / "var")
        _sealed(running)
        found = json.loads(running.vigil("journal", "verify", "--json").stdout)
        assert found["holds"], found["faults"]
    stop(process)
    assert len(acknowledged) > ROUNDS
    _all_there(running, acknowledged)


def _sealed(running) -> None:
    """Wait until the restarted sealer has caught up."""
    for _ in range(100):
        if json.loads(running.vigil("journal", "verify", "--json", check=False).stdout)["waiting"] == 0:
            return
        time.sleep(0.2)
    raise AssertionError("the sealer does not catch up")


def _all_there(running, acknowledged: dict[int, str]) -> None:
    code = (
        "import os, json, django; django.setup()\n"
        "from vigil.domain.journal.models import Entry\n"
        "from vigil.domain.directives.originals import fetch\n"
        "from django.conf import settings\n"
        "rows = [e.facts for e in Entry.objects.filter(action='soak.kept')]\n"
        "[fetch(settings.VIGIL_ORIGINALS, r['sha256']) for r in rows]\n"
        "print(json.dumps([[r['n'], r['sha256']] for r in rows]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=running.environment, capture_output=True, text=True, check=True
    )
    kept = json.loads(done.stdout)
    assert len(kept) == len({n for n, _ in kept}), "nothing took effect twice"
    assert acknowledged.items() <= dict(kept).items(), "what was acknowledged is there"


def _children(process: subprocess.Popen[bytes]) -> set[str]:
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    return set(listed.stdout.split())


def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    _, process = start(tmp_path / "var")
    try:
        before = _children(process)
        parts = 1 + len(settings.VIGIL_WORKERS)
        assert len(before) == parts, "the web server and every worker"
        os.kill(int(min(before, key=int)), signal.SIGKILL)
        for _ in range(100):
            after = set(
                subprocess.run(
                    ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
                ).stdout.split()
            )
            if len(after) == parts and after != before:
                break
            time.sleep(0.2)
        else:
            raise AssertionError(f"{before} -> {after}")
    finally:
        stop(process)
    for _ in range(50):
        left = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, text=True, check=False)
        if not left.stdout:
            return
        time.sleep(0.1)
    raise AssertionError(f"left behind: {left.stdout}")

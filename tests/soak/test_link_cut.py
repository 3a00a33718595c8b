"""The link cut and either side killed at random instants: nothing that was committed is lost, no effect is doubled."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.exchange.pair import _SENDING, ROOT, Pair, linked_pair, until

ROUNDS = int(os.environ.get("VIGIL_LINK_ROUNDS", "5"))


def _writer(pair: Pair, side: str, numbers: range) -> subprocess.Popen[str]:
    """Writes facts with their messages as fast as it can; prints each once it is committed."""
    at = pair.member if side == "above" else pair.authority
    code = _SENDING.format(side=side, texts=f"[f'{side}-{{n}}' for n in {numbers!r}]", subject="soak")
    code = code.replace("    print(text, flush=True)", "    print(text, flush=True)\n    import time; time.sleep(0.02)")
    return subprocess.Popen(
        [sys.executable, "-c", "import django; django.setup()\n" + code],
        env=at.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )


def shaken(pair: Pair, rounds: int, dice: random.Random) -> tuple[list[str], list[str]]:
    """Cut, mend and kill `rounds` times while both sides write; returns what each side's writers committed."""
    written: dict[str, list[str]] = {"above": [], "below": []}
    for turn in range(0, rounds, 5):
        writers = {side: _writer(pair, side, range(turn * 1000, turn * 1000 + 1000)) for side in ("above", "below")}
        time.sleep(1.0)
        for _ in range(min(5, rounds - turn)):
            time.sleep(dice.random() * 0.8)
            what = dice.choice(["cut", "authority", "member", "both", "cut"])
            if what in ("cut", "both"):
                pair.line.cut()
            for name in ("authority", "member"):
                if what in (name, "both"):
                    one = getattr(pair, name)
                    one.kill()
                    one.start()
            time.sleep(dice.random() * 0.5)
            pair.line.mend()
        for side, writer in writers.items():
            writer.kill()
            out, _ = writer.communicate(timeout=10)
            written[side] += [line for line in out.split("\n")[:-1] if line]
    return written["above"], written["below"]


def _committed(pair: Pair) -> tuple[list[str], list[str]]:
    """What each side's journal holds as facts: the truth that must arrive, printed or not."""
    return (
        [str(fact["text"]) for fact in pair.member.journal("test.fact")],
        [str(fact["text"]) for fact in pair.authority.journal("test.fact")],
    )


@pytest.mark.timeout(900)
def test_cut_and_killed_at_random_instants_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    pair = linked_pair(tmp_path)
    began = time.monotonic()
    try:
        up, down = shaken(pair, ROUNDS, random.Random(20220430))
        for one in (pair.authority, pair.member):
            one.wait()
        facts_up, facts_down = _committed(pair)
        assert set(up) <= set(facts_up), "what was acknowledged to its writer is there"
        assert set(down) <= set(facts_down)
        until(lambda: len(pair.authority.effects()) >= len(facts_up), within_s=120, what="everything is up")
        until(lambda: len(pair.member.effects()) >= len(facts_down), within_s=120, what="everything is down")
        assert [row["text"] for row in pair.authority.effects()] == facts_up, "once each, in the order of the subject"
        assert sorted(row["text"] for row in pair.member.effects()) == sorted(facts_down)
        print(f"{ROUNDS} rounds, {len(facts_up)} up, {len(facts_down)} down, {time.monotonic() - began:.0f} s")
    finally:
        pair.close()

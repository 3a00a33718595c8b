"""A two-page dispatch is read while a person lifts the finger from the mouse."""

import statistics
import time
import tomllib
from pathlib import Path

from vigil.engines.dispatch import read

TEXTS = {c["name"]: c["text"] for c in tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))["case"]}


def test_two_pages_take_less_than_50_ms() -> None:
    two_pages = TEXTS["ubnd"] + "\n" + TEXTS["congdien"] + "\n" + TEXTS["kehoach"]
    read(two_pages)
    taken = []
    for _ in range(15):
        begin = time.perf_counter()
        read(two_pages)
        taken.append(time.perf_counter() - begin)
    assert statistics.median(taken) < 0.050

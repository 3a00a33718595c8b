"""A short form of the soak: five cuts and kills at random instants."""

import random
from pathlib import Path

import pytest
from tests.integration.exchange.pair import linked_pair, until
from tests.soak.test_link_cut import _committed, shaken


@pytest.mark.timeout(300)
def test_five_cuts_and_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    pair = linked_pair(tmp_path)
    try:
        shaken(pair, 5, random.Random(30))
        for one in (pair.authority, pair.member):
            one.wait()
        up, down = _committed(pair)
        assert up
        assert down
        until(lambda: len(pair.authority.effects()) >= len(up), within_s=60, what="up")
        until(lambda: len(pair.member.effects()) >= len(down), within_s=60, what="down")
        assert [row["text"] for row in pair.authority.effects()] == up
        assert sorted(row["text"] for row in pair.member.effects()) == sorted(down)
    finally:
        pair.close()

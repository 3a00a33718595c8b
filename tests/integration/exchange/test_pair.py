"""Two real Vigils over a real line: enrolled, exchanging, cut, caught up, restored, revoked."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.exchange.pair import Pair, linked_pair, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = linked_pair(tmp_path_factory.mktemp("pair"))
    yield made
    made.close()


def _texts(rows: list[dict[str, str]]) -> list[str]:
    return [row["text"] for row in rows]


def test_what_is_sent_arrives_once_on_either_side_and_in_order(pair: Pair) -> None:
    pair.send_up("u1", "u2", "u3")
    pair.send_down("d1", "d2")
    until(lambda: len(pair.authority.effects()) == 3, what="up")
    until(lambda: len(pair.member.effects()) == 2, what="down")
    assert _texts(pair.authority.effects()) == ["u1", "u2", "u3"]
    assert _texts(pair.member.effects()) == ["d1", "d2"]
    (row,) = pair.member.status()
    assert row["queue"] == 0
    assert float(str(row["last_delay_s"])) < 30
    assert abs(float(str(row["clock_offset_ms"]))) < 500
    assert float(str(row["round_trip_ms"])) < 2000


def test_a_refused_message_is_told_and_the_next_of_its_subject_goes_on(pair: Pair) -> None:
    before = len(pair.authority.effects())
    pair.send_up("no", subject="bad")
    pair.send_up("yes")
    until(lambda: len(pair.authority.effects()) == before + 1, what="the next one")
    (told,) = pair.member.journal("exchange.refused_there")
    assert "test.bad" in str(told["reason"])
    (aside,) = pair.authority.journal("exchange.quarantined")
    assert aside["code"] == "test.bad"


def test_what_the_member_cannot_take_is_told_to_the_authority(pair: Pair) -> None:
    before = len(pair.member.effects())
    pair.send_down("no", subject="bad")
    pair.send_down("fine")
    until(lambda: len(pair.member.effects()) == before + 1, what="the rest goes on")
    until(lambda: pair.authority.journal("exchange.refused_there"), what="the refusal is told")
    (told,) = pair.authority.journal("exchange.refused_there")
    assert "bad" in str(told["reason"])


def test_cut_and_mended_everything_catches_up_by_itself(pair: Pair) -> None:
    up, down = len(pair.authority.effects()), len(pair.member.effects())
    pair.line.cut()
    pair.send_up("c1", "c2")
    pair.send_down("c3")
    time.sleep(3)
    assert len(pair.authority.effects()) == up
    pair.line.mend()
    until(lambda: len(pair.authority.effects()) == up + 2, what="up after the cut")
    until(lambda: len(pair.member.effects()) == down + 1, what="down after the cut")


def test_the_key_and_the_token_change_under_way(pair: Pair) -> None:
    (row,) = pair.member.status()
    folder = pair.member.data / "keys" / "peers" / str(row["peer"])
    assert (folder / "token").stat().st_mode & 0o077 == 0
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    (below,) = pair.authority.status()
    theirs = pair.authority.data / "keys" / "peers" / str(below["peer"]) / "key.pem"
    old_theirs = theirs.read_bytes()
    pair.authority.vigil("link", "rotate", str(below["peer"]))
    until(lambda: theirs.read_bytes() != old_theirs, what="the authority's next key is taken")
    before = len(pair.member.effects())
    pair.send_down("under the authority's next key")
    until(lambda: len(pair.member.effects()) == before + 1, what="sealed with the authority's next key")
    old_key, old_token = (folder / "key.pem").read_bytes(), (folder / "token").read_bytes()
    pair.member.vigil("link", "rotate", str(row["peer"]))
    until(lambda: (folder / "key.pem").read_bytes() != old_key, what="the next key is taken")
    pair.member.python(
        "from vigil.domain.exchange.models import Link\nfrom vigil.kernel import clock\n"
        "from datetime import timedelta\nLink.objects.update(token_expires_at=clock.now() + timedelta(days=1))"
    )
    until(lambda: (folder / "token").read_bytes() != old_token, what="the next token")
    before = len(pair.authority.effects())
    pair.send_up("after the change")
    until(lambda: len(pair.authority.effects()) == before + 1, what="sealed with the next key")


def test_an_authority_restored_from_a_backup_is_noticed_and_gets_everything_again(pair: Pair) -> None:
    kept = pair.authority.data.parent / "yesterday"
    pair.authority.stop()
    shutil.copytree(pair.authority.data, kept)
    before = _texts(pair.authority.effects())
    pair.authority.start()
    pair.authority.wait()
    pair.send_up("r1", "r2")
    until(lambda: len(pair.authority.effects()) == len(before) + 2, what="before the loss")
    time.sleep(2.5)
    pair.authority.kill()
    shutil.rmtree(pair.authority.data)
    shutil.copytree(kept, pair.authority.data)
    assert _texts(pair.authority.effects()) == before
    pair.authority.start()
    pair.authority.wait()
    until(lambda: _texts(pair.authority.effects())[-2:] == ["r1", "r2"], within_s=60, what="sent again")
    assert len(pair.authority.effects()) == len(before) + 2, "and nothing twice"
    (member_says,) = pair.member.journal("exchange.restored_noticed")
    assert member_says["side"] == "there"
    assert int(str(member_says["count"])) >= 2
    (authority_says,) = pair.authority.journal("exchange.restored_noticed")
    assert authority_says["side"] == "here"


def test_a_member_restored_from_a_backup_jumps_ahead_and_reads_again(pair: Pair) -> None:
    kept = pair.member.data.parent / "yesterday-member"
    pair.member.stop()
    shutil.copytree(pair.member.data, kept)
    down = _texts(pair.member.effects())
    pair.member.start()
    pair.member.wait()
    pair.send_up("lost there, kept here")
    pair.send_down("m1")
    until(lambda: _texts(pair.member.effects())[-1] == "m1", what="before the loss")
    until(lambda: _texts(pair.authority.effects())[-1] == "lost there, kept here", what="before the loss")
    time.sleep(2.5)
    pair.member.kill()
    shutil.rmtree(pair.member.data)
    shutil.copytree(kept, pair.member.data)
    pair.member.start()
    pair.member.wait()
    until(lambda: _texts(pair.member.effects()) == [*down, "m1"], within_s=60, what="read again")
    until(lambda: "here" in [r["side"] for r in pair.member.journal("exchange.restored_noticed")], what="said there")
    until(lambda: "there" in [r["side"] for r in pair.authority.journal("exchange.restored_noticed")], what="said here")
    before = len(pair.authority.effects())
    pair.send_up("after the jump")
    until(lambda: len(pair.authority.effects()) == before + 1, what="the next message")


def test_revoked_at_the_authority_nothing_passes_and_the_member_says_so(pair: Pair) -> None:
    (row,) = pair.authority.status()
    before = len(pair.authority.effects())
    pair.authority.vigil("link", "revoke", str(row["peer"]), "--why", "thử")
    until(lambda: pair.member.journal("exchange.revoked_there"), what="the member learns of it")
    (mine,) = pair.member.status()
    assert mine["state"] == "revoked"
    assert not (pair.member.data / "keys" / "peers" / str(mine["peer"])).exists()
    assert len(pair.authority.effects()) == before


def test_both_journals_verify(pair: Pair) -> None:
    for one in (pair.authority, pair.member):
        until(lambda one=one: '"waiting": 0' in one.vigil("journal", "verify", "--json", check=False), what="sealed")
        assert '"holds": true' in one.vigil("journal", "verify", "--json", check=False)


def test_a_member_whose_clock_is_an_hour_ahead_works_and_both_sides_say_so(tmp_path: Path) -> None:
    pair = linked_pair(tmp_path, member={"VIGIL_CLOCK_SHIFT_S": "3600"})
    try:
        pair.send_up("from the future")
        pair.send_down("from the past")
        until(lambda: _texts(pair.authority.effects()) == ["from the future"], what="up")
        until(lambda: _texts(pair.member.effects()) == ["from the past"], what="down")
        (mine,), (theirs,) = pair.member.status(), pair.authority.status()
        assert abs(float(str(mine["clock_offset_ms"])) + 3_600_000) < 1000
        assert abs(float(str(theirs["clock_offset_ms"])) - 3_600_000) < 1000
        assert float(str(theirs["last_delay_s"])) < 60, "the delay is counted by one clock"
        assert pair.authority.journal("exchange.clock_off")
        assert pair.member.journal("exchange.clock_off")
    finally:
        pair.close()

"""A file that is written, rotated and cut while it is followed: every line comes once, whenever a cursor is kept."""

import gzip
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from vigil.adapters.log_sources.lines import MOST_LINE
from vigil.adapters.log_sources.tailing import Follower


def _read(follower: Follower) -> list[str]:
    return [line for chunk in follower.poll() for line in chunk.lines.decode().splitlines()]


def _add(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def _told(follower: Follower) -> list[str]:
    return [one.what for one in follower.told]


def test_whole_lines_and_the_last_one_when_it_is_whole(tmp_path) -> None:
    path = tmp_path / "a.log"
    follower = Follower(str(path))
    assert _read(follower) == [], "a file that is not there yet is none"
    _add(path, "one\ntwo\nthr")
    assert _read(follower) == ["one", "two"]
    assert _read(follower) == []
    _add(path, "ee\n")
    assert _read(follower) == ["three"]


def test_from_the_end_only_what_comes_after(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "old\nhalf")
    follower = Follower(str(path), from_end=True)
    assert _read(follower) == []
    _add(path, " a line\nnew\n")
    assert _read(follower) == ["half a line", "new"]
    _add(tmp_path / "b.log", "x\n")
    other = Follower(str(tmp_path / "*.log"), json.loads(json.dumps(follower.cursor)))
    assert _read(other) == ["x"]


def _renamed(path: Path) -> None:
    path.rename(path.with_name("a.log.1"))


def _copied(path: Path) -> None:
    shutil.copy(path, path.with_name("a.log.1"))
    path.write_text("")


def _compressed(path: Path) -> None:
    path.with_name("a.log-20260430.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize("rotate", [_renamed, _copied, _compressed])
@pytest.mark.parametrize("pattern", ["a.log", "a.log*"])
@pytest.mark.parametrize("restart", [False, True])
def test_rotation_loses_nothing_and_gives_nothing_twice(tmp_path, rotate, pattern, restart) -> None:
    path = tmp_path / "a.log"
    _add(path, "".join(f"line {n}\n" for n in range(100)))
    follower = Follower(str(tmp_path / pattern), chunk_bytes=64)
    got = _read(follower)
    _add(path, "line 100\nline 1")
    if restart:
        follower = Follower(str(tmp_path / pattern), json.loads(json.dumps(follower.cursor)), chunk_bytes=64)
    rotate(path)
    _add(path, "line 102\n")
    got += _read(follower)
    assert "rotated" in _told(follower)
    if rotate is not _compressed:
        _add(tmp_path / "a.log.1", "01\n")
    got += _read(follower) + _read(follower)
    last = "line 1" if rotate is _compressed else "line 101"
    assert sorted(got) == sorted([*(f"line {n}" for n in range(101)), last, "line 102"])
    assert _read(follower) == []


def test_an_old_file_whose_last_line_has_no_end_gives_it_once_nobody_writes_there(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "one\n")
    follower = Follower(str(path))
    assert _read(follower) == ["one"]
    _add(path, "cut off")
    _renamed(path)
    _add(path, "two\n")
    assert _read(follower) == ["two"]
    assert _read(follower) == ["cut off"]
    assert _read(follower) == []


def test_truncated_vanished_and_written_anew_under_the_same_inode(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "one\ntwo\n")
    follower = Follower(str(path))
    _read(follower)
    path.write_text("3\n")
    assert (_read(follower), _told(follower)) == (["3"], ["truncated"])
    path.write_text("another beginning, and longer than before\n")
    assert (_read(follower), _told(follower)) == (["another beginning, and longer than before"], ["truncated"])
    path.unlink()
    assert (_read(follower), _told(follower)) == ([], ["vanished"])
    assert (_read(follower), _told(follower)) == ([], [])
    _add(path, "back\n")
    assert _read(follower) == ["back"]


def test_a_line_without_end_is_passed_over_in_bounded_memory(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "one\n" + "x" * (MOST_LINE + 2_000_000))
    follower = Follower(str(path))
    assert (_read(follower), _told(follower)) == (["one"], ["too long"])
    follower = Follower(str(path), json.loads(json.dumps(follower.cursor)))
    _add(path, "x" * 1000 + "\ntwo\n")
    assert _read(follower) == ["two"]


@pytest.mark.parametrize(
    "cursor",
    [
        {},
        {"files": 1},
        {"files": [{"path": "x"}]},
        {"files": [{"path": "x", "device": "a", "inode": 1}]},
        {"files": [1]},
    ],
)
def test_a_cursor_that_is_none_is_refused(cursor) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        Follower("x", cursor)


def test_an_old_file_that_is_being_compressed_is_not_read_twice(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "".join(f"line {n}\n" for n in range(1000)))
    follower = Follower(str(path))
    assert len(_read(follower)) == 1000
    _renamed(path)
    _add(path, "new\n")
    packed = gzip.compress((tmp_path / "a.log.1").read_bytes())
    (tmp_path / "a.log.1.gz").write_bytes(packed[: len(packed) // 2])
    assert _read(follower) == ["new"]
    (tmp_path / "a.log.1.gz").write_bytes(packed)
    shutil.copystat(tmp_path / "a.log.1", tmp_path / "a.log.1.gz")
    (tmp_path / "a.log.1").unlink()
    assert _read(follower) == []
    assert _read(Follower(str(path), follower.cursor)) == []


def test_a_file_that_cannot_be_read_for_a_while_loses_nothing(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(path, "one\n")
    follower = Follower(str(path))
    assert _read(follower) == ["one"]
    _add(path, "two\n")
    tmp_path.rename(tmp_path.with_name("away"))
    tmp_path.symlink_to(tmp_path)  # a folder that leads to itself: no answer, not "no file"
    assert (_read(follower), _told(follower)) == ([], ["unreadable"])
    tmp_path.unlink()
    tmp_path.with_name("away").rename(tmp_path)
    assert (_read(follower), _told(follower)) == (["two"], [])


def test_what_was_rotated_twice_while_nobody_looked(tmp_path) -> None:
    path = tmp_path / "a.log"
    _add(tmp_path / "a.log.1", "before\n")
    os.utime(tmp_path / "a.log.1", (100, 100))
    _add(path, "one\n")
    follower = Follower(str(path))
    assert _read(follower) == ["one"]
    _add(path, "two\n")
    os.utime(path, (200, 200))
    (tmp_path / "a.log.1").rename(tmp_path / "a.log.4")
    path.rename(tmp_path / "a.log.3")
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(b"three\n"))
    os.utime(tmp_path / "a.log.2.gz", (300, 300))
    _add(tmp_path / "a.log.1", "four\n")
    _add(path, "five\n")
    follower = Follower(str(path), json.loads(json.dumps(follower.cursor)))
    assert _read(follower) == ["two", "three", "four", "five"]
    assert _read(follower) == []


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_writing_rotating_polling_and_dying(tmp_path, seed) -> None:
    dice = random.Random(seed)
    path, written, accepted = tmp_path / "a.log", 0, []
    pattern = str(tmp_path / dice.choice(["a.log", "a.log*"]))
    cursor = None
    follower = Follower(pattern, cursor, chunk_bytes=50)
    for _ in range(150):
        step = dice.choice(["write"] * 5 + ["poll"] * 3 + ["die", "rotate", "compress"])
        if step == "write":
            for _ in range(dice.randrange(1, 9)):
                _add(path, f"line {written}\n")
                written += 1
        elif step == "rotate" and path.exists():
            accepted += _read(
                follower
            )  # a file that goes was seen once; the test is faster than times of files are fine
            cursor = json.loads(json.dumps(follower.cursor))
            _add(path, f"line {written}\n")
            written += 1
            for n in range(8, 0, -1):
                for end in ("", ".gz"):
                    if (old := tmp_path / f"a.log.{n}{end}").exists():
                        old.rename(tmp_path / f"a.log.{n + 1}{end}")
            if dice.random() < 0.5:
                path.rename(tmp_path / "a.log.1")
            else:
                _copied(path)
            list_all = list(follower.poll())  # between two rotations it is asked at least once
            accepted += [line for chunk in list_all for line in chunk.lines.decode().splitlines()]
            cursor = follower.cursor
        elif step == "compress" and (old := tmp_path / "a.log.1").exists():
            (tmp_path / "a.log.1.gz").write_bytes(gzip.compress(old.read_bytes()))
            shutil.copystat(old, tmp_path / "a.log.1.gz")  # as gzip does
            old.unlink()
        elif step == "poll":
            for chunk in follower.poll():
                if dice.random() < 0.1:  # dies before it was accepted
                    follower = Follower(pattern, cursor, chunk_bytes=50)
                    break
                accepted += chunk.lines.decode().splitlines()
                cursor = json.loads(json.dumps(chunk.cursor))
        elif step == "die":
            follower = Follower(pattern, cursor, chunk_bytes=50)
    for _ in range(3):
        accepted += _read(follower)
    assert sorted(accepted, key=lambda line: int(line[5:])) == [f"line {n}" for n in range(written)]


def test_what_was_rotated_before_the_first_look_but_after_the_source_was_entered(tmp_path) -> None:
    path = tmp_path / "a.log"
    for name, at, text in (("a.log.2", 1000, "long ago\n"), ("a.log.1", 3000, "just before\n")):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (at, at))
    path.write_text("now\n")
    follower = Follower(str(path), since=2000.0)
    assert sorted(_read(follower) + _read(follower)) == ["just before", "now"]
    assert _read(Follower(str(path))) == ["now"], "what was there before anybody asked is history"


def test_only_files_that_may_be_read(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").symlink_to(secret)
    (logs / "b.log").write_text("seen\n")
    follower = Follower(str(logs / "*.log"), allowed=lambda one: one.resolve().is_relative_to(logs))
    assert _read(follower) == ["seen"]
    assert _told(follower) == ["not allowed"]


def test_a_link_that_bears_the_name_of_a_rotated_file_leads_nowhere(tmp_path) -> None:
    logs, secret = tmp_path / "logs", tmp_path / "secret"
    logs.mkdir()
    _add(logs / "a.log", "one\n")
    follower = Follower(str(logs / "a.log"), allowed=lambda path: path.resolve().is_relative_to(logs))
    assert _read(follower) == ["one"]
    _add(secret, "a secret\n")
    (logs / "a.log.1").symlink_to(secret)
    assert _read(follower) == []
    assert _told(follower) == ["not allowed"]
    (logs / "a.log").unlink()
    (logs / "a.log").symlink_to(secret)
    assert _read(follower) == []
    os.mkfifo(logs / "a.log.2")
    assert _read(follower) == [], "what is no file is not waited for"


def test_links_that_lead_upwards_end(tmp_path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a", "b", "c"):
        (tmp_path / "in" / name).symlink_to("..")
    _add(tmp_path / "in" / "deep" / "x.log", "x\n")
    _add(tmp_path / "y.log", "y\n")
    _add(tmp_path / "in" / ".hidden.log", "z\n")
    assert _read(Follower(f"{tmp_path}/**/*.log")) == ["x", "y"]
    assert _read(Follower(f"{tmp_path}/*/**")) == ["x"]
    assert _read(Follower(f"{tmp_path}/**/*.none")) == []


@pytest.mark.parametrize("content", [gzip.compress(b"line\n" * 2000), b"BZhou logged in\nattack\n"])
def test_what_a_file_begins_with_makes_it_no_compressed_one(tmp_path, content) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    follower = Follower(str(path))
    taken = b"".join(chunk.lines for chunk in follower.poll())
    assert content.startswith(taken), "as it stands there, and no more of it than there is"
    for _ in range(3):
        assert list(follower.poll()) == [], "it was taken in already"
    assert _told(follower) == []
    if content.startswith(b"BZ"):
        assert taken == content

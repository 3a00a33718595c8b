"""What went in comes out, in order and once, whatever happens to the end of a file or a byte in its middle."""

import errno
import os
import shutil
import tempfile
import time
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.adapters.spool import (
    MOST_FRAME_BYTES,
    Frame,
    Position,
    SpoolBusy,
    SpoolClosed,
    SpoolFull,
    SpoolReader,
    SpoolSlow,
    SpoolWriter,
)

SOURCE, OTHER = UUID(int=7), UUID(int=2**128 - 1)
LINE = st.binary(min_size=1, max_size=60).map(lambda b: b.replace(b"\n", b" "))
FRAME = st.tuples(
    st.sampled_from([SOURCE, OTHER]), st.lists(LINE, min_size=1, max_size=4).map(b"\n".join), st.text(max_size=9)
)


def writer(folder: Path, **given: int) -> SpoolWriter:
    return SpoolWriter(folder, "events", sync=False, least_free_bytes=0, **given)


def everything(folder: Path, most: int = 10_000, after: Position | None = None) -> tuple[list[Frame], int, Position]:
    reader, frames, torn = SpoolReader(folder), [], 0
    while True:
        batch = reader.read("events", after, most)
        frames += batch.frames
        torn += batch.torn
        if batch.position == after:
            return frames, torn, after
        assert after is None or batch.position > after
        after = batch.position


def datas(folder: Path) -> list[bytes]:
    return [frame.data for frame in everything(folder)[0]]


def only_segment(folder: Path) -> Path:
    (path,) = (folder / "events").glob("*.frames")
    return path


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(FRAME, max_size=6), max_size=5), st.integers(1, 2000), st.integers(1, 3000))
def test_all_is_read_in_order_with_its_place(runs: list, segment_bytes: int, most: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ends = []
        for run in runs:
            with writer(folder, segment_bytes=segment_bytes) as spool:
                for n, (source, data, sender) in enumerate(run):
                    ends.append(spool.append(source, data, sender, float(n)))
        frames, torn, position = everything(folder, most)
        given_ = [(s, d, m, float(n)) for run in runs for n, (s, d, m) in enumerate(run)]
        assert [(f.source, f.data, f.sender, f.received_at) for f in frames] == given_
        assert torn == 0
        assert ends == sorted(ends)
        assert all(end <= position for end in ends)
        for frame, end in zip(frames, ends, strict=True):
            (path,) = (folder / "events").glob(f"{frame.segment:012x}.*")
            assert path.read_bytes()[frame.offset :].startswith(frame.data)
            assert (frame.segment, frame.offset + len(frame.data)) == (end.segment, end.offset)
        for n, end in enumerate(ends):
            assert everything(folder, most, end)[0] == frames[n + 1 :]
        assert SpoolReader(folder).waiting("events", position) == 0


def test_a_tail_torn_at_any_byte_waits_in_the_newest_segment_and_is_counted_in_another(tmp_path: Path) -> None:
    with writer(tmp_path) as spool:
        first = spool.append(SOURCE, b"one", "a", 1.0)
        second = spool.append(SOURCE, b"two\nthree", "b", 2.0)
    path = only_segment(tmp_path)
    content = path.read_bytes()
    assert len(content) == second.offset
    for length in range(first.offset, second.offset):
        path.write_bytes(content[:length])
        assert everything(tmp_path) == (everything(tmp_path)[0], 0, first)
        assert datas(tmp_path) == [b"one"]
        assert SpoolReader(tmp_path).waiting("events", first) == length - first.offset
    path.write_bytes(content[: second.offset - 1])
    with writer(tmp_path) as spool:
        spool.append(SOURCE, b"four", "c", 3.0)
    newest = sorted((tmp_path / "events").glob("*.frames"))[-1]
    for length in range(first.offset, second.offset):
        path.write_bytes(content[:length])
        frames, torn, position = everything(tmp_path, after=first)
        assert ([f.data for f in frames], torn) == ([b"four"], length - first.offset)
        assert position.segment == int(newest.name[:12], 16)


@pytest.mark.parametrize("most", [1, 10_000])
def test_any_flipped_byte_costs_its_frame_alone(tmp_path: Path, most: int) -> None:
    said = [b"one", b"two\nthree", b"four", b"five"]
    with writer(tmp_path) as spool:
        ends = [spool.append(SOURCE, data, "a", 1.0) for data in said]
    path = only_segment(tmp_path)
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        hit = next(n for n, end in enumerate(ends) if at < end.offset)
        frames, torn, _ = everything(tmp_path, most)
        assert [f.data for f in frames] == said[:hit] + said[hit + 1 :]
        started = ends[hit - 1].offset if hit else 0
        assert torn == (0 if hit == 3 else ends[hit].offset - started), "the last one may still be being written"


def test_a_record_made_to_look_like_a_frame_does_not_become_one(tmp_path: Path) -> None:
    """It even knows a frame of the same spool, from another place: only the mark, or the place, tells."""
    stolen = b"\n\n"
    while b"\n\n" in stolen:  # the mark is random; an empty line could not be sent
        shutil.rmtree(tmp_path / "events", ignore_errors=True)
        with writer(tmp_path) as spool:
            spool.append(OTHER, b"whose", "elsewhere", 1.0)
        stolen = only_segment(tmp_path).read_bytes()
    with writer(tmp_path) as spool:
        spool.append(SOURCE, stolen.strip(b"\n"), "a", 1.0)
        spool.append(SOURCE, b"after", "a", 1.0)
    path = sorted((tmp_path / "events").glob("*.frames"))[-1]
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)
    frames, torn, _ = everything(tmp_path)
    assert [f.data for f in frames] == [b"whose", b"after"]
    assert torn > 0
    # in the same segment, where the mark is right and the place is not
    whole = sorted((tmp_path / "events").glob("*.frames"))[0]
    whole.write_bytes(b"x" + stolen + stolen)
    assert b"whose" not in [f.data for f in everything(tmp_path)[0]]


def test_one_writer_a_stream(tmp_path: Path) -> None:
    with writer(tmp_path), pytest.raises(SpoolBusy):
        writer(tmp_path)
    writer(tmp_path).close()
    assert SpoolReader(tmp_path).streams() == ["events"]
    with pytest.raises(ValueError, match="not a name"):
        SpoolWriter(tmp_path, "../out")


@pytest.mark.parametrize("data", [b"", b"\n", b"a\n", b"\na", b"a\n\nb", b"x" * (MOST_FRAME_BYTES + 1)])
def test_what_is_no_frame_is_refused(tmp_path: Path, data: bytes) -> None:
    with writer(tmp_path) as spool, pytest.raises(ValueError, match="a frame holds"):
        spool.append(SOURCE, data, "a", 1.0)


def test_the_largest_frame_is_read_by_a_reader_that_wanted_less(tmp_path: Path) -> None:
    with writer(tmp_path) as spool:
        spool.append(SOURCE, b"x" * MOST_FRAME_BYTES, "a", 1.0)
        spool.append(SOURCE, b"y", "a", 1.0)
    batch = SpoolReader(tmp_path).read("events", None, 1)
    assert len(batch.frames[0].data) == MOST_FRAME_BYTES
    assert [f.data for f in SpoolReader(tmp_path).read("events", batch.position, 100).frames or batch.frames[1:]] == [
        b"y"
    ]


def test_what_was_read_is_released_and_the_newest_stays(tmp_path: Path) -> None:
    with writer(tmp_path, segment_bytes=1) as spool:
        ends = [spool.append(SOURCE, b"%d" % n, "a", 1.0) for n in range(5)]
    reader = SpoolReader(tmp_path)
    assert reader.release("events", ends[2]) == 2
    assert datas(tmp_path) == [b"2", b"3", b"4"]
    _, _, position = everything(tmp_path)
    assert reader.release("events", position) == 2
    assert datas(tmp_path) == [b"4"]
    with writer(tmp_path) as spool:
        assert spool.append(SOURCE, b"5", "a", 1.0).segment > ends[-1].segment
    assert [f.data for f in reader.read("events", position, 100).frames] == [b"5"]


def test_a_place_in_a_spool_that_is_gone_reads_the_new_one_from_its_start(tmp_path: Path) -> None:
    with writer(tmp_path) as spool:
        end = spool.append(SOURCE, b"new", "a", 1.0)
    beyond = Position("events", end.segment + 9, 5)
    assert [f.data for f in SpoolReader(tmp_path).read("events", beyond, 100).frames] == [b"new"]
    assert SpoolReader(tmp_path).read("nothing", None, 100).frames == []


def test_too_little_room_refuses_and_recovers_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = SpoolWriter(tmp_path, "events", least_free_bytes=2**60)
    with pytest.raises(SpoolFull, match="bytes free"):
        spool.append(SOURCE, b"one", "a", 1.0)
    assert "bytes free" in spool.refuses
    monkeypatch.setattr(spool, "_least", 0)
    monkeypatch.setattr(spool, "_looked_at", float("-inf"))
    assert spool.append(SOURCE, b"two", "a", 1.0)
    assert spool.refuses == ""
    spool.close()
    spool.close()
    with pytest.raises(SpoolClosed):
        spool.append(SOURCE, b"three", "a", 1.0)
    assert datas(tmp_path) == [b"two"]


def test_what_waits_is_bounded_and_what_is_given_up_in_time_is_not_written(tmp_path: Path) -> None:
    with writer(tmp_path, queue_bytes=1000) as spool:
        with spool._change:  # the committer cannot take anything
            first = spool.submit(SOURCE, b"a" * 5000, "a", 1.0)  # one is always taken, however large
            with pytest.raises(SpoolSlow):
                spool.submit(SOURCE, b"b", "a", 1.0)
            assert first.cancel()
        while spool._queued:
            time.sleep(0.001)
        third = spool.submit(SOURCE, b"c", "a", 1.0)
        assert third.result(10).stream == "events"
    assert datas(tmp_path) == [b"c"]


def test_nothing_is_acknowledged_before_its_fsync_and_a_failed_fsync_ends_its_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, order, fails = os.fdatasync, [], [False, True, True, False]

    def fdatasync(descriptor: int) -> None:
        time.sleep(0.05)
        order.append("fsync")
        if fails.pop(0):
            raise OSError(errno.EIO, "the disk is broken")
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with SpoolWriter(tmp_path, "events", least_free_bytes=0, retry_s=0) as spool:
        future = spool.submit(SOURCE, b"one", "a", 1.0)
        future.add_done_callback(lambda _: order.append("acknowledged"))
        first = future.result(10)
        for _ in range(2):
            with pytest.raises(SpoolFull, match="the disk is broken"):
                spool.append(SOURCE, b"two", "a", 1.0)
        third = spool.append(SOURCE, b"three", "a", 1.0)
    assert order == ["fsync", "acknowledged", "fsync", "fsync", "fsync"]
    assert third.segment == first.segment + 2
    assert datas(tmp_path) == [b"one", b"three"]
    assert len(list((tmp_path / "events").glob("*.frames"))) == 2, "a segment that holds nothing is removed"
    said = [record.message for record in caplog.records]
    assert [("cannot be written" in text, "can be written again" in text) for text in said] == [
        (True, False),
        (False, True),
    ]

"""Compressed bytes: told by content, and given up to where they are damaged."""

import bz2
import gzip
import io
import lzma
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.log_sources.compression import CUT_OFF, DAMAGED, decompressed
from vigil.adapters.log_sources.lines import lines, opened

LINES = b"".join(b"line %d %x\n" % (n, random.Random(n).getrandbits(200)) for n in range(30_000))
WAYS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True), ".lz4": lambda data: _framed(data),
}  # fmt: skip


def _framed(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as out:
        out.write(data)
    return bytes(sink.getvalue())


def _read(path: Path) -> tuple[list[bytes], str]:
    found: list[bytes] = []
    try:
        found.extend(lines(path, 0, None, lambda: None))
    except OSError as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("ending", WAYS)
def test_what_stands_before_a_cut_is_read(tmp_path, ending) -> None:
    packed = WAYS[ending](LINES)
    path = tmp_path / f"a.log{ending}"
    path.write_bytes(packed)
    assert _read(path) == (LINES.splitlines(), "")
    path.write_bytes(packed[: len(packed) * 9 // 10])
    found, why = _read(path)
    assert why == CUT_OFF
    assert found == LINES.splitlines()[: len(found)]
    assert len(found) > {".bz2": 14_000}.get(ending, 25_000)  # bzip2 has whole blocks of 900 kB, Zstandard of 128 kB


def test_what_stands_before_damage_is_read_to_the_byte(tmp_path) -> None:
    packed = bytearray(gzip.compress(LINES))
    middle = len(packed) // 2
    packed[middle : middle + 40] = b"\xff" * 40
    path = tmp_path / "a.gz"
    path.write_bytes(packed)
    found, why = _read(path)
    assert why == DAMAGED
    expected = zlib.decompressobj(31).decompress(bytes(packed[:middle])).split(b"\n")[:-1]
    assert found[: len(expected)] == expected


@pytest.mark.parametrize("ending", WAYS)
def test_content_says_what_it_is_and_not_the_name(tmp_path, ending) -> None:
    (tmp_path / "messages").write_bytes(WAYS[ending](b"one\ntwo\n"))
    assert _read(tmp_path / "messages") == ([b"one", b"two"], "")
    (tmp_path / f"text{ending}").write_bytes("một\nhai\n".encode())
    assert _read(tmp_path / f"text{ending}") == (["một".encode(), b"hai"], "")
    (tmp_path / f"no{ending}").write_bytes(bytes(range(100)))
    assert _read(tmp_path / f"no{ending}") == ([], DAMAGED)
    (tmp_path / f"none{ending}").write_bytes(b"")
    assert _read(tmp_path / f"none{ending}") == ([], "")


def test_members_behind_one_another_padding_and_what_is_none(tmp_path) -> None:
    path = tmp_path / "a.gz"
    for behind, why in ((b"", ""), (b"\0" * 100_000, ""), (b"rubbish", "more behind its compressed part")):
        path.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"") + gzip.compress(b"b\n") + behind)
        assert _read(path) == ([b"a", b"b"], why)


def test_a_bomb_takes_no_more_memory_than_is_asked_for() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    with decompressed(io.BufferedReader(io.BytesIO(bomb))) as stream:  # type: ignore[arg-type]
        assert len(stream.read(1000)) == 1000
        assert len(stream._raw) < 1_000_000  # type: ignore[attr-defined]


@given(st.binary(max_size=3000), st.sampled_from(list(WAYS)), st.integers(1, 700), st.data())
def test_any_bytes_in_any_steps_and_any_cut_or_change_ends_in_bytes_or_oserror(data, ending, step, draw) -> None:
    packed = WAYS[ending](data)
    with decompressed(io.BufferedReader(io.BytesIO(packed))) as stream:  # type: ignore[arg-type]
        assert b"".join(iter(lambda: stream.read(step), b"")) == data
    harmed = bytearray(packed[: draw.draw(st.integers(0, len(packed)))])
    if harmed:
        harmed[draw.draw(st.integers(0, len(harmed) - 1))] ^= draw.draw(st.integers(0, 255))
    try:
        with decompressed(io.BufferedReader(io.BytesIO(bytes(harmed)))) as stream:  # type: ignore[arg-type]
            while stream.read(step):
                pass
    except OSError as error:
        assert str(error)


def test_opened_closes_what_it_cannot_read(tmp_path) -> None:
    (tmp_path / "a.gz").write_bytes(bytes(100))
    with pytest.raises(OSError, match=DAMAGED):
        opened(tmp_path / "a.gz")


def test_every_byte_before_a_wrong_checksum_is_given_however_small_it_was_packed(tmp_path) -> None:
    line = b"the same line again and again, fifty-five bytes of it ..\n"
    packed = bytearray(gzip.compress(line * 1000))
    packed[-6] ^= 1
    (tmp_path / "a.gz").write_bytes(packed)
    found, why = _read(tmp_path / "a.gz")
    assert (len(found), why) == (1000, DAMAGED)


@pytest.mark.parametrize("ending", [".zst", ".lz4"])
@pytest.mark.parametrize("many", [1, 40, 30_000])
def test_every_byte_before_what_is_no_frame_is_given(tmp_path, ending, many) -> None:
    text = b"".join(LINES.splitlines(keepends=True)[:many])
    (tmp_path / f"a{ending}").write_bytes(WAYS[ending](text) + b"rubbish, for the disk was full")
    found, why = _read(tmp_path / f"a{ending}")
    assert (b"".join(one + b"\n" for one in found), bool(why)) == (text, True)


def test_frames_that_are_to_be_skipped_are(tmp_path) -> None:
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    (tmp_path / "a.zst").write_bytes(skipped + WAYS[".zst"](b"a\nb\n"))
    assert _read(tmp_path / "a.zst") == ([b"a", b"b"], "")


def test_a_line_that_begins_like_a_magic_is_a_line(tmp_path) -> None:
    (tmp_path / "a.log").write_bytes(b"BZhou logged in\nattack\n")
    assert _read(tmp_path / "a.log") == ([b"BZhou logged in", b"attack"], "")


def test_a_followed_file_is_never_looked_into_for_its_content(tmp_path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(gzip.compress(LINES))
    with opened(path, by_name=True) as stream:
        assert stream.read() == path.read_bytes()
    with opened(path) as stream:
        assert stream.read() == LINES


def test_an_xz_that_asks_for_a_gigabyte_of_memory_is_refused(tmp_path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30, "preset": 0}]
    (tmp_path / "a.xz").write_bytes(lzma.compress(b"a\n", filters=filters))
    assert _read(tmp_path / "a.xz") == ([], DAMAGED)

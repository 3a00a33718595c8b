"""Logs as they lie about: each shape is read, what is broken is counted and told, and the rest goes on."""

import bz2
import gzip
import json
import lzma
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vigil.adapters.log_sources import Piece, Tally, pieces, portions
from vigil.adapters.log_sources.lines import MOST_LINE, lines
from vigil.engines.detection.terms import Source

WINDOWS = {"Event": {"System": {"EventID": 1, "Channel": "Sysmon", "Provider": {"#attributes": {"Name": "P"}},
                                "TimeCreated": {"#attributes": {"SystemTime": "2026-04-30T00:00:00Z"}}},
                     "EventData": {"Image": "a.exe", "ProcessId": 7, "Empty": ""}}}  # fmt: skip


def _read(path: Path, wanted: frozenset[str] | None = None, source: Source | None = None) -> tuple[list[dict], Tally]:
    """Every event as it came out: its fields (missing ones left out), its source and where it stands."""
    tallies: dict[Path, Tally] = {}
    found = []
    for portion in portions(pieces([path]), wanted, tallies, source):
        for row, (file, number) in zip(portion.batch.to_pylist(), portion.places, strict=True):
            fields = {name: value for name, value in row.items() if value is not None}
            found.append({"at": (portion.files[file].name, number), "source": portion.source, **fields})
    return sorted(found, key=lambda one: one["at"]), tallies.get(path, Tally())


def _write(path: Path, *events: Any) -> Path:
    path.write_text("\n".join(json.dumps(event, ensure_ascii=False) for event in events) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("event", "fields", "product"),
    [
        (WINDOWS, {"eventid": "1", "channel": "Sysmon", "processid": "7", "provider_name": "P"}, "windows"),
        ({"_source": WINDOWS}, {"image": "a.exe"}, "windows"),
        ({"result": {"EventID": 46, "Channel": "Security", "X": "y"}}, {"eventid": "46", "x": "y"}, "windows"),
        ({"_source": {"winlog": {"channel": "Security", "event_id": 4624, "event_data": {"LogonType": "3"}}}},
         {"eventid": "4624", "logontype": "3", "channel": "Security"}, "windows"),
        ({"Records": [{"eventSource": "iam", "eventName": "x", "userIdentity": {"arn": "a"}}]},
         {"eventsource": "iam", "useridentity.arn": "a"}, "aws"),
        ({"a": {"b": [1, "x", None, {"c": True}]}}, {"a.b": ["1", "x", "true"]}, ""),
    ],
)  # fmt: skip
def test_the_shapes_that_shippers_write(tmp_path, event, fields, product) -> None:
    (found,), tally = _read(_write(tmp_path / "a.jsonl", event))
    assert {name: found[name] for name in fields} == fields
    assert found["source"].product == product
    assert "empty" not in found, "Windows writes what is not there as an empty text"
    assert (tally.read, tally.rejected) == (1, 0)


def test_what_is_no_event_is_counted_and_the_rest_is_read(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps({"f": "x"}).encode()
    bad = [b"{", b"\xff\xfe", b'"text"', b"[1]", b'{"f":"\\ud800"}', b"null", b'{"a":' * 2000]
    path.write_bytes(b"\n".join([good, *bad, b"", good]))
    found, tally = _read(path)
    assert [one["f"] for one in found] == ["x", "x"]
    assert tally.rejected == len(bad)
    assert len(tally.samples) == 5
    assert all(tally.samples)


def test_a_line_of_ten_megabytes_costs_itself_alone_and_little_memory(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    long = b'{"f":"' + b"a" * 10_000_000 + b'"}'
    path.write_bytes(b"\n".join([b'{"f":"1"}', long, b'{"f":"2"}', long, b'{"f":"3"}']))
    found, tally = _read(path)
    assert [one["f"] for one in found] == ["1", "2", "3"]
    assert tally.rejected == 2
    assert len(long) > MOST_LINE


def test_one_field_of_several_kinds(tmp_path) -> None:
    path = _write(
        tmp_path / "a.jsonl",
        {"f": 1},
        {"f": "x"},
        {"f": {"g": 2}},
        {"f": [3, "y"]},
        {"f": None},
        {"f": 2.5},
        {"F": True},
    )
    found, tally = _read(path)
    assert tally.read == 7
    values = [one.get("f", one.get("f.g")) for one in found]
    assert [value if isinstance(value, list) or value is None else [value] for value in values] == [
        ["1"], ["x"], ["2"], ["3", "y"], None, ["2.5"], ["true"]
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_compressed_and_cut_short(tmp_path, suffix) -> None:
    text = "".join(json.dumps({"f": str(n)}) + "\n" for n in range(20_000)).encode()
    packed = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress,
              ".zst": lambda data: pa.compress(data, "zstd", asbytes=True)}[suffix](text)  # fmt: skip
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(packed)
    found, tally = _read(path)
    assert (len(found), tally.rejected) == (20_000, 0)
    path.write_bytes(packed[: len(packed) // 2])
    found, tally = _read(path)
    assert len(found) < 20_000
    assert tally.rejected >= 1


def test_an_array_in_one_file_and_one_too_large_to_be_held(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"f": "1"}, 2, {"f": "3"}]))
    found, tally = _read(path)
    assert ([one["f"] for one in found], tally.rejected) == (["1", "3"], 1)
    monkeypatch.setattr("vigil.adapters.log_sources.reading._MOST_WHOLE", 10)
    found, tally = _read(path)
    assert not found
    assert "one event a line" in tally.samples[0]


def test_stretches_read_every_line_once(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(b'{"n":"%d","x":"%s"}\n' % (n, b"y" * (n % 50)) for n in range(500)))
    size, whole = path.stat().st_size, list(lines(path, 0, None, lambda: None))
    for cuts in ([0, size // 2], [0, 1, 2, 3], [0, 100, 101, 102, size - 1], list(range(0, size, 37))):
        spans = zip(cuts, [*cuts[1:], None], strict=True)
        assert [line for start, stop in spans for line in lines(path, start, stop, lambda: None)] == whole


def test_only_what_is_wanted_becomes_a_column_and_a_given_source_is_kept(tmp_path) -> None:
    path = _write(tmp_path / "a.jsonl", {"f": "1", "g": "2"}, {"g": "3"})
    (found, bare), tally = _read(path, frozenset({"f"}), Source(product="linux"))
    assert (found["f"], "g" in found, found["source"].product, tally.read) == ("1", False, "linux", 2)
    assert bare["at"] == ("a.jsonl", 1), "an event in which no rule reads anything is judged all the same"


def test_a_windows_file_that_is_none_or_is_gone_is_told(tmp_path) -> None:
    path = tmp_path / "a.evtx"
    path.write_bytes(b"ElfFile\x00" + bytes(5000))
    found, tally = _read(path)
    assert (found, tally.rejected) == ([], 1)
    tallies: dict[Path, Tally] = {}
    assert list(portions([Piece(tmp_path / "none.jsonl")], None, tallies)) == []
    assert tallies[tmp_path / "none.jsonl"].rejected == 1


@pytest.mark.corpus
def test_a_windows_file_cut_short_or_damaged_gives_what_is_whole(corpus, tmp_path) -> None:
    import tarfile

    with tarfile.open(corpus / "detection" / "evtx_attack_samples.tar.xz") as archive:
        member = max((one for one in archive if one.name.endswith(".evtx")), key=lambda one: one.size)
        stream = archive.extractfile(member)
        assert stream is not None
        data = stream.read()
    path = tmp_path / "a.evtx"
    path.write_bytes(data)
    whole, _ = _read(path)
    path.write_bytes(data[: len(data) // 2 + 1000])
    cut, _ = _read(path)
    assert 0 < len(cut) < len(whole)
    damaged = bytearray(data)
    middle = 4096 + 65536 * ((len(data) - 4096) // 65536 // 2)
    damaged[middle + 600 : middle + 3000] = b"\xaa" * 2400
    path.write_bytes(bytes(damaged))
    rest, tally = _read(path)
    assert len(whole) * 0.5 < len(rest) < len(whole)
    assert tally.rejected >= 1
    damaged[middle : middle + 8] = b"nothing\x00"
    path.write_bytes(bytes(damaged))
    rest, tally = _read(path)
    assert len(whole) * 0.5 < len(rest) < len(whole)
    assert "is damaged" in tally.samples[0]


@pytest.mark.corpus
def test_any_damage_to_a_windows_file_costs_its_chunks_and_no_more(corpus, tmp_path) -> None:
    """Bytes flipped, stretches of noise, chunks in another order, the end cut: read to the end, others untouched."""
    import random
    import tarfile

    with tarfile.open(corpus / "detection" / "evtx_attack_samples.tar.xz") as archive:
        size = 4096 + 65536 * 4
        member = min((one for one in archive if one.name.endswith(".evtx") and one.size >= size), key=lambda m: m.size)
        stream = archive.extractfile(member)
        assert stream is not None
        data = stream.read()
    path = tmp_path / "a.evtx"
    path.write_bytes(data)
    whole, _ = _read(path)
    known = {_text(one) for one in whole}
    chunks = (len(data) - 4096) // 65536
    for seed in range(15):
        dice = random.Random(seed)
        damaged, hurt = bytearray(data), set()
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(4096, len(data) - 1)
            many = dice.choice((1, 8, 700, 30_000))
            many = min(many, len(data) - at)
            damaged[at : at + many] = dice.randbytes(many)
            hurt |= {(at - 4096) // 65536, (at + many - 1 - 4096) // 65536}
        if seed % 5 == 4:
            del damaged[dice.randrange(4096, len(data)) :]
            hurt = set(range(chunks))
        path.write_bytes(bytes(damaged))
        found, tally = _read(path)
        assert len(found) <= len(whole) + 3, seed
        if len(hurt) < chunks:
            assert found, f"seed {seed}: {tally.samples}"
            same = sum(_text(one) in known for one in found)
            assert same >= len(whole) * (chunks - len(hurt)) / chunks * 0.5, seed


def _text(event: dict) -> str:
    return json.dumps({**event, "at": None}, sort_keys=True, default=str)


@pytest.mark.parametrize("size", [64_000_001, 128_000_000, 192_000_000, 300_000_001, 1_000_000_000])
def test_a_large_file_is_cut_without_a_gap_and_into_shorter_pieces_towards_its_end(tmp_path, size) -> None:
    path = tmp_path / "large.jsonl"
    with path.open("wb") as out:
        out.write(b'{"a": 1}\n')
        out.truncate(size)  # the rest is a hole: it takes no room
    cut = pieces([path])
    assert cut[0].start == 0 and cut[-1].stop is None
    assert all(one.stop == after.start for one, after in pairwise(cut))
    lengths = [(size if one.stop is None else one.stop) - one.start for one in cut]
    assert max(lengths) <= 64_000_000 and 0 < lengths[-1] <= 16_000_000
    assert lengths[:-1] == sorted(lengths[:-1], reverse=True)

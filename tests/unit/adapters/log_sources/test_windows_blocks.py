"""Blocks of lines give what lines give one by one, whatever stands in them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.adapters.log_sources import Portion, Remembered, Sorter, Tally, pieces, portions
from vigil.adapters.log_sources.blocks import BEHIND, BlockReader
from vigil.engines.detection.windows_events import windows_places

MANY = 60
ODD = (
    "",
    "null",
    "C:\\Windows\\",
    '"',
    "\\",
    "\u212a",
    "ß",
    "a\\\\b",
    "\\n",
    ":5,",
    "a\nb",
    "\r",
    "\t",
    "\x00",
    "\x1e",
    "\x01",
    "Đường",
    "/",
)
NUMBERS = (0, 1, 7, -1, 12345678, 123456789, 10**18, 2**64 - 1, 1.5, -0.0, 1e300, True, False, None)
NAMES = ("Image", "image", "CommandLine", "Hashes", "User", "Data", "EventID", "Đường", 'a"b', "x\\y")


def log_of(dice: Random) -> bytes:
    """Lines of a few kinds, in any order, some of them damaged."""

    def text() -> str:
        return "".join(dice.choice((*ODD, "a", "b", "c")) for _ in range(dice.randrange(4)))

    makes = (text, lambda: dice.choice(NUMBERS), lambda: dice.choice((text(), dice.choice(NUMBERS))),
             lambda: [text() for _ in range(dice.randrange(3))], lambda: {"#text": text()})  # fmt: skip
    weights = (6, 4, 1, 1, 1)
    kinds = [
        ({name: dice.choices(makes, weights)[0] for name in dice.sample(NAMES, dice.randrange(5))}, dice.random() < 0.5)
        for _ in range(dice.randrange(1, 3))
    ]
    return b"\n".join(_line(dice, text, *dice.choice(kinds)) for _ in range(MANY)) + dice.choice((b"", b"\n", b"\n\n"))


def _line(dice: Random, text: Callable[[], str], fields: dict[str, Callable[[], Any]], whole: bool) -> bytes:
    system = {
        "Provider": {"#attributes": {"Name": text(), "Guid": "{1}"}},
        "EventID": dice.choice((1, 4624, 10**7, 10**9)),
        "TimeCreated": {"#attributes": {"SystemTime": "2026-04-30T00:00:00Z"}},
        "Correlation": None,
        "Channel": dice.choice(("Security", "Microsoft-Windows-Sysmon/Operational")),
    }
    event: dict[str, Any] = {"System": system, "EventData": {name: make() for name, make in fields.items()}}
    line = orjson.dumps({"Event": event if whole else {"#attributes": {"xmlns": "x"}, **event}})
    match dice.randrange(40):
        case 0:
            at = dice.randrange(len(line))
            line = line[:at] + bytes([dice.randrange(256)]) + line[at + 1 :]
        case 1:
            line = line.replace(b"a", b"\\u0061")
        case 2:
            line = line[: dice.randrange(len(line))]
        case 3:
            line += dice.choice((b" ", b"\r", b"\t", b"x"))
        case 4:
            line = b"\xef\xbb\xbf" + line
        case 5:
            line = dice.choice((b"", b"   ", b"no JSON", b"[1]", b'{"a":1}', b'"', b'{"x":"\\q"}'))
        case 6:
            line = line.replace(b"\\\\", b"\\/", 1)
    return line.replace(b"\n", b"")


@settings(deadline=None, max_examples=150)
@given(dice=st.randoms(use_true_random=True), broken=st.integers(0, 9))
def test_blocks_give_what_lines_give(dice: Random, broken: int, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("log", numbered=True) / "log.jsonl"
    path.write_bytes(b'{"Event":{"System":{"EventID":1}}}\n' + log_of(dice) + (b"" if broken else b"\n\xff\n"))
    tally: dict[Path, Tally] = {}
    found = [one for portion in portions(pieces([path]), None, tally) for one in rows(portion)]
    sorter, read = Sorter(None, None), 0
    for number, line in enumerate(path.read_bytes().split(b"\n")):
        if line.strip():
            with suppress(ValueError):
                read += sorter.add_line(line, number)
    expected = [
        clean(row) for columns in sorter.columns.values() for batch, _ in columns.batches() for row in batch_rows(batch)
    ]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    assert tally[path].read == read


def batch_rows(batch: Any) -> list[list[tuple[str, Any]]]:
    """Rows as pairs: a name may stand there twice."""
    columns = [column.to_pylist() for column in batch.columns]
    return [list(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def clean(row: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What a row has; a field with one value in a column of lists is as one that has a value."""
    kept = [(name, value) for name, value in row if value is not None]
    return sorted((name, value if isinstance(value, list) else [value]) for name, value in kept)


def rows(portion: Portion) -> list[list[tuple[str, Any]]]:
    """Of a portion."""
    return [clean(row) for row in batch_rows(portion.batch)]


def events(many: int, **data: Any) -> list[bytes]:
    """Lines of one layout."""
    return [
        orjson.dumps(
            {
                "Event": {
                    "System": {
                        "Provider": {"#attributes": {"Name": "P"}},
                        "EventID": n % 7,
                        "TimeCreated": {"#attributes": {"SystemTime": "2026-04-30T00:00:00Z"}},
                        "Channel": "Security",
                    },
                    "EventData": {name: value(n) if callable(value) else value for name, value in data.items()},
                }
            }
        )
        for n in range(many)
    ]


def test_lines_of_a_layout_are_read_as_a_block() -> None:
    lines = events(100, Image=lambda n: f'C:\\{n}\\"x".exe', Text="a\nb\tc\\n", Number=lambda n: n)
    block = BlockReader(windows_places).read(b"\n".join(lines) + BEHIND)
    assert [len(group.numbers) for group in block.groups] == [100]
    assert block.left.tolist() == list(range(100, 108)), "lines with nothing in them"


def test_fields_are_made_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join(events(100, Image=lambda n: f"{n}.exe", Text="a\nb")) + b"\n")
    remembered = Remembered()
    (portion,) = portions(pieces([path]), None, {}, first=frozenset({"channel"}), remembered=remembered)
    assert portion.batch.schema.names == ["channel"]
    assert portion.more is not None
    assert portion.more.fields(frozenset({"image"})).column(0)[99].as_py() == "99.exe"
    assert portion.more((0, 42)).to_pylist()[1] == {
        "provider_name": "P", "systemtime": "2026-04-30T00:00:00Z", "eventid": "0", "channel": "Security",
        "image": "42.exe", "text": "a\nb",
    }  # fmt: skip
    (again,) = portions(pieces([path]), None, {}, first=frozenset({"channel"}), remembered=remembered)
    assert again.batch.schema.names == ["channel", "image"]
    assert portion.places[7] == (0, 7)


def test_places_count_what_lies_between(tmp_path: Path) -> None:
    """The number of an event is that of the events before it, whichever way each was read."""
    path = tmp_path / "log.jsonl"
    lines = events(60, Image="a.exe")
    lines[10:10] = [b"", b'{"no":', b'{"Records": [{"a": 1}, {"a": 2}]}', b'{"Event":{"System":{"EventID":1}}}']
    path.write_bytes(b"\n".join(lines))
    tallies: dict[Path, Tally] = {}
    numbers = [place[1] for portion in portions(pieces([path]), None, tallies) for place in portion.places]
    assert sorted(numbers) == list(range(63))
    assert (tallies[path].read, tallies[path].rejected) == (63, 1)

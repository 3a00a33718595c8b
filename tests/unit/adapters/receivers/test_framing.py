"""Syslog frames, told apart by their first byte, however the network cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.receivers.framing import Framer, one_line
from vigil.adapters.receivers.intake import host_of, in_frames

CASES = [
    (b"<34>one\n<34>two\n", [b"<34>one", b"<34>two"]),
    (b"<34>one\r\n\n\n<34>two\n", [b"<34>one", b"<34>two"]),
    (b"7 <34>one7 <34>two", [b"<34>one", b"<34>two"]),
    (b"8 <34>one\n7 <34>two\n<34>three\n", [b"<34>one", b"<34>two", b"<34>three"]),
    (b"<34>three\n15 <34>one\nand two", [b"<34>three", b"<34>one#012and two"]),
    (b"9 <34>a\x00b\x00c<34>d\x00e\x00\n", [b"<34>a#000b#000c", b"<34>d#000e"]),
    (b"2 \n\n3 \x00\x00\x00<34>after nothing\n", [b"<34>after nothing"]),
    (b"plain text\n", [b"plain text"]),
    (
        b"2026-02-14T10:00:00Z a line that begins with digits\n",
        [b"2026-02-14T10:00:00Z a line that begins with digits"],
    ),
    ("<34>báo động\n".encode(), ["<34>báo động".encode()]),
]


@pytest.mark.parametrize(("sent", "records"), CASES)
def test_records_come_out_whole_however_they_are_cut(sent: bytes, records: list[bytes]) -> None:
    for size in (1, 2, 3, len(sent)):
        framer = Framer(1000)
        got = [r for at in range(0, len(sent), size) for r in framer.feed(sent[at : at + size])]
        framer.end()
        assert got == records
        assert framer.faults == []


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.booleans()), max_size=9), st.integers(1, 30))
def test_any_records_in_either_framing(given_: list[tuple[bytes, bool]], size: int) -> None:
    sent, wanted = b"", []
    for body, counted in given_:
        record = b"<1>" + body
        if not counted:
            record = record.replace(b"\n", b"/")
        sent += b"%d %s" % (len(record), record) if counted else record + b"\n"
        wanted.append(one_line(record))
    framer = Framer(1000)
    got = [r for at in range(0, len(sent), size) for r in framer.feed(sent[at : at + size])]
    assert got == wanted
    assert framer.held == 0
    assert b"\n" not in b"".join(got)


@pytest.mark.parametrize(
    ("sent", "records", "why"),
    [
        (b"<1>" + b"x" * 100 + b"\n<1>after\n", [b"<1>after"], "longer than 50 bytes"),
        (b"103 <1>" + b"x" * 100 + b"<1>after\n", [b"<1>after"], "103 bytes announced, 50 allowed"),
        (b"9999999999 <1>lie\n<1>after\n", [b"<1>after"], "9999999999 bytes announced, 50 allowed"),
        (b"99999999999999 <1>no count\n", [b"99999999999999 <1>no count"], None),
    ],
)
def test_too_long_is_refused_and_the_next_is_taken(sent: bytes, records: list[bytes], why: str | None) -> None:
    for size in (1, 7, len(sent)):
        framer = Framer(50)
        got = [r for at in range(0, len(sent), size) for r in framer.feed(sent[at : at + size])]
        framer.end()
        assert got == records
        assert [fault for fault, _ in framer.faults] == ([why] if why else [])
        assert framer.held == 0


@pytest.mark.parametrize("sent", [b"<1>half", b"20 <1>half", b"12", b"103 <1>too long and cut"])
def test_a_part_is_no_record(sent: bytes) -> None:
    framer = Framer(50)
    assert framer.feed(sent) == []
    framer.end()
    assert framer.faults[-1][0] == "cut off by the end of the connection"


def test_bytes_that_drip_are_not_looked_at_again_and_again() -> None:
    framer = Framer(1_000_000)
    for _ in range(200_000):
        framer.feed(b"x")
    assert framer.feed(b"\n") == [b"x" * 200_000]


@pytest.mark.parametrize(
    ("record", "host"),
    [
        (b"<34>1 2026-02-14T10:00:00Z gw.minhhoa.example sshd 1 - - text", "gw.minhhoa.example"),
        (b"<34>1 - - sshd 1 - - text", ""),
        (b"<34>Feb  4 10:00:00 gw sshd[1]: text", "gw"),
        (b"<34>2026-02-14T10:00:00.123456+07:00 gw sshd[1]: text", "gw"),
        (b"<34>text alone", ""),
        (b'{"json": true}', ""),
    ],
)
def test_the_host_that_a_record_names(record: bytes, host: str) -> None:
    assert host_of(record) == host


def test_frames_hold_what_they_may() -> None:
    records = [b"x" * 1_000_000] * 9
    lots = in_frames(records)
    assert [len(lot) for lot in lots] == [4, 4, 1]
    assert in_frames([]) == []

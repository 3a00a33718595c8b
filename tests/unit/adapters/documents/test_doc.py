"""A Word 97-2003 file is read natively; no broken one costs more than itself."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.documents.make_dispatch import EXPECTED

from vigil.adapters.documents import DEFAULT_LIMITS
from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.doc.pieces import pieces
from vigil.adapters.documents.doc.reader import read_doc
from vigil.adapters.documents.doc.sprms import sprms
from vigil.adapters.documents.sniff import DOC, media_type
from vigil.kernel.errors import Refused

DISPATCH = Path("tests/data/documents/dispatch.doc").read_bytes()


def outcome(data: bytes) -> str:
    """ "read" or the code of the refusal; anything else is a fault of ours."""
    try:
        read_doc(data, DEFAULT_LIMITS)
    except Refused as error:
        return error.code
    return "read"


def test_the_sample_reads_as_it_is_seen() -> None:
    assert media_type(DISPATCH) == DOC
    document = read_doc(DISPATCH, DEFAULT_LIMITS)
    assert [line for line in document.text.split("\n") if line] == EXPECTED
    assert document.encoding == "tcvn3+vni"


def test_a_file_cut_anywhere_is_refused_or_read_within_time() -> None:
    start = time.perf_counter()
    codes = {outcome(DISPATCH[:length]) for length in range(8, len(DISPATCH), 97)}
    assert codes <= {"read", "document.damaged", "document.unsupported", "document.no_text"}
    assert time.perf_counter() - start < 30


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.tuples(st.integers(0, len(DISPATCH) - 1), st.integers(0, 255)), min_size=1, max_size=30))
def test_a_file_with_wrong_bytes_is_refused_or_read(changes: list[tuple[int, int]]) -> None:
    data = bytearray(DISPATCH)
    for place, value in changes:
        data[place] = value
    outcome(bytes(data))


def test_a_container_that_runs_in_circles_ends() -> None:
    data = bytearray(DISPATCH)
    sector = int.from_bytes(data[0x4C:0x50], "little")
    fat = 512 + sector * 512
    for place in range(128):
        data[fat + 4 * place : fat + 4 * place + 4] = (place ^ 1).to_bytes(4, "little")
    start = time.perf_counter()
    assert outcome(bytes(data)).startswith("document.")
    assert time.perf_counter() - start < 5


def fib(*, flags: int = 0, clx: tuple[int, int] = (0, 0), text: bytes = b"") -> Stream:
    head = bytearray(1024)
    head[0:2] = (0xA5EC).to_bytes(2, "little")
    head[0x0A:0x0C] = flags.to_bytes(2, "little")
    head[0x1A2:0x1AA] = clx[0].to_bytes(4, "little") + clx[1].to_bytes(4, "little")
    return Stream(bytes(head) + text)


def test_a_fast_saved_text_is_put_together_from_its_pieces() -> None:
    wide = "Bộ ".encode("utf-16-le")
    narrow = b"M\x92 "
    text = narrow + b"\0" + wide
    cps = b"".join(n.to_bytes(4, "little") for n in (0, 3, 6))
    wide_at, narrow_at = 1024 + 4, (1024 * 2) | 0x4000_0000
    pcds = b"".join(b"\0\0" + fc.to_bytes(4, "little") + b"\0\0" for fc in (wide_at, narrow_at))
    plc = cps + pcds
    clx = b"\x01\x02\x00\xaa\xbb" + b"\x02" + len(plc).to_bytes(4, "little") + plc
    main = fib(clx=(0, len(clx)), text=text)
    assert "".join(piece.text(main) for piece in pieces(main, Stream(clx))) == "Bộ M’ "


@pytest.mark.parametrize("clx", [b"", b"\x02", b"\x02\x04\0\0\0\0\0\0\0", b"\x07" * 40, b"\x01\xff\xff" + b"x" * 9])
def test_a_piece_table_that_is_none_is_damage(clx: bytes) -> None:
    with pytest.raises(Refused, match=r"document\.damaged"):
        pieces(fib(clx=(0, len(clx))), Stream(clx))


@given(st.binary(max_size=300))
def test_any_group_of_modifiers_ends(group: bytes) -> None:
    try:
        list(sprms(group))
    except Refused as error:
        assert error.code == "document.damaged"

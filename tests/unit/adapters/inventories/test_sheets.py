"""Sheets: what goes out comes back, formulas are harmless, bad files are refused and cost nothing."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from vigil.adapters.inventories import SheetLimits, cleaned, read_sheet, write_csv, write_xlsx
from vigil.adapters.inventories.escaping import guarded, unguarded
from vigil.kernel.errors import Refused

HEADER = ["Tên", "Ghi chú", "Số"]
WRITERS = {"csv": write_csv, "xlsx": lambda header, rows: write_xlsx("Người", header, rows)}


def _refusal(data: bytes, limits: SheetLimits | None = None) -> str:
    with pytest.raises(Refused) as raised:
        read_sheet(data, limits or SheetLimits())
    return raised.value.code


def _zip(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


@pytest.mark.parametrize("kind", WRITERS)
@hypothesis_settings(max_examples=80, deadline=None)
@given(cells=st.lists(st.text(max_size=60), min_size=3, max_size=3))
def test_every_text_comes_back(kind, cells) -> None:
    read = read_sheet(WRITERS[kind](HEADER, [cells]))
    wanted = tuple(cleaned(cell) for cell in cells)
    assert (read.rows[0].cells + ("",) * 3)[:3] == wanted if read.rows else not any(wanted)


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.text(alphabet="'=+-@\t\r x1|%", max_size=8))
def test_what_is_guarded_is_no_formula_and_is_restored(text) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("cell", ["=1+1", "+84912000001", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "|cmd"])
def test_a_formula_is_text_in_the_file(cell) -> None:
    assert b"'" in write_csv(HEADER, [[cell, "", ""]])
    sheet = load_workbook(io.BytesIO(write_xlsx("x", HEADER, [[cell, "", ""]]))).active
    assert sheet["A2"].data_type == "s"
    assert str(sheet["A2"].value).startswith("'")


def test_csv_opens_in_excel_as_unicode() -> None:
    assert write_csv(HEADER, []).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "text",
    [
        "Tên,Số\r\nTrần,1\r\n",
        "\ufeffTên;Số\nTrần;1\n",
        "Tên\tSố\nTrần\t1",
        "sep=;\nTên;Số\nTrần;1\n",
        '"Tên","Số"\n\n"Trần",1\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_csv_is_read_however_a_spreadsheet_wrote_it(text, encoding) -> None:
    sheet = read_sheet(text.lstrip("\ufeff").encode(encoding) if encoding == "utf-16" else text.encode(encoding))
    assert sheet.header == ("Tên", "Số")
    assert sheet.rows[0].cells == ("Trần", "1")


def test_rows_keep_the_numbers_that_the_spreadsheet_shows() -> None:
    assert [row.number for row in read_sheet(b"a,b\n1,2\n,\n3,4\n").rows] == [2, 4]


def test_numbers_and_days_of_excel_become_what_a_person_types() -> None:
    from datetime import date

    book = Workbook()
    book.active.append(["a", "b", "c", "d"])
    book.active.append([3.0, 912000001, date(2022, 4, 30), True])
    file = io.BytesIO()
    book.save(file)
    assert read_sheet(file.getvalue()).rows[0].cells == ("3", "912000001", "30/04/2022", "x")


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "sheet.empty"),
        (b"\n\n , \n", "sheet.empty"),
        (b"%PDF-1.7 x", "sheet.unknown_kind"),
        (b"\x00\x01\x02binary", "sheet.unknown_kind"),
        ("Trần".encode("cp1258", "ignore") + b"\xe0\xff,1\n", "sheet.unknown_encoding"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "sheet.old_or_locked"),
        (b"PK\x03\x04 not a zip", "sheet.damaged"),
        (_zip(word__document_dot_xml=b"<x/>"), "sheet.unknown_kind"),
        (_zip(xl__workbook_dot_xml=b"<broken"), "sheet.damaged"),
        (_zip(xl__workbook_dot_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), "sheet.bomb"),
        (_zip(xl__workbook_dot_xml=b"<x/>", xl__worksheets__a_dot_xml=b"0" * 30_000_000), "sheet.bomb"),
        (_zip(xl__workbook_dot_xml=b"<x/>", big_dot_bin=bytes(6_000_000)), "sheet.bomb"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(data, code) -> None:
    assert _refusal(data) == code


def test_too_many_rows_columns_and_bytes_are_refused() -> None:
    rows = b"a,b\n" + b"1,2\n" * 20_001
    assert _refusal(rows) == "sheet.too_many_rows"
    assert len(read_sheet(rows[:-4]).rows) == 20_000
    assert _refusal(b"a," * 70 + b"b\n" + b"1," * 70 + b"2\n") == "sheet.too_many_columns"
    assert _refusal(b"a" * 200, SheetLimits(bytes=100)) == "sheet.too_large"


def test_an_xlsx_of_20001_rows_is_refused_and_a_far_corner_does_not_swell() -> None:
    assert _refusal(write_xlsx("x", ["a"], [["1"]] * 20_001)) == "sheet.too_many_rows"
    book = Workbook()
    book.active.append(["a", "b"])
    book.active["XFD1048576"] = "far"
    file = io.BytesIO()
    book.save(file)
    assert read_sheet(file.getvalue()).rows == ()


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(data) -> None:
    with contextlib.suppress(Refused):
        read_sheet(data)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=8))
def test_no_bent_xlsx_crashes_the_reader(place, bent) -> None:
    good = write_xlsx("x", HEADER, [["a", "b", "c"]])
    place %= len(good)
    with contextlib.suppress(Refused):
        read_sheet(good[:place] + bent + good[place + len(bent) :])

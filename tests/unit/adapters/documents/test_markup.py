"""HTML and RTF: the visible text and nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.documents.make_dispatch import EXPECTED

from vigil.adapters.documents import DEFAULT_LIMITS
from vigil.adapters.documents.html import read_html
from vigil.adapters.documents.rtf.reader import read_rtf
from vigil.adapters.documents.sniff import HTML, RTF, media_type
from vigil.kernel.errors import Refused

DISPATCH = Path("tests/data/documents/dispatch.rtf").read_bytes()
PAGE = """<!-- saved --><html><head><title>không</title><style>p{}</style></head><body onload="x()">
<table><tr><td>BỘ MẪU<br>CỤC MẪU</td><td>CỘNG HÒA<br>Độc lập - Tự do</td></tr>
<tr><td>Số: 1/BM</td><td>Hà Nội</td></tr></table>
<script>alert("không")</script><p>Kính <b>gửi</b>:
  &lt;script&gt; các đơn vị</p><iframe src="http://x.example"></iframe>
<ol type="a"><li>Một</li><li>Hai</li></ol><ul><li>Ba</li></ul>
<p style="font-family:.VnTime">Céng hoµ</p></body></html>"""


def test_html_gives_its_visible_text() -> None:
    data = PAGE.encode()
    assert media_type(data) == HTML
    document = read_html(data, DEFAULT_LIMITS)
    assert document.text.split("\n") == [
        "BỘ MẪU", "CỤC MẪU", "Số: 1/BM", "CỘNG HÒA", "Độc lập - Tự do", "Hà Nội",
        "Kính gửi: <script> các đơn vị", "a. Một", "b. Hai", "- Ba", "Cộng hoà", "",
    ]  # fmt: skip
    assert len(document.warnings) == 1


def test_html_nested_too_deep_is_refused() -> None:
    with pytest.raises(Refused, match=r"document\.(bomb|damaged|no_text)"):
        read_html(b"<html><body>" + b"<div>" * 5000 + b"x", DEFAULT_LIMITS)


def test_rtf_reads_as_it_is_seen() -> None:
    assert media_type(DISPATCH) == RTF
    document = read_rtf(DISPATCH, DEFAULT_LIMITS)
    assert [line for line in document.text.split("\n") if line] == EXPECTED


def test_rtf_letters_by_number_code_page_and_binary() -> None:
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset163 Arial;}{\f1 .VnTime;}}"
        rb"{\*\unknown hidden}\f0 \u7897 ? \'f0{\v no}{\bin4 {{{{} {\f1 C\'e9ng} \{x\}\par y}"
    )
    assert read_rtf(data, DEFAULT_LIMITS).text == "ộ đ Cộng {x}\ny\n"


def test_rtf_nested_too_deep_is_refused() -> None:
    with pytest.raises(Refused, match=r"document\.bomb"):
        read_rtf(b"{\\rtf1 " + b"{" * 5000, DEFAULT_LIMITS)


@pytest.mark.parametrize("length", range(6, len(DISPATCH), 997))
def test_a_cut_rtf_is_read_or_refused(length: int) -> None:
    try:
        read_rtf(DISPATCH[:length], DEFAULT_LIMITS)
    except Refused as error:
        assert re.match(r"document\.", error.code)


@given(st.text(alphabet="\\{}'*abu0129 \n;parcellf", max_size=200))
def test_any_rtf_is_read_or_refused(text: str) -> None:
    try:
        read_rtf(b"{\\rtf1" + text.encode(), DEFAULT_LIMITS)
    except Refused as error:
        assert error.code.startswith("document.")


@given(st.text(alphabet="<>/abptrdliol='\" &;x", max_size=200))
def test_any_html_is_read_or_refused(text: str) -> None:
    try:
        read_html(b"<html>" + text.encode(), DEFAULT_LIMITS)
    except Refused as error:
        assert error.code.startswith("document.")

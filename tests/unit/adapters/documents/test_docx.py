"""A .docx is read in the order in which it is seen; traps in it are refused."""

import io
import zipfile

import pytest
from docx import Document as NewDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.documents.make_dispatch import EXPECTED, make

from vigil.adapters.documents import DEFAULT_LIMITS, Limits
from vigil.adapters.documents.docx.reader import read_docx
from vigil.adapters.documents.sniff import DOCX, media_type
from vigil.kernel.errors import Refused

W = nsdecls("w")
SAMPLE = make()


def lines_of(data: bytes) -> list[str]:
    return [line for line in read_docx(data, DEFAULT_LIMITS).text.split("\n") if line]


def saved(document: NewDocument) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_parts(**parts: bytes) -> bytes:
    """The sample with parts of its zip replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make())) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return buffer.getvalue()


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(Refused) as caught:
        read_docx(data, limits)
    return caught.value.code


def test_the_sample_reads_as_it_is_seen() -> None:
    data = make()
    assert media_type(data) == DOCX
    document = read_docx(data, DEFAULT_LIMITS)
    assert [line for line in document.text.split("\n") if line] == EXPECTED
    assert document.encoding == "tcvn3+vni"


def test_text_boxes_fields_breaks_and_capitals() -> None:
    document = NewDocument()
    paragraph = document.add_paragraph("Một")
    paragraph.add_run("\thai\nba").font.all_caps = True
    paragraph._p.append(
        parse_xml(
            f"<w:r {W} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><mc:AlternateContent>"
            "<mc:Choice Requires='wps'><w:txbxContent><w:p><w:r><w:t>Trong khung</w:t></w:r></w:p></w:txbxContent>"
            "</mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>Trong khung</w:t></w:r></w:p></w:txbxContent>"
            "</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    paragraph._p.append(
        parse_xml(f"<w:r {W}><w:instrText> HYPERLINK x </w:instrText><w:softHyphen/><w:noBreakHyphen/></w:r>")
    )
    hidden = document.add_paragraph().add_run("ẩn")
    hidden.font.hidden = True
    assert lines_of(saved(document)) == ["Trong khung", "Một\tHAI", "BA-"]


def test_a_stamp_in_the_header_or_across_the_page_is_kept_and_a_plain_header_is_not() -> None:
    document = NewDocument()
    document.add_paragraph("Nội dung")
    header = document.sections[0].header
    header.paragraphs[0].text = "Trang của Bộ Mẫu"
    header.add_paragraph("TỐI MẬT")
    header.paragraphs[0]._p.append(
        parse_xml(
            f"<w:r {W} xmlns:v='urn:schemas-microsoft-com:vml'><w:pict><v:shape>"
            "<v:textpath string='DỰ THẢO'/></v:shape></w:pict></w:r>"
        )
    )
    assert lines_of(saved(document)) == ["TỐI MẬT", "DỰ THẢO", "Nội dung"]


def test_a_list_by_style_is_numbered() -> None:
    document = NewDocument()
    for text in ("Rà soát", "Trực"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("gạch", style="List Bullet")
    assert lines_of(saved(document)) == ["1. Rà soát", "2. Trực", "- gạch"]


def test_macros_are_said_and_not_opened() -> None:
    document = read_docx(with_parts(**{"word/vbaProject.bin": b"x"}), DEFAULT_LIMITS)
    assert [str(one) for one in document.warnings] == [
        "The file holds macros or embedded objects; they were not opened."
    ]


def test_a_strict_file_with_another_name_for_its_main_part_is_read() -> None:
    with zipfile.ZipFile(io.BytesIO(make())) as package:
        body, relations = package.read("word/document.xml"), package.read("_rels/.rels")
    strict = body.replace(b"schemas.openxmlformats.org/wordprocessingml/2006", b"purl.oclc.org/ooxml/wordprocessingml")
    parts = {
        "word/document.xml": b"<nothing/>",
        "word/van-ban.xml": strict,
        "_rels/.rels": relations.replace(b"word/document.xml", b"word/van-ban.xml"),
    }
    assert "Kính gửi: Các đơn vị trực thuộc Bộ Mẫu." in lines_of(with_parts(**parts))


@settings(max_examples=150, deadline=2000)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_file_with_wrong_bytes_is_refused_or_read(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLE)
    for place, value in changes:
        data[place] = value
    try:
        read_docx(bytes(data), DEFAULT_LIMITS)
    except Refused as error:
        assert error.code.startswith("document.")


@pytest.mark.parametrize("length", range(4, len(SAMPLE), 1511))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    assert refusal(SAMPLE[:length]) == "document.damaged"


def test_a_part_with_a_name_that_climbs_is_harmless() -> None:
    assert lines_of(with_parts(**{"../../etc/evil": b"x", "word/../../x": b"y"}))[:2] == EXPECTED[:2]


def test_billion_laughs_are_refused() -> None:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    bomb = f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY l0 'ha'>{entities}]><x>&l11;</x>".encode()
    assert refusal(with_parts(**{"word/document.xml": bomb})) == "document.bomb"
    later = b"<?xml version='1.0'?>" + b" " * 5000 + b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"
    assert refusal(with_parts(**{"word/document.xml": later})) == "document.bomb"


def test_an_external_entity_is_not_fetched() -> None:
    xml = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"
    assert refusal(with_parts(**{"word/styles.xml": xml})) == "document.bomb"


def test_zip_bombs_are_refused() -> None:
    assert refusal(with_parts(**{"word/document.xml": b" " * 60_000_000})) == "document.bomb"
    many = {f"word/x{n}": b"" for n in range(300)}
    assert refusal(with_parts(**many), Limits(entries=100)) == "document.bomb"
    assert refusal(make(), Limits(unpacked_bytes=10_000)) == "document.bomb"


def test_deep_nesting_is_refused() -> None:
    inner = b"<w:tbl><w:tr><w:tc>" * 200 + b"</w:tc></w:tr></w:tbl>" * 200
    xml = b"<w:document " + W.encode() + b"><w:body>" + inner + b"</w:body></w:document>"
    assert refusal(with_parts(**{"word/document.xml": xml})) in ("document.bomb", "document.damaged")


@pytest.mark.parametrize("xml", [b"", b"<a/>", b"not xml", b"<w:document/>"])
def test_a_broken_body_is_damage(xml: bytes) -> None:
    assert refusal(with_parts(**{"word/document.xml": xml})) == "document.damaged"


def test_a_text_without_words_is_no_text() -> None:
    assert refusal(saved(NewDocument())) == "document.no_text"


def test_other_office_files_are_named() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        new.writestr("[Content_Types].xml", "x")
        new.writestr("xl/workbook.xml", "x")
    with pytest.raises(Refused) as caught:
        media_type(buffer.getvalue())
    assert caught.value.facts["kind"] == "xlsx"

"""What Vigil writes, Vigil reads back to the same fields: any document, as Word and as PDF."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any
from unicodedata import normalize

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from vigil.adapters.documents import extract
from vigil.adapters.documents.writing import (
    Annex,
    DocumentKind,
    Item,
    Level,
    OfficialDocument,
    Signatory,
    Urgency,
    write_docx,
    write_pdf,
)
from vigil.adapters.documents.writing.official import lines_of
from vigil.engines.dispatch import read
from vigil.engines.dispatch.text import key

WRITERS = {"docx": write_docx, "pdf": write_pdf}

ISSUERS = [
    ("Trung tâm Trực ban", "Cục Mẫu về An toàn thông tin"),
    ("Công ty Viễn thông Mẫu", "Tập đoàn Năng lượng Mẫu"),
    ("Ngân hàng Thương mại cổ phần Thử Nghiệm", ""),
    ("Cục Quản lý hệ thống thử nghiệm", "Bộ Mẫu"),
    ("Tổng công ty Bưu chính Mẫu", ""),
    ("Phòng Ứng cứu sự cố", "Công ty Truyền số liệu Ưỡn Ẹo"),
]
ADDRESSEES = [
    "Các Bộ, cơ quan ngang Bộ, cơ quan thuộc Chính phủ",
    "UBND các tỉnh, thành phố trực thuộc Trung ương",
    "Các Tập đoàn kinh tế, Tổng công ty nhà nước",
    "Các doanh nghiệp cung cấp dịch vụ viễn thông, Internet",
    "Các Ngân hàng thương mại, tổ chức tài chính",
    "Công ty An ninh mạng Thử Nghiệm và các đơn vị trực thuộc có cung cấp dịch vụ giám sát an toàn thông tin",
    "Sở Chuyển đổi số tỉnh Mẫu Sơn",
    "Trung tâm Dữ liệu Ngoằn Nghèo",
    "Văn phòng Ủy ban Mẫu",
    "Bệnh viện Đa khoa Mẫu",
    "Trường Đại học Thử Nghiệm",
    "Hội Tin học Mẫu",
]
DEMANDS = [
    "Bố trí người trực 24/7 tại chỗ để giám sát, hỗ trợ, ứng cứu và khắc phục sự cố",
    "Rà soát và khắc phục các lỗ hổng bảo mật đã được cảnh báo, báo cáo kết quả bằng văn bản",
    "Cử đầu mối tiếp nhận thông tin, thường trực suốt ngày đêm trong toàn bộ thời gian của đợt trực",
    "Duy trì kết nối và chia sẻ thông tin kịp thời với đơn vị chủ trì",
    "Phát hiện, chặn lọc hoạt động tấn công mạng trên hạ tầng thuộc phạm vi quản lý",
    "Thực hiện nghiêm yêu cầu xử lý của cơ quan có thẩm quyền; không để chậm trễ",
    "Kiểm tra (ít nhất hai lần mỗi ca) nhật ký của thiết bị “tường lửa” và máy chủ",
    "Sao lưu dữ liệu quan trọng, thử khôi phục",
]
HEADINGS = [
    "Đối với các hệ thống thông tin quan trọng thuộc phạm vi quản lý:",
    "Các doanh nghiệp cung cấp dịch vụ viễn thông, Internet:",
    "Trong suốt thời gian trực, đề nghị thực hiện:",
]
SUBJECTS = [
    "trực bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ Mẫu",
    "cam kết nhân lực hỗ trợ ứng cứu",
    "phối hợp bảo đảm hoạt động liên tục của đường truyền, máy chủ và các dịch vụ đã ký hợp đồng trong thời gian "
    "diễn ra sự kiện lớn của địa phương",
]
SURNAMES, GIVEN = ["Nguyễn", "Trần", "Đỗ", "Ưng", "Vũ", "Ỷ"], ["Thị Mẫu", "Văn Ưỡn", "Mẫu Quỳnh", "Đình Thử", "Ngọc Ẩn"]
TITLES = [
    ("", "GIÁM ĐỐC"),
    ("KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG"),
    ("TL. BỘ TRƯỞNG", "CHÁNH VĂN PHÒNG"),
    ("", "CHỦ TỊCH"),
]
SECTIONS = {
    DocumentKind.PLAN: ["Nhiệm vụ trọng tâm", "Tổ chức thực hiện", "Phân công nhiệm vụ"],
    DocumentKind.REPORT: ["Kết quả", "Tồn tại", "Kiến nghị"],
}
RECIPIENTS = ["Lãnh đạo Cục (để b/c)", "Các đơn vị thuộc Cục", "Phòng Kỹ thuật", "Trang thông tin điện tử của đơn vị"]


@st.composite
def _leaves(draw: st.DrawFn, level: Level, most: int = 6) -> tuple[Item, ...]:
    words = draw(st.lists(st.sampled_from(DEMANDS), min_size=1, max_size=most, unique=True))
    return tuple(Item(level, f"{w}.") for w in words)


@st.composite
def _clauses(draw: st.DrawFn) -> tuple[Item, ...]:
    made = []
    for nested in draw(st.lists(st.booleans(), min_size=1, max_size=5)):
        if nested:
            made.append(Item(Level.CLAUSE, draw(st.sampled_from(HEADINGS)), draw(_leaves(Level.POINT))))
        else:
            made.append(Item(Level.CLAUSE, f"{draw(st.sampled_from(DEMANDS))}."))
    return tuple(made)


@st.composite
def documents(draw: st.DrawFn) -> OfficialDocument:
    kind = draw(st.sampled_from(list(DocumentKind)))
    issuer, parent = draw(st.sampled_from(ISSUERS))
    clauses = draw(_clauses())
    if kind in SECTIONS:
        titles = draw(st.lists(st.sampled_from(SECTIONS[kind]), min_size=1, max_size=3, unique=True))
        items = tuple(Item(Level.SECTION, title, draw(_clauses())) for title in titles)
    else:
        items = clauses
    authority, title = draw(st.sampled_from(TITLES))
    issued_on = draw(st.none() | st.dates(date(2021, 1, 1), date(2035, 12, 31)))
    named = kind.type_name
    return OfficialDocument(
        kind=kind,
        issuer=issuer,
        issuer_parent=parent,
        symbol=f"{kind.code}-CMAT" if named else "CMAT-TTTB",
        number=draw(st.none() | st.integers(1, 4000).map(str)),
        place=draw(st.sampled_from(["Hà Nội", "Đà Nẵng", "Cần Thơ", "Lào Cai", "Quảng Ninh"])),
        year=issued_on.year if issued_on else 2026,
        issued_on=issued_on,
        subject=draw(st.sampled_from(SUBJECTS)),
        addressees=tuple(draw(st.lists(st.sampled_from(ADDRESSEES), min_size=1, max_size=12, unique=True)))
        if kind in (DocumentKind.DISPATCH, DocumentKind.SUBMISSION) or draw(st.booleans())
        else (),
        lead=("Thực hiện nhiệm vụ được giao, đơn vị đề nghị quý cơ quan phối hợp thực hiện các nội dung sau:",),
        items=items,
        closing=draw(st.sampled_from([(), ("Trân trọng.",)])),
        recipients=tuple(draw(st.lists(st.sampled_from(RECIPIENTS), max_size=4, unique=True))),
        filing=draw(st.sampled_from(["", "TTTB", "KTHT (3)"])),
        signatory=Signatory(title, authority, f"{draw(st.sampled_from(SURNAMES))} {draw(st.sampled_from(GIVEN))}"),
        urgency=draw(st.none() | st.sampled_from(list(Urgency))),
        annexes=(Annex("Danh sách", ("Tên", "Việc"), (("Ưỡn", "1. Trực"),)),) if draw(st.booleans()) else (),
        exercise=draw(st.booleans()),
    )


def _expected_items(items: tuple[Item, ...], above: str = "") -> list[tuple[str, str]]:
    found = []
    labels = [line.label.rstrip(".)") for line in lines_of(items) if line.depth == 0]
    for label, item in zip(labels, items, strict=True):
        code = f"{above}.{label}" if above else label
        found += _expected_items(item.children, code) if item.children else [(code, _said(item.text))]
    return found


def _said(text: str | None) -> str:
    return key(text or "").rstrip(" ./;")


def _number(document: OfficialDocument) -> str:
    serial = document.number or ""
    return f"{serial.zfill(2) if serial else ''}/{document.symbol}"


def differences(document: OfficialDocument, data: bytes) -> dict[str, tuple[Any, Any]]:
    """Field -> (meant, read), where the two are not the same."""
    found = read(extract(data).text).to_json()
    signs = found["signatory"] or {}
    above = ["như trên"] if document.addressees else []
    filed = f"lưu: vt, {document.filing}".lower() if document.filing else "lưu: vt"
    demands = () if document.kind == DocumentKind.REPORT else document.items
    pairs = {
        "kind": (document.kind.reads_as, found["kind"]),
        "issuer": (key(document.issuer), _said(found["issuer"])),
        "parent": (key(document.issuer_parent), _said(found["issuer_parent"])),
        "number": (_number(document), found["number"]),
        "missing serial": (document.number is None, found["number_missing_serial"]),
        "place": (document.place, found["place"]),
        "date": (document.issued_on.isoformat() if document.issued_on else None, found["date"]),
        "subject": (key(document.subject), _said(found["subject"])),
        "addressees": ([key(a) for a in document.addressees], [_said(a) for a in found["addressees"]]),
        "recipients": (
            [*above, *(key(r) for r in document.recipients), filed],
            [key(r) for r in found["recipients_noi_nhan"]],
        ),
        "obligations": (_expected_items(demands), [(o["id"], _said(o["text"])) for o in found["obligations"]]),
        "authority": (document.signatory.authority or None, signs.get("authority")),
        "title": (document.signatory.title, signs.get("title")),
        "name": (document.signatory.name, signs.get("name")),
        "urgency": (document.urgency, (found["readings"]["urgency"] or {}).get("value")),
        "exercise": (document.exercise, found["readings"]["exercise"] is not None),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("form", sorted(WRITERS))
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_what_is_written_is_read_back_to_the_same_fields(form: str, document: OfficialDocument) -> None:
    assert differences(document, WRITERS[form](document)) == {}


PLAIN = OfficialDocument(
    kind=DocumentKind.DISPATCH,
    issuer="Công ty Viễn thông Mẫu",
    symbol="VTM-KT",
    place="Hà Nội",
    subject="trực lễ",
    year=2026,
    addressees=("Công ty An ninh mạng Thử Nghiệm",),
    lead=("Đề nghị thực hiện các việc sau:",),
    items=(Item(Level.CLAUSE, "Bố trí người trực 24/7."),),
)


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_number_date_and_name_are_left_blank_for_the_clerk(form: str) -> None:
    text = extract(WRITERS[form](PLAIN)).text.replace("\u00a0", " ")
    assert "Số:         /VTM-KT" in text
    assert "Hà Nội, ngày      tháng      năm 2026" in text


@pytest.mark.parametrize("form", sorted(WRITERS))
@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("x") $a$ *b* _c_ @d <e> [f] \\g `h`',
        "{{ 7*7 }} {% x %}",
        "<w:t>&amp;</w:t>",
        "a\x00b\x1bc\ud800d",
        "=1+1",
    ],
)
def test_no_word_of_a_document_is_markup(form: str, hostile: str) -> None:
    text = extract(WRITERS[form](replace(PLAIN, lead=(hostile,)))).text
    seen = "".join(c for c in hostile if c >= " " and not "\ud800" <= c <= "\udfff").split()
    for word in seen:
        assert word[:1] in text
    assert "49" not in text


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_every_page_of_an_exercise_says_so_and_no_other_page_does(form: str) -> None:
    long = replace(PLAIN, items=tuple(Item(Level.CLAUSE, f"{DEMANDS[n % 8]}.") for n in range(60)), exercise=True)
    document = extract(WRITERS[form](long))
    if form == "pdf":
        assert len(document.pages) > 2
        for page in document.pages:
            assert "DIỄN TẬP / EXERCISE" in document.text[page.start : page.end]
    assert document.text.startswith("DIỄN TẬP / EXERCISE")
    assert "DIỄN TẬP" not in extract(WRITERS[form](replace(long, exercise=False))).text


def test_word_s_parts_stand_in_the_order_of_its_schema() -> None:
    """Word refuses a file whose paragraph properties stand in another order. Source: ECMA-376 part 1, 17.3.1.26."""
    order = ["pStyle", "keepNext", "keepLines", "pageBreakBefore", "pBdr", "shd", "tabs", "spacing", "ind", "jc", "rPr"]
    archive = zipfile.ZipFile(io.BytesIO(write_docx(replace(PLAIN, urgency=Urgency.URGENT, exercise=True))))
    root = etree.fromstring(archive.read("word/document.xml"))
    seen = [[etree.QName(child).localname for child in each] for each in root.iter("{*}pPr")]
    assert any("pBdr" in names for names in seen)
    for names in seen:
        assert names == sorted(names, key=order.index)


def test_the_page_is_that_of_the_decree() -> None:
    """A4, margins 20 mm above and below, 30 mm left, 15 mm right; Source: NĐ 30/2020/NĐ-CP phụ lục I mục I."""
    section = docx.Document(io.BytesIO(write_docx(PLAIN))).sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin, section.right_margin)
    assert [round(size.mm) for size in sizes] == [210, 297, 20, 30, 15]
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header._element.xml
    document = extract(write_pdf(replace(PLAIN, items=PLAIN.items * 60)))
    assert (round(document.pages[0].width), round(document.pages[0].height)) == (595, 842)


@pytest.mark.parametrize("face", ["regular", "bold", "italic"])
def test_every_vietnamese_letter_comes_back_from_the_pdf(face: str) -> None:
    letters = [
        normalize("NFC", base + tone) for base in "aăâeêioôơuưy" for tone in ("", *"\u0300\u0301\u0309\u0303\u0323")
    ]
    words = " ".join(f"{letter}m {letter.upper()}M" for letter in [*letters, "đ"])
    document = {
        "regular": replace(PLAIN, lead=(words,)),
        "bold": replace(PLAIN, items=(Item(Level.CLAUSE, words, heading=True),)),
        "italic": replace(PLAIN, grounds=(words,)),
    }[face]
    text = " ".join(extract(write_pdf(document)).text.split())
    assert words in text


def test_the_same_document_gives_the_same_pdf() -> None:
    assert write_pdf(PLAIN) == write_pdf(PLAIN)


def test_letters_follow_the_vietnamese_order() -> None:
    points = tuple(Item(Level.POINT, str(n)) for n in range(9))
    assert [line.label for line in lines_of(points)] == ["a)", "b)", "c)", "d)", "đ)", "e)", "g)", "h)", "i)"]


def test_what_cannot_be_numbered_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="lower rung"):
        Item(Level.POINT, "x", (Item(Level.CLAUSE, "y"),))
    with pytest.raises(ValueError, match="numbered"):
        Item(Level.CLAUSE, "x", tuple(Item(Level.POINT, "y") for _ in range(24)))
    with pytest.raises(ValueError, match="cell"):
        Annex("x", ("a", "b"), (("1",),))

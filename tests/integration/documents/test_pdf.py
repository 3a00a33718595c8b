"""PDFs with a text layer: order, boxes, what is refused, what it costs."""

import io
import time

import pypdfium2
import pytest

from vigil.adapters.documents import Limits, extract
from vigil.kernel.errors import Refused, VigilError


def pdf_with_pages(count: int) -> bytes:
    pdf = pypdfium2.PdfDocument.new()
    for _ in range(count):
        pdf.new_page(100, 100)
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def encrypted(user_password: str) -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf_with_pages(1))))
    writer.encrypt("owner", user_password)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as caught:
        extract(data, limits=limits or Limits())
    return caught.value.code


def test_the_head_is_read_column_by_column_and_the_foot_too(dispatch_pdf: bytes) -> None:
    document = extract(dispatch_pdf)
    assert [line for line in document.text.split("\n") if line] == [
        "BỘ MẪU",
        "CỤC AN TOÀN MẪU",
        "Số: 12/BM-CATM",
        "V/v tăng cường bảo đảm an toàn",
        "thông tin mạng dịp nghỉ lễ",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Hà Nội, ngày 20 tháng 4 năm 2026",
        "Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.",
        "Nhằm phòng, chống nguy cơ mất an toàn thông tin mạng, Bộ Mẫu đề nghị",
        "các cơ quan triển khai công tác bảo đảm an toàn thông tin mạng, cụ thể:",
        "1. Phân công lực lượng tại chỗ trực giám sát, hỗ trợ, ứng cứu và khắc phục",
        "sự cố.",
        "2. Rà soát:",
        "a) Các lỗ hổng, điểm yếu trên các hệ thống thông tin thuộc phạm vi quản lý.",
        "b) Bảo đảm duy trì, kết nối, kịp thời chia sẻ thông tin với Cục Mẫu.",
        "3. Cử đầu mối tiếp nhận thông tin, điện thoại 024.5550.1234, thư điện tử:",
        "truc@bomau.example.",
        "Trân trọng./.",
        "Nơi nhận:",
        "- Như trên;",
        "- Lưu: VT.",
        "KT. BỘ TRƯỞNG",
        "THỨ TRƯỞNG",
        "Nguyễn Văn Mẫu",
    ]
    assert (document.method, document.warnings, document.signatures) == ("text layer", (), ())


def test_every_word_has_its_place_on_its_page(dispatch_pdf: bytes) -> None:
    document = extract(dispatch_pdf)
    assert [page.number for page in document.pages] == [1, 2]
    assert document.pages[0].end == document.pages[1].start
    assert document.pages[1].end == len(document.text)
    for box in document.words:
        page = document.pages[box.page - 1]
        assert page.start <= box.start < box.end <= page.end
        assert not document.text[box.start : box.end].isspace()
        assert 0 <= box.left < box.right <= page.width
        assert 0 <= box.top < box.bottom <= page.height
    start = document.text.index("Nguyễn Văn Mẫu")
    places = document.boxes_of(start, start + len("Nguyễn Văn Mẫu"))
    assert [document.text[box.start : box.end] for box in places] == ["Nguyễn", "Văn", "Mẫu"]
    assert all(box.left > 297 for box in places)
    first = document.words[0]
    assert first.top < 80


def test_a_turned_page_reads_like_an_upright_one(dispatch_pdf: bytes) -> None:
    upright = extract(dispatch_pdf)
    for angle in (90, 180, 270):
        pdf = pypdfium2.PdfDocument(dispatch_pdf)
        pdf[0].set_rotation(angle)
        buffer = io.BytesIO()
        pdf.save(buffer)
        turned = extract(buffer.getvalue())
        assert turned.pages[0].width == pytest.approx(
            upright.pages[0].height if angle != 180 else upright.pages[0].width
        )
        for box in turned.words[:50]:
            assert 0 <= box.left < box.right <= turned.pages[0].width + 1


def test_a_table_is_read_row_by_row(make_pdf) -> None:
    text = extract(
        make_pdf(
            '#set text(font: "Noto Serif")\n#table(columns: (2cm, 6cm, 4cm), [STT], [Đơn vị], [Hạn], [1], [Cục Mẫu], '
            "[25/4/2026], [2], [Sở Mẫu], [26/4/2026])"
        )
    ).text
    assert text.split("\n")[:3] == ["STT\tĐơn vị\tHạn", "1\tCục Mẫu\t25/4/2026", "2\tSở Mẫu\t26/4/2026"]


def test_a_password_is_asked_for_and_an_open_one_is_not() -> None:
    assert refusal(encrypted("user")) == "document.encrypted"
    assert refusal(encrypted("")) == "document.no_text"


def test_too_many_pages_are_refused_quickly() -> None:
    data = pdf_with_pages(10_000)
    start = time.perf_counter()
    assert refusal(data) == "document.too_many_pages"
    assert time.perf_counter() - start < 10


def test_a_pdf_without_text_or_picture_is_no_text() -> None:
    assert refusal(pdf_with_pages(2)) == "document.no_text"


def test_scripts_and_attachments_are_said_and_left_alone(dispatch_pdf: bytes) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(dispatch_pdf))
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {
            generic.pdf_name("/S"): generic.pdf_name("/JavaScript"),
            generic.pdf_name("/JS"): generic.pdf_string("app.alert(1)"),
        }
    )
    writer.update_root()
    buffer = io.BytesIO()
    writer.write(buffer)
    document = extract(buffer.getvalue())
    assert [str(one) for one in document.warnings] == [
        "The file holds scripts or attached files; they were neither run nor opened."
    ]


def test_a_stamp_laid_over_a_page_is_not_lost(dispatch_pdf: bytes) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(dispatch_pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    boxes = [generic.NumberObject(edge) for edge in (10, 10, 90, 40)]
    facts = {"/Type": "/Annot", "/Subtype": "/FreeText"}
    annotation = generic.DictionaryObject(
        {generic.pdf_name(key): generic.pdf_name(value) for key, value in facts.items()}
    )
    annotation["/Rect"] = generic.ArrayObject(boxes)
    annotation["/Contents"] = generic.TextStringObject("TỐI MẬT")
    page["/Annots"] = generic.ArrayObject([writer.add_object(annotation)])
    writer.update_container(page)
    buffer = io.BytesIO()
    writer.write(buffer)
    document = extract(buffer.getvalue())
    assert document.text.startswith("TỐI MẬT\nBỘ MẪU\n")
    assert document.text[document.words[0].start : document.words[0].end] == "BỘ"


def test_damage_is_refused_or_survived(dispatch_pdf: bytes) -> None:
    for length in range(100, len(dispatch_pdf), len(dispatch_pdf) // 12):
        try:
            extract(dispatch_pdf[:length])
        except VigilError as error:
            assert error.code in ("document.damaged", "document.no_text", "document.ocr_missing")
    assert refusal(b"%PDF-1.7\n" + b"x" * 500) == "document.damaged"


def test_letters_of_an_old_font_in_a_pdf_become_unicode(make_pdf) -> None:
    source = '#set text(font: "Noto Serif")\n' + "Céng hoµ x· héi chñ nghÜa ViÖt Nam, ®éc lËp, tù do, h¹nh phóc."
    document = extract(make_pdf(source))
    assert document.text.strip() == "Cộng hoà xã hội chủ nghĩa Việt Nam, độc lập, tự do, hạnh phúc."
    assert document.encoding == "tcvn3"

"""Builds the sample dispatch of a fictional authority as .docx; `dispatch.doc` is this, saved by LibreOffice.

python tests/data/documents/make_dispatch.py /tmp/dispatch.docx
soffice --headless --convert-to doc:"MS Word 97" --outdir tests/data/documents /tmp/dispatch.docx
"""

import io
import sys
from pathlib import Path

import docx
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph

LEVELS = (("decimal", "%1."), ("lowerLetter", "%2)"), ("lowerRoman", "%3."))
EXPECTED = [
    "HỎA TỐC",
    "BỘ MẪU",
    "CỤC AN TOÀN MẪU",
    "Số: 12/BM-CATM",
    "V/v trực giám sát dịp nghỉ lễ",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Hà Nội, ngày 20 tháng 4 năm 2026",
    "Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.",
    "1. Bảo đảm an toàn thông tin mạng:",
    "a) Phân công lực lượng trực giám sát 24/7;",
    "b) Rà soát lỗ hổng, điểm yếu.",
    "2. Doanh nghiệp viễn thông:",
    "a) Chặn lọc tấn công mạng;",
    "b) Thực hiện yêu cầu xử lý.",
    "3. Cử đầu mối: truc@bomau.example, điện thoại 024.5550.1234.",
    "Cộng hoà xã hội chủ nghĩa Việt Nam",
    "BỘ MẪU",
    "Cộng hòa xã hội",
    "STT\tĐơn vị\tHạn",
    "1\tCục Mẫu\t25/4/2026",
    "Nơi nhận:",
    "- Như trên;",
    "- Lưu: VT.",
    "KT. BỘ TRƯỞNG",
    "THỨ TRƯỞNG",
    "Nguyễn Văn Mẫu",
]


def make() -> bytes:
    """The dispatch with a two-column head and foot, automatic numbers, old fonts, a deletion and a stamp."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "HỎA TỐC"
    _head(document)
    document.add_paragraph("Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.")
    _items(document)
    _old_fonts(document)
    table = document.add_table(2, 3)
    for row, texts in enumerate((("STT", "Đơn vị", "Hạn"), ("1", "Cục Mẫu", "25/4/2026"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document.add_paragraph()
    foot = document.add_table(1, 2)
    foot.cell(0, 0).text = "Nơi nhận:\n- Như trên;\n- Lưu: VT."
    foot.cell(0, 1).text = "KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG\n\nNguyễn Văn Mẫu"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _head(document: Document) -> None:
    head = document.add_table(2, 2)
    head.cell(0, 0).text = "BỘ MẪU\nCỤC AN TOÀN MẪU"
    head.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    head.cell(1, 0).text = "Số: 12/BM-CATM\nV/v trực giám sát dịp nghỉ lễ"
    head.cell(1, 1).text = "Hà Nội, ngày 20 tháng 4 năm 2026"


def _items(document: Document) -> None:
    number = _new_list(document)
    for level, text in (
        (0, "Bảo đảm an toàn thông tin mạng:"),
        (1, "Phân công lực lượng trực giám sát 24/7;"),
        (1, "Rà soát lỗ hổng, điểm yếu."),
        (0, "Doanh nghiệp viễn thông:"),
        (1, "Chặn lọc tấn công mạng;"),
        (1, "Thực hiện yêu cầu xử lý."),
        (0, "Cử đầu mối: truc@bomau.example, điện thoại 024.5550.1234."),
    ):
        paragraph = document.add_paragraph(text)
        _number(paragraph, number, level)
    _delete_at_end(paragraph, " CÂU ĐÃ XÓA")


def _old_fonts(document: Document) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run("Céng hoµ x· héi chñ nghÜa ").font.name = ".VnTime"
    paragraph.add_run("Việt Nam").font.name = "Times New Roman"
    document.add_paragraph().add_run("bé mÉu").font.name = ".VnTimeH"
    document.add_paragraph().add_run("Coäng hoøa xaõ hoäi").font.name = "VNI-Times"


def _new_list(document: Document) -> str:
    root = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for place, (form, pattern) in enumerate(LEVELS)
    )
    abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>'
    root.insert(0, parse_xml(abstract))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    return "77"


def _number(paragraph: Paragraph, number: str, level: int) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def _delete_at_end(paragraph: Paragraph, text: str) -> None:
    paragraph._p.append(
        parse_xml(
            f'<w:del {nsdecls("w")} w:id="1" w:author="M" w:date="2026-04-01T00:00:00Z">'
            f'<w:r><w:delText xml:space="preserve">{text}</w:delText></w:r></w:del>'
        )
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(make())

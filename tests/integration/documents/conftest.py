"""Papers of a fictional authority, made when they are needed: PDF by typst, scans by drawing its pages."""

import io
from functools import cache

import img2pdf
import pypdfium2
import pytest
import typst

HEAD = """
#set page(paper: "a4", margin: (top: 2cm, bottom: 2cm, left: 3cm, right: 1.5cm), numbering: "1")
#set text(font: "Noto Serif", size: 13pt, lang: "vi")
#set par(justify: true)
#grid(columns: (45%, 55%), align: center,
  [BỘ MẪU \\ *CỤC AN TOÀN MẪU* \\ Số:  12/BM-CATM \\
   #text(size: 12pt)[V/v tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ]],
  text(size: 11pt)[*CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM* \\ *Độc lập - Tự do - Hạnh phúc* \\ \\
   _Hà Nội, ngày 20 tháng 4 năm 2026_])
"""
BODY = """
#h(3cm) Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.

Nhằm phòng, chống nguy cơ mất an toàn thông tin mạng, Bộ Mẫu đề nghị các cơ quan triển khai công tác bảo đảm
an toàn thông tin mạng, cụ thể:

1. Phân công lực lượng tại chỗ trực giám sát, hỗ trợ, ứng cứu và khắc phục sự cố.

2. Rà soát:

a) Các lỗ hổng, điểm yếu trên các hệ thống thông tin thuộc phạm vi quản lý.

b) Bảo đảm duy trì, kết nối, kịp thời chia sẻ thông tin với Cục Mẫu.

#pagebreak()
3. Cử đầu mối tiếp nhận thông tin, điện thoại 024.5550.1234, thư điện tử: truc\\@bomau.example.

Trân trọng./.

#grid(columns: (50%, 50%), [*Nơi nhận:* \\ - Như trên; \\ - Lưu: VT.],
  align(center)[*KT. BỘ TRƯỞNG* \\ *THỨ TRƯỞNG* \\ \\ \\ Nguyễn Văn Mẫu])
"""


@cache
def _pdf(source: str) -> bytes:
    return bytes(typst.compile(source.encode()))


def drawn(pdf: bytes, *, dpi: int = 200, kind: str = "JPEG") -> list[bytes]:
    """The pages of a PDF as picture files."""
    pictures = []
    for page in pypdfium2.PdfDocument(pdf):
        buffer = io.BytesIO()
        page.render(scale=dpi / 72).to_pil().convert("L").save(buffer, kind, dpi=(dpi, dpi))
        pictures.append(buffer.getvalue())
    return pictures


@pytest.fixture
def dispatch_pdf() -> bytes:
    """Two pages with a text layer."""
    return _pdf(HEAD + BODY)


@pytest.fixture
def scan_pages(dispatch_pdf: bytes) -> list[bytes]:
    """The two pages as JPEG."""
    return drawn(dispatch_pdf)


@pytest.fixture
def scanned_pdf(scan_pages: list[bytes]) -> bytes:
    """The two pages as pictures in a PDF."""
    return bytes(img2pdf.convert(scan_pages))


@pytest.fixture
def make_pdf():
    """Compile typst source into a PDF."""
    return _pdf

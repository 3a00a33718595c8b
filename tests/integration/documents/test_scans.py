"""Scans and pictures, read by the real tesseract; nothing of them stays behind."""

import io
import os
import shutil
import struct
import time
import zlib
from pathlib import Path

import img2pdf
import pytest
from PIL import Image

from vigil.adapters.documents import Document, Limits, extract, ocr_available
from vigil.adapters.documents.ocr import availability, folder
from vigil.kernel.errors import Refused, Unavailable

pytestmark = [
    pytest.mark.ocr,
    pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed"),
]
MUST_READ = (
    "BỘ MẪU",
    "12/BM-CATM",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Hà Nội, ngày 20 tháng 4 năm 2026",
    "Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.",
    "1. Phân công lực lượng tại chỗ trực giám sát",
    "a) Các lỗ hổng, điểm yếu",
)
ON_PAGE_TWO = ("3. Cử đầu mối tiếp nhận thông tin", "024.5550.1234", "truc@bomau.example", "Nguyễn Văn Mẫu")


def left_behind() -> list[Path]:
    return list(Path("/dev/shm").glob("vigil-scan-*"))


def places_of(word: str, document: Document) -> tuple[float, ...]:
    start = document.text.index(word)
    (box,) = document.boxes_of(start, start + len(word))
    return box.page, box.left, box.right, (box.top + box.bottom) / 2


def test_a_scanned_pdf_is_read_with_positions_and_said_to_be_recognised(
    scanned_pdf: bytes, dispatch_pdf: bytes
) -> None:
    steps: list[str] = []
    document = extract(scanned_pdf, progress=lambda step: steps.append(str(step)))
    for words in (*MUST_READ, *ON_PAGE_TWO):
        assert words in document.text
    assert document.text.index("12/BM-CATM") < document.text.index("CỘNG HÒA")
    assert (document.method, [page.method for page in document.pages]) == ("ocr", ["ocr", "ocr"])
    assert len(steps) == 2
    assert "recognised from a picture" in str(document.warnings[0])
    assert places_of("Trân", document) == pytest.approx(places_of("Trân", extract(dispatch_pdf)), abs=6)
    assert left_behind() == []


def test_only_pages_without_text_are_recognised(dispatch_pdf: bytes, scan_pages: list[bytes]) -> None:
    import pypdfium2

    mixed = pypdfium2.PdfDocument(dispatch_pdf)
    mixed.import_pages(pypdfium2.PdfDocument(img2pdf.convert(scan_pages[:1])))
    buffer = io.BytesIO()
    mixed.save(buffer)
    document = extract(buffer.getvalue())
    assert [page.method for page in document.pages] == ["text layer", "text layer", "ocr"]
    assert document.method == "mixed"
    assert document.text.count("12/BM-CATM") == 2
    for box in document.words:
        page = document.pages[box.page - 1]
        assert page.start <= box.start < box.end <= page.end


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_the_wrong_way_up_is_read(scan_pages: list[bytes], angle: int) -> None:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(scan_pages[0])).rotate(angle, expand=True).save(buffer, "PNG")
    assert MUST_READ[5] in extract(buffer.getvalue()).text


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP"])
def test_pictures_of_every_kind_are_read(scan_pages: list[bytes], kind: str) -> None:
    page, buffer = Image.open(io.BytesIO(scan_pages[0])), io.BytesIO()
    page.crop((0, 0, page.width, page.height // 3)).save(buffer, kind)
    document = extract(buffer.getvalue())
    assert document.media_type == f"image/{kind.lower()}"
    assert MUST_READ[5] in document.text


def test_a_tiff_with_two_pages_is_read_whole(scan_pages: list[bytes]) -> None:
    first, second = (Image.open(io.BytesIO(page)) for page in scan_pages)
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=[second])
    document = extract(buffer.getvalue())
    assert len(document.pages) == 2
    assert MUST_READ[0] in document.text and ON_PAGE_TWO[3] in document.text


def test_a_picture_without_text_is_refused() -> None:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((1200, 1600)).save(buffer, "PNG")
    with pytest.raises(Refused) as caught:
        extract(buffer.getvalue())
    assert caught.value.code == "document.no_text"


def test_a_picture_of_boundless_size_or_cut_short_is_refused(scan_pages: list[bytes]) -> None:
    buffer = io.BytesIO()
    Image.new("L", (10, 10)).save(buffer, "PNG")
    huge = bytearray(buffer.getvalue())
    huge[16:24] = struct.pack(">II", 60_000, 60_000)
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    with pytest.raises(Refused) as caught:
        extract(bytes(huge))
    assert caught.value.code == "document.bomb"
    with pytest.raises(Refused) as caught:
        extract(scan_pages[0][: len(scan_pages[0]) // 3])
    assert caught.value.code == "document.damaged"


def test_the_first_page_is_checked_before_the_others_are_read(scanned_pdf: bytes) -> None:
    seen: list[str] = []

    def refuse(text: str) -> None:
        seen.append(text)
        raise Refused("dispatch.secret", "no")

    with pytest.raises(Refused, match=r"dispatch\.secret"):
        extract(scanned_pdf, early_check=refuse)
    assert len(seen) == 1
    assert "BỘ MẪU" in seen[0]
    assert "Nguyễn Văn Mẫu" not in seen[0]
    assert left_behind() == []


def test_pages_beyond_the_bound_are_said_to_be_unread(scanned_pdf: bytes) -> None:
    document = extract(scanned_pdf, limits=Limits(ocr_pages=1))
    assert [page.method for page in document.pages] == ["ocr", "unread"]
    assert "1 of 2 pages were not read (from page 2)" in str(document.warnings[1])


def test_out_of_time_is_a_refusal_and_leaves_nothing(scanned_pdf: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(Refused) as caught:
        extract(scanned_pdf, limits=Limits(ocr_seconds=1.2))
    assert caught.value.code == "document.too_slow"
    assert time.perf_counter() - start < 5
    assert left_behind() == []


def test_a_scan_without_tesseract_is_told_so(
    scanned_pdf: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert ocr_available()
    monkeypatch.setattr(availability.shutil, "which", lambda _name: None)
    assert not ocr_available()
    with pytest.raises(Unavailable) as caught:
        extract(scanned_pdf)
    assert caught.value.code == "document.ocr_missing"
    assert "tesseract is not installed" in str(caught.value.phrase)


def test_a_folder_of_a_killed_process_is_swept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(folder, "_IN_MEMORY", (tmp_path,))
    abandoned = tmp_path / "vigil-scan-dead"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    (abandoned / "drawn.pdf").write_bytes(b"secret")
    os.utime(abandoned, (1, 1))
    with folder.private_folder() as held:
        assert not abandoned.exists()
        assert held.stat().st_mode & 0o777 == 0o700
        with folder.private_folder() as other:
            assert held.exists()
            assert other != held
    assert list(tmp_path.iterdir()) == []


def test_a_scan_never_touches_a_disk_where_there_is_no_room_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_IN_MEMORY", (Path("/nowhere"),))
    with pytest.raises(Unavailable, match="memory only"), folder.private_folder():
        pass

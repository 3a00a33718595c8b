"""`vigil dispatch read`, called as its user calls it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DISPATCH = "tests/data/documents/dispatch.doc"
TEXT = """BỘ MẪU
Số: 12/BM-CATM
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Hà Nội, ngày 20 tháng 4 năm 2026
V/v trực giám sát dịp nghỉ lễ

Kính gửi: Các đơn vị trực thuộc Bộ Mẫu.

Bộ Mẫu đề nghị các đơn vị:
1. Phân công lực lượng trực giám sát 24/7.
2. Cử đầu mối tiếp nhận thông tin.

Nơi nhận:
- Như trên.
"""


def vigil(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIGIL_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "vigil.faces.cli", "dispatch", "read", *arguments],
        input=given,
        capture_output=True,
        env={**kept, **environment},
        timeout=120,
        check=False,
    )


def test_the_summary_shows_fields_and_obligations() -> None:
    done = vigil("--lang", "en", DISPATCH)
    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert said.startswith("CÔNG VĂN\n")
    assert "12/BM-CATM  [read]" in said
    assert "  1.a " in said
    assert "application/msword · text · tcvn3+vni" in said


def test_json_has_the_reading_and_the_document_beside_it() -> None:
    done = vigil("--json", "--text", "-", given=TEXT.encode())
    facts = json.loads(done.stdout)
    assert facts["number"] == "12/BM-CATM"
    assert [one["id"] for one in facts["obligations"]] == ["1", "2"]
    document = facts["document"]
    assert (document["media_type"], document["encoding"], document["warnings"]) == ("text/plain", "utf-8", [])
    ((start, end),) = facts["readings"]["number"]["spans"]
    assert document["text"][start:end] == "12/BM-CATM"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "document.empty"),
        (b"%PDF-1.7\n" + b"x" * 100, "document.damaged"),
        (b"PK\x03\x04" + b"x" * 100, "document.damaged"),
        (bytes(50_000_001), "document.too_large"),
        (("TỐI MẬT\n" + TEXT).encode(), "dispatch.secret"),
    ],
)
def test_a_refusal_is_one_plain_line_and_exit_3(data: bytes, code: str) -> None:
    done = vigil("--json", "-", given=data)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (3, b"")
    assert said.count("\n") == 1
    assert f"[{code}]" in said
    assert "Traceback" not in said


def test_a_file_that_is_not_there_is_a_wrong_call() -> None:
    done = vigil("nowhere.pdf")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.ocr
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_scan_tells_its_progress_on_stderr(scanned_pdf: bytes, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(scanned_pdf)
    done = vigil("--json", "--lang", "en", str(scan))
    assert done.returncode == 0
    assert done.stderr.decode().startswith("Reading page 1 as a scan (2 to read)\n")
    facts = json.loads(done.stdout)
    assert (facts["number"], facts["document"]["method"]) == ("12/BM-CATM", "ocr")


def test_a_scan_without_tesseract_is_exit_4(scanned_pdf: bytes, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(scanned_pdf)
    done = vigil(str(scan), PATH=str(tmp_path))
    assert done.returncode == 4
    assert b"[document.ocr_missing]" in done.stderr


def test_reading_loads_no_django() -> None:
    code = (
        "import sys; sys.argv = ['vigil', 'dispatch', 'read', 'tests/data/documents/dispatch.doc', '--json'];"
        "from vigil.faces.cli.main import main\n"
        "try:\n main()\nexcept SystemExit: pass\n"
        "sys.exit('django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()

"""The child process: it gets little, it is bounded, and it does not outlive its time."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vigil.adapters.documents import Limits, child, extract
from vigil.kernel.errors import Refused, VigilError

DISPATCH = Path("tests/data/documents/dispatch.doc").read_bytes()


def test_a_file_in_a_child_reads_as_in_the_parent() -> None:
    document = extract(DISPATCH, "dispatch.pdf.exe")
    assert document.media_type == "application/msword"
    assert "a) Phân công lực lượng trực giám sát 24/7;" in document.text


def test_a_large_text_is_read_in_a_child_too() -> None:
    text = "Phân công lực lượng trực giám sát.\n" * 40_000
    assert extract(text.encode()).text == text


def test_out_of_memory_costs_only_the_file() -> None:
    with pytest.raises(VigilError) as caught:
        extract(b"Nghi\xe1\xbb\x87m " * 600_000, limits=Limits(memory_bytes=40_000_000))
    assert caught.value.code == "document.bomb"


def test_out_of_time_is_said_and_the_group_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    popen = subprocess.Popen

    def sleeping(_arguments: list[str], **settings: object) -> subprocess.Popen[bytes]:
        code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        process = popen([sys.executable, "-c", code + "time.sleep(60)"], **settings)
        started.append(process.pid)
        return process

    monkeypatch.setattr(child.subprocess, "Popen", sleeping)
    start = time.perf_counter()
    with pytest.raises(Refused) as caught:
        extract(DISPATCH, limits=Limits(seconds=0.5))
    assert caught.value.code == "document.too_slow"
    assert time.perf_counter() - start < 5
    time.sleep(0.2)
    assert not alive_in_group(started[0])


def alive_in_group(group: int) -> bool:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def test_a_crash_costs_only_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen

    def crashing(_arguments: list[str], **settings: object) -> subprocess.Popen[bytes]:
        return popen([sys.executable, "-c", "import os; os.abort()"], **settings)

    monkeypatch.setattr(child.subprocess, "Popen", crashing)
    with pytest.raises(Refused) as caught:
        extract(DISPATCH)
    assert caught.value.code == "document.damaged"


def test_the_child_gets_no_secrets_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SECRET", "x")
    monkeypatch.setenv("PATH", os.environ["PATH"])
    environment = child._environment("/")
    assert "DJANGO_SECRET" not in environment
    assert "PATH" in environment


def test_reading_needs_no_django_and_loads_no_parser_for_plain_text() -> None:
    code = (
        "import sys; from vigil.adapters.documents import extract; extract('Kính gửi'.encode());"
        "print([m for m in ('django','lxml','pypdfium2','olefile','ocrmypdf','pyhanko','PIL') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

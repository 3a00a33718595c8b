"""The command line as its user calls it: plain words, JSON where asked, exit codes as documented."""

import json
from pathlib import Path

import pytest
from tests.integration.cli.test_backup import _vigil

DISPATCH = """BỘ MẪU
Số: 12/BM-TT
Hà Nội, ngày 26 tháng 4 năm 2022
V/v trực bảo đảm an toàn thông tin mạng dịp lễ 30/4 và 01/5
Kính gửi: Các doanh nghiệp viễn thông, Internet.
1. Phân công lực lượng tại chỗ trực giám sát, ứng cứu sự cố 24/7.
2. Cử đầu mối tiếp nhận thông tin với Bộ Mẫu.
Trân trọng./.
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "var"
    _vigil(folder, "prepare", "--sample")
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cv.txt"
    path.write_text(DISPATCH)
    return path


def test_from_a_file_to_a_running_watch_and_its_close(data, file) -> None:
    opened = json.loads(_vigil(data, "watch", "open", str(file), "--organisation", "MAU.05", "--yes", "--json").stdout)
    assert (opened["state"], opened["first_day"], opened["last_day"]) == ("open", "2022-04-30", "2022-05-01")
    assert [row["item"] for row in opened["obligations"]][-2:] == ["1", "2"]
    assert {row["verdict"] for row in opened["obligations"]} <= {"met", "at_risk", "not_met", "cannot_tell"}
    shown = _vigil(data, "watch", "show", opened["id"]).stdout
    assert "There is no roster." in shown
    refused = _vigil(data, "watch", "close", opened["id"], check=False)
    assert (refused.returncode, "watch.open_items" in refused.stderr) == (3, True)
    closed = json.loads(_vigil(data, "watch", "close", opened["id"], "--note", "hết lễ", "--json").stdout)
    assert closed["state"] == "closed"


def test_nothing_is_confirmed_without_a_person_saying_so(data, file) -> None:
    file.write_text(DISPATCH.replace("12/BM", "13/BM"))
    done = _vigil(data, "watch", "open", str(file), "--organisation", "MAU.03", check=False)
    assert done.returncode != 0
    assert "13/BM-TT" in done.stdout, "it shows what was read before it asks"
    assert all(
        row["organisation"] != "Tập đoàn Năng lượng Mẫu"
        for row in json.loads(_vigil(data, "watch", "show", "--json").stdout)
    )


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("watch", "open", "{file}", "--organisation", "không có", "--yes"), 2),
        (("watch", "show", "not-a-watch"), 2),
        (("watch", "close", "00000000-0000-7000-8000-000000000000"), 2),
        (("worker", "gardener"), 2),
        (("nonsense",), 2),
    ],
)
def test_wrong_calls_are_told_apart_from_refusals(data, file, arguments, code) -> None:
    done = _vigil(data, *(a.format(file=file) for a in arguments), check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_secret_document_is_refused_with_advice(data, file) -> None:
    file.write_text(DISPATCH.replace("V/v", "MẬT\n\nV/v"))
    done = _vigil(data, "watch", "open", str(file), "--organisation", "MAU.05", "--yes", check=False)
    assert (done.returncode, "dispatch.secret" in done.stderr) == (3, True)


def test_the_journal_is_verified_and_a_witness_is_heard(data, tmp_path) -> None:
    found = json.loads(_vigil(data, "journal", "verify", "--json").stdout)
    assert found["holds"] is True
    witness = tmp_path / "heads.jsonl"
    witness.write_text(json.dumps({"sequence": 1, "hash": "0" * 64}) + "\n")
    done = _vigil(data, "journal", "verify", "--witness", str(witness), check=False)
    assert (done.returncode, "witness" in done.stdout) == (1, True)
    witness.write_text("nonsense\n")
    assert _vigil(data, "journal", "verify", "--witness", str(witness), check=False).returncode == 2


def test_health_says_that_workers_never_ran(data) -> None:
    done = _vigil(data, "health", "--json", check=False)
    assert done.returncode == 1
    states = {sign["name"]: sign["state"] for sign in json.loads(done.stdout)}
    assert states["database"] == "works"
    assert states["worker timekeeper"] == "fails"


def test_what_this_machine_sends_shows_on_the_sample_s_board(data) -> None:
    (source,) = json.loads(_vigil(data, "sources", "list", "--json").stdout)
    watches = json.loads(_vigil(data, "watch", "show", "--json").stdout)
    assert source["address"] == "127.0.0.1"
    assert source["organisation"] in {watch["organisation"] for watch in watches}


def test_preparing_again_changes_nothing_and_prints_no_password(data) -> None:
    again = _vigil(data, "prepare", "--sample").stdout
    assert "admin" not in again


@pytest.mark.parametrize("what", ["plan", "request", "report", "dispatch"])
@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_a_document_is_written_to_a_file_and_reads_back(data, tmp_path, what, form) -> None:
    from vigil.adapters.documents import extract

    (watch,) = [
        w for w in json.loads(_vigil(data, "watch", "show", "--json").stdout) if "Viễn thông" in w["organisation"]
    ]
    output = tmp_path / f"out.{form}"
    identifier = watch["id"]
    if what == "dispatch":
        refused = _vigil(data, "document", what, identifier, "--output", str(output), check=False)
        assert refused.returncode == 2, "a watch is no directive"
        return
    if what == "request":
        refused = _vigil(data, "document", what, identifier, "--output", str(output), check=False)
        assert refused.returncode == 2, "the sample's company has no provider"
        return
    done = _vigil(data, "document", what, identifier, "--output", str(output))
    assert "sha256:" in done.stdout
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in extract(output.read_bytes()).text


def test_misp_goes_in_and_out_without_a_database(tmp_path) -> None:
    from tests.unit.adapters.peers.misp.samples import ALL, AT, attribute, event

    rows = [{**row, "timestamp": str(AT)} for row in ALL]
    source, bundle, feed = tmp_path / "e.json", tmp_path / "b.json", tmp_path / "feed"
    source.write_text(json.dumps(event(*rows, attribute("filename", "a.exe"))))
    nowhere = tmp_path / "none"
    account = json.loads(_vigil(nowhere, "misp", "read", str(source), "--output", str(bundle), "--json").stdout)
    assert (account["indicators"], account["unmapped"]) == (len(ALL), {"filename": 1})
    arguments = ("misp", "write", str(feed), "--from", str(bundle), "--tlp-ceiling")
    made = json.loads(_vigil(nowhere, *arguments, "clear", "--json").stdout)
    assert made["withheld"] == {"tlp": len(ALL)}
    assert "Withheld" in _vigil(nowhere, *arguments, "green").stdout
    assert {path.name for path in feed.iterdir()} >= {"manifest.json", "hashes.csv"}

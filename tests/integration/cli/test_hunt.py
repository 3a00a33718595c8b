"""`vigil hunt` as somebody with a folder of logs runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigil.faces.cli.hunt import hunt

RULES = {
    "refused.yml": "title: Refused\nid: 00000000-0000-4000-8000-00000000000a\nlevel: high\n"
    "logsource: {product: windows, service: security}\ndetection:\n"
    "  s: {EventID: 4625}\n  f: {IpAddress|cidr: 10.0.0.0/8}\n  condition: s and not f\n",
    "later.yml": "title: Placeholder\nid: 00000000-0000-4000-8000-00000000000b\nlogsource: {product: windows}\n"
    "detection:\n  s: {f|expand: '%khong%'}\n  condition: s\n",
}


def _event(number: int, minute: int, address: str) -> str:
    return json.dumps(
        {"EventID": number, "Channel": "Security", "Computer": "MAY1", "IpAddress": address,
         "SystemTime": f"2026-04-30T00:{minute:02d}:00Z"}
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    for name, text in RULES.items():
        (tmp_path / "rules" / name).write_text(text)
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [_event(4625, 1, "192.0.2.1"), _event(4625, 2, "10.1.1.1"), "{broken", _event(4624, 3, "192.0.2.1")]
    (logs / "a.jsonl").write_text("\n".join(lines) + "\n")
    (logs / "b.jsonl").write_text(_event(4625, 9, "2001:db8::1") + "\n")
    return tmp_path


def _run(place: Path, *more: str):
    words = [str(place / "logs"), "--rules", str(place / "rules"), "--cache", str(place / "cache"), "--lang", "en"]
    return CliRunner().invoke(hunt, [*words, *more])


def test_what_was_found_what_could_not_be_read_and_what_could_not_run(place) -> None:
    done = _run(place, "--counts", str(place / "counts.tsv"))
    assert done.exit_code == 1, done.output
    assert "high                 2  Refused" in done.output
    assert "2026-04-30T00:01:00 … 2026-04-30T00:09:00  MAY1" in done.output
    assert "4 events in 2 files, 1 rules; 1 rules matched 2 times." in done.output
    assert "1 records could not be read" in done.output
    assert "khong" in done.output
    rule = "00000000-0000-4000-8000-00000000000a"
    assert (place / "counts.tsv").read_text().splitlines() == [
        f"a.jsonl\t{rule}\t1\tRefused",
        f"b.jsonl\t{rule}\t1\tRefused",
    ]


def test_as_json_in_two_processes_and_with_nothing_found(place) -> None:
    facts = json.loads(_run(place, "--json", "--processes", "2").output)
    assert facts["events"] == 4
    (found,) = facts["found"]
    assert (found["events"], found["files"], found["hosts"]) == (2, {"a.jsonl": 1, "b.jsonl": 1}, {"MAY1": 2})
    assert found["examples"][0]["fields"]["ipaddress"] == "192.0.2.1"
    assert facts["rejected"][0]["records"] == 1
    assert facts["unusable_rules"][0]["reason"]
    assert _run(place, "--level", "critical").exit_code == 0


def test_indicators_are_looked_for_while_they_are_valid_and_what_is_none_is_refused(place) -> None:
    lines = ["192.0.2.0/24", "2001:db8::/32,2027-01-01", "10.1.1.1,2026-01-01,2027-01-01,AMBER", "com.vn", "0.0.0.0/0"]
    (place / "xau.csv").write_text("\n".join(lines))
    facts = json.loads(_run(place, "--json", "--indicators", str(place / "xau.csv")).output)
    assert [(one["value"], one["events"], one["tlp"]) for one in facts["indicators"]] == [
        ("192.0.2.0/24", 2, ""), ("10.1.1.1", 1, "AMBER")
    ]  # fmt: skip
    assert {one["value"] for one in facts["refused_indicators"]} == {"com.vn", "0.0.0.0/0"}
    told = _run(place, "--indicators", str(place / "xau.csv")).output
    assert "2 of 3 indicators were seen; 2 are none." in told


def test_correlations_that_are_not_run_are_said(place) -> None:
    rule = (place / "rules" / "refused.yml").read_text().replace("title: Refused", "title: Refused\nname: refused")
    (place / "rules" / "refused.yml").write_text(rule)
    (place / "rules" / "many.yml").write_text(
        "title: Many\nid: 00000000-0000-4000-8000-00000000000c\ncorrelation:\n  type: event_count\n  rules: [refused]\n"
        "  group-by: [Computer]\n  timespan: 5m\n  condition: {gte: 2}\n"
    )
    assert "1 correlations are not run by this command yet." in _run(place).output
    assert json.loads(_run(place, "--json").output)["correlations_not_run"] == ["Many"]


def test_what_it_cannot_do_is_said(place) -> None:
    (place / "empty").mkdir()
    words = ["--rules", str(place / "empty"), "--no-cache", "--lang", "vi"]
    done = CliRunner().invoke(hunt, [str(place / "logs"), *words])
    assert (done.exit_code, "Không có quy tắc nào" in done.output) == (3, True)
    done = CliRunner().invoke(hunt, [str(place / "empty"), "--rules", str(place / "rules"), "--no-cache"])
    assert done.exit_code == 3
    (place / "r.zip").write_bytes(b"PK\x03\x04")
    assert CliRunner().invoke(hunt, [str(place / "logs"), "--rules", str(place / "r.zip")]).exit_code == 1

"""`vigil hunt` as somebody with a folder of logs runs it."""

import gzip
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigil.engines.detection.correlation import Matched
from vigil.faces.cli.hunt import hunt
from vigil.faces.cli.hunt_matches import MatchFiles, in_order

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
    assert "2026-04-30 07:01:00+07:00 … 2026-04-30 07:09:00+07:00  MAY1" in done.output
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


def test_what_could_not_be_read_to_its_end_is_no_clean_bill(place) -> None:
    logs = place / "logs"
    for one in logs.iterdir():
        one.unlink()
    quiet = "".join(_event(4624, n % 60, "192.0.2.1") + "\n" for n in range(30_000)).encode()
    (logs / "a.jsonl.gz").write_bytes(gzip.compress(quiet)[:-20_000])
    done = _run(place)
    assert (done.exit_code, "0 events" in done.output) == (4, False)
    assert "a.jsonl.gz: its compression is cut off" in done.output
    assert "NOT READ TO THE END, so this is not all: a.jsonl.gz" in done.output
    assert "KHÔNG ĐỌC ĐƯỢC ĐẾN HẾT" in _run(place, "--lang", "vi").output
    facts = json.loads(_run(place, "--json").output)
    assert facts["events"] > 1_000 and facts["rejected"][0]["not_to_its_end"]
    (logs / "b.jsonl").write_text(_event(4625, 1, "192.0.2.1") + "\n")
    assert _run(place).exit_code == 1
    (logs / "b.jsonl").write_text("")
    (logs / "a.jsonl.gz").write_bytes(bytes(range(256)) * 10)
    (logs / "log").write_bytes(b"PK\x03\x04 an archive without an ending")
    (logs / "vi.zip").write_bytes(b"PK\x03\x04")
    done = _run(place)
    assert done.exit_code == 3, "nothing of any log could be read"
    assert "an archive; unpack it first" in done.output and "1 files were passed over" in done.output
    assert "vi.zip" in done.output
    assert json.loads(_run(place, "--json").output)["passed_over"] == [str(logs / "vi.zip")]
    named = CliRunner().invoke(
        hunt, [str(logs), str(logs / "vi.zip"), "--rules", str(place / "rules"), "--no-cache", "--json"]
    )
    assert json.loads(named.output)["passed_over"] == []


def test_a_log_of_which_nothing_was_understood_and_one_too_large_that_is_damaged_are_said(place) -> None:
    logs = place / "logs"
    (logs / "a.jsonl").write_text(_event(4624, 1, "192.0.2.1") + "\n")
    (logs / "b.jsonl").write_text("{no\n" * 500)
    done = _run(place)
    assert done.exit_code == 4 and "this is not all: b.jsonl" in done.output
    (logs / "b.jsonl").unlink()
    with (logs / "z.log.gz").open("wb") as stream:
        stream.write(bytes(range(1, 256)) * 10)
        stream.truncate(64_000_001)
    done = _run(place)
    assert done.exit_code == 4 and "z.log.gz: its compression is damaged" in done.output


def test_first_and_last_are_instants_whatever_zone_says_them(place) -> None:
    for one in (place / "logs").iterdir():
        one.unlink()
    times = [
        "2026-04-30T00:30:00Z",
        "2026-04-30T07:10:00+07:00",
        "2026-04-30T07:50:00+07:00",
        "2026-04-29T19:20:00-05:00",
    ]
    for n, at in enumerate(times):
        event = json.loads(_event(4625, 0, "192.0.2.1")) | {"SystemTime": at}
        (place / "logs" / f"{n}.jsonl").write_text(json.dumps(event) + "\n")
    (found,) = json.loads(_run(place, "--json").output)["found"]
    assert (found["first"], found["last"]) == (times[1], times[2])
    assert "2026-04-30 07:10:00+07:00 … 2026-04-30 07:50:00+07:00" in _run(place).output


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


CORRELATED = """title: Many refusals
id: 00000000-0000-4000-8000-00000000000d
level: medium
correlation:
  type: event_count
  rules: [00000000-0000-4000-8000-00000000000c]
  group-by: [src_ip]
  timespan: 5m
  condition: {gte: 5}
---
title: Guessed
id: 00000000-0000-4000-8000-00000000000e
level: critical
correlation:
  type: temporal_ordered
  rules: [00000000-0000-4000-8000-00000000000d, 00000000-0000-4000-8000-00000000000b]
  group-by: [src_ip]
  timespan: 15m
  generate: true
---
title: Refused
id: 00000000-0000-4000-8000-00000000000c
level: informational
logsource: {product: linux, service: sshd}
detection: {s: {message|startswith: Failed}, condition: s}
---
title: Let in
id: 00000000-0000-4000-8000-00000000000b
level: informational
logsource: {product: linux, service: sshd}
detection: {s: {message|startswith: Accepted}, condition: s}
---
title: Fewer than two in a quarter of an hour
id: 00000000-0000-4000-8000-00000000000f
level: low
correlation:
  type: event_count
  rules: [00000000-0000-4000-8000-00000000000b]
  group-by: [src_ip]
  timespan: 15m
  condition: {lt: 2}
"""


def _ssh(minute: int, second: int, ip: str, said: str = "Failed") -> str:
    return f"2026-04-30T00:{minute:02d}:{second:02d}Z may1 sshd[7]: {said} password for an from {ip} port 4022 ssh2\n"


def test_correlations_run_over_all_that_matched_in_the_order_of_its_time(tmp_path) -> None:
    (tmp_path / "r.yml").write_text(CORRELATED)
    guess, other = "203.0.113.7", "203.0.113.8"
    logs = tmp_path / "logs"
    logs.mkdir()
    # what came first is read last, and no file alone has enough of it
    (logs / "a.log").write_text(_ssh(10, 0, guess, "Accepted") + _ssh(10, 0, other, "Accepted"))
    (logs / "b.log").write_text("".join(_ssh(2, n, guess) for n in (5, 3, 4)) + _ssh(2, 0, other))
    (logs / "c.log").write_text("".join(_ssh(1, n, guess) for n in (9, 8)) + _ssh(9, 0, other, "Accepted"))
    large = "".join(_ssh(30, n % 60, f"198.51.100.{n % 200}", "Closed") for n in range(45_000))
    (logs / "d.log").write_text(large)  # a share of its own
    words = [str(logs), "--rules", str(tmp_path / "r.yml"), "--no-cache", "--lang", "en"]
    expected = [
        "a.log\t00000000-0000-4000-8000-00000000000f\t1\tFewer than two in a quarter of an hour",
        "a.log\t00000000-0000-4000-8000-00000000000e\t1\tGuessed",
        "a.log\t00000000-0000-4000-8000-00000000000b\t2\tLet in",
        "b.log\t00000000-0000-4000-8000-00000000000d\t1\tMany refusals",
        "b.log\t00000000-0000-4000-8000-00000000000c\t4\tRefused",
        "c.log\t00000000-0000-4000-8000-00000000000f\t1\tFewer than two in a quarter of an hour",
        "c.log\t00000000-0000-4000-8000-00000000000b\t1\tLet in",
        "c.log\t00000000-0000-4000-8000-00000000000c\t2\tRefused",
    ]
    for more in ([], ["--processes", "2"]):
        counts = tmp_path / "counts.tsv"
        done = CliRunner().invoke(hunt, [*words, *more, "--counts", str(counts)])
        assert done.exit_code == 1, done.output
        assert counts.read_text().splitlines() == expected
    assert "critical             1  Guessed" in done.output and "203.0.113.7" in done.output
    assert "2026-04-30 07:10:00+07:00 … 2026-04-30 07:10:00+07:00  203.0.113.7" in done.output, "one zone for all"
    assert "3 correlations; 3 were met, by 4 closing events." in done.output
    facts = json.loads(CliRunner().invoke(hunt, [*words, "--level", "critical", "--json"]).output)
    (guessed,) = facts["correlations"]
    assert (guessed["title"], guessed["groups"], guessed["first"]) == (
        "Guessed",
        {guess: 1},
        "2026-04-30T00:10:00.000Z",
    )
    assert facts["found"] == [] and facts["matches_without_time"] == 0


def test_the_rules_that_vigil_ships_are_used_where_nobody_names_others(tmp_path) -> None:
    lines = [_ssh(1, n, "203.0.113.7") for n in range(12)] + [_ssh(2, 0, "203.0.113.7", "Accepted")]
    (tmp_path / "auth.log").write_text("".join(lines))
    done = CliRunner().invoke(hunt, [str(tmp_path / "auth.log"), "--no-cache", "--lang", "vi"])
    assert done.exit_code == 1
    assert "khẩn cấp             1  Mật khẩu SSH đã bị dò ra" in done.output
    assert "Theo thứ tự thời gian" not in done.output  # one moment is no order


@pytest.mark.parametrize("many", [0, 1, 7, 50])
def test_matches_come_back_in_the_order_of_time_from_however_many_files(tmp_path, many) -> None:
    dice = random.Random(many)
    matches = [Matched(float(dice.randrange(9)), f"{n:03d}", "r", (("f", f"v{n}"),)) for n in range(many)]
    writers = [MatchFiles(tmp_path, f"w{n}", together=3) for n in range(3)]
    for one in matches:
        dice.choice(writers).add([one])
    files = [path for writer in writers for path in writer.close()]
    back = list(in_order(files, at_once=2))
    assert back == sorted(matches) and [one.values for one in back] == [one.values for one in sorted(matches)]


def test_what_it_cannot_do_is_said(place) -> None:
    (place / "empty").mkdir()
    words = ["--rules", str(place / "empty"), "--no-cache", "--lang", "vi"]
    done = CliRunner().invoke(hunt, [str(place / "logs"), *words])
    assert (done.exit_code, "Không có quy tắc nào" in done.output) == (3, True)
    done = CliRunner().invoke(hunt, [str(place / "empty"), "--rules", str(place / "rules"), "--no-cache"])
    assert done.exit_code == 3
    (place / "r.zip").write_bytes(b"PK\x03\x04")
    assert CliRunner().invoke(hunt, [str(place / "logs"), "--rules", str(place / "r.zip")]).exit_code == 1

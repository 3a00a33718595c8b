"""`vigil rules`, `vigil sources`, `vigil alerts`: what they print and how they end."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from click.testing import CliRunner
from tests.detection import raised, rule_text, source_of, uid_of
from tests.kept import keep

from vigil.domain.detection.doors import Door
from vigil.domain.detection.models import Alert, LogSource, Rule
from vigil.faces.cli.main import cli
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, NotFound, Refused


def told(*words: str, code: int = 0):
    done = CliRunner().invoke(cli, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return json.loads(done.output) if "--json" in words else done.output


def test_a_release_archive_is_taken_in_and_listed(isp, tmp_path) -> None:
    archive = tmp_path / "rules.zip"
    broken = rule_text(3).replace(b"condition: selection", b"condition: khac")
    with zipfile.ZipFile(archive, "w") as made:
        for name, text in (
            ("rules/1.yml", rule_text(1)),
            ("rules/2.yml", rule_text(2, level="low")),
            ("rules/3.yml", broken),
        ):
            made.writestr(name, text)
    assert told("rules", "import", str(archive), "--json", code=1) == {
        "added": 3, "changed": 0, "unchanged": 0, "retired": 0, "unusable": 1, "left": [],
    }  # fmt: skip
    assert Rule.objects.get(title="Luật 1").name == "rules/1.yml"
    assert "3" in told("rules", "import", str(archive), code=1)
    rows = told("rules", "list", "--json")
    assert [(row["title"], row["state"]) for row in rows] == [
        ("Luật 1", "running"), ("Luật 2", "off"), ("Luật 3", "unusable"),
    ]  # fmt: skip
    listed = told("rules", "list", "--state", "unusable", "--organisation", isp.name)
    assert listed.startswith("Không chạy được") and "unusable" not in listed and "Không đọc được điều kiện: " in listed
    foreseen = told("rules", "import", str(archive), "--dry-run", code=1)
    assert foreseen.startswith("Không chạy được  Luật 3  (Không đọc được điều kiện: ") and "unusable" not in foreseen
    (tmp_path / "no.zip").write_bytes(io.BytesIO(b"PK").getvalue())
    with pytest.raises(Refused):
        told("rules", "import", str(tmp_path / "no.zip"))
    with pytest.raises(NotFound):
        told("rules", "list", "--organisation", "không có")


def test_a_source_is_entered_and_gets_its_token(isp, organisation_of) -> None:
    made = told("sources", "add", "--name", "Web", "--address", "192.0.2.7", "--json")
    assert (made["address"], made["organisation"]) == ("192.0.2.7", isp.name)
    with pytest.raises(Conflict):
        told("sources", "add", "--name", "Khác", "--address", "192.0.2.7")
    heard = LogSource.objects.create(
        organisation=isp, name="Đã gửi", silent_after_s=0, created_at=clock.now(), last_received_at=clock.now()
    )
    states = {row["name"]: row["state"] for row in told("sources", "list", "--json")}
    assert states == {"Web": "unheard", "Đã gửi": "alive"}
    lines = told("sources", "list").splitlines()
    assert any("Chưa gửi gì" in line and line.endswith("Web") for line in lines)
    assert any("+07:00" in line and "Đang gửi" in line for line in lines)
    heard.delete()
    token = told("sources", "token", "Web").strip()
    assert Door().by_token(token) == LogSource.objects.get().pk
    assert told("sources", "token", made["id"], "--json")["token"] != token
    assert [row["silent"] for row in told("sources", "list", "--json")] == [False]
    LogSource.objects.update(created_at=clock.now() - timedelta(hours=1))
    assert "Im lặng" in told("sources", "list", code=1)
    organisation_of("Thứ hai")
    with pytest.raises(NotFound):
        told("sources", "add", "--name", "Web 2")


def test_alerts_are_listed_and_lateness_shows(isp) -> None:
    now = clock.now()
    raised(isp, now, entity="M1", source=source_of(isp, now=now))
    raised(isp, now, entity="M2", level="critical")
    assert [row["entity"] for row in told("alerts", "list", "--json")] == ["M2", "M1"]
    assert told("alerts", "list", "--state", "closed") == ""
    Alert.objects.filter(entity="M1").update(due_at=now - timedelta(seconds=1))
    late = told("alerts", "list", code=1)
    assert "M1" in late and late.count("Chờ người nhận") == 2 and "critical" not in late


RULE_9 = rule_text(9, product="linux", image="/evil.exe")


def test_kept_events_are_searched_and_a_rule_is_tried_on_them(isp, organisation_of, settings, tmp_path) -> None:
    settings.VIGIL_EVENTS = tmp_path / "events"
    now = clock.now()
    fields = {"product": "linux", "category": "process_creation", "format": "json"}
    ours = source_of(isp, "Máy trạm", now=now, **fields)
    other = organisation_of("Đơn vị khác")
    theirs = source_of(other, "Máy trạm", now=now, **fields)
    for source, day in ((ours, 1), (ours, 3), (theirs, 1)):
        at, whose = now - timedelta(days=day), source.organisation.name
        images = ("/tmp/evil.exe", "/tmp/lanh.exe")
        lines = [{"timestamp": at.isoformat(), "host": "may-1", "Image": image, "mark": whose} for image in images]
        keep(settings.VIGIL_EVENTS, source, lines, at + timedelta(minutes=1), int(source.pk) % 1_000 + day)
    owner = ("--organisation", isp.name)
    found = told("search", "image:*/evil.exe", "--since", "7d", *owner, "--json")
    assert (found["count"], found["complete"], len(found["events"])) == (2, True, 2)
    assert {one["source"] for one in found["events"]} == {"Máy trạm"}
    assert isp.name in found["events"][0]["raw"] and other.name not in str(found)
    assert (
        told("search", "evil", "--since", "7d", "--until", "2d", "--source", "Máy trạm", *owner).count("evil.exe") == 1
    )
    assert told("search", "-evil", "--since", (now - timedelta(days=2)).isoformat(), *owner).count("lanh.exe") == 1
    for words, error in (
        (("a OR",), Refused), (("a", "--since", "x"), Refused), (("a", "--since", "1d", "--until", "9d"), Refused),
        (("a", "--source", "x"), NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            told("search", *words, *owner)
    file = tmp_path / "rule.yml"
    file.write_bytes(RULE_9)
    tried = told("rules", "test", str(file), "--days", "2", *owner, "--json")
    assert (tried["found"], tried["events"], tried["limited"]) == (1, 2, False)
    assert sum(tried["days"].values()) == 1 and tried["first"][0]["shown"]["mark"] == isp.name
    assert "1" in told("rules", "test", str(file), "--days", "7", *owner)
    many = tmp_path / "many.yml"
    correlation = (
        f"title: Nhiều lần\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [{uid_of(9)}]\n"
        "  group-by: [host]\n  timespan: 30d\n  condition: {gte: 2}\n"
    )
    many.write_text(correlation)
    Rule.objects.create(origin="vigil", uid=uid_of(9), name="9.yml", text=RULE_9.decode(), sha256="0" * 64,
                        title="Luật 9", added_at=now, changed_at=now)  # fmt: skip
    assert told("rules", "test", str(many), "--days", "7", *owner, "--json")["found"] == 1
    file.write_bytes(RULE_9.replace(b"condition: selection", b"condition: khac"))
    with pytest.raises(Refused):
        told("rules", "test", str(file), *owner)
    assert not Alert.objects.exists()

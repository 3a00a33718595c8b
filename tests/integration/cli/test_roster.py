"""`vigil roster plan` from file to table, JSON and picture; its exit codes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from vigil.faces.cli.main import cli
from vigil.kernel.errors import Refused

INSTANCES = Path(__file__).resolve().parents[3] / "tools/bench/roster"


def call(*words: str, data: bytes | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["roster", "plan", *words], input=data, catch_exceptions=False)
    return done.exit_code, done.stdout


def test_a_roster_as_a_table_with_reasons_fairness_and_a_picture(tmp_path: Path) -> None:
    code, told = call(str(INSTANCES / "5d-30p-12h.toml"), "--why", "--lang", "en", "--picture", str(tmp_path / "r.svg"))
    assert code == 0
    assert "30/04/2026" in told
    assert "could" in told
    assert "Fairness" in told
    assert "Every minute is covered and every rule is kept." in told
    ElementTree.parse(tmp_path / "r.svg")


def test_one_that_is_impossible_says_why_in_vietnamese_and_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIL_LANG", raising=False)
    code, told = call(str(INSTANCES / "5d-12p-impossible.toml"), "--lang", "vi", "--solver", "--seconds", "3")
    assert code == 1
    assert "12 người không thể bảo đảm" in told
    assert "30/4 và 1/5" in told


def test_json_from_standard_input() -> None:
    code, told = call("-", "--json", data=(INSTANCES / "5d-12p-impossible.toml").read_bytes())
    made = json.loads(told)
    assert code == 1
    assert not made["complete"]
    assert made["impossible"]["method"] == "counting"
    assert made["unfilled"]
    assert made["cost"]["total"] == sum(value for name, value in made["cost"].items() if name != "total")


def test_a_bad_problem_is_refused() -> None:
    with pytest.raises(Refused, match=r"roster\.missing"):
        call("-", data=b"name = 'x'")

"""Rules over public attack samples: every count that two independent evaluators agree on, and no other."""

import tarfile
from collections import Counter
from pathlib import Path

import pytest
from tools.quality.detection import score, told, write_day

from vigil.adapters.log_sources import Tally, pieces, portions
from vigil.adapters.sigma_rules import kept_plan, rule_texts
from vigil.engines.detection.matching import Matcher

pytestmark = pytest.mark.corpus
# of the disagreements of those two: what is right by the rule's text and the event (docs/reference/detection.md)
MSI_FROM_SUSPICIOUS_PLACES = "c7c8aa1c-5aff-408e-828b-998e3620b341"


def _table(path: Path, column: int) -> dict[tuple[str, str], int]:
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {(file, rule): int(others[column]) for file, rule, *others in lines}


@pytest.fixture(scope="module")
def counts(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], int]:
    folder = tmp_path_factory.mktemp("detection")
    for name in ("evtx_attack_samples", "sigma_rules"):
        with tarfile.open(corpus / "detection" / f"{name}.tar.xz") as archive:
            archive.extractall(folder / name, filter="data")
    rules = folder / "sigma_rules"
    plan, read, _ = kept_plan(list(rule_texts([rules / "rules" / "windows", rules / "rules-emerging-threats"])), None)
    assert len(read.rules) == 2877
    assert {one.reason for one in read.unusable} == {"CannotRun: no list is given for the placeholder known_cdcs"}
    matcher, tallies = Matcher(plan), dict[Path, Tally]()
    found: Counter[tuple[str, str]] = Counter()
    for portion in portions(pieces([folder / "evtx_attack_samples"]), matcher.fields, tallies):
        matches = matcher.match(portion.batch, portion.source)
        for rule, row in zip(*(column.to_pylist() for column in matches.columns), strict=True):
            found[portion.files[portion.places[row][0]].name, plan.rules[rule].id] += 1
    assert len(tallies) == 277
    assert sum(tally.read for tally in tallies.values()) == 8255
    assert not sum(tally.rejected for tally in tallies.values())
    assert not matcher.gave_up
    return dict(found)


def test_every_agreed_count_is_the_same_and_none_is_beside_them(counts, corpus) -> None:
    agreed = _table(corpus / "detection" / "expected_evtx_attack_samples.tsv", 0)
    disputed = _table(corpus / "detection" / "disagreements_evtx_attack_samples.tsv", 0)
    assert len(agreed) == 639
    assert {key: count for key, count in counts.items() if key not in disputed} == agreed


def test_the_disputed_are_as_the_rule_and_the_event_say(counts, corpus) -> None:
    disputed = _table(corpus / "detection" / "disagreements_evtx_attack_samples.tsv", 0)
    right = {key: 0 if key[1] == MSI_FROM_SUSPICIOUS_PLACES else count for key, count in disputed.items()}
    assert len(right) == 18
    assert {key: counts.get(key, 0) for key in disputed} == right


def test_what_is_planted_in_a_day_of_an_office_is_found_and_nothing_else_is_told(tmp_path: Path) -> None:
    made = score(tmp_path, write_day(tmp_path), None)
    assert made.of_planted >= 43
    assert (made.missed, made.false_alarms) == ([], {})


def test_of_the_public_samples_vigil_s_own_rules_tell_a_third(corpus: Path, tmp_path: Path) -> None:
    with tarfile.open(corpus / "detection" / "evtx_attack_samples.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    assert len({name for one in told(tmp_path)[1] for name in one["files"]}) >= 93

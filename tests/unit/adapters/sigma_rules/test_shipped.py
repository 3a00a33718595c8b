"""The rules that Vigil ships: each finds what it is for in raw lines of the source, and nothing beside it."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import pytest
from tests.shipped_rules import CASES
from tools.bench.text_log import KINDS, lines
from tools.bench.windows_log import Log

from vigil.adapters.log_sources import Sorter, times
from vigil.adapters.sigma_rules.shipped import shipped_documents, shipped_texts
from vigil.engines.detection.correlation import Matched
from vigil.engines.detection.correlator import Correlator
from vigil.engines.detection.entities import fields_by_rule
from vigil.engines.detection.feeding import fed
from vigil.engines.detection.findings import TIMES
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import compile_rules
from vigil.engines.detection.reading import read_texts

NOW = datetime(2026, 5, 1, tzinfo=UTC)
READ = read_texts(shipped_texts())
MATCHER = Matcher(compile_rules(READ.rules))
FEEDS = fields_by_rule(READ.correlations)
RULES = [one.id for one in READ.rules]
TITLES = {one.id: one.title for one in [*READ.rules, *READ.correlations]}
LEVELS = {one.id: one.level for one in [*READ.rules, *READ.correlations]}
ALERTING = {TITLES[uid] for uid, level in LEVELS.items() if level != "informational"}


def _named(numbers: list[int], row: int) -> str:
    return f"{numbers[row]:06d}"


def found_in(several: Iterable[str | bytes]) -> Counter[str]:
    """The titles of rules and correlations, how often each held."""
    sorter = Sorter(MATCHER.fields | {*TIMES}.union(*FEEDS.values()), None, now=NOW)
    for number, line in enumerate(several):
        sorter.add_line(line if isinstance(line, bytes) else line.encode(), number)
    found: Counter[str] = Counter()
    kept: list[Matched] = []
    for source, columns in sorter.columns.items():
        for batch, numbers in columns.batches():
            matches = MATCHER.match(batch, source)
            found.update(RULES[number] for number in matches.column(0).to_pylist())
            more = fed(
                batch, matches, rules=RULES, feeds=FEEDS, at=partial(times, batch), event=partial(_named, numbers)
            )
            for one in more:
                assert one is not None, "the line has a time"
                kept.append(one)
    correlator = Correlator(READ.correlations, float("inf"))
    for closed in [*correlator.add(kept), *correlator.finish()]:
        found[closed.correlation] += 1
    return Counter({TITLES[uid]: many for uid, many in found.items()})


@pytest.mark.parametrize("title", sorted(TITLES.values()))
def test_a_rule_finds_what_it_is_for_and_not_what_is_near(title) -> None:
    hits, misses = CASES[title]
    assert hits and misses
    for several in hits:
        assert found_in(several)[title], several[:2]
    for several in misses:
        assert not found_in(several)[title], several[:2]


def test_every_rule_runs_and_says_what_it_is_in_both_languages() -> None:
    assert not READ.unusable
    assert "" not in MATCHER.fields, "a keyword would make every field of every event be read"
    documents = shipped_documents()
    assert set(CASES) == set(TITLES.values()) and len(TITLES) == len(documents) >= 50
    for one in documents:
        assert UUID(one["id"]).version == 4
        assert set(one["vigil"]) == {"serves", "title_vi", "description_vi"}
        assert one["level"] == "informational" or (one["tags"] and one["falsepositives"]), one["title"]
        assert one["level"] != "informational" or "not told itself" in one["description"], one["title"]
    assert len({one["title"] for one in documents}) == len(documents)
    for one in READ.correlations:
        told = {LEVELS[rule] for rule in one.rules}
        assert one.generate or told == {"informational"}, "what only feeds is not told"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_ordinary_log_of_text_is_quiet(kind) -> None:
    many = 300 if kind.startswith("syslog") else 3000  # half of that one is refusals by SSH, from everywhere
    told = found_in("".join(lines(kind, many)).splitlines())
    assert not set(told) & ALERTING


def test_an_ordinary_log_of_windows_is_quiet_but_for_what_was_planted_in_it() -> None:
    events = Log(7).events()
    several = [next(events) for _ in range(6000)]
    planted = ("vssadmin", "certutil", "-enc SQBF", "javascript:", "net user")
    plain = [one for one in several if not any(word in json.dumps(one) for word in planted)]
    assert len(several) - len(plain) < 30
    told = found_in(json.dumps(one) for one in plain)
    assert not set(told) & ALERTING

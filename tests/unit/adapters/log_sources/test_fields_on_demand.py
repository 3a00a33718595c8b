"""What a rule finds does not depend on whether fields were made before it was asked."""

from pathlib import Path
from random import Random

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.adapters.log_sources import pieces, portions
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import COMMON, Plan, compile_rules
from vigil.engines.detection.reading import read_texts

RULES = """
title: Rule {n}
id: {n:08d}-0000-4000-8000-000000000000
level: high
logsource: {{product: windows}}
detection:
  it:
    {it}
  sysmon:
    Channel: Sysmon
    EventID: [1, 3]
  benign:
    Image|endswith: b.exe
  kelvin:
    - mimikatz
    - sekurlsa
  often:
    - 'k\\\\a"b'
    - đường
    - 4
  condition: {condition}
"""
ALIVE = ("often", "often and not sysmon", "not kelvin", "not it and not kelvin", "it or (kelvin and not benign)")
"""With such a rule every field is made always; without one only where a keyword stands in a line."""
CONDITIONS = (
    "kelvin",
    "kelvin and not sysmon",
    "sysmon and kelvin",
    "it and not benign",
    "sysmon and it",
    "not sysmon",
)
ITS = ("Image|contains: a", "CommandLine|re: 'k.t'", "User: ''", "CommandLine: null", "Number: 7")
VALUES = ("mimikatz", "MIMI\u212aATZ", 'K\\A"b', "ĐƯỜNG", "a.exe", "C:\\b.exe", "", "kit", "x", "k\\\\a")


def _plan(conditions: tuple[str, ...]) -> Plan:
    texts = [
        (f"{n}.yml", RULES.format(n=n, it=it, condition=condition).encode())
        for n, (it, condition) in enumerate((it, condition) for it in ITS for condition in conditions)
    ]
    read = read_texts(texts)
    assert len(read.rules) == len(texts)
    return compile_rules(read.rules)


PLANS = (_plan(CONDITIONS), _plan(CONDITIONS + ALIVE))


@settings(deadline=None, max_examples=60)
@given(dice=st.randoms(use_true_random=True), odd=st.booleans())
def test_the_same_is_found(dice: Random, odd: bool, tmp_path_factory) -> None:
    values = dice.sample(VALUES, dice.randrange(1, 4)) if not odd else VALUES
    lines = []
    for _ in range(60):
        system = {
            "Provider": {"#attributes": {"Name": "P"}},
            "EventID": dice.choice((1, 3, 4688)),
            "TimeCreated": {"#attributes": {"SystemTime": "2026-04-30T00:00:00Z"}},
            "Channel": dice.choice(("Sysmon", "Security")),
        }
        data = {name: dice.choice(values) for name in ("Image", "CommandLine", "User", "Other")}
        lines.append(orjson.dumps({"Event": {"System": system, "EventData": {**data, "Number": dice.choice((4, 7))}}}))
    path: Path = tmp_path_factory.mktemp("log", numbered=True) / "log.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    for plan in PLANS:
        assert _found(plan, path, COMMON) == _found(plan, path, None)


def _found(plan: Plan, path: Path, first: frozenset[str] | None) -> list[tuple[int, int]]:
    matcher = Matcher(plan)
    found = []
    for portion in portions(pieces([path]), None, {}, first=first):
        matches = matcher.match(portion.batch, portion.source, more=portion.more if first is not None else None)
        for rule, row in zip(*(column.to_pylist() for column in matches.columns), strict=True):
            found.append((rule, portion.places[row][1]))
    return sorted(found)

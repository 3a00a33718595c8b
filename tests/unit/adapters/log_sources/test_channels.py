"""An event of one channel that tells of another is found by rules for either, from whatever program it comes."""

import json
from typing import Any

import pytest

from vigil.adapters.log_sources import Sorter, WindowsBlocks
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import compile_rules
from vigil.engines.detection.reading import read_texts

RULES = b"""
title: A log was cleared
id: 11111111-1111-4111-8111-111111111111
logsource: {product: windows, service: system}
detection:
  it: {EventID: 104, Provider_Name: Microsoft-Windows-Eventlog}
  condition: it
---
title: The log of tasks was cleared
id: 22222222-2222-4222-8222-222222222222
logsource: {product: windows}
detection:
  it: {EventID: 104, Channel|contains: TaskScheduler}
  condition: it
---
title: Something about Security
id: 33333333-3333-4333-8333-333333333333
logsource: {product: windows, service: security}
detection:
  it: {EventID: 104}
  condition: it
"""
TASKS = "Microsoft-Windows-TaskScheduler/Operational"


def _event(cleared: str, part: str = "UserData") -> dict[str, Any]:
    data: dict[str, Any] = {"SubjectUserName": "an", "Channel": cleared, "BackupPath": None}
    return {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Eventlog"}},
                "EventID": 104,
                "TimeCreated": {"#attributes": {"SystemTime": "2026-04-30T00:00:00Z"}},
                "Channel": "System",
                "Computer": "MAY1",
            },
            part: {"LogFileCleared": data} if part == "UserData" else data,
        }
    }


def _winlogbeat(cleared: str) -> dict[str, Any]:
    data = {"xml_name": "LogFileCleared", "SubjectUserName": "an", "Channel": cleared}
    said = {"channel": "System", "event_id": "104", "provider_name": "Microsoft-Windows-Eventlog", "user_data": data}
    return {"@timestamp": "2026-04-30T00:00:00Z", "winlog": {"computer_name": "MAY1", **said}}


CASES = {
    "as its XML is": _event,
    "in EventData": lambda cleared: _event(cleared, "EventData"),
    "by Winlogbeat": _winlogbeat,
}


@pytest.mark.parametrize("shape", CASES)
@pytest.mark.parametrize(
    ("cleared", "titles"),
    [
        (TASKS, {"A log was cleared", "The log of tasks was cleared"}),
        ("System", {"A log was cleared"}),
        ("Security", {"A log was cleared", "Something about Security"}),
        ("", {"A log was cleared"}),
    ],
)
def test_a_cleared_log_is_seen_in_its_own_channel_and_by_the_name_of_the_cleared(shape, cleared, titles) -> None:
    rules = read_texts([("a.yml", RULES)]).rules
    matcher = Matcher(compile_rules(rules))
    sorter = Sorter(matcher.fields, None)
    line = json.dumps(CASES[shape](cleared)).encode()
    sorter.add_line(line, 0)
    ((source, columns),) = sorter.columns.items()
    ((batch, _),) = columns.batches()
    matches = matcher.match(batch, source)
    assert {rules[n].title for n in matches.column(0).to_pylist()} == titles
    if WindowsBlocks.are_in(line):  # many of them are told apart line by line
        block = WindowsBlocks(None).read((line + b"\n") * 100)
        assert len(block.left) == 100 and not block.groups

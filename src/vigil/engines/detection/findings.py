"""What a hunt found, in bounded memory: per file and rule how often, per rule first and last, with a few examples."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from vigil.engines.detection.entities import entities
from vigil.engines.detection.indicators import Indicator, time_of
from vigil.engines.detection.terms import Rule

TIMES: Final = (
    "systemtime", "utctime", "@timestamp", "timestamp", "eventtime", "timecreated", "timegenerated", "time", "ts",
)  # fmt: skip
HOSTS: Final = ("computer", "hostname", "host", "host.name", "sourceipaddress")
LEVELS: Final = ("critical", "high", "medium", "low", "informational")
_HOSTS: Final = 1000
_EXAMPLES: Final = 3
_SHOWN: Final = 40
_UNITS: Final = {9: 1, 10: 1, 12: 1e3, 13: 1e3, 15: 1e6, 16: 1e6, 18: 1e9, 19: 1e9}
"""What a second has of them, by the digits of a number that is a time."""


@dataclass
class Found:
    """Of one rule. Times as they are written in the events, compared as instants; `hosts`: whom they are about."""

    first: str = ""
    last: str = ""
    hosts: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def take(self, at: str) -> None:
        """A time at which it was found; empty: not known."""
        if at:
            self.first = at if not self.first or _is_before(at, self.first) else self.first
            self.last = at if not self.last or _is_before(self.last, at) else self.last

    def merge(self, other: "Found") -> None:
        """Take what another process found of the same."""
        self.take(other.first)
        self.take(other.last)
        self.hosts += other.hosts
        self.examples = [*self.examples, *other.examples][:_EXAMPLES]


@dataclass
class Findings:
    """`counts[file, rule number]`: events that matched; `seen[indicator number]`: events with it while it was valid.

    `shown[rule number]`: examples there are; given by who has found some already, to be merged with these.
    """

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    indicators: dict[int, Found] = field(default_factory=lambda: defaultdict(Found))
    seen: Counter[int] = field(default_factory=Counter)
    by_rule: dict[int, Found] = field(default_factory=lambda: defaultdict(Found))
    shown: Counter[int] = field(default_factory=Counter)

    def add(
        self,
        batch: pa.RecordBatch,
        matches: pa.RecordBatch,
        place: Callable[[int], tuple[str, int]],
        more: Callable[[Sequence[int]], pa.RecordBatch] | None = None,
        whom: Sequence[str] = HOSTS,
    ) -> None:
        """Matches (`rule`, `row`) of a batch; `place` says of a row where it stands (file, number).

        `more` gives rows with every field, where the batch has not all of them. `whom`: the fields that say whom an
        event is about (`entities.entity_names`).
        """
        if not matches.num_rows:
            return
        times = _first_of(batch, TIMES)
        rows = matches.column(1).to_pylist()
        hosts = entities(batch, rows, whom)
        examples: list[tuple[dict[str, Any], int]] = []
        for rule, row, host in zip(matches.column(0).to_pylist(), rows, hosts, strict=True):
            file, number = place(row)
            self.counts[file, rule] += 1
            found = self.by_rule[rule]
            at = str(times[row].as_py() or "") if times is not None else ""
            found.take(at)
            if host and (host in found.hosts or len(found.hosts) < _HOSTS):
                found.hosts[host] += 1
            if self.shown[rule] < _EXAMPLES:
                self.shown[rule] += 1
                found.examples.append({"file": file, "record": number, "time": at})
                examples.append((found.examples[-1], row))
        _show(examples, batch, more)

    def add_indicators(
        self,
        batch: pa.RecordBatch,
        matches: pa.RecordBatch,
        place: Callable[[int], tuple[str, int]],
        known: Sequence[Indicator],
        more: Callable[[Sequence[int]], pa.RecordBatch] | None = None,
    ) -> None:
        """Indicators (`indicator`, `row`) that a batch has; what is not valid at an event's time does not count."""
        if not matches.num_rows:
            return
        times = _first_of(batch, TIMES)
        examples: list[tuple[dict[str, Any], int]] = []
        for number, row in zip(matches.column(0).to_pylist(), matches.column(1).to_pylist(), strict=True):
            text = str(times[row].as_py() or "") if times is not None else ""
            at = time_of(text)
            if at is not None and not known[number].valid_at(at):
                continue
            self.seen[number] += 1
            found = self.indicators[number]
            found.take(text)
            if len(found.examples) < _EXAMPLES:
                file, record = place(row)
                found.examples.append({"file": file, "record": record, "time": text})
                examples.append((found.examples[-1], row))
        _show(examples, batch, more)

    def merge(self, other: "Findings") -> None:
        """Take what another process found."""
        self.counts += other.counts
        self.seen += other.seen
        for rule, theirs in other.by_rule.items():
            self.by_rule[rule].merge(theirs)
        for number, theirs in other.indicators.items():
            self.indicators[number].merge(theirs)

    def per_rule(self, rules: Sequence[Rule]) -> list[tuple[Rule, int, Found]]:
        """Rules that matched, the gravest and most frequent first."""
        totals: Counter[int] = Counter()
        for (_, rule), many in self.counts.items():
            totals[rule] += many
        listed = [(rules[rule], many, self.by_rule[rule]) for rule, many in totals.items()]
        grave = {level: n for n, level in enumerate(LEVELS)}
        return sorted(listed, key=lambda one: (grave.get(one[0].level, len(LEVELS)), -one[1], one[0].title))


def _is_before(one: str, other: str) -> bool:
    """Which time is the earlier. Written alike, to the zone, they sort as text; what is no time does always."""
    alike = (
        len(one) == len(other)
        and one[10:11] == other[10:11]
        and one[-6:-5] == other[-6:-5]
        and (one[-1] == "Z") == (other[-1] == "Z")
    )
    if not alike or (one[-6:-5] in "+-" and one[-6:] != other[-6:]):
        mine, theirs = _seconds(one), _seconds(other)
        if mine is not None and theirs is not None:
            return mine < theirs
    return one < other


def _seconds(text: str) -> float | None:
    """Since 1970: of ISO 8601, or of a number of seconds, milli-, micro- or nanoseconds."""
    at = time_of(text)
    if at is not None:
        return at.timestamp()
    whole, _, _ = text.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) not in _UNITS:
        return None
    try:
        return float(text) / _UNITS[len(whole)]
    except ValueError:
        return None


def _first_of(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array | None:
    for name in names:
        at = batch.schema.get_all_field_indices(name)
        if at:
            return batch.column(at[0])
    return None


def _show(
    examples: Sequence[tuple[dict[str, Any], int]],
    batch: pa.RecordBatch,
    more: Callable[[Sequence[int]], pa.RecordBatch] | None,
) -> None:
    """Put into each example the fields of its row."""
    if not examples:
        return
    rows = [row for _, row in examples]
    if more is not None:
        batch, rows = more(rows), list(range(len(rows)))
    for (example, _), row in zip(examples, rows, strict=True):
        values = ((name, column[row].as_py()) for name, column in zip(batch.schema.names, batch.columns, strict=True))
        example["fields"] = dict([(name, value) for name, value in values if value is not None][:_SHOWN])

"""A hunt over pieces of logs, in one process or several that share the compiled rules."""

import gc
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from vigil.adapters.log_sources import Piece, Portion, Remembered, Tally, portions, times
from vigil.engines.detection.correlation import Correlation, Matched
from vigil.engines.detection.entities import entity_names, fields_by_rule
from vigil.engines.detection.feeding import fed
from vigil.engines.detection.findings import HOSTS, LEVELS, TIMES, Findings
from vigil.engines.detection.indicators import FIELDS, IndicatorSet
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import COMMON, Plan
from vigil.engines.detection.terms import Source
from vigil.faces.cli.hunt_correlations import Met, correlated, with_what_they_ask_for
from vigil.faces.cli.hunt_matches import MatchFiles

Progress = Callable[[int, int, int], None]
_SMALL_TOGETHER = 32
_SMALL = 4_000_000


@dataclass
class Made:
    """What a hunt made: findings, what became of the records of each file, expressions that took too long (by atom).

    `met`: correlations that were; `timeless`: matches that they could not take, for the event has no time. `waiting`:
    files of matches for them; `names`: of the files in which their events stand.
    """

    findings: Findings = field(default_factory=Findings)
    tallies: dict[Path, Tally] = field(default_factory=dict)
    gave_up: Counter[int] = field(default_factory=Counter)
    met: list[Met] = field(default_factory=list)
    timeless: int = 0
    waiting: list[Path] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """How many were read."""
        return sum(tally.read for tally in self.tallies.values())

    @property
    def unread(self) -> list[Path]:
        """Files that could not be read, or not to their end, or of which every record was refused."""
        return sorted(
            path for path, tally in self.tallies.items() if tally.unread or (tally.rejected and not tally.read)
        )

    def merge(self, other: "Made") -> None:
        """Take what another process made."""
        self.findings.merge(other.findings)
        self.gave_up += other.gave_up
        self.timeless += other.timeless
        self.waiting += other.waiting
        self.names |= other.names
        for path, theirs in other.tallies.items():
            mine = self.tallies.setdefault(path, Tally())
            mine.read, mine.rejected = mine.read + theirs.read, mine.rejected + theirs.rejected
            mine.unread = mine.unread or theirs.unread
            mine.samples = [*mine.samples, *theirs.samples][:5]


@dataclass
class Hunt:
    """Rules over logs. `level`: rules below it are not told. `format`, `now`: see `Sorter`."""

    plan: Plan
    source: Source | None = None
    level: str | None = None
    processes: int = 1
    indicators: IndicatorSet | None = None
    format: str = "auto"
    now: datetime | None = None
    correlations: Sequence[Correlation] = ()

    def __post_init__(self) -> None:
        rules = [rule.id for rule in self.plan.rules]
        self._levels = None if self.level is None else LEVELS[: LEVELS.index(self.level) + 1]
        self._correlations = with_what_they_ask_for(self.correlations, self._levels)
        self._feeds: Mapping[str, frozenset[str]] = fields_by_rule(self._correlations)
        self._rules = rules
        self._told: pa.Array | None = None
        self._only: frozenset[int] | None = None
        if self._levels is not None:
            told = [n for n, rule in enumerate(self.plan.rules) if rule.level in self._levels]
            self._told = pa.array(told, pa.int32())
            self._only = frozenset(told) | {n for n, rule in enumerate(rules) if rule in self._feeds}
        self._folder = Path()

    def over(self, work: Sequence[Piece], progress: Progress | None = None) -> Made:
        """Everything in the pieces."""
        shares = list(enumerate(_shares(work)))
        made = Made()
        gc.freeze()  # the plan lives as long as the hunt: it need not be looked through again and again
        with TemporaryDirectory(prefix="vigil-hunt-") as folder:
            self._folder = Path(folder)
            for done, one in enumerate(self._made(shares), 1):
                made.merge(one)
                if progress is not None:
                    progress(done, len(shares), made.events)
            met = correlated(self._correlations, made.waiting, self._folder, partial(_file_of, made.names))
            made.met = [one for one in met if self._levels is None or one.correlation.level in self._levels]
        return made

    def _made(self, shares: list[tuple[int, list[Piece]]]) -> Iterable[Made]:
        global _HUNT, _OWN
        own = _Own(Matcher(self.plan), Remembered())
        if self.processes == 1 or len(shares) == 1:
            for number, share in shares:
                yield self.one(own, share, number)
            return
        _HUNT, _OWN = self, own  # what is forked shares the plan and does not receive a copy of it
        with multiprocessing.get_context("fork").Pool(min(self.processes, len(shares))) as pool:
            yield from pool.imap_unordered(_in_a_process, shares)

    def one(self, own: "_Own", share: Sequence[Piece], number: int = 0) -> Made:
        """One share, in this process."""
        made, matcher = Made(Findings(shown=own.shown)), own.matcher
        before = Counter(matcher.gave_up)
        first = (COMMON | {*TIMES, *HOSTS}).union(*self._feeds.values())
        if self.indicators is not None:
            first |= FIELDS
        wanted = None if "" in matcher.fields else first | matcher.fields
        places_of = {path: n for n, path in enumerate(dict.fromkeys(piece.path for piece in share))}
        files = MatchFiles(self._folder, f"matches{number}")
        if self._feeds:
            made.names = {_named(number, n): path.name for path, n in places_of.items()}
        for portion in portions(
            share, wanted, made.tallies, self.source, self.format, now=self.now, first=first, remembered=own.remembered
        ):
            matches = matcher.match(portion.batch, portion.source, only=self._only, more=portion.more)
            if self._feeds and matches.num_rows:
                heads = [_named(number, places_of[path]) for path in portion.files]
                files.add(self._waiting(portion, matches, heads, made))
            if self._told is not None:
                matches = matches.filter(pc.is_in(matches.column(0), self._told))
            if matches.num_rows:
                whom = entity_names(portion.source)
                made.findings.add(portion.batch, matches, partial(_place, portion), portion.more, whom)
            if self.indicators is None:
                continue
            sightings = self.indicators.match(portion.batch)
            if sightings.num_rows:
                known = self.indicators.indicators
                made.findings.add_indicators(portion.batch, sightings, partial(_place, portion), known, portion.more)
        made.gave_up = matcher.gave_up - before
        made.waiting = files.close()
        return made

    def _waiting(
        self, portion: Portion, matches: pa.RecordBatch, heads: Sequence[str], made: Made
    ) -> Iterator[Matched]:
        def event(row: int) -> str:
            file, number = portion.places[row]
            return f"{heads[file]}-{number:012d}"

        at = partial(times, portion.batch, portion.source)
        for one in fed(portion.batch, matches, rules=self._rules, feeds=self._feeds, at=at, event=event):
            if one is None:
                made.timeless += 1
            else:
                yield one


@dataclass(frozen=True, slots=True)
class _Own:
    """What a process keeps from share to share."""

    matcher: Matcher
    remembered: Remembered
    shown: Counter[int] = field(default_factory=Counter)


def _place(portion: Portion, row: int) -> tuple[str, int]:
    file, number = portion.places[row]
    return portion.files[file].name, number


_HUNT: Hunt | None = None
_OWN: _Own | None = None


def _named(share: int, file: int) -> str:
    return f"{share:06d}-{file:06d}"


def _file_of(names: Mapping[str, str], event: str) -> str:
    return names[event.rpartition(":")[2].rpartition("-")[0]]


def _in_a_process(numbered: tuple[int, list[Piece]]) -> Made:
    hunt, own = cast("Hunt", _HUNT), cast("_Own", _OWN)
    number, share = numbered
    return hunt.one(own, share, number)


def _shares(work: Sequence[Piece]) -> list[list[Piece]]:
    """Large pieces alone, small files several at a time: a batch is worth more the more events it has."""
    shares: list[list[Piece]] = []
    together: list[Piece] = []
    for piece in work:
        if piece.start or piece.stop is not None or piece.path.stat().st_size > _SMALL:
            shares.append([piece])
        else:
            together.append(piece)
    return shares + [together[n : n + _SMALL_TOGETHER] for n in range(0, len(together), _SMALL_TOGETHER)]

"""A hunt over pieces of logs, in one process or several that share the compiled rules."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from vigil.adapters.log_sources import Piece, Tally, portions
from vigil.engines.detection.findings import HOSTS, LEVELS, TIMES, Findings
from vigil.engines.detection.indicators import FIELDS, IndicatorSet
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import Plan
from vigil.engines.detection.terms import Source

Progress = Callable[[int, int, int], None]
_SMALL_TOGETHER = 32
_SMALL = 4_000_000


@dataclass
class Made:
    """What a hunt made: findings, what became of the records of each file, expressions that took too long (by atom)."""

    findings: Findings = field(default_factory=Findings)
    tallies: dict[Path, Tally] = field(default_factory=dict)
    gave_up: Counter[int] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many were read."""
        return sum(tally.read for tally in self.tallies.values())

    def merge(self, other: "Made") -> None:
        """Take what another process made."""
        self.findings.merge(other.findings)
        self.gave_up += other.gave_up
        for path, theirs in other.tallies.items():
            mine = self.tallies.setdefault(path, Tally())
            mine.read, mine.rejected = mine.read + theirs.read, mine.rejected + theirs.rejected
            mine.samples = [*mine.samples, *theirs.samples][:5]


@dataclass
class Hunt:
    """Rules over logs. `level`: rules below it stay out. `format`, `now`: see `Sorter`."""

    plan: Plan
    source: Source | None = None
    level: str | None = None
    processes: int = 1
    indicators: IndicatorSet | None = None
    format: str = "auto"
    now: datetime | None = None

    def over(self, work: Sequence[Piece], progress: Progress | None = None) -> Made:
        """Everything in the pieces."""
        shares = _shares(work)
        made = Made()
        for done, one in enumerate(self._made(shares), 1):
            made.merge(one)
            if progress is not None:
                progress(done, len(shares), made.events)
        return made

    def _made(self, shares: list[list[Piece]]) -> Iterable[Made]:
        global _HUNT
        if self.processes == 1 or len(shares) == 1:
            matcher = Matcher(self.plan)
            for share in shares:
                yield self.one(matcher, share)
            return
        _HUNT = self  # what is forked shares the plan and does not receive a copy of it
        with multiprocessing.get_context("fork").Pool(min(self.processes, len(shares))) as pool:
            yield from pool.imap_unordered(_in_a_process, shares)

    def one(self, matcher: Matcher, share: Sequence[Piece]) -> Made:
        """One share, in this process."""
        made = Made()
        before = Counter(matcher.gave_up)
        wanted = None if "" in matcher.fields else matcher.fields | {*TIMES, *HOSTS}
        if wanted is not None and self.indicators is not None:
            wanted |= FIELDS
        kept = None if self.level is None else LEVELS[: LEVELS.index(self.level) + 1]
        for portion in portions(share, wanted, made.tallies, self.source, self.format, now=self.now):
            matches = matcher.match(portion.batch, portion.source, kept)
            sightings = self.indicators.match(portion.batch) if self.indicators is not None else None
            if matches.num_rows or (sightings is not None and sightings.num_rows):
                names = [path.name for path in portion.files]
                places = [(names[file], n) for file, n in portion.places]
                made.findings.add(portion.batch, matches, places)
                if self.indicators is not None and sightings is not None:
                    made.findings.add_indicators(portion.batch, sightings, places, self.indicators.indicators)
        made.gave_up = matcher.gave_up - before
        return made


_HUNT: Hunt | None = None
_MATCHERS: list[Matcher] = []


def _in_a_process(share: list[Piece]) -> Made:
    hunt = cast("Hunt", _HUNT)
    if not _MATCHERS:
        _MATCHERS.append(Matcher(hunt.plan))
    return hunt.one(_MATCHERS[0], share)


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

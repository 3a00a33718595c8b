"""A rule tried on kept events at once, by whoever waits for it: nothing is kept of it, no alert comes of it."""

import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from vigil.adapters.event_store import DAMAGED, EventStore
from vigil.adapters.event_store.runs import Runs
from vigil.engines.detection.correlation import Matched
from vigil.workers.past import Past
from vigil.workers.tried import Tried

AHEAD = timedelta(minutes=10)
Progress = Callable[[int, int, int], None]


@dataclass
class Trial:
    """What came of it; `result` as `Tried` makes it."""

    events: int = 0
    found: int = 0
    files: int = 0
    damaged: int = 0
    result: dict[str, Any] = field(default_factory=dict)


def try_on_the_past(
    past: Past, store: EventStore, sources: Collection[UUID], now: datetime, limit_s: float, progress: Progress
) -> Trial:
    """From the newest day back, until everything is read or the time is up. `progress`: files, of how many, events."""
    made, tried = Trial(), Tried({})
    until = time.monotonic() + limit_s
    days = store.days(sources, past.reaches_back_to - AHEAD, now + AHEAD)
    files = {place: len(store.files_of(*place)) for place in days}
    in_time = True
    with tempfile.TemporaryDirectory(prefix="vigil-trial-") as folder:
        runs = Runs(Path(folder))
        for n, (day, source) in enumerate(days):
            with store.held(day, source):
                for path in store.files_of(day, source):
                    in_time = in_time and _read(past, path, source, made, tried, runs, until)
                    made.files += in_time
                    progress(made.files, sum(files.values()), made.events)
            if not in_time:
                tried.limited()
                break
            if n + 1 == len(days) or days[n + 1][0] != day:
                tried.covered(day)
        if past.ours.correlations:
            for hits in past.correlated([Matched(*row) for row in rows] for rows in runs.in_order()):
                made.found += len(hits)
                tried.take(hits)
    made.result = tried.result()
    return made


def _read(past: Past, path: Path, source: UUID, made: Trial, tried: Tried, runs: Runs, until: float) -> bool:
    """One file; whether there was time for it."""
    matched: list[Matched] = []
    try:
        for piece in past.over(path, source):
            made.events += piece.events
            made.found += len(piece.hits)
            tried.take(piece.hits)
            matched += piece.matched
            if time.monotonic() > until:
                return False
    except FileNotFoundError:
        return True
    except DAMAGED:
        made.damaged += 1
    if matched:
        runs.write(path.parent.name, made.files, [(one.at, one.event, one.rule, one.values) for one in matched])
    return True

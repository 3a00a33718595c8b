"""The hunter: looks for rules and indicators that arrived now in what was kept before, and tries rules before they run.

One hunt at a time, its organisation's turn by turn: a day of a source is read to its end, file by file, then another
hunt that waits has its turn. What was found is committed with how far the hunt went; killed in the middle of a day of a
source, that day is read again and tells nothing twice. It yields to the live path: the lowest priority, a sixteenth of
one processor while the live path has more to read than it can at once, and a standstill while the spool fills.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pyarrow as pa
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

from vigil.adapters.event_store import DAMAGED, EventStore
from vigil.adapters.event_store.runs import Runs
from vigil.domain.detection.actions.hunting import (
    HELD,
    Progress,
    end_hunt,
    give_way,
    hold_on,
    keep_found,
    take_turn,
    waiting,
)
from vigil.domain.detection.actions.taking import Hit, Within
from vigil.domain.detection.models import HuntState, LogSource, RetroHunt, SpoolPosition
from vigil.domain.detection.rule_book import load_chosen
from vigil.domain.vitals.actions import beat
from vigil.engines.detection.correlation import Matched
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_
from vigil.workers.past import Past
from vigil.workers.tried import Tried

log = logging.getLogger(__name__)

NAME: Final = "hunter"
EVERY_S: Final = 1.0
TURN_S: Final = 30.0
TEST_S: Final = 120.0
MOST_ALERTS: Final = 10_000
MOST_MATCHES: Final = 2_000_000
_ASK_S: Final = 0.5
_BEAT_S: Final = 10.0
_COMMIT_S: Final = 3.0
_MANY_HITS: Final = 2_000
_NICE: Final = 19
_REST: Final = 0.25
_REST_WHEN_BUSY: Final = 15.0
"""Rest for each second of processor time. Priority alone does not do: with all processors busy a hunt took 18 % from
the live path (`tools/bench/retro.py`)."""
_REST_OF_TESTS: Final = 4.0  # where it is busy: two minutes at most, and somebody sits before the page
_LONGEST_REST_S: Final = 30.0
_BUSY_BYTES: Final = 4_000_000
_BEHIND_BYTES: Final = 64_000_000
_LONGEST_WAIT_S: Final = 60.0
_LATELY: Final = timedelta(seconds=15)
TOO_COMMON: Final = N_("More than ten thousand alerts: what is looked for is too common. Test it first.")
TOO_MANY: Final = N_("More than two million events concern its correlations; choose a shorter time.")
NOTHING: Final = N_("Nothing of it can run any more.")
BROKEN: Final = N_("A fault of Vigil's own ended it; the log says more.")
_AHEAD: Final = timedelta(minutes=10)  # how far an event's own time may be ahead of its receipt


def lower_priority() -> None:
    """Whatever else wants the processor has it; Arrow gets no threads of its own. For this process, for good."""
    os.nice(_NICE)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


class _Ended(Exception):
    """The hunt ends here: as what, and why."""

    def __init__(self, state: HuntState, fault: str = "") -> None:
        super().__init__(fault)
        self.state, self.fault = state, fault


class _Leave(Exception):
    """The turn ends here, the hunt does not."""


@dataclass
class Hunter:
    """One process's. `runs`: the folder for what correlations wait for; `within`: how soon an alert is to be taken."""

    store: EventStore
    plans: Path
    lists: Path
    runs: Path
    within: Within
    stop: threading.Event = field(default_factory=threading.Event)

    def round(self) -> str:
        """One turn of one hunt; returns what was done."""
        for hunt in waiting(clock.now()):
            mine = take_turn(hunt, clock.now())
            if mine is not None:
                return _Turn(self, mine).run()
        return "nothing to look for"


class _Turn:
    """One turn."""

    def __init__(self, hunter: Hunter, hunt: RetroHunt) -> None:
        self._hunter, self._hunt = hunter, hunt
        self._progress = Progress(
            hunt.files_done, 0, hunt.events, hunt.found, hunt.damaged, dict(hunt.result), dict(hunt.cursor)
        )
        self._runs = Runs(hunter.runs / str(hunt.pk))
        self._hits: list[Hit] = []
        self._matched: list[Matched] = []
        self._parts = 0
        self._raised = hunt.raised
        self._tried = Tried(self._progress.result)
        self._begun = self._asked = self._committed = self._told = time.monotonic()
        self._worked = time.process_time()
        self._busy = _live_path_has_to_read(_BUSY_BYTES)

    def run(self) -> str:
        hunt = self._hunt
        try:
            self._whole()
        except _Leave:
            give_way(hunt, clock.now())
            return f"{hunt.title}: {self._progress.files_done} of {self._progress.files_total} files"
        except Conflict:
            log.warning("hunt %s: another process runs it by now", hunt.pk)
            return "another runs it"
        except _Ended as ended:
            self._end(ended.state, ended.fault)
        except (OperationalError, InterfaceError, IntegrityError):
            raise  # the database was away, or the live path told the same just now: it goes on from what was kept
        except Exception:
            log.exception("hunt %s failed", hunt.pk)
            self._end(HuntState.FAILED, BROKEN)
        return f"{hunt.title}: {self._progress.found} found"

    def _end(self, state: HuntState, fault: str) -> None:
        self._runs.close()
        with suppress(Conflict):
            end_hunt(hunt=self._hunt, state=state, fault=fault, actor=worker(NAME), now=clock.now())

    def _whole(self) -> None:
        hunt, cursor = self._hunt, self._progress.cursor
        if hunt.stop_asked:
            raise _Ended(HuntState.CANCELLED)
        with _still_alive(hunt):
            loaded = load_chosen(
                organisation=hunt.organisation_id, rules=[UUID(one) for one in hunt.rules],
                lists=[UUID(one) for one in hunt.lists], plans=self._hunter.plans, folder=self._hunter.lists,
            )  # fmt: skip
        past = Past(loaded, hunt.organisation_id, hunt.since, hunt.until)
        if not past.ours.matched and not past.ours.indicators:
            raise _Ended(HuntState.FAILED, loaded.fault or NOTHING)
        self._again(cursor)
        self._worked = time.process_time()  # rules that are compiled once ask for no rest
        days = self._days(past, cursor.get("after"))
        remaining = {place: len(self._hunter.store.files_of(*place)) for place in days}
        self._progress.files_total = self._progress.files_done + sum(remaining.values())
        for n, place in enumerate(days):
            if n and self._others_wait():
                raise _Leave
            self._day(past, *place, remaining[place])
            if n + 1 == len(days) or days[n + 1][0] != place[0]:
                self._tried.covered(place[0])
        if past.ours.correlations:
            self._correlate(past)
        self._commit("")
        raise _Ended(HuntState.DONE, loaded.fault)

    def _again(self, cursor: dict[str, object]) -> None:
        """A day that was begun and not ended is read again: what was counted of it is taken back."""
        before = cursor.pop("before", None)
        if isinstance(before, dict):
            for name, value in before.items():
                setattr(self._progress, name, value)
            self._tried = Tried(self._progress.result)

    def _days(self, past: Past, after: object) -> list[tuple[date, UUID]]:
        """Days and sources that are still to be read, the newest first."""
        sources = LogSource.objects.filter(organisation=self._hunt.organisation_id).values_list("pk", flat=True)
        days = self._hunter.store.days(sources, past.reaches_back_to - _AHEAD, clock.now() + _AHEAD)
        ordered = sorted(days, key=lambda one: (-one[0].toordinal(), str(one[1])))
        if not isinstance(after, list):
            return ordered
        last = (-date.fromisoformat(after[0]).toordinal(), after[1])
        return [one for one in ordered if (-one[0].toordinal(), str(one[1])) > last]

    def _others_wait(self) -> bool:
        if self._hunt.test or time.monotonic() - self._begun < TURN_S:
            return False
        return any(one.pk != self._hunt.pk for one in waiting(clock.now()))

    def _day(self, past: Past, day: date, source: UUID, expected: int) -> None:
        progress = self._progress
        part = f"{day.isoformat()}-{source}"
        self._runs.drop(part)
        self._parts = 0
        before = {name: value for name, value in asdict(progress).items() if name not in ("cursor", "files_total")}
        progress.cursor["before"] = deepcopy(before)
        with self._hunter.store.held(day, source):
            files = self._hunter.store.files_of(day, source)
            progress.files_total += len(files) - expected
            for path in files:
                try:
                    for piece in past.over(path, source):
                        progress.events += piece.events
                        self._take(piece.hits, piece.matched)
                        self._pause(part)
                except FileNotFoundError:  # its day is over, and was removed
                    pass
                except DAMAGED as error:
                    log.warning("%s cannot be read: %s", path, error)
                    progress.damaged += 1
                progress.files_done += 1
                if time.monotonic() - self._committed > _COMMIT_S:
                    self._commit(part)
        progress.cursor.pop("before")
        progress.cursor["after"] = [day.isoformat(), str(source)]
        self._commit(part)

    def _take(self, hits: list[Hit], matched: list[Matched]) -> None:
        self._progress.found += len(hits)
        if self._hunt.test:
            self._tried.take(hits)
        else:
            self._hits += hits
        self._matched += matched

    def _pause(self, part: str) -> None:
        """After a piece of work: hear whether it should end, and leave the machine to others for a while."""
        now = time.monotonic()
        if len(self._hits) >= _MANY_HITS or len(self._matched) >= _MANY_HITS * 10:
            self._commit(part)
        if now - self._asked > _ASK_S:
            self._hear(part)
            self._let_the_live_path_go_first(part)
            self._let_tests_go_first()
        self._end_a_test_in_time(part)
        self._rest(part)

    def _end_a_test_in_time(self, part: str) -> None:
        if self._hunt.test and time.monotonic() - self._begun > TEST_S:
            self._tried.limited()
            self._commit(part)
            raise _Ended(HuntState.DONE)

    def _rest(self, part: str) -> None:
        """Leave the machine to others, for long where the live path is busy; go on at once when it is no more."""
        used, begun = time.process_time() - self._worked, time.monotonic()
        while (left := begun + self._rest_for(used) - time.monotonic()) > 0:
            if left > _COMMIT_S and self._hits:
                self._commit(part)  # what was found does not wait for a rest to end
            if self._hunter.stop.wait(min(left, _ASK_S)):
                raise _Leave
            if left > _ASK_S:
                self._hear(part)
                self._let_tests_go_first()
                self._end_a_test_in_time(part)
        self._worked = time.process_time()

    def _rest_for(self, used: float) -> float:
        busy = _REST_OF_TESTS if self._hunt.test else _REST_WHEN_BUSY
        return min(_LONGEST_REST_S, used * (busy if self._busy else _REST))

    def _tell_that_it_lives(self, now: float) -> None:
        if now - self._told > _BEAT_S:
            self._told = now
            beat(
                name=NAME, now=clock.now(), detail=f"{self._progress.files_done} of {self._progress.files_total} files"
            )

    def _hear(self, part: str) -> None:
        """Whether it should end, whether the live path is busy; and say that it lives."""
        self._asked = time.monotonic()
        self._tell_that_it_lives(self._asked)
        self._busy = _live_path_has_to_read(_BUSY_BYTES)
        if hold_on(self._hunt, clock.now()):
            self._commit(part)
            raise _Ended(HuntState.CANCELLED)

    def _let_the_live_path_go_first(self, part: str) -> None:
        until = time.monotonic() + _LONGEST_WAIT_S
        while time.monotonic() < until and _live_path_has_to_read(_BEHIND_BYTES):
            if self._hunter.stop.wait(_ASK_S):
                break
            self._hear(part)

    def _let_tests_go_first(self) -> None:
        """Somebody sits before the page of a rule: its test is run at once, within this turn. Not within a test."""
        if self._hunt.test:
            return
        for test in waiting(clock.now())[:1]:
            if test.test and not hold_on(self._hunt, clock.now(), HELD + timedelta(seconds=2 * TEST_S)):
                taken = take_turn(test, clock.now())
                if taken is not None:
                    _Turn(self._hunter, taken).run()
                    self._worked = time.process_time()  # that was the test's work, and it has rested for it

    def _commit(self, part: str) -> None:
        cursor = self._progress.cursor
        if self._matched:
            cursor["matches"] = cursor.get("matches", 0) + len(self._matched)
            if cursor["matches"] > MOST_MATCHES:
                raise _Ended(HuntState.FAILED, TOO_MANY)
            rows = [(one.at, one.event, one.rule, one.values) for one in self._matched]
            self._runs.write(part, self._parts, rows)
            self._parts += 1
            self._matched = []
        self._progress.result = self._tried.result()
        self._raised += keep_found(
            hunt=self._hunt, progress=self._progress, hits=self._hits, within=self._hunter.within,
            actor=worker(NAME), now=clock.now(),
        )  # fmt: skip
        self._hits = []
        self._committed = time.monotonic()
        if self._raised > MOST_ALERTS:
            raise _Ended(HuntState.FAILED, TOO_COMMON)

    def _correlate(self, past: Past) -> None:
        """The second stage. Begun again, it makes the same in the same order: what was committed is passed over."""
        known = int(self._progress.cursor.get("told", 0))
        told = 0
        for several in past.correlated(_as_matched(self._runs.in_order())):
            told += len(several)
            if told > known:
                fresh = several[-(told - known) :]
                known = told
                self._progress.cursor["told"] = told
                self._take(fresh, [])
                self._commit("")
            self._pause("")


@contextmanager
def _still_alive(hunt: RetroHunt) -> Iterator[None]:
    """While rules are compiled, which may take a minute at the lowest priority: say so, and hold the hunt."""
    over = threading.Event()

    def tell() -> None:
        try:
            while not over.wait(_BEAT_S):
                beat(name=NAME, now=clock.now(), detail="compiles rules")
                hold_on(hunt, clock.now())
        except (Conflict, DatabaseError):
            log.warning("hunt %s: cannot be held while its rules are compiled", hunt.pk)
        finally:
            connection.close()

    heart = threading.Thread(target=tell, name="heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()


def _live_path_has_to_read(more_than: int) -> bool:
    """Whether so many bytes that came in wait to be read. A spool that nobody reads does not stop hunts."""
    lately = clock.now() - _LATELY
    return SpoolPosition.objects.filter(waiting_bytes__gt=more_than, updated_at__gt=lately).exists()


def _as_matched(found: Iterator[list[tuple[float, str, str, tuple[tuple[str, str], ...]]]]) -> Iterator[list[Matched]]:
    for rows in found:
        yield [Matched(*row) for row in rows]

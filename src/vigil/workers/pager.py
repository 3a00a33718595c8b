"""The pager: decides the timers of pages that have run out, sees what became of each try, listens for silence.

Each round: timers armed before the clock went back are armed anew; what is due is decided, the oldest first, each once;
tries that failed or were too slow go to the next route; dead-man's switches are looked at; and now and then the outside
hears that this Vigil lives, or that some part of it does not.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from vigil.adapters.notifiers.deadman import send_ping
from vigil.domain.paging.actions.switches import look_at_switches, pinged
from vigil.domain.paging.deciding import (
    changed_attempts,
    decide,
    follow,
    next_due,
    on_call,
    rearm_after_clock_went_back,
)
from vigil.domain.paging.models import PageAttempt
from vigil.kernel import clock
from vigil.kernel.actors import worker
from vigil.kernel.errors import VigilError
from vigil.workers.lanes import Lanes

log = logging.getLogger(__name__)

NAME = "pager"
EVERY_S = 1.0
AT_MOST = 500
SETTLING_S = 90.0


class Pager:
    """`well` says whether every part of this Vigil works; `outside` is the address to ping ("": none)."""

    def __init__(self, *, well: Callable[[], bool], outside: str = "", ping_every_s: float = 60.0) -> None:
        self._well = well
        self._outside = outside
        self._ping_every_s = ping_every_s
        self._ping_due = 0.0
        self._began = time.monotonic()
        self._lanes: Lanes[bool] = Lanes()
        self._faults: list[str] = []

    def round(self) -> str:
        """One round; returns what was done. Raises: RuntimeError after it when something failed."""
        self._faults = []
        self._tried("clock", lambda: rearm_after_clock_went_back(clock.now()))
        decided = self._tried("deciding", self._decide)
        went_on = self._tried("following", self._follow)
        fell = self._tried("switches", lambda: look_at_switches(actor=worker(NAME), now=clock.now()))
        self._tried("ping", self._ping)
        if self._faults:
            raise RuntimeError("; ".join(sorted(set(self._faults))))
        return f"decided {decided}, next routes {went_on}, fell silent {fell}"

    def _decide(self) -> int:
        decided, failed = 0, set[UUID]()
        for _ in range(AT_MOST):
            step = next_due(clock.now(), skip=failed)
            if step is None:
                break
            try:
                decide(step=step, roster=on_call(), actor=worker(NAME), now=clock.now())
                decided += 1
            except Exception as error:
                log.exception("timer %s could not be decided", step.pk)
                self._faults.append(f"deciding: {type(error).__name__}")
                failed.add(step.pk)
        return decided

    def _follow(self) -> int:
        went_on = 0
        for row in changed_attempts(clock.now()):
            went_on += self._tried("following", partial(self._followed, row))
        return went_on

    def _followed(self, row: PageAttempt) -> int:
        return int(follow(row=row, actor=worker(NAME), now=clock.now()))

    def _ping(self) -> int:
        for done in self._lanes.settled(lambda well: "outside", 0):
            error = done.error
            told = "" if error is None else error.code if isinstance(error, VigilError) else type(error).__name__
            pinged(well=done.work, arrived=error is None, error=told, now=clock.now())
        if not self._outside or time.monotonic() < self._ping_due or not self._lanes.has_room("outside", 1):
            return 0
        self._ping_due = time.monotonic() + min(self._ping_every_s, 5.0)
        well = self._well()
        if not well and time.monotonic() - self._began < SETTLING_S:
            return 0  # the others are only starting: neither well nor ill yet
        self._ping_due = time.monotonic() + self._ping_every_s
        self._lanes.give("outside", well, partial(send_ping, self._outside, well=well))
        return 1

    def _tried(self, what: str, act: Callable[[], int]) -> int:
        try:
            return act()
        except Exception as error:
            log.exception("%s failed", what)
            self._faults.append(f"{what}: {type(error).__name__}")
            return 0

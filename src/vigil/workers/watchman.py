"""The watchman: sees who has not checked in, tells and reminds who stands, draws up hand-overs, carries over.

Each step is decided once, by a row in the database, so that a watchman that was killed or away for a day goes on where
things stand: what was missed meanwhile is put on record in order, and only who is absent now is paged for.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from vigil.domain.duty.actions.carrying import carry_over, to_carry
from vigil.domain.duty.actions.handovers import draw_up
from vigil.domain.duty.actions.notices import notices_due, notify
from vigil.domain.duty.actions.presence import miss, overdue
from vigil.domain.duty.actions.reminding import remind, to_remind
from vigil.domain.duty.queries import shifts_ending
from vigil.domain.readiness.provers import all_open_items
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "watchman"
EVERY_S = 5.0
BEFORE_THE_END = timedelta(minutes=30)


class Watchman:
    """Holds nothing between rounds."""

    def __init__(self, *, base_url: str) -> None:
        self._base_url = base_url
        self._faults: list[str] = []

    def round(self) -> str:
        """One round; returns what was done. Raises: RuntimeError after it when something failed."""
        now, self._faults = clock.now(), []
        missed = self._tried("check-ins", lambda: self._missed(now))
        told = self._tried("notices", lambda: self._notify(now))
        reminded = self._tried("reminders", lambda: self._remind(now))
        drawn = self._tried("hand-overs", lambda: self._draw(now))
        carried = self._tried("carrying over", lambda: self._carry(now))
        if self._faults:
            raise RuntimeError("; ".join(self._faults))
        return f"missed {missed}, told {told}, reminded {reminded}, drew up {drawn}, carried {carried}"

    def _missed(self, now: datetime) -> int:
        """Until nothing is owed: after an outage one row may have missed several in turn."""
        told = 0
        for _ in range(100):
            owing = overdue(now)
            if not owing:
                break
            told += sum(miss(row=row, due=due, actor=worker(NAME), now=now) is not None for row, due in owing)
        return told

    def _notify(self, now: datetime) -> int:
        due = notices_due(now)
        return sum(notify(notice=one, base_url=self._base_url, actor=worker(NAME), now=now) for one in due)

    def _remind(self, now: datetime) -> int:
        return sum(remind(row=row, base_url=self._base_url, actor=worker(NAME), now=now) for row in to_remind(now))

    def _draw(self, now: datetime) -> int:
        shifts = shifts_ending(now, now + BEFORE_THE_END)
        for shift in shifts:
            items = all_open_items(shift.post.organisation_id, now)
            draw_up(shift=shift, items=items, actor=worker(NAME), now=now)
        return len(shifts)

    def _carry(self, now: datetime) -> int:
        return sum(carry_over(roster=roster, actor=worker(NAME), now=now) for roster in to_carry())

    def _tried(self, what: str, act: Callable[[], int]) -> int:
        try:
            return act()
        except Exception as error:
            log.exception("%s failed", what)
            self._faults.append(f"{what}: {type(error).__name__}")
            return 0

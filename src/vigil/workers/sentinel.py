"""The sentinel: hears which source is silent, keeps postures to their watches, calls somebody to what nobody took.

Holds nothing that matters: what it decides is in the database. It remembers only since when it has listened without a
break, because what this Vigil could not hear is no silence.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from vigil.domain.detection.actions.calling import page_for_alerts
from vigil.domain.detection.actions.hours import forget_hours
from vigil.domain.detection.actions.postures import keep_postures
from vigil.domain.detection.actions.silence import tell_silence
from vigil.kernel import clock
from vigil.kernel.actors import worker

log = logging.getLogger(__name__)

NAME = "sentinel"
EVERY_S = 2.0
BREAK: Final = timedelta(seconds=30)


class Sentinel:
    """See the module."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._last: datetime | None = None
        self._faults: list[str] = []

    def round(self) -> str:
        """One round; returns what was done. Raises: RuntimeError after it when something failed."""
        now, self._faults = clock.now(), []
        if self._since is None or self._last is None or not timedelta(0) <= now - self._last <= BREAK:
            self._since = now
        self._last = now
        since, actor = self._since, worker(NAME)
        postures = self._tried("postures", lambda: keep_postures(actor=actor, now=now))
        silences = self._tried("silence", lambda: tell_silence(actor=actor, now=now, listening_since=since))
        paged = self._tried("pages", lambda: page_for_alerts(actor=actor, now=now))
        self._tried("hours", lambda: forget_hours(now=now))
        if self._faults:
            raise RuntimeError("; ".join(self._faults))
        return f"postures {postures}, silences {silences}, pages {paged}"

    def _tried(self, what: str, act: Callable[[], int]) -> int:
        try:
            return act()
        except Exception as error:
            log.exception("%s failed", what)
            self._faults.append(f"{what}: {type(error).__name__}")
            return 0

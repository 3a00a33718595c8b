"""How many requests one caller may make in a minute. Held in memory: bounded, and forgotten when Vigil restarts."""

import threading
import time
from collections import OrderedDict, deque
from typing import Final

from vigil.kernel.errors import VigilError
from vigil.kernel.phrases import N_

WINDOW_S: Final = 60.0
MOST_CALLERS: Final = 20_000


class TooMany(VigilError):
    """Told as 429 with Retry-After."""

    status = 429
    title = N_("Too many requests")


class Gauge:
    """Counts requests by caller over a sliding minute."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, caller: str) -> None:
        """One request more. Raises: TooMany `exchange.flood` with `retry_after_s`."""
        now = time.monotonic()
        with self._lock:
            times = self._seen.setdefault(caller, deque(maxlen=self._at_most))
            self._seen.move_to_end(caller)
            while times and now - times[0] > WINDOW_S:
                times.popleft()
            if len(times) >= self._at_most:
                wait = max(1, round(WINDOW_S - (now - times[0])))
                wording = N_("Too many requests; ask again in {retry_after_s} s.")
                raise TooMany("exchange.flood", wording, retry_after_s=wait)
            times.append(now)
            while len(self._seen) > MOST_CALLERS:
                self._seen.popitem(last=False)


PEERS = Gauge(240)
ADDRESSES = Gauge(1200)
ENROLMENTS = Gauge(20)

"""The receiver: listens for events, has them in the spool before it says so, and tells what came and what it refused.

The listeners run in a loop of their own, which never waits for the database: whose an event is is asked aside and
remembered for two seconds. Each round of the worker tells the counts.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, close_old_connections, connections

from vigil.adapters.receivers import LISTENERS, Count, DoorClosed, Listening, Receivers, Tally
from vigil.adapters.spool import SharedSpool
from vigil.domain.detection import doors
from vigil.domain.detection.actions.receiving import Door, tell_received
from vigil.domain.detection.reasons import NO_LISTENER, NO_ROOM
from vigil.kernel import clock
from vigil.kernel.errors import Unavailable

log = logging.getLogger(__name__)

NAME: Final = "receiver"
EVERY_S: Final = 1.0
STREAM: Final = "net"
_RETRY_S: Final = 5.0
_BEGIN_S: Final = 10.0
_MOST_KNOWN: Final = 20_000


class Receiver:
    """One process's listeners; `streams`: how many detectors share the spool. Close it at the end."""

    def __init__(self, *, listening: Listening, spool: Path, streams: int, least_free_bytes: int) -> None:
        self._listening, self._folder, self._streams, self._least = listening, spool, streams, least_free_bytes
        self._tally = Tally()
        self._untold: list[Count] = []
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._fault: Exception | None = None
        self._spool: SharedSpool | None = None
        self.receivers: Receivers | None = None

    def round(self) -> str:
        """Keep the listeners up and tell what came; returns how much. Raises: Unavailable where one does not work."""
        if self._thread is None or not self._thread.is_alive():
            self._begin()
        counts = [*self._untold, *self._tally.take()]
        self._untold = counts
        trouble = self._tell(counts)
        self._untold = []
        if trouble:
            raise Unavailable("receiver.trouble", trouble)
        return f"{sum(one.received for one in counts)} received, {sum(one.refused for one in counts)} refused"

    def close(self) -> None:
        """Close the ports, then the spool; tell what was not told yet."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with contextlib.suppress(DatabaseError):
            self._tell([*self._untold, *self._tally.take()])

    def _begin(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            log.error("the listeners ended: %r", fault)
        self._begun.clear()
        self._thread = threading.Thread(target=self._listen, name="listeners", daemon=True)
        self._thread.start()
        self._begun.wait(_BEGIN_S)
        if self._fault is not None:
            raise RuntimeError(str(self._fault))

    def _tell(self, counts: list[Count]) -> str:
        """Keep the counts and how the listeners do; returns what does not work, in words for everybody."""
        receivers, spool = self.receivers, self._spool
        ports = dict(receivers.ports) if receivers is not None else {}
        troubles = dict(receivers.troubles) if receivers is not None else {}
        refuses = spool.refuses if spool is not None else ""
        told = [
            Door(name, self._listening.host, ports.get(name, port), troubles.get(name, refuses))
            for name in LISTENERS
            if (port := self._listening.port(name))
        ]
        tell_received(doors=told, counts=counts, now=clock.now())
        return NO_ROOM if refuses else NO_LISTENER if any(door.trouble for door in told) else ""

    def _listen(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - the round tells it
            self._fault = error
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self._spool = SharedSpool(self._folder, STREAM, self._streams, least_free_bytes=self._least)
        aside = _AsideDoor(doors.Door())
        try:
            self.receivers = Receivers(self._listening, self._spool, aside, self._tally)
            await self.receivers.start()
            self._begun.set()
            tried_at = time.monotonic()
            while not self._stop.is_set():
                await asyncio.sleep(0.1)
                if self.receivers.troubles and time.monotonic() - tried_at > _RETRY_S:
                    await self.receivers.retry()
                    tried_at = time.monotonic()
            await self.receivers.stop()
        finally:
            self._spool.close()
            aside.close()


class _AsideDoor:
    """Asks the database in a thread of its own; answers are good for two seconds, or until it can answer again."""

    def __init__(self, door: doors.Door) -> None:
        self._door = door
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="door")
        self._known: dict[tuple[str, ...], tuple[float, UUID | None]] = {}

    def close(self) -> None:
        self._pool.submit(connections.close_all)
        self._pool.shutdown()

    async def by_address(self, address: str, host: str) -> UUID | None:
        return await self._asked((address, host), lambda: self._door.by_address(address, host))

    async def by_token(self, token: str) -> UUID | None:
        return await self._asked((token,), lambda: self._door.by_token(token))

    async def _asked(self, key: tuple[str, ...], ask: Callable[[], UUID | None]) -> UUID | None:
        kept = self._known.get(key)
        if kept is not None and time.monotonic() - kept[0] < doors.FRESH_S:
            return kept[1]
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, _fresh(ask))
        except DatabaseError as error:
            if isinstance(error, DataError | IntegrityError):  # it answers, and does not bear the name: refused
                log.exception("nobody can tell whose it is that comes from %s", key[0] if len(key) > 1 else "a token")
                return None
            if kept is None:
                raise DoorClosed(type(error).__name__) from error
            who = key[0] if len(key) > 1 else "a token"
            log.warning("the database does not answer (%s): %s counts as before", type(error).__name__, who)
            found = kept[1]
        except Exception:  # a fault of ours must not hold a sender for ever, nor close a port
            log.exception("nobody can tell whose it is that comes from %s", key[0] if len(key) > 1 else "a token")
            found = None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = (time.monotonic(), found)
        return found


def _fresh(ask: Callable[[], UUID | None]) -> Callable[[], UUID | None]:
    def asked() -> UUID | None:
        close_old_connections()
        return ask()

    return asked

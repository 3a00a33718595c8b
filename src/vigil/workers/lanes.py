"""Lanes: one a channel, each with threads of its own, so that a provider that hangs holds up nobody but itself.

The threads only send; they touch no database. What they are given and what came of it passes through queues, and the
worker that owns the lanes does the rest.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What came of one piece of work: `error` is what it raised, None when it went well."""

    work: T
    error: Exception | None


class Lanes(Generic[T]):
    """Work by lane name; `settled` gives what is done, whichever lane it was in."""

    def __init__(self) -> None:
        self._settled: queue.SimpleQueue[Done[T]] = queue.SimpleQueue()
        self._waiting: dict[str, queue.SimpleQueue[tuple[T, Callable[[], None]]]] = {}
        self._threads: dict[str, int] = {}
        self._busy: dict[str, int] = {}

    @property
    def busy(self) -> int:
        """How many pieces of work are under way."""
        return sum(self._busy.values())

    def has_room(self, lane: str, at_once: int) -> bool:
        """Whether a piece given to `lane` would begin at once."""
        return self._busy.get(lane, 0) < at_once

    def give(self, lane: str, work: T, act: Callable[[], None]) -> None:
        """Begin `act`, which is `work`'s; only when there is room."""
        waiting = self._waiting.setdefault(lane, queue.SimpleQueue())
        self._busy[lane] = self._busy.get(lane, 0) + 1
        if self._threads.get(lane, 0) < self._busy[lane]:
            self._threads[lane] = self._threads.get(lane, 0) + 1
            threading.Thread(target=self._carry, args=(waiting,), daemon=True, name=f"lane {lane}").start()
        waiting.put((work, act))

    def _carry(self, waiting: "queue.SimpleQueue[tuple[T, Callable[[], None]]]") -> None:
        while True:
            work, act = waiting.get()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - whatever it was, the owner is told
                self._settled.put(Done(work, error))
            else:
                self._settled.put(Done(work, None))

    def settled(self, lane_of: Callable[[T], str], wait_s: float) -> list[Done[T]]:
        """What is done by now; waits up to `wait_s` seconds for the first."""
        found: list[Done[T]] = []
        try:
            found.append(self._settled.get(timeout=wait_s) if wait_s > 0 else self._settled.get_nowait())
            while True:
                found.append(self._settled.get_nowait())
        except queue.Empty:
            pass
        for done in found:
            self._busy[lane_of(done.work)] -= 1
        return found

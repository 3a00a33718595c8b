"""What came, what was refused and why, per listener and source: kept in memory until somebody takes it."""

import threading
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

MOST_SAMPLES: Final = 5
MOST_SAMPLE: Final = 300
_MOST_ROWS: Final = 10_000


@dataclass
class Count:
    """Of one listener and one source (None: whoever is not known there). `last`: when something was last taken."""

    listener: str
    source: UUID | None
    received: int = 0
    refused: int = 0
    bytes: int = 0
    last: float = 0.0
    samples: list[str] = field(default_factory=list)


class Tally:
    """Thread-safe. Only what is on disk counts as received."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, UUID | None], Count] = {}

    def took(self, listener: str, source: UUID, records: int, size: int, at: float) -> None:
        """Records that are in the spool."""
        with self._lock:
            count = self._of(listener, source)
            count.received += records
            count.bytes += size
            count.last = max(count.last, at)

    def refuse(self, listener: str, source: UUID | None, why: str, sample: bytes = b"", many: int = 1) -> None:
        """Records that are not taken, with what the first began with."""
        with self._lock:
            count = self._of(listener, source)
            count.refused += many
            if len(count.samples) < MOST_SAMPLES:
                shown = sample[:MOST_SAMPLE].decode("utf-8", "backslashreplace")
                count.samples.append((f"{why}: {shown}" if shown else why)[:MOST_SAMPLE])

    def counts(self) -> list[Count]:
        """All counts so far (copies)."""
        with self._lock:
            return [replace(count, samples=list(count.samples)) for count in self._counts.values()]

    def take(self) -> list[Count]:
        """All counts since the last call."""
        with self._lock:
            taken, self._counts = list(self._counts.values()), {}
        return taken

    def _of(self, listener: str, source: UUID | None) -> Count:
        key = (listener, source)
        if key not in self._counts and len(self._counts) >= _MOST_ROWS:
            key = (listener, None)
        return self._counts.setdefault(key, Count(*key))

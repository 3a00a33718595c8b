"""What a rule did on kept events before it runs: how often on which day, and the first events it held on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from vigil.domain.detection.actions.taking import Hit
from vigil.kernel.clock import VIETNAM

MOST_EVENTS: Final = 20
_MOST_FIELDS: Final = 16
_LONGEST: Final = 300
_MOST_DAYS: Final = 800


class Tried:
    """Counts; `result` is plain values, from which another goes on."""

    def __init__(self, before: Mapping[str, Any]) -> None:
        self._days: Counter[str] = Counter(before.get("days", {}))
        self._events: list[dict[str, Any]] = list(before.get("events", ()))
        self._limited = bool(before.get("limited"))
        self._back_to = before.get("back_to")

    def take(self, hits: Sequence[Hit]) -> None:
        """Some more on which it held."""
        for hit in hits:
            day = hit.at.astimezone(VIETNAM).date().isoformat()
            if day in self._days or len(self._days) < _MOST_DAYS:
                self._days[day] += 1
            if len(self._events) < MOST_EVENTS:
                self._events.append(
                    {
                        "event": hit.event,
                        "at": hit.at.isoformat(),
                        "entity": hit.entity[:_LONGEST],
                        "source": str(hit.source) if hit.source else None,
                        "shown": {name: _short(value) for name, value in list(hit.shown.items())[:_MOST_FIELDS]},
                    }
                )

    def covered(self, day: date) -> None:
        """What was received on this day was read."""
        self._back_to = day.isoformat()

    def limited(self) -> None:
        """The time was up before everything was read."""
        self._limited = True

    def result(self) -> dict[str, Any]:
        """Plain values."""
        if not self._days and not self._limited and self._back_to is None:
            return {}
        return {
            "days": dict(sorted(self._days.items())),
            "events": self._events,
            "limited": self._limited,
            "back_to": self._back_to,
        }


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else [str(one)[:_LONGEST] for one in value[:5]]

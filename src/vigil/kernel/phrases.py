"""A sentence that can be said in any language later: its English wording, and the values that fill it.

Vigil speaks Vietnamese first and English always, and much of what it says is worked out where no
reader's language is known (an engine, a worker). Such a sentence travels as a `Phrase`; a face renders it.
The English wording is the message id in `locale/*/LC_MESSAGES/django.po`; `N_` marks it for extraction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from vigil.kernel.clock import VIETNAM


def N_(wording: str) -> str:
    """Mark `wording` as translatable and return it unchanged."""
    return wording


def as_written(wording: str) -> str:
    """The translator that leaves English as it is."""
    return wording


def shown(value: Any) -> Any:
    """How a value stands in a sentence: instants and days the Vietnamese way, the rest as it is."""
    if isinstance(value, datetime):
        return f"{value.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return value


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English wording with `{name}` places, and values (str, int, float, datetime, date, Phrase) for them."""

    wording: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, translate: Callable[[str], str] = as_written) -> str:
        """The sentence in the language of `translate`, every place filled."""
        if not self.values:
            return translate(self.wording)
        filled = {
            name: value.said(translate) if isinstance(value, Phrase) else shown(value)
            for name, value in self.values.items()
        }
        return translate(self.wording).format(**filled)

    def __str__(self) -> str:
        return self.said()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; `from_json` reads it back."""
        return {
            "wording": self.wording,
            "values": {name: _to_json(value) for name, value in self.values.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Phrase":
        """The phrase that `to_json` wrote."""
        values = stored.get("values", {})
        return cls(stored["wording"], {name: _from_json(value) for name, value in values.items()})


def _to_json(value: Any) -> Any:
    if isinstance(value, Phrase):
        return value.to_json()
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "wording" in value:
        return Phrase.from_json(value)
    if "instant" in value:
        return datetime.fromisoformat(value["instant"])
    return date.fromisoformat(value["day"]) if "day" in value else value


def phrase(wording: str, **values: Any) -> Phrase:
    """Shorthand: `phrase("{n} systems", n=3)`. The wording must be a literal, so that it is extracted."""
    return Phrase(wording, values)

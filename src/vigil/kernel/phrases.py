"""A sentence that can be said in any language later: its English wording, and the values that fill it.

Vigil speaks Vietnamese first and English always, and much of what it says is worked out where no
reader's language is known (an engine, a worker). Such a sentence travels as a `Phrase`; a face renders it.
The English wording is the message id in `locale/*/LC_MESSAGES/django.po`; `N_` marks it for extraction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def N_(wording: str) -> str:
    """Mark `wording` as translatable and return it unchanged."""
    return wording


def as_written(wording: str) -> str:
    """The translator that leaves English as it is."""
    return wording


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English wording with `{name}` places, and plain values (str, int, float, Phrase) for them."""

    wording: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, translate: Callable[[str], str] = as_written) -> str:
        """The sentence in the language of `translate`, every place filled."""
        filled = {
            name: value.said(translate) if isinstance(value, Phrase) else value
            for name, value in self.values.items()
        }
        return translate(self.wording).format(**filled) if filled else translate(self.wording)

    def __str__(self) -> str:
        return self.said()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; `from_json` reads it back."""
        return {
            "wording": self.wording,
            "values": {
                name: value.to_json() if isinstance(value, Phrase) else value
                for name, value in self.values.items()
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Phrase":
        """The phrase that `to_json` wrote."""
        return cls(
            stored["wording"],
            {
                name: cls.from_json(value) if isinstance(value, dict) and "wording" in value else value
                for name, value in stored.get("values", {}).items()
            },
        )


def phrase(wording: str, **values: Any) -> Phrase:
    """Shorthand: `phrase("{n} systems", n=3)`. The wording must be a literal, so that it is extracted."""
    return Phrase(wording, values)

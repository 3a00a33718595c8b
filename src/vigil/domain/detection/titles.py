"""Titles in the reader's language: what Vigil says itself, and the rules that it ships, stand in its catalogue."""

from collections.abc import Callable
from functools import cache
from typing import Final

from vigil.adapters.sigma_rules.shipped import shipped_words
from vigil.domain.detection.models import Alert, AlertKind, Origin, Rule
from vigil.domain.detection.reasons import facts_of
from vigil.kernel.phrases import N_, Phrase

_LISTED: Final = {
    "domain": N_("Domain in the list “{list}”: {value}"),
    "address": N_("Address in the list “{list}”: {value}"),
    "network": N_("Network in the list “{list}”: {value}"),
    "url": N_("URL in the list “{list}”: {value}"),
    "hash": N_("Hash of a file in the list “{list}”: {value}"),
}
_MOST_NAME: Final = 100


def title_of(alert: Alert) -> Phrase | str:
    """An alert's title: a message where Vigil raised it itself or by a rule of its own, else as the rule says it."""
    if alert.kind == AlertKind.INDICATOR:
        return title_known(alert.title)
    ours = alert.kind == AlertKind.SILENCE or alert.key in shipped_words()
    return Phrase(alert.title) if ours else alert.title


def title_of_indicator(kind: str, name: str, value: str) -> str:
    """What an alert of an indicator is called: what it is, on which list, its value. `title_known` reads it back."""
    return _LISTED[kind].format(list=name[:_MOST_NAME], value=value)


def title_known(title: str) -> Phrase | str:
    """A title that was written down somewhere: a message where it is that of a rule of Vigil's, or of an indicator."""
    if title in _titles():
        return Phrase(title)
    for wording in _LISTED.values():
        if facts := facts_of(wording, title):
            return Phrase(wording, facts)
    return title


@cache
def _titles() -> frozenset[str]:
    return frozenset(one.title for one in shipped_words().values())


def title_of_rule(rule: Rule) -> Phrase | str:
    """A rule's title: a message where Vigil ships it."""
    return Phrase(rule.title) if rule.origin == Origin.VIGIL else rule.title


def description_of_rule(rule: Rule) -> Phrase | None:
    """What a rule that Vigil ships finds; of others their text tells."""
    words = shipped_words().get(rule.uid) if rule.origin == Origin.VIGIL else None
    return Phrase(words.description) if words is not None else None


def told(title: Phrase | str, translate: Callable[[str], str]) -> str:
    """A title as a reader reads it."""
    return title.said(translate) if isinstance(title, Phrase) else title

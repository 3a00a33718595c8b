"""Titles in the reader's language: what Vigil says itself, and the rules that it ships, stand in its catalogue."""

from collections.abc import Callable

from vigil.adapters.sigma_rules.shipped import shipped_words
from vigil.domain.detection.models import Alert, AlertKind, Origin, Rule
from vigil.kernel.phrases import Phrase


def title_of(alert: Alert) -> Phrase | str:
    """An alert's title: a message where Vigil raised it itself or by a rule of its own, else as the rule says it."""
    ours = alert.kind == AlertKind.SILENCE or alert.key in shipped_words()
    return Phrase(alert.title) if ours else alert.title


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

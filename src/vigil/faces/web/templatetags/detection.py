"""Template tags of detection: ages and deadlines in words, titles in the reader's language, a sparkline's bars."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django import template
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from vigil.domain.detection.models import Alert, AlertVerdict, Level, Rule
from vigil.domain.detection.reasons import reason_of_record, reason_of_rule, reasons_of
from vigil.domain.detection.titles import title_known, title_of, title_of_rule, told
from vigil.kernel.clock import VIETNAM
from vigil.kernel.phrases import N_

register = template.Library()
_MOST_SHOWN: Final = 10


@register.filter
def alert_title(alert: Alert) -> str:
    """The title; Vigil's own in the reader's language."""
    return told(title_of(alert), gettext)


@register.filter
def rule_title(rule: Rule) -> str:
    """The title; of a rule that Vigil ships in the reader's language."""
    return told(title_of_rule(rule), gettext)


@register.filter
def known_title(title: str) -> str:
    """A title that was written down; where it is that of a rule of Vigil's, in the reader's language."""
    return told(title_known(title), gettext)


@register.filter
def rule_reason(text: str) -> str:
    """Why a rule cannot run."""
    return told(reason_of_rule(text), gettext)


@register.filter
def record_reason(text: str) -> str:
    """Why a record, or an indicator, was not taken."""
    return told(reason_of_record(text), gettext)


@register.filter
def troubles(text: str) -> str:
    """What does not work, one after the other."""
    return told(reasons_of(text), gettext)


@register.filter
def level_word(level: str) -> str:
    """A level in words."""
    return str(Level(level).label) if level in Level.values else level


@register.filter
def span(seconds: Any) -> str:
    """A length of time in its two greatest units at most."""
    if seconds is None:
        return "—"
    whole = abs(int(seconds))
    if whole < 60:
        return gettext("%(n)s s") % {"n": whole}
    if whole < 3600:
        return gettext("%(n)s min") % {"n": whole // 60}
    if whole < 86_400:
        return gettext("%(h)s h %(m)s min") % {"h": whole // 3600, "m": whole % 3600 // 60}
    return ngettext("%(n)s day", "%(n)s days", whole // 86_400) % {"n": whole // 86_400}


@register.filter
def ago(seconds: Any) -> str:
    """How long ago."""
    return "—" if seconds is None else gettext("%(span)s ago") % {"span": span(seconds)}


@register.filter
def left(seconds: Any) -> str:
    """How long until a deadline."""
    return gettext("%(span)s left") % {"span": span(seconds)}


@register.filter
def late(seconds: Any) -> str:
    """How far beyond a deadline."""
    return gettext("%(span)s late") % {"span": span(seconds)}


@register.filter
def bars(counts: Sequence[int]) -> list[dict[str, float | int]]:
    """The bars of a sparkline, 3 wide and at most 24 high; an hour without events is a line of one."""
    most = max(counts, default=0)
    made: list[dict[str, float | int]] = []
    for place, count in enumerate(counts):
        height = round(1 + 23 * count / most, 1) if count else 1
        made.append({"x": place * 4, "y": round(24 - height, 1), "height": height, "count": count})
    return made


_WHAT = {
    "note": N_("Note"),
    "call": N_("Call"),
    "taken": N_("Taken"),
    "given": N_("Given"),
    "returned": N_("Given back"),
    "closed": N_("Closed"),
    "reopened": N_("Reopened"),
}


@register.filter
def note_word(what: str) -> str:
    """What a line of an alert's story is; of a closing also what it was found to be."""
    act, _, verdict = what.partition(":")
    said = gettext(_WHAT[act]) if act in _WHAT else what
    return f"{said}: {AlertVerdict(verdict).label}" if verdict in AlertVerdict.values else said


@register.filter
def own_words(text: str) -> str:
    """Words of Vigil's own in the reader's language."""
    return gettext(text) if text else ""


@register.filter
def newest_of(events: Sequence[str]) -> list[str]:
    """Ids of events that a correlation was made of, the newest first, ten at most; of a correlation its last event."""
    return list(dict.fromkeys(event.rpartition(":")[2] for event in reversed(events)))[:_MOST_SHOWN]


@register.filter
def shown_value(value: Any) -> str:
    """A field of an event, at most a thousand letters of it."""
    said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return said if len(said) <= 1000 else said[:1000] + " …"


@register.filter
def iso_time(text: Any) -> str:
    """An instant that is kept as ISO 8601, as people in Viet Nam read it."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}"
    except ValueError:
        return str(text)


@register.filter
def iso_day(text: Any) -> str:
    """A day of ISO 8601 as people write it."""
    try:
        return f"{date.fromisoformat(str(text)):%d/%m/%Y}"
    except ValueError:
        return str(text)


@register.filter
def day_bars(days: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Each day, its count, and that in percent of the greatest."""
    most = max(days.values(), default=0)
    return [(iso_day(day), count, round(100 * count / most, 1)) for day, count in sorted(days.items(), reverse=True)]


@register.simple_tag
def event_query(organisation: Any, event: str, at: Any, source: Any) -> str:
    """The query by which a kept event is found."""
    told = {"organisation": organisation, "id": event, "at": at.isoformat() if isinstance(at, datetime) else at}
    return f"?{urlencode({**told, **({'source': source} if source else {})})}"


_NEW_SYSLOG: Final = re.compile(  # RFC 5424, section 6
    r'<\d{1,3}>\d{1,2} \S+ \S+ (\S+) (\S+) \S+ (?:-|(?:\[(?:[^]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: \ufeff?(.+))?',
    re.DOTALL,
)
_OLD_SYSLOG: Final = re.compile(
    r"<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ (.+)", re.DOTALL
)  # RFC 3164, section 4.1


@register.filter
def gist(raw: str) -> str:
    """A kept record in a line: of syslog the program and what it said, for time and host stand beside it."""
    head = raw[:2000]
    if (old := _OLD_SYSLOG.match(head)) is not None:
        return old[1].strip()
    new = _NEW_SYSLOG.match(head)
    if new is None or not new[3]:
        return raw
    program = "" if new[1] == "-" else f"{new[1]}: " if new[2] == "-" else f"{new[1]}[{new[2]}]: "
    return f"{program}{new[3].strip()}"

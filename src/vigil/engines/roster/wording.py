"""The sentences of the engine: rules, places, days. Each is a Phrase, so that a face says it in the reader's
language.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from vigil.engines.roster.coverage import BACKUP, LEAD, ON_CALL, ON_SITE
from vigil.engines.roster.problem import Rules
from vigil.kernel.phrases import N_, Phrase, phrase

KIND_WORDS = {ON_SITE: N_("on site"), ON_CALL: N_("on call"), BACKUP: N_("backup")}
RULE_WORDS = {
    "post": N_("not for this post"),
    "skill": N_("lack the skill"),
    "lead": N_("may not lead"),
    "dates": N_("not there on that day"),
    "leave": N_("on leave"),
    "crew": N_("off by the pattern"),
    "overlap": N_("stand elsewhere then"),
    "rest": N_("need their rest"),
    "nights": N_("too many nights running"),
    "shifts_7d": N_("too many shifts in seven days"),
    "hours_7d": N_("too many hours in seven days"),
    "there": N_("are there already"),
    "full": N_("the places are taken"),
}


def kind_words(kind: str) -> Phrase:
    """On site, on call, backup."""
    return Phrase(KIND_WORDS[kind])


SHIFT_WORDS = {"morning": N_("morning"), "afternoon": N_("afternoon"), "night": N_("night"), "day": N_("day shift")}
FUNCTION_WORDS = {
    "monitoring": N_("Monitoring"),
    "support": N_("Support"),
    "response": N_("Response"),
    "remediation": N_("Remediation"),
}


def shift_words(name: str) -> Phrase | str:
    """A shift's name: those of the known patterns can be said in every language, another stays as it is."""
    return Phrase(SHIFT_WORDS[name]) if name in SHIFT_WORDS else name


def rule_words(code: str) -> Phrase:
    """What a rule says of those it keeps out."""
    return Phrase(RULE_WORDS[code])


def place_words(kind: str, quality: str | None) -> Phrase:
    """What is missing: a lead, somebody with a skill, somebody of a kind."""
    if quality == LEAD:
        return phrase(N_("a lead"))
    if quality is not None:
        return phrase(N_("somebody with the skill {skill}"), skill=quality)
    return phrase(N_("somebody {kind}"), kind=kind_words(kind))


def joined(parts: Sequence[Phrase | str]) -> Phrase:
    """One after another, with commas."""
    made: Phrase | str = parts[0] if parts else ""
    for part in parts[1:]:
        made = phrase(N_("{first}, {second}"), first=made, second=part)
    return made if isinstance(made, Phrase) else phrase(N_("{text}"), text=made)


def listed(parts: Sequence[Phrase | str]) -> Phrase:
    """With an "and" before the last."""
    if len(parts) < 2:
        return joined(parts)
    return phrase(N_("{first} and {last}"), first=joined(parts[:-1]), last=parts[-1])


def days(of: Iterable[date]) -> Phrase:
    """Days without the year, runs of three and more as from-to: 30/4, 1/5 or 30/4-4/5."""
    runs: list[list[date]] = []
    for day in sorted(set(of)):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts: list[Phrase | str] = []
    for run in runs:
        if len(run) >= 3:
            parts.append(f"{run[0].day}/{run[0].month}-{run[-1].day}/{run[-1].month}")
        else:
            parts.extend(f"{day.day}/{day.month}" for day in run)
    return listed(parts)


def number(value: float) -> str:
    """Without a tail of zeros."""
    return f"{value:.1f}".removesuffix(".0")


def rule_of(code: str, rules: Rules) -> Phrase:
    """A rule of the problem, with its number."""
    if code == "rest":
        return phrase(N_("{hours} h of rest between two shifts"), hours=number(rules.rest_h or 0))
    if code == "nights":
        return phrase(N_("at most {count} nights running"), count=rules.max_nights or 0)
    if code == "shifts_7d":
        return phrase(N_("at most {count} shifts in seven days"), count=rules.max_shifts_7d or 0)
    return phrase(N_("at most {hours} h in seven days"), hours=number(rules.max_hours_7d or 0))

"""Chasing rules as data: read from `chasing.toml` or a campaign's own list, checked, and said as a sentence."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, Phrase, phrase

ANCHORS: Final = {
    "sent": N_("the sending"),
    "answer_by": N_("the deadline for answers"),
    "deadline": N_("the earliest deadline of an obligation"),
}
MISSING: Final = {
    "not_read": N_("nobody has confirmed reading it"),
    "not_answered": N_("it is neither accepted nor refused"),
    "no_contact_point": N_("no contact point is filed"),
    "not_met": N_("an obligation that is due is not met"),
}
DEEDS: Final = {"mail": N_("send a reminder"), "call": N_("put it on the call list")}
MOST_RULES: Final = 30


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `hours` are counted from `of`, negative before it."""

    code: str
    of: str
    hours: float
    missing: str
    do: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Rule":
        """From a row of the file. Raises: Refused `rule.bad`."""
        try:
            rule = cls(str(row["code"])[:60], row["of"], float(row["hours"]), row["if"], row["do"])
        except (KeyError, TypeError, ValueError) as error:
            raise _bad(row) from error
        if rule.of not in ANCHORS or rule.missing not in MISSING or rule.do not in DEEDS or abs(rule.hours) > 24 * 60:
            raise _bad(row)
        return rule

    def to_json(self) -> dict[str, Any]:
        """The row that `read` takes."""
        row = asdict(self)
        row["if"] = row.pop("missing")
        return row

    @property
    def sentence(self) -> Phrase:
        """The rule in words."""
        said = {
            "hours": f"{abs(self.hours):g}",
            "anchor": phrase(ANCHORS[self.of]),
            "missing": phrase(MISSING[self.missing]),
            "deed": phrase(DEEDS[self.do]),
        }
        if self.hours < 0:
            return phrase(N_("{hours} hours before {anchor}, if {missing}: {deed}."), **said)
        if self.hours == 0:
            return phrase(N_("At {anchor}, if {missing}: {deed}."), **said)
        return phrase(N_("{hours} hours after {anchor}, if {missing}: {deed}."), **said)


def _bad(row: Mapping[str, Any]) -> Refused:
    return Refused("rule.bad", N_("This chasing rule cannot be read: {row}."), row=str(dict(row))[:200])


def rules_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Checked rules, each code once. Raises: Refused `rule.bad`, `rule.too_many`."""
    rules = {rule.code: rule for rule in map(Rule.read, rows)}
    if len(rules) > MOST_RULES:
        raise Refused("rule.too_many", N_("At most {n} rules."), n=MOST_RULES)
    return tuple(rules.values())


@cache
def usual_rules() -> tuple[Rule, ...]:
    """The rules that a new campaign starts with."""
    text = files("vigil.domain.directives").joinpath("chasing.toml").read_text(encoding="utf-8")
    return rules_of(tomllib.loads(text)["rule"])

"""What a rule set would change: told before it is applied, and applied by the same reckoning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vigil.domain.detection.models import Rule
from vigil.domain.detection.rule_files import ReadRule

FIELDS: Final = (
    "name", "text", "sha256", "title", "level", "status", "product", "category", "service", "techniques", "correlates",
    "unusable",
)  # fmt: skip


@dataclass
class Difference:
    """Between the rules of one origin that are kept and those that were read. `left`: their ids are another set's."""

    added: list[ReadRule] = field(default_factory=list)
    changed: list[tuple[Rule, ReadRule]] = field(default_factory=list)
    gone: list[Rule] = field(default_factory=list)
    unchanged: int = 0
    unusable: list[ReadRule] = field(default_factory=list)
    left: list[ReadRule] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether applying it would change something."""
        return bool(self.added or self.changed or self.gone)

    @property
    def most_go(self) -> bool:
        """Whether more is gone than stays: it may be a part of a set, taken for the whole."""
        return len(self.gone) > self.unchanged + len(self.changed)


def difference(read: Sequence[ReadRule], kept: Mapping[str, Rule], origin: str) -> Difference:
    """`kept`: the rules for everybody, by id, whatever set they are of."""
    found = Difference()
    seen = set()
    for one in read:
        rule = kept.get(one.uid)
        if rule is not None and rule.origin != origin:
            found.left.append(one)
            continue
        seen.add(one.uid)
        if one.unusable:
            found.unusable.append(one)
        if rule is None:
            found.added.append(one)
        elif rule.retired_at is not None or differs(rule, one):
            found.changed.append((rule, one))
        else:
            found.unchanged += 1
    found.gone = [
        rule for rule in kept.values() if rule.origin == origin and rule.retired_at is None and rule.uid not in seen
    ]
    return found


def differs(rule: Rule, one: ReadRule) -> bool:
    """Whether what is kept is not what was read."""
    return any(value_of(one, name) != getattr(rule, name) for name in FIELDS)


def value_of(one: ReadRule, name: str) -> object:
    """A field as the row keeps it."""
    value = getattr(one, name)
    return list(value) if name == "techniques" else value

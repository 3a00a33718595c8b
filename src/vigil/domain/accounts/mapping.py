"""Which group of an outside provider means which role over which organisation; read from a setting, without Django.

    watch-leads => watch_lead@BMA01; cn=admins,ou=groups,dc=bo-mau,dc=example => administrator@*

A rule names the group as the provider spells it, a role, and an organisation by its agency identifier (`*`: all).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ROLES: Final = frozenset(
    {"administrator", "watch_lead", "duty_officer", "engineer", "viewer", "authority_officer"}
)  # as models.Role has them; settings are read before there are models
EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever is in `group` holds `role` over the organisation with the agency identifier `organisation`."""

    group: str
    role: str
    organisation: str


def parse_rules(text: str, setting: str) -> tuple[Rule, ...]:
    """The rules in `text`. Raises: ValueError that names the `setting` and what is wrong with it."""
    rules = []
    for part in text.replace("\n", ";").split(";"):
        if not part.strip():
            continue
        group, arrow, right = part.rpartition("=>")
        role, at, organisation = (piece.strip() for piece in right.partition("@"))
        if not arrow or not group.strip() or not at or not organisation:
            raise ValueError(f"{setting}: {part.strip()!r} is not GROUP => ROLE@ORGANISATION")
        if role not in ROLES:
            raise ValueError(f"{setting}: there is no role {role!r}; there are: {', '.join(sorted(ROLES))}")
        rules.append(Rule(spelled(group), role, organisation))
    return tuple(rules)


def parse_roles(text: str, setting: str) -> frozenset[str]:
    """Role names with commas; `all`: every account, whatever its roles. Raises: ValueError for an unknown one."""
    named = {part.strip() for part in text.split(",") if part.strip()}
    if named == {"all"}:
        return frozenset({"all"})
    unknown = sorted(named - ROLES)
    if unknown:
        raise ValueError(f"{setting}: there is no role {unknown[0]!r}; there are: {', '.join(sorted(ROLES))}, or all")
    return frozenset(named)


def spelled(group: str) -> str:
    """One spelling: case does not count, nor do spaces around the commas of a distinguished name."""
    return ",".join(part.strip() for part in group.strip().casefold().split(","))


def meant(groups: Iterable[str], rules: Iterable[Rule]) -> frozenset[tuple[str, str]]:
    """The (role, agency identifier) pairs that membership in `groups` means."""
    held = {spelled(group) for group in groups}
    return frozenset((rule.role, rule.organisation) for rule in rules if rule.group in held)

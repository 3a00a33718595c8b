"""Reads of campaigns: whom audiences resolve to, and how a campaign stands."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from vigil.domain.directives.models import Campaign, Recipient, RecipientRole, RecipientState
from vigil.domain.organisations.audiences import audiences, named_in
from vigil.domain.organisations.models import Organisation

BELOW = "below"  # the pseudo-audience of a relay: everybody directly under the sender


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """One audience of a campaign: how many it resolves to, and how many of those another one names too."""

    code: str
    role: str
    members: int
    shared: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whom a campaign's audiences resolve to: each organisation once, its role and by which audiences it is named."""

    lines: tuple[AudienceLine, ...]
    members: Mapping[UUID, tuple[str, tuple[str, ...]]]

    @property
    def empty(self) -> tuple[str, ...]:
        """Audiences that nobody belongs to."""
        return tuple(line.code for line in self.lines if line.members == 0)


def reach_of(sender: Organisation) -> QuerySet[Organisation]:
    """Whom `sender` may send to: an authority everybody but itself, anybody else those under it."""
    if "authority" in sender.audience_set:
        return Organisation.objects.exclude(pk=sender.pk)
    return Organisation.objects.filter(path__startswith=sender.path).exclude(pk=sender.pk)


def resolve(sender: Organisation, chosen: Iterable[Mapping[str, Any]], picked: Iterable[UUID] = ()) -> Resolution:
    """The members of `chosen` audiences ({"code", "role"}) and those `picked` by hand; a task goes before a copy."""
    wanted = [(str(row["code"]), str(row.get("role", RecipientRole.TASK))) for row in chosen]
    reach = list(reach_of(sender).values_list("pk", "parent_id", "audience_codes"))
    by_code: dict[str, set[UUID]] = {code: set() for code, _ in wanted}
    for pk, parent, codes in reach:
        for code in by_code:
            if code in codes or (code == BELOW and parent == sender.pk):
                by_code[code].add(pk)
    named: Counter[UUID] = Counter(pk for members in by_code.values() for pk in members)
    within = {pk for pk, _, _ in reach}
    roles: dict[UUID, str] = {pk: RecipientRole.TASK for pk in picked if pk in within}
    codes_of: dict[UUID, list[str]] = {pk: [] for pk in roles}
    for code, role in wanted:
        for pk in by_code[code]:
            codes_of.setdefault(pk, []).append(code)
            if roles.get(pk) != RecipientRole.TASK:
                roles[pk] = role
    lines = tuple(
        AudienceLine(code, role, len(by_code[code]), sum(named[pk] > 1 for pk in by_code[code]))
        for code, role in wanted
    )
    return Resolution(lines, {pk: (role, tuple(codes_of[pk])) for pk, role in roles.items()})


def suggested_audiences(campaign: Campaign) -> list[dict[str, str]]:
    """The audiences that the directive names: Kính gửi and its obligations to act, Nơi nhận to know."""
    directive = campaign.directive
    act: set[str] = set().union(*(named_in(text) for text in directive.addressees)) if directive.addressees else set()
    for audience in directive.obligations.values_list("audience", flat=True):
        act |= {part for part in audience.split("+") if part in audiences()}
    know: set[str] = set().union(*(named_in(text) for text in directive.recipients)) if directive.recipients else set()
    return [
        *({"code": code, "role": RecipientRole.TASK.value} for code in audiences() if code in act),
        *({"code": code, "role": RecipientRole.COPY.value} for code in audiences() if code in know - act),
    ]


def not_addressed(campaign: Campaign) -> frozenset[str]:
    """Audiences that an obligation binds and Kính gửi does not name: the authority must say who they are."""
    directive = campaign.directive
    named: set[str] = set().union(*(named_in(text) for text in directive.addressees)) if directive.addressees else set()
    bound = {
        part
        for audience in directive.obligations.values_list("audience", flat=True)
        for part in audience.split("+")
        if part in audiences()
    }
    return frozenset(bound - named) if named else frozenset()


def counts_by_state(campaign: Campaign) -> dict[str, dict[str, int]]:
    """{role: {state: recipients}}, with every state named."""
    counts = {role: dict.fromkeys(RecipientState.values, 0) for role in RecipientRole.values}
    rows = Recipient.objects.filter(campaign=campaign).values("role", "state").annotate(n=Count("pk")).order_by()
    for row in rows:
        counts[row["role"]][row["state"]] = row["n"]
    return counts

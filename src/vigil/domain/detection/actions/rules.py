"""The rule set: taken in from a checkout or an archive, and switched on or off for an organisation, rule by rule."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from vigil.domain.detection.actions.book import bump
from vigil.domain.detection.models import Origin, Rule, RuleSwitch
from vigil.domain.detection.rule_files import ReadRule, read_rules
from vigil.domain.journal.actions import record
from vigil.domain.journal.bulk import save_many
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

_FIELDS: Final = (
    "name", "text", "sha256", "title", "level", "status", "product", "category", "service", "techniques", "correlates",
    "unusable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """What an update came to. `left`: rules whose id another rule set has already, by name."""

    added: int
    changed: int
    unchanged: int
    retired: int
    unusable: int
    left: tuple[str, ...] = ()


def import_rules(*, texts: Iterable[tuple[str, bytes]], origin: str, actor: Actor, now: datetime) -> Imported:
    """Make the rules of `origin` what `texts` (names and bytes) are: new ones added, changed ones changed, those that
    are not among them retired. One that cannot run is kept with its reason; switches stay.

    Raises: Refused `rules.none` (nothing would be left), `rules.origin`.
    """
    if origin not in (Origin.VIGIL, Origin.SIGMAHQ):
        raise Refused("rules.origin", N_("Rules for everybody come from a rule set."))
    read = read_rules(texts)
    if not read:
        raise Refused("rules.none", N_("There is no rule in what was given; nothing was changed."))
    return _keep(read, origin, actor, now)


@transaction.atomic
def _keep(read: Sequence[ReadRule], origin: str, actor: Actor, now: datetime) -> Imported:
    there = {rule.uid: rule for rule in Rule.objects.select_for_update().filter(organisation=None)}
    added: list[Rule] = []
    changed: list[Rule] = []
    left, kept = [], set()
    for one in read:
        rule = there.get(one.uid)
        if rule is not None and rule.origin != origin:
            left.append(one.name)
            continue
        kept.add(one.uid)
        if rule is None:
            added.append(as_row(Rule(origin=origin, uid=one.uid, added_at=now, changed_at=now), one))
        elif _differs(rule, one) or rule.retired_at is not None:
            as_row(rule, one)
            rule.changed_at, rule.retired_at = now, None
            changed.append(rule)
    gone = [
        rule for rule in there.values() if rule.origin == origin and rule.retired_at is None and rule.uid not in kept
    ]
    for rule in gone:
        rule.retired_at = now
    save_many(added, [*changed, *gone])
    unusable = sum(1 for one in read if one.unusable)
    done = Imported(len(added), len(changed), len(kept) - len(added) - len(changed), len(gone), unusable, tuple(left))
    listed = "\n".join(sorted(f"{one.uid} {one.sha256}" for one in read))
    record(
        actor=actor,
        now=now,
        action="detection.rules_imported",
        subject="detection.rule",
        facts={
            "origin": origin,
            "count": len(kept),
            "added": done.added,
            "changed": done.changed,
            "retired": done.retired,
            "unusable": done.unusable,
            "left": len(left),
            "sha256": hashlib.sha256(listed.encode()).hexdigest(),
        },
    )
    if added or changed or gone:
        bump()
    return done


def as_row(rule: Rule, one: ReadRule) -> Rule:
    """The row, with what was read from the text."""
    for name in _FIELDS:
        value = getattr(one, name)
        setattr(rule, name, list(value) if name == "techniques" else value)
    return rule


def _differs(rule: Rule, one: ReadRule) -> bool:
    return any(
        (list(value) if name == "techniques" else value) != getattr(rule, name)
        for name in _FIELDS
        for value in (getattr(one, name),)
    )


@transaction.atomic
def switch_rule(
    *, organisation: Organisation, rule: Rule, on: bool | None, why: str = "", actor: Actor, now: datetime
) -> None:
    """The organisation's word on a rule: on, off, or (None) as its profile says.

    Raises: Refused `rule.foreign`, `rule.unusable`, `rule.untested`.
    """
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    if rule.organisation_id not in (None, organisation.pk):
        raise Refused("rule.foreign", N_("This rule belongs to another organisation."))
    if on and rule.unusable:
        raise Refused("rule.unusable", N_("This rule cannot run: {why}"), why=rule.unusable)
    if on and rule.origin == Origin.OWN and rule.tested_at is None:
        raise Refused("rule.untested", N_("Test it against stored events first."))
    switches = RuleSwitch.objects.filter(organisation=organisation, rule=rule)
    if on is None:
        if not switches.delete()[0]:
            return
    else:
        RuleSwitch.objects.update_or_create(
            organisation=organisation,
            rule=rule,
            defaults={"on": on, "why": " ".join(why.split())[:500], "by": actor.name[:200] or actor.ref, "at": now},
        )
    bump()
    record(
        actor=actor,
        now=now,
        action="detection.rule_switched",
        subject=f"detection.rule:{rule.pk}",
        organisation=organisation.pk,
        why=why,
        facts={"title": rule.title, "uid": rule.uid, "to": "profile" if on is None else "on" if on else "off"},
    )

"""The rule set: taken in from a checkout or an archive, and switched on or off for an organisation, rule by rule."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from vigil.domain.detection.actions.book import bump
from vigil.domain.detection.differences import FIELDS, Difference, difference, value_of
from vigil.domain.detection.models import Origin, Rule, RuleSwitch
from vigil.domain.detection.reasons import reason_of_rule
from vigil.domain.detection.rule_files import ReadRule, read_rules
from vigil.domain.journal.actions import record
from vigil.domain.journal.bulk import save_many
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


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
    return import_read(read=read_rules(texts), origin=origin, actor=actor, now=now)


@transaction.atomic
def import_read(*, read: Sequence[ReadRule], origin: str, actor: Actor, now: datetime) -> Imported:
    """The same with rules that were read already.

    Raises: Refused `rules.none`.
    """
    if not read:
        raise Refused("rules.none", N_("There is no rule in what was given; nothing was changed."))
    kept = {rule.uid: rule for rule in Rule.objects.select_for_update().filter(organisation=None)}
    found = difference(read, kept, origin)
    changed = []
    for rule, one in found.changed:
        as_row(rule, one)
        rule.changed_at, rule.retired_at = now, None
        changed.append(rule)
    for rule in found.gone:
        rule.retired_at = now
    added = [as_row(Rule(origin=origin, uid=one.uid, added_at=now, changed_at=now), one) for one in found.added]
    save_many(added, [*changed, *found.gone])
    done = Imported(
        len(added), len(changed), found.unchanged, len(found.gone), len(found.unusable),
        tuple(one.name for one in found.left),
    )  # fmt: skip
    listed = "\n".join(sorted(f"{one.uid} {one.sha256}" for one in read))
    record(
        actor=actor,
        now=now,
        action="detection.rules_imported",
        subject="detection.rule",
        facts={
            "origin": origin,
            "count": len(read) - len(found.left),
            "added": done.added,
            "changed": done.changed,
            "retired": done.retired,
            "unusable": done.unusable,
            "left": len(done.left),
            "sha256": hashlib.sha256(listed.encode()).hexdigest(),
        },
    )
    if found.anything:
        bump()
    return done


def would_change(read: Sequence[ReadRule], origin: str) -> Difference:
    """What `import_read` would do now."""
    return difference(read, {rule.uid: rule for rule in Rule.objects.filter(organisation=None)}, origin)


def as_row(rule: Rule, one: ReadRule) -> Rule:
    """The row, with what was read from the text."""
    for name in FIELDS:
        setattr(rule, name, value_of(one, name))
    return rule


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
        raise Refused("rule.unusable", N_("This rule cannot run: {why}"), why=reason_of_rule(rule.unusable))
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

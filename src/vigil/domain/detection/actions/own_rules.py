"""An organisation's own rules: written, with what is wrong shown by line; tested before they run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml
from django.db import transaction

from vigil.domain.detection.actions.book import bump
from vigil.domain.detection.actions.rules import as_row
from vigil.domain.detection.models import Origin, Rule
from vigil.domain.detection.reasons import reason_of_rule
from vigil.domain.detection.rule_files import described, parsed
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import N_, Phrase, phrase

MOST_BYTES: Final = 100_000
MOST_OWN: Final = 1_000
_NAMED: Final = re.compile(r"'([^']+)'|\b(title|logsource|detection|condition|level|status|tags|id|correlation)\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a text, and in which line (from 1)."""

    line: int
    said: Phrase


def faults_of(text: str, organisation: Organisation) -> list[Fault]:
    """What keeps the text from being a rule that can run; nothing: it can."""
    if len(text.encode()) > MOST_BYTES:
        return [Fault(1, phrase(N_("Larger than {n} bytes."), n=MOST_BYTES))]
    try:
        documents = [said for said in yaml.safe_load_all(text) if said is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [Fault(mark.line + 1 if mark else 1, phrase(N_("This is no YAML: {why}"), why=error.problem or ""))]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return [Fault(1, phrase(N_("This is no YAML: {why}"), why=str(error)[:200]))]
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return [Fault(1, phrase(N_("Write exactly one rule: title, logsource, detection, level.")))]
    said = documents[0]
    if "filter" in said or "action" in said:
        return [Fault(_line_of(text, "filter", "action"), phrase(N_("Write a rule or a correlation, nothing else.")))]
    found = parsed([("rule", text.encode()), *asked_for(text, organisation)])
    return [
        Fault(_line_of(text, *_words(one.reason)), phrase(N_("It cannot run: {why}"), why=reason_of_rule(one.reason)))
        for one in found.unusable
        if one.path == "rule"
    ]


@transaction.atomic
def save_own_rule(
    *, organisation: Organisation, text: str, rule: Rule | None = None, actor: Actor, now: datetime
) -> Rule:
    """Keep a rule of the organisation's own; changed, it must be tested anew before it runs. Without an id it gets one.

    Raises: Refused `rule.faulty` (the first fault with its line; `faults_of` tells all), `rule.id_changed`,
    `rule.too_many`; Conflict `rule.id_taken`, `rule.foreign`.
    """
    text = text.replace("\r\n", "\n").strip() + "\n"
    if faults := faults_of(text, organisation):
        raise Refused("rule.faulty", N_("Line {line}: {why}"), line=faults[0].line, why=faults[0].said)
    if not re.search(r"^id:", text, re.MULTILINE):
        text = f"id: {rule.uid if rule else new_id()}\n{text}"
    read = described("own.yml", text.encode())
    rows = Rule.objects.select_for_update()
    if rule is None:
        if rows.filter(organisation=organisation, retired_at=None).count() >= MOST_OWN:
            raise Refused("rule.too_many", N_("At most {most} rules of one's own."), most=MOST_OWN)
        if rows.filter(uid=read.uid).exists():
            raise Conflict("rule.id_taken", N_("Another rule has this id; take its line out to get a new one."))
        kept = Rule(organisation=organisation, origin=Origin.OWN, uid=read.uid, added_at=now)
    else:
        kept = rows.get(pk=rule.pk)
        if kept.organisation_id != organisation.pk or kept.retired_at is not None:
            raise Conflict("rule.foreign", N_("This rule belongs to another organisation."))
        if kept.uid != read.uid:
            raise Refused("rule.id_changed", N_("A rule keeps its id; write a new rule instead."))
        if kept.text == text:
            return kept
    as_row(kept, read)
    kept.correlates = bool(re.search(r"^correlation:", text, re.MULTILINE))
    kept.changed_at, kept.tested_at, kept.test_result = now, None, {}
    added = kept._state.adding
    kept.save()
    bump()
    _tell(kept, "detection.own_rule_added" if added else "detection.own_rule_changed", actor, now)
    return kept


@transaction.atomic
def own_rule_tested(*, rule: Rule, sha256: str, result: Mapping[str, Any], actor: Actor, now: datetime) -> Rule:
    """Its text (of that SHA-256) was run over stored events: what came of it.

    Raises: Conflict `rule.changed` when the text is another by now.
    """
    kept = Rule.objects.select_for_update().get(pk=rule.pk)
    if kept.sha256 != sha256:
        raise Conflict("rule.changed", N_("The rule was changed while it was tested; test it again."))
    kept.tested_at, kept.test_result = now, dict(result)
    kept.save(update_fields=["tested_at", "test_result"])
    bump()
    _tell(kept, "detection.own_rule_tested", actor, now)
    return kept


@transaction.atomic
def retire_own_rule(*, rule: Rule, actor: Actor, now: datetime) -> None:
    """It runs no more; its alerts stay. Raises: Conflict `rule.retired`."""
    own = Rule.objects.filter(pk=rule.pk, origin=Origin.OWN, retired_at=None)
    if not own.update(retired_at=now):
        raise Conflict("rule.retired", N_("This rule was retired already."))
    bump()
    _tell(rule, "detection.own_rule_retired", actor, now)


def asked_for(text: str, organisation: Organisation) -> list[tuple[str, bytes]]:
    """The texts of the rules that a correlation names by id. The text is YAML that can be read."""
    said = yaml.safe_load(text)
    correlation = said.get("correlation") if isinstance(said, dict) else None
    named = correlation.get("rules") if isinstance(correlation, dict) else None
    ids = [str(one) for one in named] if isinstance(named, list) else [str(named)] if named else []
    rows = Rule.objects.filter(uid__in=ids[:100], retired_at=None).order_by("pk")
    return [(row.uid, row.text.encode()) for row in rows if row.organisation_id in (None, organisation.pk)]


def _words(reason: str) -> list[str]:
    return [one or two for one, two in _NAMED.findall(reason)]


def _line_of(text: str, *words: str) -> int:
    lines = text.splitlines()
    for word in words:
        for number, line in enumerate(lines, 1):
            if word.lower() in line.lower():
                return number
    return 1


def _tell(rule: Rule, action: str, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.rule:{rule.pk}",
        organisation=rule.organisation_id,
        facts={"title": rule.title, "uid": rule.uid, "sha256": rule.sha256},
    )

"""Every rule that can run, compiled once for all organisations; which of them run for whom; the lists of indicators.

One plan holds the rules of everybody, so that a switch costs nothing and what is found never depends on what else runs.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import yaml
from django.db.models import Q

from vigil.adapters.sigma_rules import kept_plan
from vigil.adapters.sigma_rules.lists import read_indicators
from vigil.domain.detection.models import IndicatorList, LogSource, Origin, Rule, RuleBook
from vigil.engines.detection.correlation import Correlation
from vigil.engines.detection.entities import fields_by_rule
from vigil.engines.detection.indicators import IndicatorSet
from vigil.engines.detection.plan import Plan, compile_rules
from vigil.engines.detection.terms import RuleSet
from vigil.kernel.identifiers import new_id
from vigil.kernel.phrases import N_

log = logging.getLogger(__name__)
_WORTH_KEEPING = 200
RULES_GONE = N_("Some of the rules are there no more.")

Runs = Callable[[Collection[UUID], datetime], Mapping[UUID, frozenset[UUID]]]
"""Which rules (by primary key) run for each of these organisations at an instant."""

Lists = tuple[tuple[UUID, str, IndicatorSet], ...]
"""Each with its TLP, and what is in it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A rule of the plan (or a correlation) as an organisation keeps it."""

    pk: UUID
    uid: str


@dataclass
class Ours:
    """What runs for one organisation.

    `alerting` and `matched` are numbers of rules in the plan: those that raise alerts, and those with the others that
    correlations wait for; `rules[number]` and `correlated[uid]` say which row that is.
    """

    alerting: frozenset[int] = frozenset()
    matched: frozenset[int] = frozenset()
    rules: Mapping[int, Known] = field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    correlated: Mapping[str, Known] = field(default_factory=dict)
    feeds: Mapping[str, frozenset[str]] = field(default_factory=dict)  # rule's uid: fields that correlations read
    indicators: Lists = ()


@dataclass
class LoadedRules:
    """A version of the rule book, ready to run."""

    version: int
    plan: Plan
    read: RuleSet
    ours: dict[UUID, Ours]
    fault: str = ""  # what could not be loaded, though the rest was

    @property
    def unusable(self) -> int:
        """How many rules cannot run."""
        return len(self.read.unusable)


def current_version() -> int:
    """The version that should be loaded."""
    row = RuleBook.objects.filter(pk=1).first()
    return row.version if row is not None else 0


def load(
    *,
    runs: Runs,
    plans: Path,
    lists: Path,
    now: datetime,
    kept: LoadedRules | None = None,
    also: Collection[UUID] = (),
) -> LoadedRules:
    """The rule book as it is now, for everybody who has sources, and for `also`.

    `plans`: the folder of compiled plans; `lists`: that of indicators' texts.
    """
    version = current_version()
    rows = list(
        Rule.objects.filter(retired_at=None, unusable="")
        .values_list("pk", "organisation", "uid", "sha256")
        .order_by("pk")
    )
    plan, read = _compiled({sha for _, _, _, sha in rows}, plans, kept)
    placed = {(rule.path, rule.id): number for number, rule in enumerate(plan.rules)}
    correlations = {(one.path, one.id): one for one in read.correlations}
    sets: dict[UUID, IndicatorSet] = {
        pk: one for own in (kept.ours.values() if kept else ()) for pk, _, one in own.indicators
    }
    with_sources = LogSource.objects.filter(retired_at=None).order_by().values_list("organisation", flat=True)
    everybody = {*with_sources.distinct(), *also, *(kept.ours if kept is not None else ())}
    shared = [(pk, uid, sha) for pk, whose, uid, sha in rows if whose is None]
    own: dict[UUID, list[tuple[UUID, str, str]]] = defaultdict(list)
    for pk, whose, uid, sha in rows:
        if whose is not None:
            own[whose].append((pk, uid, sha))
    faults: list[str] = []
    indicators = _lists_of_all(everybody, lists, sets, faults)
    of_all = _there(shared, placed, correlations)
    alike: dict[tuple[frozenset[UUID], UUID | None], Ours] = {}
    found: dict[UUID, Ours] = {}
    for organisation, running in runs(everybody, now).items():
        place = (running, organisation if organisation in own else None)
        if place not in alike:
            there = of_all if place[1] is None else _there([*shared, *own[organisation]], placed, correlations)
            alike[place] = _ours(running, there, read.silent)
        found[organisation] = replace(alike[place], indicators=indicators.get(organisation, ()))
    return LoadedRules(version, plan, read, found, "; ".join(faults))


def load_chosen(
    *, organisation: UUID, rules: Collection[UUID], lists: Collection[UUID], plans: Path, folder: Path
) -> LoadedRules:
    """These rules and lists alone, for one organisation, with what chosen correlations wait for.

    `folder`: that of indicators' texts. What is there no more, or cannot be read, is told in `fault`.
    """
    rows = list(
        Rule.objects.filter(Q(organisation=None) | Q(organisation=organisation), retired_at=None, unusable="")
        .values_list("pk", "uid", "sha256", "correlates")
        .order_by("pk")
    )
    wanted = {pk for pk, _, _, _ in rows if pk in rules}
    correlating = {uid for pk, uid, _, correlates in rows if pk in wanted and correlates}
    asked = _asked_for(correlating, plans) if correlating else set()
    shas = {sha for pk, uid, sha, _ in rows if pk in wanted or uid in asked}
    texts = list(
        {
            sha: text.encode()
            for sha, text in Rule.objects.filter(sha256__in=shas).order_by("sha256").values_list("sha256", "text")
        }.items()
    )
    plan, read = (compile_rules([]), RuleSet()) if not texts else kept_plan(texts, _folder(plans, len(texts)))[:2]
    placed = {(rule.path, rule.id): number for number, rule in enumerate(plan.rules)}
    correlations = {(one.path, one.id): one for one in read.correlations}
    faults = [RULES_GONE] if len(wanted) < len(rules) else []
    ours = _ours(wanted, _there([(pk, uid, sha) for pk, uid, sha, _ in rows], placed, correlations), read.silent)
    asked_for = IndicatorList.objects.filter(organisation=organisation, retired_at=None, pk__in=lists)
    ours.indicators = _read(asked_for.order_by("added_at"), folder, {}, faults)
    return LoadedRules(0, plan, read, {organisation: ours}, "; ".join(faults))


def load_texts(*, organisation: UUID, texts: Sequence[tuple[str, bytes]]) -> LoadedRules:
    """Rules that are not in the book, for one organisation: the first text's are told, the others feed them."""
    plan, read, _ = kept_plan(texts, None)
    placed = {(rule.path, rule.id): number for number, rule in enumerate(plan.rules)}
    correlations = {(one.path, one.id): one for one in read.correlations}
    known = [(new_id(), uid, path) for path, uid in [*placed, *correlations]]
    told = {pk for pk, _, path in known if path == texts[0][0]}
    ours = _ours(told, _there(known, placed, correlations), read.silent)
    return LoadedRules(0, plan, read, {organisation: ours}, "; ".join(one.reason for one in read.unusable))


def _folder(plans: Path, many: int) -> Path | None:
    return plans if many > _WORTH_KEEPING else None


def _asked_for(correlating: Collection[str], plans: Path) -> set[str]:
    """Ids of the rules and correlations that these need, as the whole book resolves their names."""
    shas = set(Rule.objects.filter(retired_at=None, unusable="").values_list("sha256", flat=True))
    _, read = _compiled(shas, plans, None)
    by_id = {one.id: one for one in read.correlations}
    found: set[str] = set()
    waiting = list(correlating)
    while waiting:
        uid = waiting.pop()
        if uid not in found:
            found.add(uid)
            waiting += by_id[uid].rules if uid in by_id else ()
    return found


def _compiled(wanted: set[str], plans: Path, kept: LoadedRules | None) -> tuple[Plan, RuleSet]:
    if kept is not None:
        paths = {rule.path for rule in kept.plan.rules} | {one.path for one in kept.read.correlations}
        if paths | {one.path for one in kept.read.unusable} == wanted:
            return kept.plan, kept.read
    texts: dict[str, bytes] = {}
    rows = Rule.objects.filter(retired_at=None, unusable="").order_by("sha256").values_list("sha256", "text", "origin")
    for sha, text, origin in rows:
        if origin != Origin.OWN:
            texts[sha] = text.encode()
        else:
            texts.setdefault(sha, _nameless(text).encode())
    if not texts:
        return compile_rules([]), RuleSet()
    plan, read, _ = kept_plan(list(texts.items()), plans)
    return plan, read


def _nameless(text: str) -> str:
    """An organisation's own rule without its name: all are compiled as one, and by a name that a shared rule has it
    would take that one's place in the correlations of everybody. Those of one's own are referred to by their ids.
    """
    if "name" not in text:
        return text
    said = yaml.safe_load(text)
    if not isinstance(said, dict) or said.pop("name", None) is None:
        return text
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


@dataclass(frozen=True, slots=True)
class _There:
    """The rules that are there for somebody, whether or not they run: by number and by uid; the correlations."""

    rules: Mapping[int, Known]
    number_of: Mapping[str, int]
    defined: Mapping[str, tuple[Known, Correlation]]


def _there(
    known: Collection[tuple[UUID, str, str]],
    placed: Mapping[tuple[str, str], int],
    correlations: Mapping[tuple[str, str], Correlation],
) -> _There:
    rules: dict[int, Known] = {}
    number_of: dict[str, int] = {}
    defined: dict[str, tuple[Known, Correlation]] = {}
    for pk, uid, sha in known:
        number = placed.get((sha, uid))
        if number is not None:
            rules[number] = Known(pk, uid)
            number_of[uid] = number
        elif (one := correlations.get((sha, uid))) is not None:
            defined[uid] = (Known(pk, uid), one)
    return _There(rules, number_of, defined)


def _ours(running: Collection[UUID], there: _There, silent: Collection[str]) -> Ours:
    rules, defined = there.rules, there.defined
    told = {uid for uid, (row, _) in defined.items() if row.pk in running}
    active = [defined[uid][1] for uid in _with_what_they_ask_for(told, defined)]
    feeds = fields_by_rule(active)
    quiet = {uid for one in active if not one.generate for uid in one.rules} & set(silent)
    alerting = {n for n, rule in rules.items() if rule.pk in running and rule.uid not in quiet}
    needed = {there.number_of[uid] for uid in feeds if uid in there.number_of}
    told_by_themselves = frozenset(alerting)
    return Ours(
        alerting=told_by_themselves,
        matched=told_by_themselves | needed if needed - alerting else told_by_themselves,
        rules=rules,
        correlations=tuple(active),
        correlated={uid: defined[uid][0] for uid in told - quiet},
        feeds=feeds,
    )


def _with_what_they_ask_for(told: Collection[str], defined: Mapping[str, tuple[Known, Correlation]]) -> list[str]:
    """Correlations that are told, and those that only feed them."""
    found: dict[str, None] = {}
    waiting = sorted(told, reverse=True)
    while waiting:
        uid = waiting.pop()
        if uid not in found and uid in defined:
            found[uid] = None
            waiting += defined[uid][1].rules
    return list(found)


def _lists_of_all(
    organisations: Collection[UUID], folder: Path, sets: dict[UUID, IndicatorSet], faults: list[str]
) -> dict[UUID, Lists]:
    rows: dict[UUID, list[IndicatorList]] = defaultdict(list)
    for one in IndicatorList.objects.filter(retired_at=None).order_by("added_at"):
        if one.organisation_id in organisations:
            rows[one.organisation_id].append(one)
    return {owner: _read(several, folder, sets, faults) for owner, several in rows.items()}


def _read(rows: Iterable[IndicatorList], folder: Path, sets: dict[UUID, IndicatorSet], faults: list[str]) -> Lists:
    found = []
    for one in rows:
        if one.pk not in sets:
            try:
                sets[one.pk] = read_indicators(folder / f"{one.pk}.txt", name=one.name)
            except (OSError, ValueError) as error:
                log.error("list of indicators %s: %s", one.pk, error)
                faults.append(f"the list {one.name} cannot be read")
                continue
        found.append((one.pk, one.tlp, sets[one.pk]))
    return tuple(found)


def told_loaded(loaded: LoadedRules, now: datetime, fault: str = "") -> None:
    """Keep what runs where pages and proofs can read it."""
    RuleBook.objects.update_or_create(
        pk=1,
        defaults={
            "loaded_version": loaded.version,
            "loaded_at": now,
            "rules": len(frozenset().union(*{id(own.matched): own.matched for own in loaded.ours.values()}.values())),
            "unusable": Rule.objects.filter(retired_at=None).exclude(unusable="").count() + loaded.unusable,
            "indicators": sum(len(one.indicators) for own in loaded.ours.values() for _, _, one in own.indicators),
            "fault": fault[:500],
        },
    )


def empty() -> LoadedRules:
    """Before anything was loaded."""
    return LoadedRules(-1, compile_rules([]), RuleSet(), defaultdict(Ours))

"""Proof of 2.a, as far as it goes: sources alive and within lag, rules running, alerts taken within the time set.

2.a asks for filtering too. Nothing here measures that, so the best that this can say is that detection works: "cannot
tell", with the figures. What fails, fails the whole.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F

from vigil.domain.detection.deadlines import stance_of
from vigil.domain.detection.lateness import correlation_lag, reader_lag
from vigil.domain.detection.models import Alert, AlertKind, AlertState, Posture, RuleBook
from vigil.domain.detection.queries import (
    REJECTED_MOST,
    RuleCounts,
    SourceNow,
    overdue_alerts,
    rule_counts,
    sources_now,
    sources_of,
)
from vigil.domain.detection.reasons import reasons_of
from vigil.domain.vitals.models import WorkerBeat
from vigil.domain.vitals.queries import BEAT_EVERY
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Fact, Proof, Question, Verdict

MOST_LAG: Final = timedelta(seconds=60)
_HOLDS: Final = timedelta(minutes=5)
_UNUSABLE_MOST: Final = 0.10
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Lag:
    """How long something has waited to be read, and then for correlations."""

    reading: timedelta
    correlating: timedelta


def stopped_detectors(now: datetime) -> list[str]:
    """Detectors that have given no sign of life for a minute. How long events wait is told by them alone."""
    known = {row.name: row.at for row in _beats()}
    names = [name for name in settings.VIGIL_WORKERS if name.startswith("detector")]
    return [name for name in names if name not in known or now - known[name] > BEAT_EVERY]


def _beats() -> list[WorkerBeat]:
    names = [name for name in settings.VIGIL_WORKERS if name.startswith("detector")]
    return list(WorkerBeat.objects.filter(name__in=names).order_by("name"))


class DetectionProver:
    """Not met: no source, a silent one or none that ever sent, no rule that runs, a reader that lags or is gone,
    correlations that lag, alerts beyond their deadline. At risk: a reader that fails, late sources, much rejected, many
    rules that cannot run. Else "cannot tell": filtering is not measured yet.
    """

    kinds: Collection[str] = ("detection_filtering",)

    def prove(self, question: Question, now: datetime) -> Proof:
        """Source: the dispatch's item on technical measures to detect and filter at the highest level."""
        organisation = question.organisation
        sources = sources_now(list(sources_of(organisation)), now)
        rules, lag = rule_counts(organisation, now), Lag(reader_lag(now), correlation_lag(now, organisation))
        overdue = overdue_alerts(organisation, now).count()
        facts = (
            *_source_facts(sources),
            *_rule_facts(organisation, rules, lag),
            *_alert_facts(organisation, question, overdue, now),
        )
        broken = _broken(sources, rules, lag, overdue, stopped_detectors(now))
        if broken is not None:
            return self._said(question, now, Verdict.NOT_MET, facts, *broken)
        shaky = _shaky(sources, rules)
        if shaky is not None:
            return self._said(question, now, Verdict.AT_RISK, facts, *shaky)
        sentence = phrase(
            N_(
                "Detection works: {sources} sources alive, {rules} rules running, no alert beyond its deadline. "
                "Filtering, which 2.a asks for too, is not measured by this Vigil yet."
            ),
            sources=sum(one.alive for one in sources),
            rules=rules.running,
        )
        return self._said(question, now, Verdict.CANNOT_TELL, facts, sentence, None, "")

    def _said(
        self,
        question: Question,
        now: datetime,
        verdict: Verdict,
        facts: tuple[Fact, ...],
        sentence: Phrase,
        step: Phrase | None,
        link: str,
    ) -> Proof:
        return Proof(question, verdict, Basis.MEASURED, sentence, now, now + _HOLDS, facts, step, link)


Said = tuple[Phrase, Phrase | None, str]


def _broken(
    sources: Sequence[SourceNow], rules: RuleCounts, lag: Lag, overdue: int, stopped: Sequence[str]
) -> Said | None:
    if not sources:
        return (
            phrase(N_("No source of events is entered: nothing can be detected.")),
            phrase(N_("Enter the sources of events.")),
            "/sources/",
        )
    if not rules.running:
        return phrase(N_("No rule runs.")), phrase(N_("Import a rule set.")), "/rules/"
    if stopped:  # before silence: what nobody reads seems to be silent
        said = phrase(N_("Nobody reads the events: {names} does not run."), names=", ".join(stopped))
        return said, phrase(N_("See whether the detector runs.")), "/health/"
    silent = [one for one in sources if one.silent]
    if silent:
        return (
            phrase(N_("{n} sources are silent: {names}."), n=len(silent), names=_names(silent)),
            phrase(N_("See why they send nothing.")),
            "/sources/",
        )
    if not any(one.alive for one in sources):
        return (
            phrase(N_("None of {n} sources has sent anything yet."), n=len(sources)),
            phrase(N_("See how they are made to send.")),
            "/sources/",
        )
    if lag.reading > MOST_LAG:
        said = phrase(N_("Events have waited {n} s to be read."), n=round(lag.reading.total_seconds()))
        return said, phrase(N_("See whether the detector runs.")), "/health/"
    if lag.correlating > MOST_LAG:
        said = phrase(N_("Matches have waited {n} s for correlations."), n=round(lag.correlating.total_seconds()))
        return said, phrase(N_("See which rule matches so often.")), "/rules/"
    if overdue:
        return (
            phrase(N_("{n} alerts were not taken within the time set."), n=overdue),
            phrase(N_("Take them.")),
            "/alerts/?state=open",
        )
    return None


def _shaky(sources: Sequence[SourceNow], rules: RuleCounts) -> Said | None:
    failing = [row.name for row in _beats() if row.failed]
    if failing:
        said = phrase(N_("{names} cannot read what came at present."), names=", ".join(failing))
        return said, phrase(N_("See whether the detector runs.")), "/health/"
    book = RuleBook.objects.filter(pk=1).first()
    if book is not None and book.fault:
        said = phrase(N_("Some of the rules or lists cannot be loaded: {why}"), why=reasons_of(book.fault))
        return said, phrase(N_("See why.")), "/rules/"
    late = [one for one in sources if one.late]
    if late:
        return (
            phrase(N_("{n} sources are read late: {names}."), n=len(late), names=_names(late)),
            phrase(N_("See what holds them up.")),
            "/sources/",
        )
    rejected = [one for one in sources if one.much_rejected]
    if rejected:
        return (
            phrase(
                N_("Of {n} sources more than {percent} % is rejected: {names}."),
                n=len(rejected),
                percent=round(REJECTED_MOST * 100),
                names=_names(rejected),
            ),
            phrase(N_("Look at the samples of what was rejected.")),
            "/sources/",
        )
    if rules.unusable > _UNUSABLE_MOST * (rules.running + rules.off + rules.unusable):
        return (
            phrase(N_("{n} rules cannot run."), n=rules.unusable),
            phrase(N_("See why.")),
            "/rules/?state=unusable",
        )
    return None


def _source_facts(sources: Sequence[SourceNow]) -> list[Fact]:
    silent, late = [one for one in sources if one.silent], [one for one in sources if one.late]
    alive = sum(one.alive for one in sources)
    facts = [Fact(phrase(N_("Sources alive: {n} of {all}"), n=alive, all=len(sources)), 0 < alive == len(sources))]
    if silent:
        facts.append(Fact(phrase(N_("Silent: {names}"), names=_names(silent)), False, "/sources/"))
    facts.append(Fact(phrase(N_("Sources read late: {n}"), n=len(late)), not late))
    last_day = sum(sum(one.hours) for one in sources)
    facts.append(Fact(phrase(N_("Events of the last 24 hours: {n}"), n=last_day)))
    worst = max(sources, key=lambda one: one.rejected_share, default=None)
    if worst is not None and worst.rejected_share:
        said = phrase(
            N_("Most rejected: {percent} % of {name}"),
            percent=f"{worst.rejected_share * 100:.1f}",
            name=worst.source.name,
        )
        facts.append(Fact(said, not worst.much_rejected, "/sources/"))
    return facts


def _rule_facts(organisation: UUID, rules: RuleCounts, lag: Lag) -> list[Fact]:
    book = RuleBook.objects.filter(pk=1).first()
    current = book is not None and book.loaded_version >= book.version
    loaded = N_("The newest rules are loaded") if current else N_("The newest rules are not loaded yet")
    highest = stance_of(organisation).posture == Posture.HIGHEST
    return [
        Fact(phrase(N_("Rules running: {n}"), n=rules.running), rules.running > 0),
        Fact(phrase(N_("Rules that cannot run: {n}"), n=rules.unusable), None, "/rules/?state=unusable"),
        Fact(phrase(loaded), current),
        Fact(phrase(N_("The highest posture holds") if highest else N_("The normal posture holds"))),
        _waits(N_("Events wait {n} s to be read"), lag.reading),
        _waits(N_("Matches wait {n} s for correlations"), lag.correlating),
    ]


def _waits(wording: str, lag: timedelta) -> Fact:
    return Fact(phrase(wording, n=round(lag.total_seconds())), lag <= MOST_LAG)


def _alert_facts(organisation: UUID, question: Question, overdue: int, now: datetime) -> list[Fact]:
    rows = Alert.objects.filter(organisation_id=organisation, exercise=False)
    since = rows.filter(raised_at__gte=question.starts_at, raised_at__lt=question.ends_at)
    waiting = rows.filter(state=AlertState.OPEN).count()
    missed = since.filter(taken_at__gt=F("due_at")).count()
    silences = since.filter(kind=AlertKind.SILENCE).count()
    return [
        Fact(phrase(N_("Alerts of this watch: none yet, for it begins at {at}"), at=question.starts_at))
        if now < question.starts_at
        else Fact(phrase(N_("Alerts of this watch: {n}"), n=since.count())),
        Fact(phrase(N_("Alerts that wait for somebody: {n}"), n=waiting)),
        Fact(phrase(N_("Alerts beyond their deadline: {n}"), n=overdue), overdue == 0, "/alerts/?state=open"),
        Fact(phrase(N_("Alerts of this watch that were taken late: {n}"), n=missed), None),
        Fact(phrase(N_("Times that a source fell silent in this watch: {n}"), n=silences), None),
    ]


def _names(sources: Sequence[SourceNow]) -> str:
    names = [one.source.name for one in sources[:_NAMED]]
    return ", ".join(names) + (" …" if len(sources) > _NAMED else "")

"""Asking the provers and keeping what they answer."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from vigil.domain.directives.models import Answer, Assignment, Watch, WatchState
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Home
from vigil.domain.readiness.models import ProofSnapshot, Source
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import Basis, Proof, Prover, Question, Verdict, cannot_tell

log = logging.getLogger(__name__)

STATEMENT_HOLDS = timedelta(hours=24)


def question_of(assignment: Assignment) -> Question:
    """The question that an assignment puts."""
    watch = assignment.watch
    return Question(
        assignment=assignment.id,
        code=assignment.obligation.code,
        kind=assignment.obligation.kind,
        organisation=watch.organisation_id,
        starts_at=watch.starts_at,
        ends_at=watch.ends_at,
    )


def answer(question: Question, provers: Mapping[str, Prover], now: datetime) -> Proof:
    """The proof of one question. No prover, or one that breaks down: "cannot tell", and why."""
    prover = provers.get(question.kind)
    if prover is None:
        return cannot_tell(
            question,
            now,
            phrase(N_("No part of this Vigil measures this obligation yet.")),
            phrase(N_("Keep your own evidence; it cannot be proven here.")),
        )
    try:
        return prover.prove(question, now)
    except Exception as error:
        log.exception("prover for %s broke down", question.kind)
        return cannot_tell(question, now, phrase(N_("The measurement broke down ({kind})."), kind=type(error).__name__))


def prove_watch(*, watch: Watch, provers: Mapping[str, Prover], actor: Actor, now: datetime) -> list[ProofSnapshot]:
    """Prove every obligation of a watch that applies and that this Vigil can measure, and keep the answers.

    For an organisation at home here, an obligation that nothing measures is kept as "cannot tell". For a guest or a
    peer it is left to their statements and reports.
    """
    if watch.state == WatchState.CLOSED:
        return []
    home = watch.organisation.home
    measured = measurable(provers, home)
    assignments = watch.assignments.filter(applies=True, dropped_at=None).select_related("obligation", "watch")
    kept = []
    for assignment in assignments:
        if home != Home.HERE and assignment.obligation.kind not in measured:
            continue
        proof = answer(question_of(assignment), provers, now)
        kept.append(keep(proof=proof, assignment=assignment, actor=actor, now=now))
    return kept


def measurable(provers: Mapping[str, Prover], home: str) -> frozenset[str]:
    """The kinds of obligation that this Vigil itself measures for organisations at `home`."""
    return frozenset(kind for kind, prover in provers.items() if home in getattr(prover, "homes", (Home.HERE,)))


@transaction.atomic
def keep(
    *, proof: Proof, assignment: Assignment, actor: Actor, now: datetime, source: str = Source.PROVER
) -> ProofSnapshot:
    """Keep a proof: renew its source's snapshot when it says the same, else start a new one and journal the change.

    A measurement, a peer's report and a person's statement each have their own current snapshot.
    """
    said = _said(proof)
    Assignment.objects.select_for_update().get(pk=assignment.pk)  # a page and a worker may measure at once
    current = ProofSnapshot.objects.filter(assignment=assignment, source=source, current=True).first()
    if current is not None:
        if current.measured_at > proof.measured_at:
            return current  # somebody measured later and was first to keep it
        if all(getattr(current, name) == value for name, value in said.items()):
            current.measured_at, current.valid_until = proof.measured_at, proof.valid_until
            current.save(update_fields=["measured_at", "valid_until"])
            return current
        ProofSnapshot.objects.filter(pk=current.pk).update(current=False)
    fresh = ProofSnapshot.objects.create(
        assignment=assignment,
        source=source,
        first_measured_at=proof.measured_at,
        measured_at=proof.measured_at,
        valid_until=proof.valid_until,
        **said,
    )
    before = current.verdict if current else ""
    if before != fresh.verdict:
        record(
            actor=actor,
            now=now,
            action="proof.verdict_changed",
            subject=f"directives.assignment:{assignment.id}",
            organisation=proof.question.organisation,
            facts={
                "item": proof.question.code,
                "was": before,
                "is": fresh.verdict,
                "basis": fresh.basis,
                "sentence": fresh.sentence["wording"],
            },
        )
    return fresh


@transaction.atomic
def state(
    *, assignment: Assignment, verdict: Verdict, text: str, by: str, actor: Actor, now: datetime
) -> ProofSnapshot:
    """Keep what a named person states of an obligation: attested, never more. It holds for a day.

    Before the window it holds until the first day is over, so that an answer given early is not asked again at once.

    Raises: Refused `statement.no_name`, `statement.no_text`, `statement.cannot_tell`; Conflict `watch.closed`.
    """
    watch = assignment.watch
    if watch.state == WatchState.CLOSED:
        raise Conflict("watch.closed", N_("This watch is closed."))
    if not by.strip():
        raise Refused("statement.no_name", N_("Say who states this: name and title."))
    if not text.strip():
        raise Refused("statement.no_text", N_("Say in a few words what was done, or what is missing."))
    if verdict == Verdict.CANNOT_TELL:
        raise Refused("statement.cannot_tell", N_("A statement says met, at risk or not met."))
    answer = Answer.objects.create(
        assignment=assignment, verdict=verdict.value, text=text.strip()[:5000], by=by.strip()[:200], at=now
    )
    record(
        actor=actor,
        now=now,
        action="assignment.stated",
        subject=f"directives.assignment:{assignment.id}",
        organisation=watch.organisation_id,
        facts={"item": assignment.obligation.code, "verdict": verdict.value, "answer": str(answer.id)},
        personal={"by": answer.by, "text": answer.text},
    )
    proof = Proof(
        question=question_of(assignment),
        verdict=verdict,
        basis=Basis.ATTESTED,
        sentence=phrase(N_("{by} states: {text}"), by=answer.by, text=answer.text[:300]),
        measured_at=now,
        valid_until=max(now, watch.starts_at) + STATEMENT_HOLDS,
    )
    return keep(proof=proof, assignment=assignment, actor=actor, now=now, source=Source.STATEMENT)


def check_in(*, watch: Watch, by: str, actor: Actor, now: datetime) -> int:
    """A named person says that everything stated still holds: each statement holds for another day.

    Returns how many were renewed. Raises: Refused `statement.no_name`.
    """
    if not by.strip():
        raise Refused("statement.no_name", N_("Say who states this: name and title."))
    with transaction.atomic():
        until = max(now, watch.starts_at) + STATEMENT_HOLDS
        renewed = ProofSnapshot.objects.filter(
            assignment__watch=watch, source=Source.STATEMENT, current=True, assignment__dropped_at=None
        ).update(measured_at=now, valid_until=until)
        record(
            actor=actor,
            now=now,
            action="watch.checked_in",
            subject=f"directives.watch:{watch.id}",
            organisation=watch.organisation_id,
            facts={"statements": renewed},
            personal={"by": by},
        )
    return renewed


def _said(proof: Proof) -> dict[str, Any]:
    return {
        "verdict": proof.verdict.value,
        "basis": proof.basis.value,
        "sentence": proof.sentence.to_json(),
        "next_step": proof.next_step.to_json() if proof.next_step else None,
        "next_link": proof.next_link,
        "facts": [
            {"statement": fact.statement.to_json(), "holds": fact.holds, "link": fact.link} for fact in proof.facts
        ],
    }


def watches_running_out(*, provers: Mapping[str, Prover], before: datetime, at_most: int) -> list[Watch]:
    """Watches, not closed, of which some measurement is missing or no longer holds at `before`."""
    fresh = ProofSnapshot.objects.filter(
        assignment=OuterRef("pk"), source=Source.PROVER, current=True, valid_until__gt=before
    )
    asked = Assignment.objects.filter(watch=OuterRef("pk"), applies=True, dropped_at=None)
    due = Q(pk__in=[])
    for home in Home:
        owed = asked if home == Home.HERE else asked.filter(obligation__kind__in=measurable(provers, home))
        due |= Q(Exists(owed.filter(~Exists(fresh))), organisation__home=home)
    rows = Watch.objects.exclude(state=WatchState.CLOSED).filter(due).select_related("organisation", "directive")
    return list(rows[:at_most])

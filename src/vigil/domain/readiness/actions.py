"""Asking the provers and keeping what they answer."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from vigil.domain.directives.models import Assignment, Watch, WatchState
from vigil.domain.journal.actions import record
from vigil.domain.readiness.models import ProofSnapshot
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import Proof, Prover, Question, cannot_tell

log = logging.getLogger(__name__)


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
    """Prove every obligation of a watch that applies, and keep the answers."""
    if watch.state == WatchState.CLOSED:
        return []
    assignments = watch.assignments.filter(applies=True, dropped_at=None).select_related("obligation", "watch")
    kept = []
    for assignment in assignments:
        proof = answer(question_of(assignment), provers, now)
        kept.append(keep(proof=proof, assignment=assignment, actor=actor, now=now))
    return kept


@transaction.atomic
def keep(*, proof: Proof, assignment: Assignment, actor: Actor, now: datetime) -> ProofSnapshot:
    """Keep a proof: renew the current snapshot when it says the same, else start a new one and journal the change."""
    said = _said(proof)
    Assignment.objects.select_for_update().get(pk=assignment.pk)  # a page and a worker may measure at once
    currents = list(ProofSnapshot.objects.filter(assignment=assignment, current=True))
    for current in currents:
        if current.measured_at > proof.measured_at:
            return current  # somebody measured later and was first to keep it
        if all(getattr(current, name) == value for name, value in said.items()):
            current.measured_at, current.valid_until = proof.measured_at, proof.valid_until
            current.save(update_fields=["measured_at", "valid_until"])
            return current
    ProofSnapshot.objects.filter(assignment=assignment, current=True).update(current=False)
    fresh = ProofSnapshot.objects.create(
        assignment=assignment,
        first_measured_at=proof.measured_at,
        measured_at=proof.measured_at,
        valid_until=proof.valid_until,
        **said,
    )
    before = currents[0].verdict if currents else ""
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


def watches_to_prove() -> list[Watch]:
    """Every watch whose proofs are kept fresh: planned and open ones."""
    return list(Watch.objects.exclude(state=WatchState.CLOSED).select_related("organisation", "directive"))

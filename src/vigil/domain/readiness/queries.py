"""The board: each obligation of a watch with its proof as it reads now, and counts that never blend the bases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from vigil.domain.directives.models import Assignment, Watch
from vigil.domain.readiness.models import ProofSnapshot
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import Basis, Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """One obligation on the board. `verdict` is what holds now: an expired proof reads "cannot tell".

    What was measured comes first, then what a peer reports, then what a person states; a basis that can tell goes
    before one that cannot. `others` are the rest, each for itself: no basis is blended into another.
    """

    assignment: Assignment
    verdict: Verdict
    basis: Basis
    sentence: Phrase
    next_step: Phrase | None
    next_link: str
    facts: list[dict[str, Any]]
    measured_at: datetime | None
    expired: bool
    others: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """A watch's rows; those that do not apply and those dropped apart; `measured_at` is the oldest measurement."""

    watch: Watch
    rows: list[Row]
    not_applying: list[Assignment]
    dropped: list[Assignment]
    measured_at: datetime | None

    def count(self, verdict: Verdict, basis: Basis | None = None) -> int:
        """How many rows have `verdict`, on `basis` when one is given."""
        return sum(row.verdict == verdict and basis in (None, row.basis) for row in self.rows)


def board_of(watch: Watch, now: datetime) -> Board:
    """The board of `watch` as of `now`."""
    if watch.closed_at is not None:
        now = watch.closed_at  # a closed watch shows what was so when it was closed
    assignments = list(
        watch.assignments.select_related("obligation", "person", "watch").order_by("obligation__position")
    )
    current: dict[UUID, list[ProofSnapshot]] = {}
    for proof in ProofSnapshot.objects.filter(assignment__watch=watch, current=True):
        current.setdefault(proof.assignment_id, []).append(proof)
    kept = [a for a in assignments if a.dropped_at is None]
    rows = [row_of(a, current.get(a.id, []), now) for a in kept if a.applies]
    measured = [row.measured_at for row in rows if row.measured_at is not None]
    return Board(
        watch=watch,
        rows=rows,
        not_applying=[a for a in kept if not a.applies],
        dropped=[a for a in assignments if a.dropped_at is not None],
        measured_at=min(measured) if len(measured) == len(rows) and rows else None,
    )


def row_of(assignment: Assignment, proofs: Sequence[ProofSnapshot], now: datetime) -> Row:
    """How an assignment reads now, from its current proofs of every source."""
    if not proofs:
        why = phrase(N_("Not measured yet."))
        return Row(assignment, Verdict.CANNOT_TELL, Basis.MEASURED, why, None, "", [], None, False)
    rows = [_reads(assignment, proof, now) for proof in proofs]
    rows.sort(key=lambda row: (row.verdict == Verdict.CANNOT_TELL, _ORDER[row.basis]))
    return replace(rows[0], others=tuple(rows[1:]))


_ORDER = {Basis.MEASURED: 0, Basis.REPORTED: 1, Basis.ATTESTED: 2}


def _reads(assignment: Assignment, proof: ProofSnapshot, now: datetime) -> Row:
    expired = proof.valid_until < now
    sentence = (
        phrase(N_("The last measurement is no longer valid; nothing newer is known."))
        if expired
        else Phrase.from_json(proof.sentence)
    )
    return Row(
        assignment=assignment,
        verdict=Verdict.CANNOT_TELL if expired else Verdict(proof.verdict),
        basis=Basis(proof.basis),
        sentence=sentence,
        next_step=Phrase.from_json(proof.next_step) if proof.next_step else None,
        next_link=proof.next_link,
        facts=[{**fact, "statement": Phrase.from_json(fact["statement"])} for fact in proof.facts],
        measured_at=proof.measured_at,
        expired=expired,
    )

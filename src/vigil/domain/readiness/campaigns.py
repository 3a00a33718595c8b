"""How a campaign stands: per obligation, each basis counted apart; per recipient, what its watch shows now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Case, CharField, Count, F, Q, Value, When

from vigil.domain.directives.models import Assignment, Campaign, Obligation, Recipient
from vigil.domain.readiness.models import ProofSnapshot
from vigil.domain.readiness.queries import Row, row_of
from vigil.kernel.proofs import Basis, Verdict


@dataclass(slots=True)
class ObligationStanding:
    """One obligation over all recipients to whom it applies. The bases are apart: one recipient may be in two."""

    obligation: Obligation
    asked: int = 0
    counts: dict[Basis, dict[Verdict, int]] = field(default_factory=lambda: {basis: {} for basis in Basis})

    def count(self, basis: Basis, verdict: Verdict) -> int:
        """How many recipients have this verdict on this basis."""
        return self.counts[basis].get(verdict, 0)


def standing_of(campaign: Campaign, now: datetime) -> list[ObligationStanding]:
    """Each obligation of the directive in force, with its counts; an expired proof counts as "cannot tell"."""
    found = {
        obligation.pk: ObligationStanding(obligation)
        for obligation in campaign.directive.obligations.order_by("position")
    }
    asked = Assignment.objects.filter(
        watch__received__campaign=campaign, obligation__in=list(found), applies=True, dropped_at=None
    )
    for row in asked.values("obligation").annotate(n=Count("pk")).order_by():
        found[row["obligation"]].asked = row["n"]
    reads = Case(
        When(valid_until__lt=now, then=Value(Verdict.CANNOT_TELL.value)),
        default=F("verdict"),
        output_field=CharField(),
    )
    proofs = ProofSnapshot.objects.filter(
        current=True,
        assignment__watch__received__campaign=campaign,
        assignment__applies=True,
        assignment__dropped_at=None,
        assignment__obligation__in=list(found),
    )
    rows = proofs.annotate(reads=reads).values("assignment__obligation", "basis", "reads").annotate(n=Count("pk"))
    for line in rows.order_by():
        found[line["assignment__obligation"]].counts[Basis(line["basis"])][Verdict(line["reads"])] = line["n"]
    return list(found.values())


def rows_of(recipients: Sequence[Recipient], now: datetime) -> dict[UUID, list[Row]]:
    """The board rows of each recipient's watch, by recipient, in three queries whatever their number."""
    by_watch = {recipient.watch_id: recipient.pk for recipient in recipients if recipient.watch_id}
    assignments = list(
        Assignment.objects.filter(watch__in=list(by_watch), applies=True, dropped_at=None)
        .select_related("obligation", "watch")
        .order_by("obligation__position")
    )
    proofs: dict[UUID, list[ProofSnapshot]] = defaultdict(list)
    for proof in ProofSnapshot.objects.filter(Q(current=True), assignment__in=[a.pk for a in assignments]):
        proofs[proof.assignment_id].append(proof)
    rows: dict[UUID, list[Row]] = defaultdict(list)
    for assignment in assignments:
        rows[by_watch[assignment.watch_id]].append(row_of(assignment, proofs[assignment.pk], now))
    return rows


def counts_of(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """{basis: {verdict: obligations}} of one watch: what is reported upwards. Each basis for itself."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        for one in (row, *row.others):
            of_basis = counts.setdefault(one.basis.value, {})
            of_basis[one.verdict.value] = of_basis.get(one.verdict.value, 0) + 1
    return counts

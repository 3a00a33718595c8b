"""How a campaign stands: per obligation, each basis counted apart; per recipient, what its watch shows now.

Over few recipients it is counted at every look. Over many, the campaigner counts now and then (`keep_standing`) and
pages show that count with its time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Case, CharField, Count, F, Q, Value, When

from vigil.domain.directives.models import Assignment, Campaign, Obligation, Recipient
from vigil.domain.readiness.models import ProofSnapshot, Standing
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


LARGE = 500  # recipients from which on a count is kept


def keep_standing(campaign: Campaign, now: datetime) -> int:
    """Count a large campaign and keep what was counted; returns 1 when it is large, else 0 and nothing is kept."""
    if not campaign.recipients.all()[LARGE : LARGE + 1].exists():
        return 0
    counted = {
        str(line.obligation.pk): {"asked": line.asked, "bases": line.counts} for line in standing_of(campaign, now)
    }
    Standing.objects.update_or_create(
        campaign=campaign, defaults={"directive_id": campaign.directive_id, "counted_at": now, "counts": counted}
    )
    return 1


def standing_as_of(campaign: Campaign, now: datetime) -> tuple[list[ObligationStanding], datetime]:
    """The lines of `standing_of`, and when they were counted: `now`, unless a count of a large campaign was kept."""
    kept = Standing.objects.filter(campaign=campaign, directive_id=campaign.directive_id).first()
    if kept is None:
        return standing_of(campaign, now), now
    lines = []
    for obligation in campaign.directive.obligations.order_by("position"):
        told = kept.counts.get(str(obligation.pk), {"asked": 0, "bases": {}})
        counts: dict[Basis, dict[Verdict, int]] = {
            basis: {Verdict(verdict): n for verdict, n in told["bases"].get(basis.value, {}).items()} for basis in Basis
        }
        lines.append(ObligationStanding(obligation, told["asked"], counts))
    return lines, kept.counted_at


def rows_of(recipients: Sequence[Recipient], now: datetime) -> dict[UUID, list[Row]]:
    """The board rows of each recipient's watch, by recipient, in four queries whatever their number."""
    by_watch = {recipient.watch_id: recipient.pk for recipient in recipients if recipient.watch_id}
    assignments = list(
        Assignment.objects.filter(watch__in=list(by_watch), applies=True, dropped_at=None)
        .prefetch_related("obligation", "watch")  # few of each: read once, not once an assignment
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

"""What is unfinished here: obligations of an open watch whose proof, as it reads now, is not "met"."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.readiness.queries import board_of
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem, Verdict


class ProofOpenItems:
    """Obligations that are not proven met."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """One item an obligation, with its verdict."""
        found = []
        for watch in Watch.objects.filter(organisation_id=organisation, state=WatchState.OPEN):
            for row in board_of(watch, now).rows:
                if row.verdict != Verdict.MET:
                    statement = phrase(
                        N_("Obligation {code}: {verdict}."),
                        code=row.assignment.obligation.code,
                        verdict=phrase(row.verdict.label),
                    )
                    since = row.measured_at or watch.opened_at or now
                    found.append(OpenItem("readiness", statement, since, f"/watches/{watch.id}/"))
        return found

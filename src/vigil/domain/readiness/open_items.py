"""What is unfinished here: obligations of an open watch whose proof, as it reads now, is not "met"."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.directives.actions.review import SCOPE_CODE
from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.readiness.queries import board_of
from vigil.kernel.phrases import N_, Phrase, phrase
from vigil.kernel.proofs import OpenItem, Verdict


class ProofOpenItems:
    """Obligations that are not proven met."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """One item an obligation, with its verdict."""
        found = []
        for watch in Watch.objects.filter(organisation_id=organisation, state=WatchState.OPEN):
            for row in board_of(watch, now).rows:
                if row.verdict != Verdict.MET:
                    statement = _said(row.assignment.obligation.code, row.verdict)
                    since = row.measured_at or watch.opened_at or now
                    found.append(OpenItem("readiness", statement, since, f"/watches/{watch.id}/"))
        return found


def _said(code: str, verdict: Verdict) -> Phrase:
    if code == SCOPE_CODE:
        return phrase(N_("Important systems named: {verdict}."), verdict=phrase(verdict.label))
    return phrase(N_("Obligation {code}: {verdict}."), code=code, verdict=phrase(verdict.label))

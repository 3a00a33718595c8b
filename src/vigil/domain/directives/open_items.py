"""What is unfinished here: obligations of a kept watch for which nobody answers by name."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.directives.models import Assignment, WatchState
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem


class DirectiveOpenItems:
    """Obligations without a responsible person."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Unassigned obligations that apply, of the organisation's open watches."""
        unassigned = Assignment.objects.filter(
            watch__organisation_id=organisation,
            watch__state=WatchState.OPEN,
            applies=True,
            dropped_at=None,
            person=None,
        ).select_related("obligation", "watch")
        return [
            OpenItem(
                "directives",
                phrase(N_("Nobody answers for obligation {code} yet."), code=item.obligation.code),
                item.watch.opened_at or now,
                f"/watches/{item.watch_id}/",
            )
            for item in unassigned
        ]

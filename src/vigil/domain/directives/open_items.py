"""What is unfinished here: obligations without a name, directives without an answer, drills that ask."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from vigil.domain.directives.actions.review import SCOPE_CODE
from vigil.domain.directives.models import (
    Assignment,
    CampaignState,
    DrillProbe,
    ProbeOutcome,
    Recipient,
    RecipientRole,
    RecipientState,
    WatchState,
)
from vigil.domain.organisations.models import Home
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem


class DirectiveOpenItems:
    """Drills that ask, directives that wait for an answer, obligations without a responsible person."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Of the organisation: drills, then directives, then unassigned obligations of its open watches."""
        unassigned = (
            Assignment.objects.filter(
                watch__organisation_id=organisation,
                watch__state=WatchState.OPEN,
                applies=True,
                dropped_at=None,
                person=None,
            )
            .select_related("obligation", "watch")
            .order_by("watch_id", "obligation__position")
        )
        drills = DrillProbe.objects.filter(
            organisation_id=organisation, kind="desk", outcome=ProbeOutcome.WAITING, drill__ended_at=None
        ).select_related("drill")
        asked = [
            OpenItem(
                "directives",
                phrase(N_("A drill asks whether somebody is at the desk.")),
                probe.drill.started_at,
                f"/drills/{probe.drill_id}/",
            )
            for probe in drills
        ]
        owed = Recipient.objects.filter(
            organisation_id=organisation, home=Home.HERE, role=RecipientRole.TASK, campaign__state=CampaignState.SENT,
            state__in=[RecipientState.SENT, RecipientState.DELIVERED, RecipientState.READ],
        ).select_related("campaign")  # fmt: skip
        asked += [
            OpenItem(
                "directives",
                phrase(N_("A directive is neither accepted nor refused: {title}."), title=row.campaign.title),
                row.sent_at or now,
                f"/received/{row.pk}/",
            )
            for row in owed
        ]
        return asked + [_without_a_name(list(items), now) for _, items in groupby(unassigned, lambda one: one.watch_id)]


def _without_a_name(items: Sequence[Assignment], now: datetime) -> OpenItem:
    """One line a watch: a list of eight that say the same is a list that nobody reads."""
    watch = items[0].watch
    codes = ", ".join(item.obligation.code for item in items if item.obligation.code != SCOPE_CODE)
    told = (
        phrase(N_("Nobody answers yet for these obligations: {codes}."), codes=codes)
        if codes
        else phrase(N_("Nobody answers yet for naming the important systems."))
    )
    return OpenItem("directives", told, watch.opened_at or now, f"/watches/{watch.pk}/")

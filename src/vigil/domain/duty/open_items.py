"""What is unfinished in duty: holes, swaps to decide, hand-overs without a signature, missed check-ins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from vigil.domain.directives.models import WatchState
from vigil.domain.duty.models import HandOver, HandOverState, MissedCheckIn, Roster, Swap, SwapState
from vigil.domain.duty.queries import function_holes
from vigil.kernel.phrases import N_, phrase
from vigil.kernel.proofs import OpenItem

_GIVEN_LONG_AGO = timedelta(minutes=30)
_OVER_FOR = timedelta(minutes=15)


class DutyOpenItems:
    """Of the organisation's watches that are open."""

    def open_items(self, organisation: UUID, now: datetime) -> Sequence[OpenItem]:
        """Holes first, then what waits for a person."""
        return [*self._holes(organisation, now), *self._waiting(organisation, now)]

    def _holes(self, organisation: UUID, now: datetime) -> list[OpenItem]:
        found = []
        for roster in Roster.objects.filter(watch__organisation=organisation, watch__state=WatchState.OPEN):
            link = f"/watches/{roster.watch_id}/roster/"
            if roster.published_at is None:
                since = roster.planned_at or now
                found.append(OpenItem("duty", phrase(N_("The roster is not published yet.")), since, link))
                continue
            holes = function_holes(roster, now)
            if holes:
                told = phrase(
                    N_("The roster has {n} holes; the first from {start}."), n=len(holes), start=holes[0].span.start
                )
                found.append(OpenItem("duty", told, roster.published_at, link))
        return found

    def _waiting(self, organisation: UUID, now: datetime) -> list[OpenItem]:
        swaps = Swap.objects.filter(
            Q(other_row=None) | Q(other_row__superseded_at=None),
            row__roster__watch__organisation=organisation,
            row__superseded_at=None,
            state__in=[SwapState.PROPOSED, SwapState.AGREED],
        ).select_related("row__person", "to_person", "row__roster")
        found = [
            OpenItem(
                "duty",
                phrase(N_("A swap waits: {one} to {other}."), one=swap.row.person.name, other=swap.to_person.name),
                swap.proposed_at,
                f"/watches/{swap.row.roster.watch_id}/roster/",
            )
            for swap in swaps
        ]
        due = (
            HandOver.objects.filter(shift_out__post__organisation=organisation, shift_in__isnull=False)
            .exclude(shift_out__roster__watch__state=WatchState.CLOSED)
            .select_related("shift_out__post")
        )
        found += [
            OpenItem(
                "duty",
                phrase(
                    N_("{post}: the shift ended at {end}, and nobody has handed over."),
                    post=one.shift_out.post.name,
                    end=one.shift_out.ends_at,
                ),
                one.shift_out.ends_at,
                f"/handovers/{one.pk}/",
            )
            for one in due.filter(
                state=HandOverState.DRAWN, shift_out__ends_at__lt=now - _OVER_FOR, shift_in__ends_at__gt=now
            )
        ]
        given = due.filter(state=HandOverState.GIVEN, out_at__lt=now - _GIVEN_LONG_AGO)
        found += [
            OpenItem(
                "duty",
                phrase(N_("{post}: handed over, and nobody has taken it."), post=one.shift_out.post.name),
                one.out_at or now,
                f"/handovers/{one.pk}/",
            )
            for one in given
        ]
        missed = MissedCheckIn.objects.filter(
            row__shift__post__organisation=organisation, made_up_at=None, row__ends_at__gt=now
        ).select_related("row__person", "row__shift__post", "row__roster")
        found += [
            OpenItem(
                "duty",
                phrase(
                    N_("{name} has not checked in at {post}."), name=one.row.person.name, post=one.row.shift.post.name
                ),
                one.due_at,
                f"/watches/{one.row.roster.watch_id}/duty/",
            )
            for one in missed
        ]
        return found

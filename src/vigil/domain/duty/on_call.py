"""Whom the roster names when somebody must be paged."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from vigil.domain.duty.models import DutyRow, Kind, Member
from vigil.domain.duty.queries import in_force
from vigil.kernel.on_call import Target


class RosterOnCall:
    """Implements `kernel.on_call.OnCall` from published rosters; who is said to lead the shift comes first."""

    def people(
        self,
        organisation: UUID,
        target: Target,
        at: datetime,
        *,
        post: UUID | None = None,
        function: str | None = None,
        exercise: bool = False,
    ) -> Sequence[UUID]:
        """Person identifiers, best first, each once. A post or a function narrows; nobody there: nobody."""
        if target is Target.STANDING_LEAD:
            leads = Member.objects.filter(
                organisation=organisation, standing_lead=True, retired_at=None, person__left_at=None
            )
            return list(leads.order_by("person__name").values_list("person_id", flat=True))
        rows = _of_its_kind(in_force([organisation]).filter(ends_at__gt=at), at, exercise)
        rows = [row for row in rows if _fits(row, post, function)]
        if target is Target.NEXT_SHIFT:
            later = [row for row in rows if row.starts_at > at and row.kind == Kind.ON_SITE]
            soonest = min((row.starts_at for row in later), default=None)
            return _people(row for row in later if row.starts_at == soonest)
        now = [row for row in rows if row.starts_at <= at]
        if target is Target.LEAD:
            return _people(row for row in now if row.leads)
        kind = {Target.ON_DUTY: Kind.ON_SITE, Target.ON_CALL: Kind.ON_CALL, Target.BACKUP: Kind.BACKUP}.get(target)
        return _people(row for row in now if row.kind == kind)


def _of_its_kind(rows: Iterable[DutyRow], at: datetime, exercise: bool) -> list[DutyRow]:
    """Those of real watches, or of exercises, where one of that kind runs now; else all of them."""
    found = list(rows)
    alike = [row for row in found if row.roster.watch.exercise == exercise]
    running = any(row.roster.watch.starts_at <= at < row.roster.watch.ends_at for row in alike)
    return alike if running else found


def _fits(row: DutyRow, post: UUID | None, function: str | None) -> bool:
    if post is not None and row.shift.post_id != post:
        return False
    return function is None or function in row.shift.post.functions


def _people(rows: Iterable[DutyRow]) -> list[UUID]:
    ordered = sorted(rows, key=lambda row: (not row.leads, row.starts_at, row.person.name))
    return list(dict.fromkeys(row.person_id for row in ordered))

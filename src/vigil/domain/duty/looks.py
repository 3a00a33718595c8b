"""Check-ins of rows. A row that was relieved is superseded by a copy: what its person did in the shift counts on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from vigil.domain.duty.models import CheckIn, DutyRow, MissedCheckIn


def check_ins_of(rows: Sequence[DutyRow]) -> dict[UUID, list[CheckIn]]:
    """By row, in order of time: every check-in of the row's person in the row's shift."""
    found = _by_place(CheckIn.objects.select_related("row").order_by("at"), rows)
    return {row.pk: found[row.shift_id, row.person_id] for row in rows}


def missed_of(rows: Sequence[DutyRow]) -> dict[UUID, list[datetime]]:
    """By row: the instants at which a check-in was due and was decided as missed."""
    found = _by_place(MissedCheckIn.objects.select_related("row"), rows)
    return {row.pk: [one.due_at for one in found[row.shift_id, row.person_id]] for row in rows}


def _by_place(things: QuerySet[Any], rows: Sequence[DutyRow]) -> dict[tuple[UUID, UUID], list[Any]]:
    found: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    shifts = {row.shift_id for row in rows}
    if shifts:
        for one in things.filter(row__shift__in=shifts):
            found[one.row.shift_id, one.row.person_id].append(one)
    return found

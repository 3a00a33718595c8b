"""An administrator's change overlays what ships, with a reason, and the old reading stays in the journal."""

from datetime import date

import pytest

from vigil.domain.journal.models import Entry
from vigil.domain.regimes.actions import change_clause
from vigil.domain.regimes.queries import all_clauses, in_force
from vigil.kernel.errors import NotFound, Refused

pytestmark = pytest.mark.django_db
FIELDS = {
    "starts": date(2026, 7, 1),
    "ends": date.max,
    "hours": 12.0,
    "vi": "12 giờ",
    "en": "12 hours",
    "source": "Công văn hướng dẫn",
}


def test_a_changed_clause_is_marked_as_ones_own(lead, now) -> None:
    change_clause(clause_id="order.block.2026", **FIELDS, why="hướng dẫn mới", actor=lead, now=now)
    clause = next(c for c in in_force(date(2026, 8, 1), "deadline") if c.id == "order.block.2026")
    assert (clause.hours, clause.mark.value) == (12, "own")
    facts = Entry.objects.get(action="regime.clause_changed").facts
    assert facts["before"]["hours"] == "24"
    assert clause.id not in {c.id for c in in_force(date(2026, 6, 30), "deadline")}


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"clause_id": "no.such"}, NotFound),
        ({"why": " "}, Refused),
        ({"starts": date(2027, 1, 1), "ends": date(2026, 1, 1)}, Refused),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(lead, now, changes, error) -> None:
    before = all_clauses()
    with pytest.raises(error):
        change_clause(**{"clause_id": "order.block.2026", **FIELDS, "why": "x", **changes}, actor=lead, now=now)
    assert all_clauses() == before

"""The date of the event chooses the clauses; the program knows no authority's name."""

from datetime import date, timedelta

import pytest

from vigil.engines.regimes import clauses_in_force, read_clauses, shipped_clauses
from vigil.kernel.errors import Refused


def _hours(day: date, event: str) -> list[float]:
    return [c.hours for c in clauses_in_force(shipped_clauses(), day, "deadline") if c.values.get("event") == event]


@pytest.mark.parametrize(
    "day, event, hours",
    [
        (date(2022, 4, 30), "order.received", [3, 24, 24]),
        (date(2022, 4, 30), "personal_data.breach", []),
        (date(2023, 7, 1), "personal_data.breach", [72]),
        (date(2025, 12, 31), "personal_data.breach", [72]),
        (date(2026, 1, 1), "personal_data.breach", [72]),
        (date(2026, 6, 30), "incident.detected", [120]),
        (date(2026, 7, 1), "incident.detected", [24, 72]),
        (date(2024, 12, 25), "order.received", [24, 24]),
    ],
)
def test_the_clocks_that_run_depend_on_the_day_of_the_event(day: date, event: str, hours: list[float]) -> None:
    assert _hours(day, event) == hours


@pytest.mark.parametrize(
    "day, issuer", [(date(2022, 4, 30), "Cục An toàn thông tin"), (date(2025, 3, 1), "Bộ Công an")]
)
def test_the_authority_of_a_day_is_data(day: date, issuer: str) -> None:
    (clause,) = clauses_in_force(shipped_clauses(), day, "authority")
    assert issuer in clause.values["issuers"]


def test_every_clause_that_ships_has_a_source_a_mark_and_both_languages() -> None:
    clauses = shipped_clauses()
    assert len({c.id for c in clauses}) == len(clauses) > 20
    assert all(c.source and c.vi and c.en and c.mark for c in clauses)


def test_a_clause_holds_from_its_first_day_to_its_last_and_not_a_day_more() -> None:
    (clause,) = read_clauses(
        '[[clause]]\nid="x"\ntopic="deadline"\nfrom=2025-01-01\nuntil=2025-01-31\nvi="v"\nen="e"\nsource="s"\nmark="T"'
    )
    day = timedelta(days=1)
    assert [clause.holds_on(d) for d in (clause.starts - day, clause.starts, clause.ends, clause.ends + day)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "toml",
    [
        "not toml [",
        '[[clause]]\nid="x"',
        '[[clause]]\nid="x"\ntopic="weather"\nvi=""\nen=""\nsource=""\nmark="T"',
        '[[clause]]\nid="x"\ntopic="form"\nvi=""\nen=""\nsource=""\nmark="sure"',
        '[[clause]]\nid="x"\ntopic="form"\nfrom=2025-02-01\nuntil=2025-01-01\nvi=""\nen=""\nsource=""\nmark="T"',
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_the_reason(toml: str) -> None:
    with pytest.raises(Refused, match=r"regime\.unreadable"):
        read_clauses(toml)

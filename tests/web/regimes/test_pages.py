"""The regimes' page: the clauses of a day, and an administrator's change with its reason."""

import pytest
from django.urls import reverse
from tests.web.rooms import client_of, organisation

from vigil.domain.accounts.models import Role
from vigil.domain.journal.models import Entry
from vigil.domain.regimes.queries import all_clauses

pytestmark = pytest.mark.django_db
CHANGE = {"starts": "2017-03-01", "vi": "Khác", "en": "Other", "source": "Thử", "why": "theo văn bản mới"}


@pytest.mark.parametrize(
    "day, there, gone",
    [("2022-04-30", "authority.2017", "authority.2025"), ("2026-07-02", "authority.2025", "authority.2017")],
)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_day_decides_which_clauses_hold(day, there, gone, language) -> None:
    page = (
        client_of(organisation("Nhà-Ta"), Role.VIEWER, language).get(reverse("regimes"), {"on": day}).content.decode()
    )
    assert there in page
    assert gone not in page


def test_a_day_that_is_none_is_taken_for_today() -> None:
    client = client_of(organisation("Nhà-Ta"), Role.VIEWER)
    for day in ("hôm nay", "2022-13-45", "0000-00-00"):
        assert client.get(reverse("regimes"), {"on": day}).status_code == 200


def test_a_change_needs_a_reason_and_is_told() -> None:
    client, address = client_of(None, Role.ADMINISTRATOR), reverse("clause", args=["authority.2017"])
    assert client.post(address, CHANGE | {"why": ""}).status_code == 422
    assert client.post(address, CHANGE | {"ends": "2016-01-01"}).status_code == 422
    assert not Entry.objects.filter(action="regime.clause_changed").exists()
    assert client.post(address, CHANGE).status_code == 302
    assert Entry.objects.get(action="regime.clause_changed").why == "theo văn bản mới"
    assert next(c for c in all_clauses() if c.id == "authority.2017").vi == "Khác"
    assert client.get(reverse("clause", args=["none"])).status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.WATCH_LEAD, Role.ADMINISTRATOR])
def test_an_organisation_s_own_people_do_not_change_the_law(role) -> None:
    client = client_of(organisation("Nhà-Ta"), role)
    assert client.post(reverse("clause", args=["authority.2017"]), CHANGE).status_code == 403

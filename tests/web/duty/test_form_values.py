"""Every form of duty with values that nobody means: it answers all the same, and pages still open after it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.duty.addresses import OWN, THINGS, own, stored
from tests.web.duty.conftest import full_room, lead_of, officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hour")]


@pytest.fixture
def ours():
    return full_room("Ta")


HOSTILE = {
    "long": "ê" * 20_000,
    "nul": "a\x00b",
    "number": "9" * 400,
    "nan": "nan",
    "no uuid": "x" * 36,
    "first day": "0001-01-01T00:00",
    "last day": "9999-12-31T23:59",
    "zone": "9999-12-31T23:59+00:00",
    "empty": "",
}  # fmt: skip
DAYS = {"first day", "last day", "zone"}
DATED = {"joins_on", "leaves_on", "starts_at", "ends_at", "answer_by", "from-0", "to-0"}
# address name -> the fields that it reads, each tried alone; what reads as a day only where a day is read
READS = {
    "post_new": (
        "name", "place", "phone", "functions", "pattern", "own_shifts", "wanted_skills", "handover_min", "on_site",
        "leads", "on_call", "backup", "check_in_every_min", "grace_min",
    ),
    "duty_people_add": ("people",),
    "member_edit": ("words", "may_lead", "joins_on", "leaves_on", "carried_nights", "carried_hours"),
    "away_new": ("starts_at", "ends_at", "kind", "reason"),
    "roster_change": ("row", "shift", "other", "person", "kind", "version", "reason"),
    "roster_plan": ("rest_h", "max_nights", "max_shifts_7d", "max_hours_7d"),
    "provider_ask": ("provider", "functions", "asked", "answer_by"),
    "provider_sent": ("note",),
    "provider_answer": ("by", "answer", "name-0", "mobile-0", "kind-0", "from-0", "to-0"),
    "duty_attest": ("note",),
    "check_in": ("code",),
    "handover": ("digest", "note"),
    "swap": ("with", "reason"),
}  # fmt: skip
FIELDS = sorted({"watch", "solver", "back", "refused"}.union(*READS.values()))


def _plausible(room) -> dict[str, object]:
    """What every form would take, so that a hostile value is judged on its own."""
    return {
        "name": "Phòng khác", "functions": ["monitoring"], "pattern": "own", "own_shifts": "ngày, 07:00, 19:00",
        "wanted_skills": "windows 1", "handover_min": 15, "on_site": 2, "leads": 1, "on_call": 0, "backup": 0,
        "check_in_every_min": 60, "grace_min": 10, "people": [str(room.people[0].pk)], "words": "mạng",
        "starts_at": "2026-05-01T08:00", "ends_at": "2026-05-01T10:00", "kind": "leave", "reason": "x",
        "row": str(room.keys["later"]), "person": str(room.people[1].pk), "by": "Bà Đáp", "answer": "có", "note": "x",
        "name-0": "Kỹ sư", "kind-0": "on_call", "from-0": "2026-04-30T08:00", "to-0": "2026-04-30T20:00",
        "carried_nights": 0, "carried_holidays": 0, "carried_hours": 0, "asked": "x", "digest": "x",
        "with": f"person:{room.people[2].pk}", "code": "000000",
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_no_form_value_breaks_a_page(ours, kind) -> None:
    """Every address takes every field with it."""
    lead, value = lead_of(ours), HOSTILE[kind]
    mine = officer(ours, ours.on_now().person)
    addresses = [(lead, n, reverse(n, args=[ours.keys[k]])) for n, (k, how, _) in THINGS.items() if how != "GET"]
    addresses += [(mine, part, own(ours, part)) for part, (_, how) in OWN.items() if how != "GET"]
    for client, name, address in addresses:
        alone = [one for one in READS.get(name, ()) if kind not in DAYS or one in DATED]
        for values in (
            {**_plausible(ours), **dict.fromkeys(FIELDS, value)},
            *({**_plausible(ours), one: value} for one in alone),
        ):
            answer = client.post(address, values)
            assert answer.status_code < 500, (address, values)
    for name in ("roster_look", "roster_panel"):
        answer = lead.get(reverse(name, args=[ours.watch.pk]), dict.fromkeys(FIELDS, value))
        assert answer.status_code < 500
    assert mine.get(reverse("my_duty"), {"code": value}).status_code == 200
    for name, (key, how, may_look) in THINGS.items():
        if how == "GET" and may_look:
            assert lead.get(reverse(name, args=[ours.keys[key]])).status_code == 200, name
    assert lead.get(reverse("duty_people", args=[ours.watch.pk])).status_code == 200
    assert Client().get(reverse("calendar_feed", args=[ours.tokens["team"]])).status_code == 200


def test_a_huge_list_is_turned_away_and_nothing_is_kept(ours) -> None:
    lead, before = lead_of(ours), stored()
    many = {"people": [str(uuid4()) for _ in range(5000)], "name": "x", "pattern": "8h", "on_site": 1}
    assert lead.post(reverse("duty_people_add", args=[ours.watch.pk]), many).status_code == 400
    assert lead.post(reverse("roster_begin", args=[ours.watch.pk]), many).status_code in (302, 400)
    assert stored() == before

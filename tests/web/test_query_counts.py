"""A page costs as many queries for many organisations as for a few; what is only looked at is not written to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.campaigns.test_pages import drilled, organisation, sent
from tests.web.rooms import ACTOR, client_of, furnished

from vigil.domain.directives.models import Chase, ChaseState
from vigil.domain.flows.chasing import chase
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point
from vigil.domain.organisations.models import ContactPoint
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import provers_by_kind
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 12
BASE = "http://vigil.example"


def _world(prefix: str, count: int, originals) -> tuple[dict[str, str], object]:
    """An authority with a campaign over `count` organisations of every home, furnished; and a lead of the authority."""
    now = clock.now()
    authority = organisation(f"Cục {prefix}", classes=("authority",))
    below = []
    for number in range(count):
        made = organisation(f"{prefix} {number:02d}", ("here", "guest", "peer")[number % 3], parent=authority)
        point = ContactPoint(organisation=made, label=f"Trực {prefix} {number}")
        file_contact_point(contact_point=point, channels=[ChannelEntry("mobile", "0912 000 001")], actor=ACTOR, now=now)
        below.append(made)
    campaign = sent(authority, originals, below)
    for recipient in campaign.recipients.exclude(watch=None).select_related("watch__organisation"):
        prove_watch(watch=recipient.watch, provers=provers_by_kind(), actor=ACTOR, now=now)
    later = now + timedelta(hours=30)
    chase(campaign=campaign, base_url=BASE, actor=ACTOR, now=later)
    here = campaign.recipients.filter(home="here")[0]
    rows = {"campaign": campaign, "drill": drilled(campaign), "watch": here.watch, "recipient": here}
    keys = {name: str(row.pk) for name, row in rows.items()} | {"authority": str(authority.pk)}
    return keys, client_of(authority, "watch_lead")


@pytest.fixture
def worlds(settings, tmp_path):
    settings.VIGIL_ORIGINALS = tmp_path / "originals"
    settings.VIGIL_ORIGINALS.mkdir()
    furnished("Nơi khác")
    return _world("Ít", FEW, settings.VIGIL_ORIGINALS), _world("Nhiều", MANY, settings.VIGIL_ORIGINALS)


PAGES = [
    "/",
    "/campaigns/",
    "/campaigns/{campaign}/",
    "/campaigns/{campaign}/?state=delivered",
    "/campaigns/{campaign}/calls/",
    "/campaigns/{campaign}/end/",
    "/recipients/{recipient}/",
    "/received/",
    "/received/{recipient}/",
    "/drills/{drill}/",
    "/watches/",
    "/watches/{watch}/",
    "/watches/{watch}/wall/",
    "/organisations/",
    "/organisations/{authority}/",
    "/people/",
    "/contacts/",
    "/contacts/new/",
    "/systems/",
    "/links/",
    "/journal/",
    "/health/",
]


def _asked(client, path: str) -> list[str]:
    client.get(path)  # the first one reads catalogues and the like
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [row["sql"] for row in seen.captured_queries]


def test_a_page_costs_as_many_queries_for_many_organisations_as_for_few(worlds) -> None:
    (few, lead_of_few), (many, lead_of_many) = worlds
    dearer = {}
    for path in PAGES:  # in one world: to make it costs more than to look at all of them
        little, much = _asked(lead_of_few, path.format(**few)), _asked(lead_of_many, path.format(**many))
        if len(much) > len(little):
            dearer[path] = much
    assert dearer == {}


def test_looking_at_a_page_writes_nothing(worlds) -> None:
    (keys, lead), _ = worlds
    written = {path: [sql for sql in _asked(lead, path.format(**keys)) if _writes(sql)] for path in PAGES}
    assert {path: found for path, found in written.items() if found} == {}


def _writes(sql: str) -> bool:
    return sql.startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in sql


def test_a_call_whose_reason_is_gone_is_not_listed_even_before_the_worker_takes_it_off(worlds) -> None:
    (keys, lead), _ = worlds
    due = Chase.objects.filter(recipient__campaign=keys["campaign"], state=ChaseState.DUE, missing="not_answered")
    if not due:
        due = Chase.objects.filter(recipient__campaign=keys["campaign"], state=ChaseState.DUE)
    found = due[0]
    name = found.recipient.organisation.name
    listed = lead.get(f"/campaigns/{keys['campaign']}/calls/").context["lines"]
    assert name in [line["call"].recipient.organisation.name for line in listed]
    found.recipient.state = "accepted"
    found.recipient.save(update_fields=["state"])
    listed = lead.get(f"/campaigns/{keys['campaign']}/calls/").context["lines"]
    assert found.pk not in [line["call"].pk for line in listed]
    found.refresh_from_db()
    assert found.state == ChaseState.DUE, "the page itself has not written"

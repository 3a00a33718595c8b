"""Over every address of paging: what is another's is not there; who may not, may not; a link opens only itself."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.paging.conftest import Paged
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.paging.models import DeadMan, EscalationPolicy, Page, Route
from vigil.faces.web.paging.urls import urlpatterns

pytestmark = pytest.mark.django_db

READ = {"page": "page"}
MANAGED = {"policy": "policy", "routes": "person"}
POSTED = {
    "page_answer": ("page", {"answer": "taken"}),
    "page_told": ("page", {"code": "AAAAAAAA", "answer": "taken"}),
    "page_revoke": ("page", {}),
    "policy_retire": ("policy", {}),
    "route_change": ("route", {"what": "remove"}),
    "switch_revoke": ("switch", {}),
}
LISTS = {"pages", "policies", "switches"}
WITHOUT_OWNER = {"policy_new", "my_routes"}
PUBLIC = {"page_code", "page_link", "deadman", "deadman_fail"}


def _at(name: str, what: str, of: Paged) -> str:
    return reverse(name, args=[getattr(of, what).pk])


def test_every_address_has_a_case_here() -> None:
    cases = {*READ, *MANAGED, *POSTED, *LISTS, *WITHOUT_OWNER, *PUBLIC}
    assert {pattern.name for pattern in urlpatterns} == cases


@pytest.mark.parametrize("name, what", [*READ.items(), *MANAGED.items()])
def test_what_is_theirs_is_not_there_to_be_seen(ours, theirs, name, what) -> None:
    lead = client_of(ours.organisation, Role.WATCH_LEAD)
    assert lead.get(_at(name, what, ours)).status_code == 200
    assert lead.get(_at(name, what, theirs)).status_code == 404
    assert client_of(ours.organisation, Role.VIEWER).get(_at(name, what, ours)).status_code == 403
    assert Client().get(_at(name, what, ours)).status_code == 302


@pytest.mark.parametrize("name", POSTED)
def test_what_is_theirs_is_not_there_to_be_changed(ours, theirs, name) -> None:
    what, data = POSTED[name]
    assert client_of(ours.organisation, Role.ADMINISTRATOR).post(_at(name, what, theirs), data).status_code == 404
    assert client_of(ours.organisation, Role.VIEWER).post(_at(name, what, ours), data).status_code == 403
    assert Client().post(_at(name, what, ours), data).status_code == 302
    assert client_of(ours.organisation, Role.WATCH_LEAD).get(_at(name, what, ours)).status_code == 405
    assert Page.objects.filter(state="open").count() == 2
    assert Route.objects.count() == 2
    assert EscalationPolicy.objects.filter(retired_at=None).count() == 2
    assert DeadMan.objects.filter(revoked_at=None).count() == 2


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_list_holds_only_what_is_ours(ours, theirs, name, language) -> None:
    page = client_of(ours.organisation, Role.WATCH_LEAD, language).get(reverse(name)).content.decode()
    assert "Đơn vị ta" in page
    assert "Họ" not in page
    assert (
        "Đơn vị ta"
        not in client_of(ours.organisation, Role.VIEWER).get(reverse(name)).content.decode().split("<main")[1]
    )
    assert Client().get(reverse(name)).status_code == 302


def test_a_policy_is_made_only_where_one_may(ours, theirs) -> None:
    steps = {"step0-target": "on_duty", "step0-delay_s": "0"}
    given = {"name": "Mới", "repeat": "0", "repeat_after_s": "60", "remind_after_s": "0", **steps}
    lead = client_of(ours.organisation, Role.WATCH_LEAD)
    assert lead.post(reverse("policy_new"), {**given, "organisation": theirs.organisation.pk}).status_code == 422
    assert client_of(ours.organisation, Role.DUTY_OFFICER).get(reverse("policy_new")).status_code == 403
    assert Client().get(reverse("policy_new")).status_code == 302
    assert not EscalationPolicy.objects.filter(name="Mới").exists()
    assert lead.post(reverse("policy_new"), {**given, "organisation": ours.organisation.pk}).status_code == 302


def test_the_public_addresses_know_only_their_own_token(ours) -> None:
    anyone = Client()
    for name in ("page_link", "deadman", "deadman_fail"):
        assert anyone.get(reverse(name, args=["unknown"])).status_code == 404
    assert anyone.get(reverse("page_link", args=[ours.token])).status_code == 200
    assert anyone.get(reverse("page_code")).status_code == 200
    assert anyone.get(reverse("deadman", args=[ours.ping])).status_code == 200
    assert Client().get(reverse("my_routes")).status_code == 302

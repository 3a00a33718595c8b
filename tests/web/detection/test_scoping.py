"""Over every address of detection: what is another's is not there; who may not, may not; no form without its token."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.detection import source_of
from tests.web.detection.conftest import Watched
from tests.web.rooms import BACKEND, client_of

from vigil.domain.accounts.models import Role, User
from vigil.domain.detection.models import Alert, IndicatorList, LogSource, RetroHunt, Rule, RuleSwitch, Suppression
from vigil.domain.journal.models import Entry
from vigil.faces.web.detection.urls import urlpatterns
from vigil.kernel import clock

pytestmark = pytest.mark.django_db

READ = {"alert": "alert", "source": "source", "rule": "rule", "hunt": "hunt"}
MANAGED = {"own_rule": "rule"}
HANDLED = {"alert_take": ("alert", {})}
STEPS = ("note", "close", "return", "reopen", "give")
POSTED = {
    "suppression_lift": ("suppression", {}),
    "source_token": ("source", {}),
    "source_retire": ("source", {}),
    "rule_switch": ("rule", {"to": "off"}),
    "rule_test": ("rule", {"days": "1"}),
    "own_rule_retire": ("rule", {}),
    "hunt_stop": ("hunt", {}),
    "indicators_retire": ("list", {}),
}
LISTS = {"stored_events", "alerts", "suppressions", "sources", "rules", "hunts", "indicators"}
NEW = {"call", "suppression_new", "source_new", "own_rule_new", "hunt_new"}
SPECIAL = {"stored_event", "alerts_many", "posture", "profile", "own_rule_judge", "alert_act", "rule_set"}


def _at(name: str, what: str, of: Watched, *more: str) -> str:
    return reverse(name, args=[getattr(of, what).pk, *more])


def _state() -> tuple[object, ...]:
    return (
        list(Alert.objects.order_by("pk").values_list("state", "taken_name")),
        LogSource.objects.filter(retired_at=None, token_digest="").count(),
        Rule.objects.filter(retired_at=None).count(),
        RuleSwitch.objects.count(),
        list(RetroHunt.objects.order_by("pk").values_list("state")),
        Suppression.objects.filter(lifted_at=None).count(),
        IndicatorList.objects.filter(retired_at=None).count(),
    )


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == {*READ, *MANAGED, *HANDLED, *POSTED, *LISTS, *NEW, *SPECIAL}


@pytest.mark.parametrize("name, what", [*READ.items(), *MANAGED.items()])
def test_what_is_theirs_is_not_there_to_be_seen(ours, theirs, name, what) -> None:
    lead = client_of(ours.organisation, Role.WATCH_LEAD)
    assert lead.get(_at(name, what, ours)).status_code == 200
    assert lead.get(_at(name, what, theirs)).status_code == 404
    assert client_of(ours.organisation, Role.VIEWER).get(_at(name, what, ours)).status_code == 404
    assert Client().get(_at(name, what, ours)).status_code == 302


def test_what_is_theirs_is_not_there_to_be_changed(ours, theirs) -> None:
    administrator, officer = client_of(ours.organisation, "administrator"), client_of(ours.organisation, "duty_officer")
    viewer, before = client_of(ours.organisation, "viewer"), _state()
    for name, (what, data) in {**POSTED, **HANDLED}.items():
        assert administrator.post(_at(name, what, theirs), data).status_code == 404, name
        assert viewer.post(_at(name, what, ours), data).status_code == 404, name
        assert Client().post(_at(name, what, ours), data).status_code == 302, name
        assert administrator.get(_at(name, what, ours)).status_code == (302 if name == "source_token" else 405), name
        if name in POSTED:
            assert officer.post(_at(name, what, ours), data).status_code == 403, name
    for step in STEPS:
        given = {"text": "x", "verdict": "false", "to": "x"}
        assert administrator.post(_at("alert_act", "alert", theirs, step), given).status_code == 404, step
        assert viewer.post(_at("alert_act", "alert", ours, step), given).status_code == 404, step
    assert administrator.post(reverse("own_rule_judge", args=[theirs.rule.pk, theirs.hunt.pk])).status_code == 404
    assert administrator.post(reverse("own_rule_judge", args=[ours.rule.pk, theirs.hunt.pk])).status_code == 404
    administrator.post(reverse("alerts_many"), {"alert": [theirs.alert.pk], "what": "take"})
    administrator.post(reverse("alerts_many"), {"alert": [theirs.alert.pk], "what": "close", "verdict": "false"})
    assert _state() == before


def test_no_step_without_the_form_s_token(ours) -> None:
    client_of(ours.organisation, "administrator")
    strict, before = Client(enforce_csrf_checks=True), _state()
    strict.force_login(User.objects.get(username__startswith="administrator"), backend=BACKEND)
    for name, (what, data) in {**POSTED, **HANDLED}.items():
        assert strict.post(_at(name, what, ours), data).status_code == 403, name
    for name in ("alerts_many", "posture", "call"):
        assert strict.post(reverse(name), {}).status_code == 403, name
    assert _state() == before


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_list_holds_only_what_is_ours(ours, theirs, name, language) -> None:
    client = client_of(ours.organisation, Role.WATCH_LEAD, language)
    for headers in ({}, {"HX-Request": "true"}):
        page = client.get(reverse(name), headers=headers).content.decode()
        assert "Đơn vị ta" in page
        assert "Đơn vị Họ" not in page
    seen = client_of(ours.organisation, Role.VIEWER).get(reverse(name))
    shown = re.sub(r"<option.*?</option>", "", seen.content.decode().split("<main")[1])  # what may be chosen from
    assert seen.status_code == 404 or "Đơn vị ta" not in shown
    assert Client().get(reverse(name)).status_code == 302


@pytest.mark.parametrize("name", sorted(NEW))
def test_new_things_are_made_only_where_one_may(ours, theirs, name) -> None:
    role = "duty_officer" if name == "call" else "engineer"
    mine = client_of(ours.organisation, role)
    page = mine.get(reverse(name), {"organisation": str(theirs.organisation.pk)})
    assert page.status_code == 200
    assert "Đơn vị Họ" not in page.content.decode()
    other = client_of(ours.organisation, "viewer" if name == "call" else "duty_officer")
    assert other.get(reverse(name)).status_code in (403, 404)
    assert Client().get(reverse(name)).status_code == 302
    whole = {
        "organisation": str(theirs.organisation.pk), "caller": "x", "what": "x", "level": "high", "reason": "x",
        "key": "x", "days": "1", "name": "x", "format": "auto", "silent_after_s": "1", "most_lag_s": "1",
        "rule": str(theirs.rule.pk), "list": str(theirs.list.pk), "text": theirs.rule.text,
    }  # fmt: skip
    before = _state()
    assert mine.post(reverse(name), whole).status_code in (404, 409, 422)
    assert _state() == before


def test_profiles_and_postures_are_one_s_own(ours, theirs, shared) -> None:
    mine = client_of(ours.organisation, "engineer")
    profile = reverse("profile", args=["highest"])
    assert mine.get(profile).status_code == 200
    assert mine.get(reverse("profile", args=["khac"])).status_code == 404
    assert client_of(ours.organisation, "duty_officer").get(profile).status_code == 403
    assert "Đơn vị Họ" not in mine.get(profile, {"organisation": str(theirs.organisation.pk)}).content.decode()
    foreign = {"to": "highest", "organisation": str(theirs.organisation.pk)}
    assert mine.post(reverse("posture"), foreign).status_code == 404
    assert mine.post(_switch(shared), {**foreign, "to": "off"}).status_code == 404
    assert client_of(ours.organisation, "viewer").post(_switch(shared), {"to": "off"}).status_code == 404
    assert not Entry.objects.filter(action__in=["detection.posture_applied", "detection.rule_switched"]).exists()


def _switch(rule: Rule) -> str:
    return reverse("rule_switch", args=[rule.pk])


def test_what_another_organisation_s_source_receives_is_not_taken_from_it(ours, theirs) -> None:
    now = clock.now()
    source_of(theirs.organisation, "mạng của họ", now=now, address="192.0.2.0/24")
    source_of(theirs.organisation, "máy của họ", now=now, address="198.51.100.0/24", host="fw")
    source_of(theirs.organisation, "theo tên", now=now, host="proxy")
    mine = client_of(ours.organisation, "engineer")
    form = {"organisation": str(ours.organisation.pk), "format": "auto", "silent_after_s": "1", "most_lag_s": "1"}
    for n, (address, host, status) in enumerate(
        [
            ("192.0.2.7", "", 409), ("192.0.2.0/25", "x", 409), ("192.0.2.0/24", "x", 409), ("192.0.2.0/23", "", 302),
            ("198.51.100.9", "", 409), ("198.51.100.9", "fw", 409), ("198.51.100.9", "khác", 302),
            ("203.0.113.1", "proxy", 409), ("203.0.113.1", "", 302), ("128.0.0.0/1", "", 422), ("2001:db8::7", "", 302),
        ]
    ):  # fmt: skip
        page = mine.post(reverse("source_new"), {**form, "name": f"s{n}", "address": address, "host": host})
        assert page.status_code == status, (address, host)
    wide = LogSource.objects.get(organisation=ours.organisation, address="192.0.2.0/23")
    change = {**form, "name": "s", "address": "192.0.2.0/26"}
    assert mine.post(reverse("source", args=[wide.pk]), change).status_code == 409
    assert mine.post(reverse("source", args=[wide.pk]), {**change, "address": wide.address}).status_code == 302

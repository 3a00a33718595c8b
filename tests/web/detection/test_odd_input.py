"""What nobody types by mistake is refused or shown, on either database; it is never an error of the server."""

import pytest
from django.urls import reverse
from tests.web.rooms import client_of

from vigil.domain.detection.models import AlertNote

pytestmark = pytest.mark.django_db
RULE = (
    'title: "a\\0"\nlogsource: {product: "li\\0"}\ndetection:\n  s: {a: "b\\0"}\n  condition: s\n'
    "level: high\nstatus: test\n"
)


def test_times_at_the_ends_of_time(ours, settings, tmp_path) -> None:
    settings.VIGIL_EVENTS = tmp_path
    (tmp_path / "day=2026-04-30" / f"source={ours.source.pk}").mkdir(parents=True)
    client = client_of(ours.organisation, "watch_lead", "en")
    first, last, beyond = "0001-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00"
    for data, status in (
        ({"since": first, "until": "0001-01-02T00:00:00"}, 422),
        ({"since": "9999-12-30T00:00:00", "until": last}, 422),
        ({"until": first}, 422),
        ({"after": "1.x", "from": f"{first}+14:00", "to": f"{first}+00:00"}, 200),
        ({"after": "1.x", "from": f"{last}+00:00", "to": beyond}, 200),
        ({"after": "9999999999999999999.x", "to": "2026-01-01T00:00:00+00:00"}, 200),
    ):
        assert client.get(reverse("stored_events"), {"q": "a", **data}).status_code == status, data
    now = "2026-04-30T00:00:00+00:00"
    for data in ({"at": f"{first}+00:00"}, {"at": f"{first}+14:00"}, {"at": beyond}, {"at": now, "day": "9999-12-31"},
                 {"at": now, "day": "0001-01-01"}, {"at": now, "id": "x\0"}):  # fmt: skip
        assert client.get(reverse("stored_event"), {"id": "x", **data}).status_code == 404, data


def test_nul_and_numbers_without_measure(ours) -> None:
    officer, engineer = (client_of(ours.organisation, role, "en") for role in ("duty_officer", "engineer"))
    act = reverse("alert_act", args=[ours.alert.pk, "note"])
    assert officer.post(act, {"text": "a\0b"}).status_code == 302
    assert AlertNote.objects.get(what="note").text == "ab"
    close = reverse("alert_act", args=[ours.alert.pk, "close"])
    assert officer.post(close, {"text": "\0", "verdict": "false"}).status_code == 302
    owner = str(ours.organisation.pk)
    assert engineer.post(reverse("own_rule_new"), {"organisation": owner, "text": RULE}).status_code == 302
    switch = {"to": "off", "why": "\0", "organisation": owner}
    assert engineer.post(reverse("rule_switch", args=[ours.rule.pk]), switch).status_code == 302
    source = {"organisation": owner, "name": "x", "format": "auto", "most_lag_s": "1"}
    for seconds in ("9223372036854775807", "99999999999", "2147483647"):
        page = engineer.post(reverse("source_new"), {**source, "silent_after_s": seconds})
        assert page.status_code == 422, seconds
    for name in ("alerts", "rules", "hunts", "sources", "suppressions", "hunt_new", "stored_events"):
        for asked in ("q", "source", "page", "organisation", "state", "product"):
            assert engineer.get(reverse(name), {asked: "\0"}).status_code < 500, (name, asked)

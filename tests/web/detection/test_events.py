"""Searching kept events on the page: what is found, counted and said, from an alert to its event and around it."""

import re
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from tests.detection import raised
from tests.kept import keep
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.detection.models import Detection, LogSource, RetroHunt, Rule
from vigil.faces.web.detection import events as module
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


def _text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def _kept(folder: Path, source: LogSource, mark: str, many: int = 3) -> list[str]:
    """Events of an hour ago; returns their ids."""
    at = clock.now() - timedelta(hours=1)
    LogSource.objects.filter(pk=source.pk).update(format="json", product="linux", category="process_creation")
    source.refresh_from_db()
    lines = [
        {"timestamp": (at + timedelta(seconds=n)).isoformat(), "host": f"web-{n % 2}", "Image": "/bin/sh", "mark": mark,
         "n": n, "note": "<b>đậm</b>"}
        for n in range(many)
    ]  # fmt: skip
    path = keep(folder, source, lines, at + timedelta(minutes=1), _segment(source))
    found: list[str] = pq.read_table(path, partitioning=None)["_id"].to_pylist()
    return found


def _segment(source: LogSource) -> int:
    return int(source.pk) % 1_000


@pytest.fixture
def kept(settings, tmp_path: Path, ours, theirs) -> list[str]:
    settings.VIGIL_EVENTS = tmp_path
    _kept(tmp_path, theirs.source, "theirs")
    return _kept(tmp_path, ours.source, "ours")


def test_what_is_found_is_ours_alone_escaped_counted_and_can_be_opened(ours, theirs, kept) -> None:
    client = client_of(ours.organisation, "duty_officer", "en")
    begin = _text(client.get(reverse("stored_events")))
    assert "How to search" in begin and "/bin/sh" not in begin
    page = client.get(reverse("stored_events"), {"q": "image:*/sh -n:1"})
    shown = _text(page)
    assert page.status_code == 200 and "2 events" in shown and "&lt;b&gt;đậm" in shown and "<b>đậm" not in shown
    assert "theirs" not in shown and "Đơn vị Họ" not in shown
    assert "<rect" in shown and "style=" not in shown.split("<main")[1]
    for query, many in (({"q": "mark:ours"}, 3), ({"q": "mark:theirs"}, 0), ({"q": "_host:web-1"}, 1),
                        ({"q": "", "source": str(ours.source.pk)}, 3)):  # fmt: skip
        found = _text(client.get(reverse("stored_events"), query))
        assert found.count('class="list-group-item event-row"') == many, query
    link = re.search(r'href="(/events/one/\?[^"]+)"', shown)[1].replace("&amp;", "&")
    one = _text(client.get(link))
    assert "web-0, five minutes before and after" in one and "&lt;b&gt;đậm" in one and "ours" in one
    fields = _text(client.get(link, headers={"HX-Request": "true"}))
    assert "<html" not in fields and "<dt>image</dt><dd>/bin/sh</dd>" in fields
    near = re.search(r'class="btn btn-primary" href="(/events/\?[^"]+)"', one)[1].replace("&amp;", "&")
    assert _text(client.get(near)).count('class="list-group-item event-row"') == 2


def test_faults_are_said_and_nothing_is_shown_to_others(ours, theirs, kept) -> None:
    client = client_of(ours.organisation, "duty_officer", "en")
    for query, status, told in (
        ({"q": '"a'}, 422, "search.quote"), ({"q": "a OR"}, 422, "search.nothing_after"),
        ({"q": "", "span": "", "since": "2026-04-30T08:00", "until": "2026-04-29T08:00"}, 422, "search.window"),
        ({"q": "", "source": str(theirs.source.pk)}, 422, "Select a valid choice"),
        ({"q": "x" * 1001}, 422, "1001"), ({"q": "", "since": "gestern"}, 422, "valid date"),
        ({"q": "\x00"}, 422, "Null"),
    ):  # fmt: skip
        answer = client.get(reverse("stored_events"), query)
        assert answer.status_code == status and told in _text(answer), query
    event = {"id": kept[0], "at": (clock.now() - timedelta(hours=1)).isoformat()}
    assert client.get(reverse("stored_event"), event).status_code == 200
    theirs_too = f"net0-{_segment(theirs.source):012x}-0"
    for query in (
        {**event, "id": theirs_too}, {**event, "source": str(theirs.source.pk)},
        {**event, "organisation": str(theirs.organisation.pk), "id": theirs_too},
        {**event, "source": "x"}, {**event, "at": "x"}, {"at": event["at"]}, {**event, "id": "../../etc/passwd"},
    ):  # fmt: skip
        answer = client.get(reverse("stored_event"), query)
        assert answer.status_code == 404 and "theirs" not in _text(answer).split("<main")[1], query
    viewer = client_of(ours.organisation, Role.VIEWER)
    for name in ("stored_events", "stored_event"):
        assert viewer.get(reverse(name), {"q": "", **event}).status_code == 404
        assert Client().get(reverse(name), event).status_code == 302


def test_older_ones_follow_page_by_page_and_the_time_limit_is_said(ours, kept, settings, monkeypatch) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    client = client_of(ours.organisation, "duty_officer", "en")
    first = _text(client.get(reverse("stored_events"), {"q": ""}))
    more = re.search(r'hx-get="(/events/\?[^"]+after=[^"]+)"', first)[1].replace("&amp;", "&")
    rows = _text(client.get(more, headers={"HX-Request": "true"}))
    assert "<html" not in rows and rows.count("event-row") == 1 and "Older ones" not in rows
    monkeypatch.setattr(module, "EventSearch", lambda store: real(store, limit_s=0.0))
    late = _text(client.get(reverse("stored_events"), {"q": ""}))
    assert "The time limit was reached before the newest day was read" in late


real = module.EventSearch


def test_an_alert_leads_to_its_event_and_says_which_hunt_found_it(ours, kept) -> None:
    client, now = client_of(ours.organisation, "duty_officer", "en"), clock.now()
    at = now - timedelta(hours=1)
    alert = raised(ours.organisation, now, key="k2", event="x", source=ours.source, entity="web-0")
    Detection.objects.filter(alert=alert).update(event=kept[0], at=at, hunt=ours.hunt)
    alert.hunt = ours.hunt
    alert.save(update_fields=["hunt"])
    page = _text(client.get(reverse("alert", args=[alert.pk])))
    assert "found by a hunt" in page and reverse("hunt", args=[ours.hunt.pk]) in page
    link = re.search(r'href="(/events/one/\?[^"]+)"', page)[1].replace("&amp;", "&")
    one = _text(client.get(link))
    assert "<dt>mark</dt><dd>ours</dd>" in one and reverse("alert", args=[alert.pk]) in one
    RetroHunt.objects.filter(pk=ours.hunt.pk).update(state="done", found=1, raised=1)
    hunt = _text(client.get(reverse("hunt", args=[ours.hunt.pk])))
    assert reverse("alert", args=[alert.pk]) in hunt and "every 2s" not in hunt
    running = RetroHunt.objects.filter(pk=ours.hunt.pk).update(state="running", files_done=3, files_total=10)
    assert running
    body = _text(client.get(reverse("hunt", args=[ours.hunt.pk]), headers={"HX-Request": "true"}))
    assert "<html" not in body and "every 2s" in body and 'value="3" max="10"' in body


def test_a_search_becomes_a_rule_that_can_be_kept(ours, kept) -> None:
    client = client_of(ours.organisation, "engineer", "en")
    query = 'Image:*/sh note:"<b>*" -user:root'
    page = _text(client.get(reverse("stored_events"), {"q": query}))
    link = re.search(r'href="(/rules/new/\?[^"]+)"', page)[1].replace("&amp;", "&")
    form = client.get(link).content.decode()
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1]
    plain = text.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").lstrip("\r\n")
    assert (
        'product: "linux"' in plain and '"image": "*/sh"' in plain and "condition: selection and not filter1" in plain
    )
    kept_rule = client.post(link, {"text": plain.replace("title: ", "title: Sh lạ")})
    assert kept_rule.status_code == 302
    made = Rule.objects.get(title="Sh lạ")
    assert made.unusable == ""
    for simple in ("-user:root", "a:1 OR b:2", "_host:x", "a:1 (b:2 OR c:3)"):
        assert "/rules/new/" not in _text(client.get(reverse("stored_events"), {"q": simple})), simple

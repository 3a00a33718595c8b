"""What an officer does on these pages, from the queue to the verdict; what an engineer does with sources and rules."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.detection import raised, source_of
from tests.web.detection.conftest import watched
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.domain.accounts.models import User
from vigil.domain.detection.actions.calling import page_for_alerts
from vigil.domain.detection.actions.hunts import ask_hunt
from vigil.domain.detection.actions.shipped import import_shipped
from vigil.domain.detection.actions.suppressions import suppress
from vigil.domain.detection.models import (
    Alert,
    Detection,
    DetectionProfile,
    IndicatorList,
    Listener,
    LogSource,
    RetroHunt,
    Rule,
    RuleSwitch,
    SourceHour,
    SpoolPosition,
    Suppression,
)
from vigil.domain.detection.queries import rules_for
from vigil.domain.detection.titles import title_of_indicator, title_of_rule, told
from vigil.domain.journal.models import Entry
from vigil.domain.paging.models import Page, PageStep
from vigil.domain.paging.unreached import paging_signs
from vigil.faces.cli.terms import translator
from vigil.faces.web.detection import sources, suppressions
from vigil.faces.web.detection.strip import detection_of, strip_of
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


def _text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_queue_puts_what_waits_first_the_gravest_and_oldest_on_top(ours) -> None:
    now, owner = clock.now(), ours.organisation
    raised(owner, now - timedelta(hours=2), entity="CŨ", key="a")
    raised(owner, now, entity="NẶNG", key="b", level="critical")
    Alert.objects.filter(pk=ours.alert.pk).update(state="taken", taken_name="Minh")
    client = client_of(owner, "duty_officer")
    page = _text(client.get(reverse("alerts")))
    assert page.index("NẶNG") < page.index("CŨ") < page.index("SRV Đơn vị ta")
    assert "Minh" in page and "trễ" in page
    for query, there, gone in (
        ({"state": "taken"}, "SRV Đơn vị ta", "NẶNG"), ({"level": "critical"}, "NẶNG", "CŨ"),
        ({"q": "cu"}, "CŨ", "NẶNG"),
        ({"source": str(ours.source.pk)}, "SRV Đơn vị ta", "CŨ"), ({"state": "overdue"}, "CŨ", "NẶNG"),
    ):  # fmt: skip
        rows = _text(client.get(reverse("alerts"), query, headers={"HX-Request": "true"}))
        assert there in rows and gone not in rows, query
        assert "<html" not in rows
    anonymous = client.__class__()
    assert anonymous.get(reverse("alerts"), headers={"HX-Request": "true"}).status_code == 401


def test_rules_that_vigil_ships_read_in_the_reader_s_language(ours) -> None:
    now, owner = clock.now(), ours.organisation
    import_shipped(actor=ACTOR, now=now)
    rule = Rule.objects.get(title="SSH password was guessed")
    alert = raised(owner, now, key=rule.uid, level="critical", title=rule.title)
    client = client_of(owner, "administrator")
    vietnamese = "Mật khẩu SSH đã bị dò ra"
    for page, query in (
        ("rules", {"q": "mat khau ssh"}), ("alerts", {"q": "mat khau ssh"}), ("hunt_new", {"q": "mật khẩu SSH"}),
    ):  # fmt: skip
        assert vietnamese in _text(client.get(reverse(page), query)), page
    for shown in (reverse("alert", args=[alert.pk]), reverse("rule", args=[rule.pk])):
        assert vietnamese in _text(client.get(shown))
    assert "Địa chỉ vừa dò mật khẩu" in _text(client.get(reverse("rule", args=[rule.pk])))
    client.cookies["vigil_language"] = "en"
    assert rule.title in _text(client.get(reverse("alerts"), {"q": "password guessed"}))


def test_what_is_kept_in_english_is_read_in_vietnamese_wherever_it_stands(ours, shared) -> None:
    owner, now = ours.organisation, clock.now()
    import_shipped(actor=ACTOR, now=now)
    rule = Rule.objects.filter(origin="vigil", unusable="", correlates=False).order_by("uid")[0]
    english, vietnamese = rule.title, told(title_of_rule(rule), translator("vi"))
    assert english != vietnamese
    first, second = (raised(owner, now, key=rule.uid, title=english, entity=f"MÁY {n}") for n in (1, 2))
    suppress(
        organisation=owner, key=rule.uid, title=english, entity="", reason="r", until=now + timedelta(days=1),
        actor=ACTOR, now=now,
    )  # fmt: skip
    title = title_of_indicator("domain", "CTI tuần 12", "xau.example")
    listed = raised(owner, now, key="domain:xau.example", kind="indicator", title=title)
    LogSource.objects.filter(pk=ours.source.pk).update(
        rejected_samples=[{"at": now.isoformat(), "why": "no CEF: dòng lạ"}]
    )
    Listener.objects.create(
        name="http", host="127.0.0.1", port=1, updated_at=now, trouble="1,000,000 bytes free, 2,000,000 wanted"
    )
    client = client_of(owner, "administrator")
    client.post(reverse("rule_switch", args=[rule.pk]), {"to": "off", "organisation": str(owner.pk)})
    hunt = ask_hunt(
        organisation=owner, title="t", rules=[rule.pk], lists=[], since=now - timedelta(days=1), until=now,
        actor=ACTOR, now=now,
    )  # fmt: skip
    closing = {"alert": [str(first.pk), str(second.pk)], "what": "close", "verdict": "false", "text": "ồn"}
    for page, there in (
        (client.post(reverse("alerts_many"), closing), vietnamese),
        (client.get(reverse("suppressions")), vietnamese),
        (client.get(reverse("suppression_new"), {"key": rule.uid, "title": english}), vietnamese),
        (client.get(reverse("journal")), vietnamese),
        (client.get(reverse("hunt", args=[hunt.pk])), vietnamese),
        (client.get(reverse("alert", args=[listed.pk])), "Tên miền trong danh sách “CTI tuần 12”: xau.example"),
        (client.get(reverse("source", args=[ours.source.pk])), "không phải bản ghi CEF: dòng lạ"),
        (client.get(reverse("sources")), "đĩa còn trống 1 MB, cần 2 MB"),
        (client.get(reverse("indicators")), "hậu tố công cộng: mọi tên bên dưới đều sẽ khớp"),
        (client.get(reverse("rules"), {"state": "unusable"}), "Không đọc được điều kiện: "),
    ):
        text = html.unescape(_text(page))
        assert there in text, page.request["PATH_INFO"]
        assert english not in text, page.request["PATH_INFO"]


def test_what_came_from_strangers_stands_beside_the_ways_in_for_who_manages_them(ours) -> None:
    now, owner = clock.now(), ours.organisation
    Listener.objects.create(name="syslog-udp", host="127.0.0.1", port=1514, updated_at=now)
    SpoolPosition.objects.create(
        stream="syslog-udp", segment=1, offset=0, unknown_frames=37, unknown_bytes=4_100, unknown_at=now, updated_at=now
    )
    told_so = "37 gói (4100 byte)"
    administrator = client_of(owner, "administrator")
    assert told_so in html.unescape(_text(administrator.get(reverse("sources"))))
    assert told_so not in html.unescape(_text(client_of(owner, "duty_officer").get(reverse("sources"))))
    SpoolPosition.objects.update(unknown_at=now - timedelta(days=8))
    assert told_so not in html.unescape(_text(administrator.get(reverse("sources"))))


def test_an_alert_from_taking_to_verdict_and_back(ours) -> None:
    lan, minh = (client_of(ours.organisation, role) for role in ("duty_officer", "watch_lead"))
    page = reverse("alert", args=[ours.alert.pk])
    shown = _text(lan.get(page))
    assert "T1190" in shown and "Exploit Public-Facing Application" in shown and "quan.tri" in shown
    assert lan.post(reverse("alert_take", args=[ours.alert.pk]), {"next": "https://x.example/"}).url == page
    assert "đã nhận cảnh báo này" in _text(minh.post(reverse("alert_take", args=[ours.alert.pk]), follow=True))

    def act(client, what, **data):
        return client.post(reverse("alert_act", args=[ours.alert.pk, what]), data)

    assert act(lan, "note", text="Đang xem <b>máy</b>").status_code == 302
    assert act(lan, "note", text=" ").status_code == 422
    assert "Đang xem &lt;b&gt;máy&lt;/b&gt;" in _text(lan.get(page))
    to = User.objects.get(username__startswith="watch_lead")
    assert act(lan, "give", to=to.pk, text="Giúp tôi").status_code == 302
    assert act(lan, "give", to="x").status_code == 422
    assert act(minh, "return").status_code == 302
    assert act(minh, "return").status_code == 409
    assert act(minh, "close", verdict="").status_code == 422
    assert act(minh, "close", verdict="attack", text="Đã chặn").status_code == 302
    assert act(minh, "close", verdict="attack").status_code == 409
    assert act(minh, "reopen", text="Chưa hết").status_code == 302
    assert act(minh, "khac").status_code == 404
    told = ["note", "taken", "given", "returned", "closed:attack", "reopened"]
    assert "Đã kết thúc: Tấn công" in _text(lan.get(page)) and "Chưa hết" in _text(lan.get(page))
    assert Entry.objects.get(action="detection.alert_reopened").why == "Chưa hết"
    assert sorted(ours.alert.notes.values_list("what", flat=True)) == sorted(told)


def test_what_holds_back_and_what_is_over_stand_apart(ours) -> None:
    now, owner = clock.now(), ours.organisation
    for n in range(many := suppressions.PER_PAGE + 5):
        until = now + timedelta(hours=n + 1)
        suppress(
            organisation=owner, key=f"k{n}", title="", entity=f"MÁY-{n:02d}.", reason="r", until=until, actor=ACTOR,
            now=now,
        )  # fmt: skip
    Suppression.objects.filter(key="k0").update(lifted_at=now)
    Suppression.objects.filter(key="k1").update(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    client, page = client_of(owner, "administrator"), reverse("suppressions")
    shown = [_text(client.get(page, given)) for given in ({}, {"page": "2"}, {"over": "1"})]
    standing = many - 2 + 1  # and that of the room
    assert f'Đang tạm im <span class="badge bg-secondary-lt ms-2">{standing}</span>' in shown[0]
    assert f'ms-2">{standing}</span>' in shown[2]
    found = [set(re.findall(r"MÁY-(\d\d)\.", text)) for text in shown]
    assert found[0] | found[1] == {f"{n:02d}" for n in range(2, many)} and not found[0] & found[1]
    assert found[2] == {"00", "01"} and "(đã bỏ)" in shown[2]
    assert shown[0].count("/lift/") + shown[1].count("/lift/") == standing and "/lift/" not in shown[2]


def test_many_false_ones_are_closed_at_once_and_a_suppression_is_offered(ours) -> None:
    now, owner = clock.now(), ours.organisation
    keys = [str(raised(owner, now, key="ồn", entity=f"M{n}").pk) for n in range(3)]
    officer, engineer = client_of(owner, "duty_officer"), client_of(owner, "engineer")
    assert Alert.objects.filter(state="taken").count() == 0
    officer.post(reverse("alerts_many"), {"alert": keys[:2], "what": "take", "next": "/alerts/?state=open"})
    assert Alert.objects.filter(state="taken").count() == 2
    officer.post(reverse("alerts_many"), {"alert": ["x"], "what": "take"})
    officer.post(reverse("alerts_many"), {"alert": keys, "what": "close"})
    assert not Alert.objects.filter(state="closed").exists()
    close = {"alert": keys, "what": "close", "verdict": "false", "text": "Quét"}
    page = _text(engineer.post(reverse("alerts_many"), close))
    assert Alert.objects.filter(state="closed", verdict="false").count() == 3
    link = re.search(r'href="(/suppressions/new/\?[^"]+)"', page)[1].replace("&amp;", "&")
    form = _text(engineer.get(link))
    assert 'value="ồn"' in form
    given = {"organisation": owner.pk, "key": "ồn", "entity": "", "reason": "Quét định kỳ", "days": "7"}
    assert engineer.post(link, {**given, "days": "31"}).status_code == 422
    assert engineer.post(link, {**given, "key": ""}).status_code == 422
    assert engineer.post(link, {**given, "key": "00000000-0000-4000-8000-0000000000ff"}).status_code == 422
    assert "Không có luật nào" in _text(engineer.post(link, {**given, "key": "Không có luật này"}))
    for said, key in ((f" {ours.rule.title} ", ours.rule.uid), ("hxxp://XAU[.]example/a", "url:http://xau.example/a")):
        assert engineer.post(link, {**given, "key": said}).status_code == 302
        assert Suppression.objects.latest("created_at").key == key
    assert '<option value="ồn">' in form
    assert engineer.get(reverse("alerts_many")).url == reverse("alerts")
    assert engineer.post(link, given).url == reverse("suppressions")
    assert "Quét định kỳ" in _text(officer.get(reverse("suppressions")))
    engineer.post(reverse("suppression_lift", args=[Suppression.objects.get(key="ồn").pk]))
    assert Suppression.objects.get(key="ồn").lifted_at is not None


def test_a_call_is_entered_and_waits_at_the_officer_s_first_page(ours) -> None:
    client = client_of(ours.organisation, "duty_officer")
    given = {
        "organisation": ours.organisation.pk,
        "caller": "Bà Hoa 0912 000 000",
        "what": "Cổng bị thay",
        "level": "critical",
    }
    assert client.post(reverse("call"), {**given, "caller": ""}).status_code == 422
    made = client.post(reverse("call"), given, follow=True)
    assert "Bà Hoa" in _text(made) and "Cổng bị thay" in _text(made)


def test_a_source_is_entered_and_its_token_shown_once(ours) -> None:
    client = client_of(ours.organisation, "engineer", "en")
    given = {
        "organisation": ours.organisation.pk, "name": "Web 01", "format": "auto", "address": "192.0.2.10",
        "silent_after_s": "600", "most_lag_s": "30",
    }  # fmt: skip
    assert client.post(reverse("source_new"), {**given, "address": "khắp nơi"}).status_code == 422
    page = client.post(reverse("source_new"), given).url
    source = LogSource.objects.get(name="Web 01")
    address = reverse("source_token", args=[source.pk])
    assert client.get(address).url == page
    before = {"before": re.search(r'name="before" value="(\w*)"', _text(client.get(page)))[1]}
    shown = client.post(address, before)
    known = LogSource.objects.get(pk=source.pk).token_digest
    assert client.post(address, before).url == page, "sent again by F5 it makes no other"
    assert LogSource.objects.get(pk=source.pk).token_digest == known
    assert "was made already" in _text(client.get(page))
    token = re.search(r'<code class="snippet">([\w-]{20,})</code>', shown.content.decode())[1]
    assert shown.content.decode().count(token) == 3 and "no-store" in shown.headers["Cache-Control"]
    assert token not in client.get(page).content.decode()
    assert 'port="5514"' in client.get(page).content.decode()
    assert client.post(page, {**given, "name": "Web 02", "format": "syslog"}).status_code == 302
    assert client.post(page, {**given, "name": ours.source.name}).status_code == 422
    SourceHour.objects.create(source=source, hour=clock.now().replace(minute=0), events=90, rejected=10)
    told = [{"at": clock.now().isoformat(), "why": "no JSON: <x>"}]
    LogSource.objects.filter(pk=source.pk).update(
        rejected=10, rejected_samples=told, lag_s=31.5, last_received_at=clock.now()
    )
    assert "no JSON: &lt;x&gt;" in client.get(page).content.decode()
    rows = _text(client.get(reverse("sources")))
    assert "Read late" in rows and "10 %" in rows and "Web 02" in rows
    client.post(reverse("source_retire", args=[source.pk]))
    assert "Web 02" not in _text(client.get(reverse("sources")))


def test_what_the_page_of_a_source_shows_to_copy_is_what_the_how_to_says(ours, settings) -> None:
    how_to = (Path(__file__).parents[3] / "docs/how-to/send-logs.md").read_text("utf-8")
    blocks = re.findall(r"^```(?:rsyslog|yaml|sh)\n(.*?)\n```", how_to, re.M | re.S)
    settings.VIGIL_RECEIVER_HOST, settings.VIGIL_SYSLOG_PORT = "vigil.minhhoa.example", 5514
    client, address = client_of(ours.organisation, "engineer"), reverse("source", args=[ours.source.pk])

    def shown() -> list[str]:
        pre = re.findall(r'<pre class="snippet">(.*?)</pre>', client.get(address).content.decode(), re.S)
        assert len(pre) == 3
        return [html.unescape(one) for one in pre]

    settings.VIGIL_SYSLOG_TLS_PORT = settings.VIGIL_EVENTS_HTTPS_PORT = 0
    assert shown()[0] in blocks
    settings.VIGIL_SYSLOG_TLS_PORT, settings.VIGIL_EVENTS_HTTPS_PORT = 6514, 9243
    assert set(shown()) <= set(blocks)


def test_rules_are_switched_and_postures_shaped(ours, shared) -> None:
    client, owner = client_of(ours.organisation, "engineer", "en"), ours.organisation
    page = _text(client.get(reverse("rules")))
    assert "Luật chung" in page and "1 rule cannot run, and why" in page and "khac" in page
    for state, there, gone in (
        ("running", "Luật chung", "Luật của"),
        ("off", "Luật của", "Luật chung"),
        ("unusable", "Luật hỏng", "Luật chung"),
    ):
        main = _text(client.get(reverse("rules"), {"state": state})).split("</details>")[-1]
        assert there in main and gone not in main, state
    switch = reverse("rule_switch", args=[shared.pk])
    assert client.post(switch, {"to": "off", "why": "Ồn"}).status_code == 302
    assert not rules_for(owner.pk, clock.now()).exists() and RuleSwitch.objects.get().why == "Ồn"
    client.post(switch, {"to": "profile"})
    assert not RuleSwitch.objects.exists()
    refused = client.post(reverse("rule_switch", args=[ours.rule.pk]), {"to": "on"})
    assert refused.status_code == 422 and "Test it" in _text(refused)
    client.post(reverse("posture"), {"to": "highest"})
    assert "The highest posture holds" in _text(client.get(reverse("rules")))
    client.post(reverse("posture"), {"to": "normal"})
    assert "The normal posture holds" in _text(client.get(reverse("rules")))
    within = {f"within_{level}": "60" for level in ("informational", "low", "medium", "high", "critical")}
    given = {"least_level": "critical", "products": "Linux, windows", "silent_percent": "50", **within}
    assert client.post(reverse("profile", args=["normal"]), {**given, "silent_percent": "0"}).status_code == 422
    assert client.post(reverse("profile", args=["normal"]), given).status_code == 302
    assert DetectionProfile.objects.get().products == ["linux", "windows"]
    assert not rules_for(owner.pk, clock.now()).exists()


def test_an_own_rule_from_its_faults_to_going_live(ours) -> None:
    client, owner = client_of(ours.organisation, "engineer", "en"), ours.organisation
    bad = ours.rule.text.replace("condition: selection", "condition: khac")
    page = client.post(reverse("own_rule", args=[ours.rule.pk]), {"text": bad})
    assert page.status_code == 422 and "Line 9:" in _text(page) and '<mark class="now">' in page.content.decode()
    good = ours.rule.text.replace("nc -e", "ncat")
    assert client.post(reverse("own_rule", args=[ours.rule.pk]), {"text": good}).status_code == 302
    address = reverse("rule", args=[ours.rule.pk])
    client.post(reverse("rule_test", args=[ours.rule.pk]), {"days": "3"})
    hunt = RetroHunt.objects.latest("asked_at")
    assert (hunt.rules, hunt.until - hunt.since) == ([str(ours.rule.pk)], timedelta(days=3))
    assert 'hx-trigger="every 2s"' in _text(client.get(address)), "it follows the test while it runs"
    news = _text(client.get(address, headers={"HX-Request": "true"}))
    assert "<html" not in news and "Test" in news and 'id="tests"' in news
    judge = reverse("own_rule_judge", args=[ours.rule.pk, hunt.pk])
    assert client.post(judge).status_code == 404  # it has not run yet
    done = {"days": {"2026-04-29": 2}, "events": [], "limited": False, "back_to": "2026-04-28"}
    RetroHunt.objects.filter(pk=hunt.pk).update(state="done", events=1000, found=2, result=done)
    assert hunt.test, "no alert comes of it"
    shown = _text(client.get(reverse("hunt", args=[hunt.pk])))
    assert "29/04/2026" in shown and "no alert comes of it" in shown
    assert "it may go live" in (shown := _text(client.get(address))) and "every 2s" not in shown
    assert client.post(judge).status_code == 302
    assert "it may go live" not in _text(client.get(address))
    client.post(reverse("rule_switch", args=[ours.rule.pk]), {"to": "on"})
    assert rules_for(owner.pk, clock.now()).get() == Rule.objects.get(pk=ours.rule.pk)
    client.post(reverse("own_rule_retire", args=[ours.rule.pk]))
    assert not rules_for(owner.pk, clock.now()).exists()


def test_hunts_and_lists(ours, shared) -> None:
    client = client_of(ours.organisation, "engineer", "en")
    RetroHunt.objects.update(state="running", files_done=3, files_total=10)
    rows = _text(client.get(reverse("hunts"), headers={"HX-Request": "true"}))
    assert '<progress class="progress w-100" value="3" max="10"' in rows and "every 2s" in rows
    client.post(reverse("hunt_stop", args=[ours.hunt.pk]))
    assert "is being stopped" in _text(client.get(reverse("hunts")))
    form = _text(client.get(reverse("hunt_new"), {"q": "chung"}))
    assert f'name="rule" value="{shared.pk}"' in form
    assert client.post(reverse("hunt_new"), {"days": "3"}).status_code == 422
    client.post(
        reverse("hunt_new"), {"rule": [shared.pk], "list": [ours.list.pk], "days": "30", "title": "Tháng trước"}
    )
    assert RetroHunt.objects.get(title="Tháng trước").state == "waiting"
    file = SimpleUploadedFile("ioc.txt", b"xau.example\ncom.vn\n")
    given = {"organisation": ours.organisation.pk, "name": "Mới", "tlp": "green", "days": "5", "file": file}
    assert client.post(reverse("indicators"), given).status_code == 302
    made = IndicatorList.objects.get(name="Mới")
    assert (made.accepted, made.refused) == (1, 1)
    back = RetroHunt.objects.get(title="Mới")
    assert (back.lists, back.until - back.since) == ([str(made.pk)], timedelta(days=5))
    assert "com.vn" in _text(client.get(reverse("indicators")))
    empty = SimpleUploadedFile("ioc.txt", b"#\n")
    assert client.post(reverse("indicators"), {**given, "file": empty}).status_code == 422
    client.post(reverse("indicators_retire", args=[made.pk]))
    assert IndicatorList.objects.get(name="Mới").retired_at is not None


def test_a_board_without_sources_says_that_what_comes_in_is_another_s(ours) -> None:
    sister = organisation("Đơn vị bạn", ours.organisation)
    request = client_of(ours.organisation, "watch_lead").get(reverse("alerts")).wsgi_request
    of_ours = detection_of(request, ours.organisation, clock.now())
    of_sister = detection_of(request, sister, clock.now())
    assert (of_ours["elsewhere"], of_sister["elsewhere"]) == (0, 1)
    said = " ".join(render_to_string("detection/strip.html", of_sister).split())
    assert "Tổ chức này chưa có nguồn nhật ký nào" in said and "1 cảnh báo của tổ chức khác đang chờ." in said
    assert "chưa có nguồn" not in render_to_string("detection/strip.html", of_ours)
    stranger = client_of(sister, "watch_lead").get(reverse("alerts")).wsgi_request
    assert detection_of(stranger, sister, clock.now())["elsewhere"] == 0, "what one may not see is not counted"


def test_a_correlation_s_count_is_explained(ours) -> None:
    met = raised(ours.organisation, clock.now(), key="c", kind="correlation", times=3)
    client = client_of(ours.organisation, "duty_officer")
    assert "đủ điều kiện 3 lần" in _text(client.get(reverse("alerts")))
    assert "Số lần điều kiện tương quan được thỏa" in _text(client.get(reverse("alert", args=[met.pk])))
    assert "Số lần điều kiện" not in _text(client.get(reverse("alert", args=[ours.alert.pk])))


def test_a_page_costs_as_many_queries_for_many_as_for_a_few(ours, shared) -> None:
    client, now = client_of(ours.organisation, "watch_lead"), clock.now()

    def costs() -> list[int]:
        found = []
        lists = ("alerts", "sources", "rules", "hunts", "suppressions", "indicators")
        for path in (*map(reverse, lists), reverse("alert", args=[ours.alert.pk])):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    few = costs()
    for n in range(12):
        below = watched(f"Dưới {n}", ours.organisation).organisation
        raised(below, now, key=f"k{n}", source=source_of(below, f"Nguồn {n}", now=now))
    assert costs() == few
    assert max(few) < 40


def test_sources_come_in_pages_the_silent_first_and_are_counted_all(ours, monkeypatch) -> None:
    monkeypatch.setattr(sources, "PER_PAGE", 2)
    client, now = client_of(ours.organisation, "watch_lead"), clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    for name in ("A", "B", "C", "D"):
        made = source_of(ours.organisation, name, now=now)
        SourceHour.objects.create(source=made, hour=hour, events=10, rejected=5 if name == "B" else 0)
    LogSource.objects.filter(name="D").update(last_received_at=now - timedelta(days=1))
    LogSource.objects.filter(name="C").update(lag_s=900.0)
    shown = [client.get(reverse("sources"), {"page": number}) for number in (1, 2, 3)]
    assert [[row["source"].name for row in one.context["rows"]] for one in shown] == [
        ["D", "C"], ["A", "B"], [ours.source.name],
    ]  # fmt: skip
    for one in shown:
        counted = [one.context[name] for name in ("silent", "late", "rejected", "last_hour")]
        assert counted == [1, 1, 1, 40]
    assert "page=2" in shown[0].content.decode()


def test_the_form_offers_every_format_that_is_read() -> None:
    from vigil.adapters.log_sources import FORMATS
    from vigil.faces.web.detection.sources import FORMATS as OFFERED

    assert [name for name, _ in OFFERED if name != "auto"] and {name for name, _ in OFFERED} == set(FORMATS)


def test_pages_speak_first_for_whose_sources_were_heard_last(ours) -> None:
    first, now = ours.organisation, clock.now()
    other = organisation("Đơn vị có nguồn", first)
    LogSource.objects.update(last_received_at=None)
    client = client_of(first, "administrator")
    names = ("stored_events", "hunt_new", "suppression_new", "source_new", "indicators", "rules")
    chosen = f'<option value="{other.pk}" selected>'
    assert not any(chosen in _text(client.get(reverse(name))) for name in names)
    source_of(other, now=now)
    LogSource.objects.filter(organisation=other).update(last_received_at=now)
    for name in names:
        assert chosen in _text(client.get(reverse(name))), name
    client.get(reverse("stored_events"), {"organisation": str(first.pk)})
    assert chosen not in _text(client.get(reverse("stored_events")))


def test_an_alert_that_nobody_can_be_called_for_says_so_everywhere(ours, monkeypatch) -> None:
    now, client = clock.now(), client_of(ours.organisation, "duty_officer")
    alert = raised(ours.organisation, now, level="critical", key="nặng", entity="MÁY")
    page_for_alerts(actor=ACTOR, now=now)
    page, address = Page.objects.get(subject__contains=str(alert.pk)), reverse("alert", args=[alert.pk])
    nobody = "Không gọi được ai"
    assert nobody not in _text(client.get(address)) and not paging_signs(now), "its first step is still to come"
    step = PageStep.objects.get(page=page)
    PageStep.objects.filter(pk=step.pk).update(decided_at=now, outcome="cancelled")
    assert nobody not in _text(client.get(address)), "taken and given back before anybody was tried"
    PageStep.objects.filter(pk=step.pk).update(outcome="nobody")
    assert "reached nobody" not in Client().get("/healthz").content.decode()
    assert nobody in _text(client.get(address))
    told = _text(client.get(reverse("page", args=[page.pk])))
    assert nobody in told and f'href="{address}"' in told
    assert [sign.state for sign in paging_signs(now + timedelta(minutes=3))] == ["warns"]
    assert strip_of(ours.organisation.pk, now).unreached == 1
    PageStep.objects.filter(pk=step.pk).update(outcome="sent", spent=True)
    assert nobody in _text(client.get(address)), "what was sent failed on every way"
    PageStep.objects.filter(pk=step.pk).update(spent=False)
    assert nobody not in _text(client.get(address)) and not paging_signs(now)
    assert strip_of(ours.organisation.pk, now).unreached == 0
    client.post(reverse("alert_act", args=[alert.pk, "close"]), {"verdict": "benign", "text": "x"})
    client.post(reverse("alert_act", args=[alert.pk, "reopen"]), {"text": "Chưa hết"})
    assert "Chưa gọi ai từ khi mở lại" in _text(client.get(address))


def test_what_a_correlation_is_made_of_is_shown_and_not_only_counted(ours) -> None:
    now = clock.now()
    alert = raised(ours.organisation, now, kind="correlation", key="dò", entity="198.51.100.7")
    told = ["of-another:net0-1-0", *(f"net0-1-{n}" for n in range(12))]
    Detection.objects.filter(alert=alert).update(source=None, events=told)
    text = _text(client_of(ours.organisation, "duty_officer").get(reverse("alert", args=[alert.pk])))
    assert text.count('hx-trigger="load"') == 2 and text.count('hx-trigger="toggle once"') == 8
    found = re.findall(r'hx-get="[^"]*id=net0-1-(\d+)&', text)
    assert found == [str(n) for n in range(11, 1, -1)], "the newest first, and of another correlation its own event"

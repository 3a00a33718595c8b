"""The pages of paging as their people use them: the door, one tap, a story, routes, policies, switches."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.web.paging.conftest import paged, pages_round, signed_in
from tests.web.rooms import ACTOR, client_of

from vigil.domain.accounts.models import Role
from vigil.domain.outbox.actions import LEASE, claim, sent
from vigil.domain.outbox.models import Message
from vigil.domain.paging.deciding import changed_attempts, follow
from vigil.domain.paging.models import DeadMan, EscalationPolicy, Page, Ping, Route
from vigil.kernel import clock
from vigil.project.redaction import without_keys

pytestmark = pytest.mark.django_db


def _state(page: Page) -> str:
    page.refresh_from_db()
    return page.state


def test_opening_a_link_answers_nothing_and_its_button_does(ours) -> None:
    anyone, address = Client(), reverse("page_link", args=[ours.token])
    opened = anyone.get(address)
    assert (opened.status_code, _state(ours.page)) == (200, "open")
    assert opened.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in opened.headers["Cache-Control"]
    assert anyone.head(address).status_code == 200
    assert anyone.post(address, {"answer": "nonsense"}).status_code == 422
    assert anyone.post(address, {"answer": "taken"}).status_code == 200
    assert _state(ours.page) == "acknowledged"
    assert ours.page.acknowledged_by == ours.person
    assert anyone.post(address, {"answer": "done"}).status_code == 200
    assert _state(ours.page) == "resolved"


def test_a_reason_with_a_nul_is_kept_without_it_on_every_database(ours) -> None:
    assert (
        Client().post(reverse("page_link", args=[ours.token]), {"answer": "declined", "why": "ốm\x00 "}).status_code
        == 200
    )
    assert ours.page.answers.get().why == "ốm"
    officer = signed_in(ours.person)
    assert (
        officer.post(reverse("page_answer", args=[ours.page.pk]), {"answer": "taken", "why": "\x00"}).status_code == 302
    )
    for path in (reverse("page_told", args=[ours.page.pk]), reverse("page_code")):
        assert officer.post(path, {"answer": "taken", "code": "\x00"}).status_code < 500


def test_a_form_of_another_site_cannot_press_the_button(ours) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("page_link", args=[ours.token]), {"answer": "taken"}).status_code == 403
    assert strict.post(reverse("deadman", args=[ours.ping])).status_code == 200, "a machine has no form"


def test_a_code_opens_the_same_page_and_a_wrong_one_says_so(ours) -> None:
    anyone, address = Client(), reverse("page_code")
    assert anyone.post(address, {"code": "AAAA AAAA"}).status_code == 404
    spoken = f"{ours.code[:4].lower()} {ours.code[4:]}"
    assert "Vắng người" in anyone.post(address, {"code": spoken}).content.decode()
    assert _state(ours.page) == "open"
    anyone.post(address, {"code": spoken, "answer": "declined"})
    pages_round()
    assert ours.page.steps.get(number=2).outcome == "nobody"
    for _ in range(9):
        anyone.post(address, {"code": "BBBBBBBB"})
    assert anyone.post(address, {"code": spoken}).status_code == 409


def test_somebody_signed_in_as_another_is_told_so(ours, theirs) -> None:
    stranger = signed_in(theirs.person)
    refused = stranger.post(reverse("page_link", args=[ours.token]), {"answer": "taken"})
    assert refused.status_code == 403
    assert "paging.not_yours" in refused.content.decode()
    assert _state(ours.page) == "open"
    assert signed_in(ours.person).post(reverse("page_link", args=[ours.token]), {"answer": "taken"}).status_code == 200


def test_one_tap_on_the_page_and_whoever_is_second_reads_who_was_first(ours) -> None:
    officer = signed_in(ours.person)
    assert officer.post(reverse("page_answer", args=[ours.page.pk]), {"answer": "taken"}).status_code == 302
    assert _state(ours.page) == "acknowledged"
    late = client_of(ours.organisation, Role.WATCH_LEAD).post(
        reverse("page_answer", args=[ours.page.pk]), {"answer": "taken"}
    )
    assert late.status_code == 409
    assert ours.person.name in late.content.decode()


def test_a_lead_enters_the_code_that_was_told(ours, theirs) -> None:
    lead, address = client_of(ours.organisation, Role.WATCH_LEAD), reverse("page_told", args=[ours.page.pk])
    wrong = lead.post(address, {"code": theirs.code, "answer": "taken"})
    assert (wrong.status_code, _state(ours.page)) == (422, "open")
    assert lead.post(address, {"code": ours.code, "answer": "taken"}).status_code == 302
    assert _state(ours.page) == "acknowledged"
    assert (ours.page.acknowledged_by, ours.page.acknowledged_how) == (ours.person, "told")


@pytest.mark.parametrize("language, words", [("vi", "cùng Message-ID"), ("en", "the same Message-ID")])
def test_the_story_says_in_words_what_was_possibly_sent_twice(ours, language, words) -> None:
    claim(now=clock.now())
    message = claim(now=clock.now() + LEASE + timedelta(seconds=1))
    sent(message=message, now=clock.now())
    for row in changed_attempts(clock.now()):
        follow(row=row, actor=ACTOR, now=clock.now())
    page = client_of(ours.organisation, Role.WATCH_LEAD, language).get(reverse("page", args=[ours.page.pk]))
    text = page.content.decode()
    assert words in text
    assert message.message_id.strip("<>") in text
    assert ours.token not in text and ours.code not in text
    officer = client_of(ours.organisation, Role.DUTY_OFFICER).get(reverse("page", args=[ours.page.pk]))
    assert ours.person.email not in officer.content.decode(), "addresses are for those who manage them"


def test_a_revoked_link_is_not_known_any_more(ours) -> None:
    lead = client_of(ours.organisation, Role.WATCH_LEAD)
    assert lead.post(reverse("page_revoke", args=[ours.page.pk])).status_code == 302
    assert Client().get(reverse("page_link", args=[ours.token])).status_code == 404


def test_one_s_own_routes_are_one_s_own_and_a_test_page_shows_that_one_works(ours) -> None:
    engineer = signed_in(ours.person, Role.VIEWER)
    address = reverse("routes", args=[ours.person.pk])
    assert engineer.get(reverse("my_routes")).headers["Location"] == address
    assert engineer.post(address, {"channel": "sms", "address": "chẳng phải số"}).status_code == 422
    assert engineer.post(address, {"channel": "sms", "address": "0912 000 002"}).status_code == 302
    route = Route.objects.get(channel="sms")
    change = reverse("route_change", args=[route.pk])
    engineer.post(change, {"what": "up"})
    assert [row.channel for row in Route.objects.filter(person=ours.person)] == ["sms", "email"]
    engineer.post(change, {"what": "test"})
    pages_round()
    message = Message.objects.get(channel="sms")
    assert message.body.isascii() and len(message.body) <= 160
    code = message.body.split()[-2]
    Client().post(reverse("page_code"), {"code": code, "answer": "taken"})
    route.refresh_from_db()
    assert route.verified_at is not None
    assert engineer.get(address).status_code == 200
    for what in ("pause", "resume", "remove"):
        engineer.post(change, {"what": what})
    assert Route.objects.filter(person=ours.person).count() == 1


def test_an_account_without_a_person_is_told_what_to_do_and_an_administrator_does_it(ours) -> None:
    administrator = client_of(None, Role.ADMINISTRATOR)
    assert "routes" not in administrator.get(reverse("my_routes")).headers.get("Location", "")
    user = administrator.get(reverse("me")).wsgi_request.user
    link = reverse("account_change", args=[user.pk, "person"])
    administrator.post(link, {"person": "không có ai"})
    user.refresh_from_db()
    assert user.person is None
    administrator.post(link, {"person": ours.person.name})
    user.refresh_from_db()
    assert user.person == ours.person


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_policy_is_changed_as_a_whole_and_a_fault_is_said(ours, theirs, language) -> None:
    lead, address = client_of(ours.organisation, Role.WATCH_LEAD, language), reverse("policy", args=[ours.policy.pk])
    assert ours.person.name in lead.get(address).content.decode()
    given = {
        "organisation": ours.organisation.pk, "name": "Ca ngày", "repeat": "3", "repeat_after_s": "60",
        "remind_after_s": "0", "step0-target": "person", "step0-person": "", "step0-delay_s": "0",
        "step1-target": "lead", "step1-delay_s": "120", "step1-least_urgency": "3",
    }  # fmt: skip
    assert lead.post(address, given).status_code == 422, "a named person without a name"
    assert lead.post(address, {**given, "step0-person": theirs.person.pk}).status_code == 422
    assert lead.post(address, {**given, "step0-person": ours.person.pk}).status_code == 302
    steps = EscalationPolicy.objects.get(name="Ca ngày").steps
    assert list(steps.values_list("target", "delay_s", "least_urgency")) == [("person", 0, 1), ("lead", 120, 3)]
    nothing = {name: value for name, value in given.items() if not name.startswith("step")}
    assert lead.post(address, nothing).status_code == 422


def test_a_switch_s_address_is_shown_once_and_its_pings_are_taken(ours) -> None:
    lead = client_of(ours.organisation, Role.WATCH_LEAD)
    given = {"organisation": ours.organisation.pk, "name": "Vigil tỉnh", "period_s": "60", "grace_s": "30"}
    made = lead.post(reverse("switches"), given).context["address"]
    token = made.rsplit("/", 1)[1]
    assert token not in lead.get(reverse("switches")).content.decode()
    assert lead.post(reverse("switches"), {**given, "period_s": "0"}).status_code == 422
    for method in ("get", "head", "post"):
        assert getattr(Client(), method)(f"/deadman/{token}").status_code == 200
    assert DeadMan.objects.get(name="Vigil tỉnh").state == "up"
    assert Client().get(f"/deadman/{token}/fail").status_code == 200
    assert Page.objects.filter(kind="paging.silence").count() == 1


@pytest.mark.parametrize("language", ["vi", "en"])
def test_health_shows_a_channel_that_is_set_aside_and_whether_the_outside_hears_us(
    ours, settings, channel_file, language
) -> None:
    channel_file.write_text('[channel.hong]\nurl = "file:///etc/passwd?{address}"\n')
    settings.VIGIL_DEADMAN_URL = "https://hc.example/ping/x"
    Ping.objects.create(pk=1, at=clock.now(), well=True, arrived=False, error="deadman.unavailable")
    page = client_of(ours.organisation, Role.WATCH_LEAD, language).get(reverse("health")).content.decode()
    assert "hong" in page and "file" in page
    checks = Client().get("/healthz").json()["checks"]
    assert (checks["channel hong"]["state"], checks["outside"]["state"]) == ("warns", "fails")


def test_no_key_of_an_address_reaches_the_log(ours) -> None:
    for path in (f"/p/{ours.token}/", f"/deadman/{ours.ping}", f"/deadman/{ours.ping}/fail"):
        assert "…" in without_keys(path)
        assert ours.token not in without_keys(path) and ours.ping not in without_keys(path)


def test_the_list_costs_as_many_queries_for_many_organisations_as_for_few(ours) -> None:
    lead = client_of(None, Role.WATCH_LEAD)

    def asked(path: str) -> int:
        lead.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert lead.get(path).status_code == 200
        assert not [row for row in seen.captured_queries if row["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        return len(seen.captured_queries)

    places = [reverse(name) for name in ("pages", "policies", "switches")]
    few = [asked(path) for path in places]
    for number in range(5):
        paged(f"Thêm {number}")
    assert [asked(path) for path in places] == few


def test_the_list_leads_with_what_nobody_answered(ours) -> None:
    Page.objects.filter(pk=ours.page.pk).update(state="exhausted")
    page = client_of(ours.organisation, Role.DUTY_OFFICER).get(reverse("pages"))
    assert [found.pk for found in page.context["waiting"]] == [ours.page.pk]
    assert "border-danger" in page.content.decode()

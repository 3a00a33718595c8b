"""Every error is problem+json with a stable code, whatever went wrong and wherever."""

import pytest
from django.test import Client

from tests.api.conftest import caller_with
from tests.web.rooms import organisation
from vigil.faces.api import caller as callers
from vigil.faces.exchange.floods import Gauge

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}

CASES = [
    ("GET", "/nothing", None, {}, 404, "page.not_found"),
    ("GET", "/people/x", None, {}, 404, "page.not_found"),
    ("DELETE", "/people", None, {}, 405, "api.method"),
    ("GET", "/systems?limit=0", None, {}, 422, "api.invalid"),
    ("GET", "/systems?limit=x", None, {}, 422, "api.invalid"),
    ("GET", "/systems?cursor=x&changed_after=y", None, {}, 422, "api.cursor"),
    ("POST", "/people", "{", JSON, 422, "api.unreadable"),
    ("POST", "/people", "[]", JSON, 422, "api.invalid"),
    ("POST", "/people", '{"organisation": "x", "name": ""}', JSON, 422, "api.invalid"),
    ("POST", "/people", '{"name": "An", "king": true}', JSON, 422, "api.invalid"),
    ("POST", "/people", b"\xff\xfe", JSON, 422, "api.unreadable"),
    ("POST", "/people", "x" * 1_000_001, JSON, 413, "api.too_large"),
    ("POST", "/dispatches", b"--x\r\n", {"content_type": "multipart/form-data"}, 422, None),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]} {c[1]} {c[4]} {n}" for n, c in enumerate(CASES)])
def test_an_error_is_a_problem(case) -> None:
    method, path, body, more, status, code = case
    answer = caller_with("administrator", None)(method, path, body, **more)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == (code or told["code"])
    assert told["type"] == f"urn:vigil:problem:{told['code']}"
    assert (told["status"], bool(told["title"] and told["detail"])) == (status, True)


@pytest.mark.parametrize("path", ["/api/", "/api/v2/people", "/api/v1/", "/api/v1/people/", "/api/%00"])
def test_an_unknown_address_below_api_is_a_problem_too(path) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_problem_is_said_in_the_caller_s_language() -> None:
    vietnamese = Client().get("/api/v1/nothing", headers={"Accept-Language": "vi-VN"}).json()
    english = Client().get("/api/v1/nothing").json()
    assert english["title"] == "Not found"
    assert vietnamese["title"] != english["title"]


def test_an_important_system_without_a_reason_is_refused_and_not_kept() -> None:
    owner = organisation("Nhà-Ta")
    caller = caller_with("administrator", owner)
    body = {"organisation": str(owner.pk), "name": "Cổng", "important": True}
    assert caller("POST", "/systems", body).json()["code"] == "input.invalid"
    assert caller.ids("/systems") == set()


def test_a_flood_is_told_when_to_come_back(monkeypatch) -> None:
    monkeypatch.setattr(callers, "TOKENS", Gauge(2))
    monkeypatch.setattr(callers, "STRANGERS", Gauge(2))
    caller = caller_with("administrator", None)
    for call in (lambda: caller.get("/watches"), lambda: Client().get("/api/v1/watches")):
        answer = [call() for _ in range(3)][-1]
        assert (answer.status_code, answer.json()["code"]) == (429, "api.flood")
        assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_description_and_its_page_are_open_and_hold_to_the_content_policy(language) -> None:
    client = Client()
    client.cookies["vigil_language"] = language
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.")
    page = client.get("/api/v1/reference")
    text = page.content.decode()
    assert page.status_code == 200
    assert "/api/v1/watches/{pk}/board" in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert " style=" not in text
    assert "<script>" not in text

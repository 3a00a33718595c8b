"""/healthz says in plain words what works, to a monitor that cannot sign in."""

import json

import pytest
from django.test import Client

from vigil.domain.vitals.models import WorkerBeat
from vigil.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(settings):
    settings.VIGIL_DATA.mkdir(exist_ok=True, parents=True)

    def ask():
        response = Client().get("/healthz")
        return response.status_code, json.loads(response.content)

    return ask


def test_with_dead_workers_it_fails_and_says_which(answer) -> None:
    status, body = answer()
    assert status == 503
    assert body["status"] == "failing"
    assert "timekeeper" in body["checks"]["worker timekeeper"]["says"]


def test_with_living_workers_it_is_well(answer, settings) -> None:
    for name in settings.VIGIL_WORKERS:
        WorkerBeat.objects.create(name=name, at=clock.now())
    status, body = answer()
    assert (status, body["status"]) == (200, "ok")
    assert {"database", "journal", "disk", "clock", "ocr", "mail"} <= set(body["checks"])
    assert all(check["says"] for check in body["checks"].values())

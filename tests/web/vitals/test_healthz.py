"""/healthz says in plain words what works, to a monitor that cannot sign in."""

import json
import threading

import pytest
from django.test import Client
from tests.web.rooms import client_of

from vigil.domain.accounts.models import Role
from vigil.domain.detection.reasons import NO_ROOM
from vigil.domain.vitals.models import WorkerBeat
from vigil.kernel import clock
from vigil.kernel.errors import Unavailable
from vigil.workers.loop import run

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


@pytest.mark.django_db(transaction=True)
def test_a_known_trouble_is_said_in_words_and_another_by_its_kind_alone(answer, settings) -> None:
    settings.VIGIL_WORKERS = ["receiver", "courier"]
    for name, error in (("receiver", Unavailable("receiver.trouble", NO_ROOM)), ("courier", ValueError("secret"))):
        stop = threading.Event()

        def fails(stop: threading.Event = stop, error: Exception = error) -> str:
            stop.set()
            raise error

        run(name=name, round=fails, every_s=0, stop=stop)
    _, body = answer()
    checks = body["checks"]
    assert checks["worker receiver"]["says"].endswith("đĩa còn quá ít chỗ, hoặc không ghi được")
    assert checks["worker courier"]["says"].endswith("ValueError")


def test_every_worker_says_what_it_is_for_and_what_fails_stands_first(settings) -> None:
    for name in settings.VIGIL_WORKERS[1:]:
        WorkerBeat.objects.create(name=name, at=clock.now())
    page = client_of(None, Role.ADMINISTRATOR).get("/health/")
    signs = page.context["signs"]
    workers = [sign for sign in signs if sign.name.startswith("worker ")]
    assert len(workers) == len(settings.VIGIL_WORKERS)
    assert all(sign.work is not None for sign in workers)
    assert signs[0].name == f"worker {settings.VIGIL_WORKERS[0]}"
    states = [sign.state for sign in signs]
    assert states == sorted(states, key=["fails", "warns", "unknown", "works"].index)

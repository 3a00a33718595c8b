"""A phone rings at night: the mail's link opens on a small screen, one tap takes the page, the lead reads its story."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from tests.journeys.conftest import Running, start, stop
from tests.postgresql import free_port

pytestmark = pytest.mark.journey
PHONE = {"width": 390, "height": 844}
RAISE = """
import django
django.setup()
from vigil.domain.accounts.actions import link_person
from vigil.domain.accounts.models import User
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.models import EscalationPolicy
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import phrase
actor, now = Actor("cli", "journey", "journey"), clock.now()
owner = Organisation(name="Viễn thông Hải Vân")
save_organisation(organisation=owner, actor=actor, now=now)
person = Person(organisation=owner, name="Trần Thị Trực", email="truc@thu.example", mobile="0912 000 001")
save_person(person=person, actor=actor, now=now)
other = Person(organisation=owner, name="Lê Văn Dự Phòng", email="duphong@thu.example")
save_person(person=other, actor=actor, now=now)
link_person(user=User.objects.get(username="admin"), person=other, actor=actor, now=now)
steps = [StepEntry("on_duty", 0), StepEntry("person", 0, person), StepEntry("person", 600, other)]
policy = EscalationPolicy(organisation=owner, name="Ca đêm", is_default=True)
save_policy(policy=policy, steps=steps, actor=actor, now=now)
page = raise_page(organisation=owner, kind="duty.absent", title=phrase("Điểm trực phòng máy vắng người từ 22:00"),
                  body=phrase("Không ai điểm danh ca đêm tại phòng máy chủ. Hãy nhận việc và đến nơi."), exercise=True,
                  actor=actor, now=now)
print(page.pk)
"""


class _Box:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(envelope.content)
        return "250 OK"


class _OneLoop(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, loop=self.loop)


@pytest.fixture
def mailed(tmp_path: Path) -> Iterator[tuple[Running, _Box]]:
    box, loop, port = _Box(), asyncio.new_event_loop(), free_port()
    mail = _OneLoop(box, hostname="127.0.0.1", port=port, loop=loop)
    mail.start()
    running, process = start(tmp_path / "var", sample=False, VIGIL_SMTP_URL=f"smtp://127.0.0.1:{port}")
    yield running, box
    stop(process)
    mail.stop()
    loop.close()


def test_a_page_is_taken_from_a_phone_and_its_story_is_read(mailed, page, sign_in, shot) -> None:
    running, box = mailed
    raised = subprocess.run(
        [sys.executable, "-c", RAISE], env=running.environment, capture_output=True, text=True, check=True
    ).stdout.strip()
    deadline = time.monotonic() + 20
    while not box.mails:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    mail = message_from_bytes(box.mails[0], policy=policy.default)
    assert mail["To"] == "truc@thu.example"
    token = re.search(r"/p/([\w-]{20,})/", mail.get_content()).group(1)

    page.set_viewport_size(PHONE)
    page.goto(f"{running.url}/p/{token}/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it fits a small screen"
    assert "Điểm trực phòng máy" in page.locator("h1").inner_text()
    shot("page-door", **PHONE)
    page.set_viewport_size(PHONE)
    page.locator("button[value=taken]").click()
    page.wait_for_load_state()
    assert page.locator("[role=status]").is_visible()
    assert page.locator("button[value=done]").is_visible()

    sign_in(running)
    page.goto(f"{running.url}/pages/")
    assert "Trần Thị Trực" in page.locator("main").inner_text()
    shot("pages", **PHONE)
    page.goto(f"{running.url}/pages/{raised}/")
    words = page.locator("main ol").inner_text()
    assert "Trần Thị Trực" in words and "Lê Văn Dự Phòng" not in words, "the step after was not needed"
    shot("page-story")
    page.goto(f"{running.url}/pages/me/")
    page.fill("#id_address", "không phải địa chỉ")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
    assert page.locator("#error").is_visible()
    page.fill("#id_address", "duphong2@thu.example")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
    page.locator("button[value=test]").last.click()
    page.wait_for_load_state()
    shot("routes", **PHONE)
    page.goto(f"{running.url}/pages/policies/new/")
    shot("policy-new")

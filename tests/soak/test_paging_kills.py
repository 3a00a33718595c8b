"""The pager and the courier killed with -9 at random instants: no step is lost, and none takes effect twice.

What a crash hid is sent again under the same Message-ID and is marked "possibly sent twice"; nothing else comes twice.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from tests.integration.paging.conftest import Receiver, serve
from tests.laid import lay
from tests.postgresql import free_port

ROUNDS = int(os.environ.get("VIGIL_PAGING_ROUNDS", "4"))
STEPS, REPEAT = 3, 1

DRIVER = """
import json, os, sys, django
django.setup()
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route
from vigil.domain.paging.models import EscalationPolicy, Page, PageAttempt, PageStep
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import phrase
actor, now = Actor("cli", "soak", "soak"), clock.now
owner = Organisation(name="Công ty Thử")
save_organisation(organisation=owner, actor=actor, now=now())
steps = []
for n in range(3):
    person = Person(organisation=owner, name=f"Người {n}")
    save_person(person=person, actor=actor, now=now())
    channel, address = (("hook", f"nguoi{n}"), ("email", f"nguoi{n}@thu.example"))[n % 2]
    add_route(person=person, channel=channel, address=address, actor=actor, now=now())
    steps.append(StepEntry("person", 1 if n else 0, person))
policy = EscalationPolicy(organisation=owner, name="Nhanh", repeat=1, repeat_after_s=1)
save_policy(policy=policy, steps=steps, actor=actor, now=now())
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "raise":
        page = raise_page(organisation=owner, kind="soak", title=phrase("Thử"), body=phrase("Thử"), policy=policy,
                          actor=actor, now=now())
        print(json.dumps(str(page.pk)), flush=True)
    else:
        steps = PageStep.objects.exclude(decided_at=None).order_by("page_id", "number")
        tries = PageAttempt.objects.select_related("message")
        print(json.dumps({
            "open": Page.objects.filter(state="open").count(),
            "unsettled": tries.filter(settled=False).count(),
            "steps": [[str(s.page_id), s.kind, s.cycle, s.position, s.outcome, str(s.pk)] for s in steps],
            "tries": [[str(t.step_id), t.message.message_id, t.state, t.possibly_twice] for t in tries],
        }), flush=True)
"""


class _Box:
    def __init__(self, dice: random.Random) -> None:
        self.ids: list[str] = []
        self._dice = dice

    async def handle_DATA(self, server, session, envelope) -> str:
        self.ids.append(message_from_bytes(envelope.content)["Message-ID"])
        await asyncio.sleep(self._dice.random() * 0.2)
        return "250 OK"


class _OneLoop(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True, loop=self.loop)


@pytest.fixture
def outside() -> Iterator[tuple[_Box, int, Receiver]]:
    """A mail server and a webhook, both a little slow to say yes, so that a kill can fall in between."""
    dice = random.Random(1)
    box, loop, port = _Box(dice), asyncio.new_event_loop(), free_port()
    mail = _OneLoop(box, hostname="127.0.0.1", port=port, loop=loop)
    mail.start()
    receiver = Receiver(takes_s=lambda: dice.random() * 0.2)
    server = serve(receiver)
    yield box, port, receiver
    server.shutdown()
    server.server_close()
    mail.stop()
    loop.close()


class _Workers:
    """The pager and the courier as they are run, each a process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "vigil.faces.cli", "worker", name]
            self._running[name] = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGKILL)
        self._running[name].wait(10)

    def kill_all(self) -> None:
        for name in self._running:
            self.kill(name)


def _asked(driver: subprocess.Popen[str], word: str):
    driver.stdin.write(f"{word}\n")
    driver.stdin.flush()
    return json.loads(driver.stdout.readline())


@pytest.mark.timeout(900)
def test_no_step_is_lost_when_every_worker_is_killed_in_mid_escalation(tmp_path: Path, outside) -> None:
    box, port, receiver = outside
    data = tmp_path / "var"
    data.mkdir(mode=0o700)
    channels = data / "channels.toml"
    channels.write_text(
        f'[channel.hook]\nurl = "json://127.0.0.1:{receiver.port}/hook/{{address}}"\nfailover_s = 600\ntimeout_s = 2\n'
    )
    channels.chmod(0o600)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")},
        "DJANGO_SETTINGS_MODULE": "vigil.project.settings",
        "VIGIL_DATA": str(data),
        "VIGIL_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "VIGIL_OUTBOX_LEASE_S": "3",
        "VIGIL_ADMIN_PASSWORD": "mật khẩu để thử nghiệm",
    }
    lay(data)
    prepare = [sys.executable, "-m", "vigil.faces.cli", "prepare"]
    subprocess.run(prepare, env=environment, check=True, capture_output=True, timeout=120)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    driver = subprocess.Popen([sys.executable, "-c", DRIVER], env=environment, **pipes)
    workers, dice = _Workers(environment, data / "workers.log"), random.Random(20220501)
    try:
        assert driver.stdout.readline().strip() == "ready"
        raised = []
        for name in ("pager", "courier"):
            workers.start(name)
        for _ in range(ROUNDS):
            raised.append(_asked(driver, "raise"))
            time.sleep(0.8 + dice.random() * 1.5)
            victims = ["pager", "courier"]
            dice.shuffle(victims)
            for name in victims:
                workers.kill(name)
                time.sleep(dice.random() * 0.2)
            dice.shuffle(victims)
            for name in victims:
                workers.start(name)
        story = _settled(driver, data)
    finally:
        workers.kill_all()
        driver.kill()
        driver.communicate(timeout=10)
    _nothing_lost(story, raised, Counter([*box.ids, *(hit.message_id for hit in receiver.hits)]))


def _settled(driver: subprocess.Popen[str], data: Path):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        story = _asked(driver, "state")
        if not story["open"] and not story["unsettled"]:
            return story
        time.sleep(0.5)
    raise AssertionError(f"{story}\n{(data / 'workers.log').read_text()[-4000:]}")


def _nothing_lost(story, raised: list[str], came: Counter) -> None:
    decided = {(page, cycle, position): (outcome, key) for page, kind, cycle, position, outcome, key in story["steps"]
               if kind == "step"}  # fmt: skip
    expected = {(page, c, p) for page in raised for c in range(REPEAT + 1) for p in range(STEPS)}
    assert set(decided) == expected, "every step of every page was decided"
    assert len([s for s in story["steps"] if s[1] == "step"]) == len(expected), "and none twice"
    assert {outcome for outcome, _ in decided.values()} <= {"sent", "overtaken"}
    assert all(cycle < REPEAT for (_, cycle, _), (outcome, _) in decided.items() if outcome == "overtaken")
    sent = {key for outcome, key in decided.values() if outcome == "sent"}
    assert sorted(step for step, *_ in story["tries"]) == sorted(sent), "one try for every step that was sent"
    assert {state for _, _, state, _ in story["tries"]} == {"sent"}
    ids = {message_id: twice for _, message_id, _, twice in story["tries"]}
    assert set(came) == set(ids), "what was decided arrived, and nothing else"
    assert {message_id for message_id, times in came.items() if times > 1} <= {
        one for one, twice in ids.items() if twice
    }

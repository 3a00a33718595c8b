"""What the tests of paging stand on: people with routes, a roster that a test writes down, a file of channels."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.deciding import changed_attempts, decide, follow, next_due, rearm_after_clock_went_back
from vigil.domain.paging.models import Page
from vigil.kernel.actors import Actor
from vigil.kernel.on_call import Target
from vigil.kernel.phrases import phrase

PAGER = Actor("worker", "pager", "pager")
CHANNELS = """
[channel.sms]
label_vi = "Tin nhắn"
label_en = "Text message"
url = "json://127.0.0.1:9/sms?:to={address}"
takes = "phone"
sms = true
failover_s = 30

[channel.chat]
label_vi = "Trò chuyện"
label_en = "Chat"
url = "json://127.0.0.1:9/chat/{address}"
takes = "chat"
"""


class Roster:
    """A roster as the test wrote it: who stands where."""

    def __init__(self) -> None:
        self.places: dict[Target, list[UUID]] = {}

    def people(
        self,
        organisation: UUID,
        target: Target,
        at: datetime,
        *,
        post: UUID | None = None,
        function: str | None = None,
        exercise: bool = False,
    ) -> Sequence[UUID]:
        """Those of `places`."""
        return self.places.get(target, [])


@pytest.fixture
def roster() -> Roster:
    return Roster()


@pytest.fixture
def channel_file(settings, tmp_path: Path) -> Path:
    path = tmp_path / "channels.toml"
    path.write_text(CHANNELS)
    path.chmod(0o600)
    settings.VIGIL_CHANNELS = path
    return path


@pytest.fixture
def person_of(lead: Actor, now: datetime) -> Callable[..., Person]:
    def make(organisation: Organisation, name: str, **more: str) -> Person:
        person = Person(organisation=organisation, name=name, **more)
        save_person(person=person, actor=lead, now=now)
        return person

    return make


@pytest.fixture
def raised(isp: Organisation, lead: Actor, now: datetime) -> Callable[..., Page]:
    def make(**more: object) -> Page:
        given = {
            "organisation": isp, "kind": "test.fact", "title": phrase("Điểm trực vắng người"), "actor": lead,
            "body": phrase("Không ai điểm danh ca đêm."), "now": now,
        } | more  # fmt: skip
        return raise_page(**given)

    return make


@pytest.fixture
def turn(roster: Roster) -> Callable[[datetime], list[str]]:
    """One round of the pager at an instant; returns the outcomes, in order."""

    def act(at: datetime) -> list[str]:
        rearm_after_clock_went_back(at)
        outcomes = []
        while (step := next_due(at)) is not None:
            outcomes.append(decide(step=step, roster=roster, actor=PAGER, now=at))
        for row in changed_attempts(at):
            follow(row=row, actor=PAGER, now=at)
        return outcomes

    return act

"""Two organisations, each with a page under way, a policy, a route, a switch, and somebody on the other end."""

import re
from dataclasses import dataclass

import pytest
from django.test import Client
from tests.domain.paging.conftest import CHANNELS, PAGER
from tests.web.rooms import ACTOR, BACKEND, organisation

from vigil.domain.accounts.actions import create_user, grant, link_person
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.outbox.models import Message
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route
from vigil.domain.paging.actions.switches import make_switch
from vigil.domain.paging.deciding import decide, next_due, on_call
from vigil.domain.paging.models import DeadMan, EscalationPolicy, Page, Route
from vigil.kernel import clock
from vigil.kernel.phrases import phrase


@dataclass
class Paged:
    """An organisation in the midst of paging somebody."""

    organisation: Organisation
    person: Person
    policy: EscalationPolicy
    route: Route
    switch: DeadMan
    ping: str
    page: Page
    token: str
    code: str


def pages_round() -> None:
    """What the pager would decide now."""
    while (step := next_due(clock.now())) is not None:
        decide(step=step, roster=on_call(), actor=PAGER, now=clock.now())


def paged(name: str, parent: Organisation | None = None) -> Paged:
    now, owner = clock.now(), organisation(name, parent)
    person = Person(organisation=owner, name=f"Trần {name}", email=f"{owner.pk}@donvi.example")
    save_person(person=person, actor=ACTOR, now=now)
    policy = EscalationPolicy(organisation=owner, name=f"Ca {name}", is_default=True)
    steps = [StepEntry("person", 0, person), StepEntry("lead", 300)]
    save_policy(policy=policy, steps=steps, actor=ACTOR, now=now)
    route = add_route(person=person, channel="email", address=person.email, actor=ACTOR, now=now)
    switch, ping = make_switch(switch=DeadMan(organisation=owner, name=f"Vigil {name}"), actor=ACTOR, now=now)
    title, body = phrase(f"Vắng người {name}"), phrase("Không ai điểm danh.")
    page = raise_page(organisation=owner, kind="t", title=title, body=body, actor=ACTOR, now=now)
    pages_round()
    text = Message.objects.get(address=person.email).body
    token = re.search(r"/p/([\w-]{20,})/", text).group(1)
    code = re.search(r"\b[2-9A-HJKMNP-Z]{8}\b", text.replace(token, "")).group(0)
    return Paged(owner, person, policy, route, switch, ping, page, token, code)


def signed_in(person: Person, role: str = "duty_officer", language: str = "vi") -> Client:
    """Somebody with an account that stands for `person`."""
    user = create_user(username=f"{role}-{person.pk}"[:150], password="x", actor=ACTOR, now=clock.now())
    grant(user=user, role=role, organisation=person.organisation, actor=ACTOR, now=clock.now())
    link_person(user=user, person=person, actor=ACTOR, now=clock.now())
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.cookies["vigil_language"] = language
    return client


@pytest.fixture
def channel_file(settings, tmp_path):
    path = tmp_path / "channels.toml"
    path.write_text(CHANNELS)
    path.chmod(0o600)
    settings.VIGIL_CHANNELS = path
    return path


@pytest.fixture
def ours(db, channel_file) -> Paged:
    return paged("Đơn vị ta")


@pytest.fixture
def theirs(db, channel_file) -> Paged:
    return paged("Đơn vị Họ")

"""An escalation through the real pager and courier: a provider that hangs gives way to the person's next route."""

import time

import pytest

from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions import raise_page
from vigil.domain.paging.actions.policies import StepEntry, save_policy
from vigil.domain.paging.actions.routes import add_route
from vigil.domain.paging.channels import channels
from vigil.domain.paging.models import EscalationPolicy, PageAttempt
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import phrase
from vigil.workers.courier import Courier
from vigil.workers.pager import Pager

pytestmark = pytest.mark.django_db
ACTOR = Actor("cli", "test", "test")


def test_a_provider_that_hangs_gives_way_and_its_message_is_not_lost(channel_file, receiver) -> None:
    now, owner = clock.now(), Organisation(name="Công ty Thử")
    save_organisation(organisation=owner, actor=ACTOR, now=now)
    person = Person(organisation=owner, name="Trần Trực")
    save_person(person=person, actor=ACTOR, now=now)
    add_route(person=person, channel="slow", address="1000001", actor=ACTOR, now=now)
    add_route(person=person, channel="good", address="0912 000 001", actor=ACTOR, now=now)
    policy = EscalationPolicy(organisation=owner, name="Ca")
    save_policy(policy=policy, steps=[StepEntry("person", 0, person)], actor=ACTOR, now=now)
    receiver.hang.add("slow")
    raise_page(
        organisation=owner, kind="t", title=phrase("Vắng người"), body=phrase("…"), policy=policy, actor=ACTOR, now=now
    )
    pager, courier = Pager(well=lambda: True), Courier(server=None, channels=channels, round_s=0.2)
    began = time.monotonic()

    def until(holds) -> None:
        while not holds():
            pager.round()
            courier.round()
            assert time.monotonic() - began < 15

    until(lambda: receiver.at("good"))
    assert time.monotonic() - began < 5, "the next route, though the first one hangs for a minute"
    until(lambda: PageAttempt.objects.filter(channel="good", state="sent").exists())
    assert PageAttempt.objects.get(channel="slow").state == "sending"
    receiver.let_go.set()
    until(lambda: PageAttempt.objects.get(channel="slow").state == "sent")
    assert len(receiver.at("slow")) == len(receiver.at("good")) == 1

"""What the tests of the lists stand on: three organisations, something of every kind in each, people with roles."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.test import Client

from vigil.domain.accounts.actions import create_user, grant
from vigil.domain.estate.actions import save_edge_device, save_system
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point, start_test
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation, save_provider_link, save_unit
from vigil.domain.organisations.models import ContactPoint, Organisation, Person, ProviderLink, Unit
from vigil.kernel import clock
from vigil.kernel.actors import Actor

ACTOR = Actor("cli", "test", "test")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Room:
    """An organisation and the keys of what it has."""

    organisation: Organisation
    keys: dict[str, object] = field(default_factory=dict)
    code: str = ""


def organisation(name: str, parent: Organisation | None = None, code: str = "") -> Organisation:
    made = Organisation(name=name, audience_codes=["bank"], parent=parent, code=code)
    save_organisation(organisation=made, actor=ACTOR, now=clock.now())
    return made


def furnished(name: str, parent: Organisation | None = None, code: str = "") -> Room:
    """An organisation with one of everything; every name holds the organisation's."""
    now, owner = clock.now(), organisation(name, parent, code)
    unit = Unit(organisation=owner, name=f"Đơn vị {name}")
    save_unit(unit=unit, actor=ACTOR, now=now)
    link = ProviderLink(organisation=owner, provider=owner, service=f"Dịch vụ {name}")
    save_provider_link(link=link, actor=ACTOR, now=now)
    person = Person(organisation=owner, name=f"Trần {name}", mobile="0912 000 001", unit=unit)
    save_person(person=person, actor=ACTOR, now=now)
    point = ContactPoint(organisation=owner, label=f"Trực {name}", person=person)
    channels = [ChannelEntry("mobile", "0912 000 001"), ChannelEntry("email", "truc@donvi.example")]
    file_contact_point(contact_point=point, channels=channels, actor=ACTOR, now=now)
    started = start_test(channel=point.channels.get(kind="mobile"), base_url="http://x", actor=ACTOR, now=now)
    system = InformationSystem(organisation=owner, name=f"Cổng {name}", level=3, platforms=["portal"])
    save_system(system=system, actor=ACTOR, now=now)
    device = EdgeDevice(organisation=owner, kind="firewall", name=f"FW {name}")
    save_edge_device(device=device, actor=ACTOR, now=now - timedelta(0))
    keys = {
        "organisation": owner.pk,
        "unit": unit.pk,
        "link": link.pk,
        "person": person.pk,
        "contact": point.pk,
        "channel": point.channels.get(kind="email").pk,
        "test": started.test.pk,
        "system": system.pk,
        "device": device.pk,
    }
    return Room(owner, keys, started.code)


def client_of(owner: Organisation | None, role: str, language: str = "vi") -> Client:
    user = create_user(username=f"{role}-{owner and owner.pk}", password="x", actor=ACTOR, now=clock.now())
    grant(user=user, role=role, organisation=owner, actor=ACTOR, now=clock.now())
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.cookies["vigil_language"] = language
    return client

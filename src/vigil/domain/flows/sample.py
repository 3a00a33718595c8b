"""Loading the sample: organisations, people, contact points, systems, a source, a dispatch and its open watch."""

import tomllib
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.db import transaction

from vigil.domain.detection.actions.sources import save_source
from vigil.domain.detection.models import LogSource
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.actions.watches import open_watch, plan_watch
from vigil.domain.directives.models import Directive, Watch
from vigil.domain.estate.actions import save_edge_device, save_system
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import ContactPoint, Home, Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM

WATCHES_FOR = "MAU.04"


@transaction.atomic
def load_sample(*, originals: Path, actor: Actor, now: datetime) -> Watch | None:
    """Load the sample once; None when there are organisations already."""
    if Organisation.objects.exists():
        return None
    rows = tomllib.loads(files("vigil.sample").joinpath("organisations.toml").read_text(encoding="utf-8"))
    organisations = _organisations(rows["organisation"], actor, now)
    people = _people(rows["person"], organisations, actor, now)
    _contacts(rows["contact"], organisations, people, actor, now)
    _estate(rows, organisations, actor, now)
    return _watch(organisations[WATCHES_FOR], originals, actor, now)


DEMO_PARTS = ("authority", "ministry", "province")


@transaction.atomic
def load_demo(*, part: str, originals: Path, actor: Actor, now: datetime) -> Directive | None:
    """Load one of the three Vigils of the demonstration, once; the authority's comes with its confirmed directive."""
    if Organisation.objects.exists():
        return None
    rows = tomllib.loads(files("vigil.sample").joinpath("demo.toml").read_text(encoding="utf-8"))[part]
    organisations = _organisations(rows["organisation"], actor, now)
    _contacts(rows["contact"], organisations, {}, actor, now)
    return _directive(organisations["MAU.00"], originals, actor, now) if part == "authority" else None


def sample_dispatch(now: datetime) -> str:
    """The sample dispatch, dated three days ago, for a holiday of five days that begins tomorrow."""
    today = now.astimezone(VIETNAM).date()
    issued, start, end = today - timedelta(days=3), today + timedelta(days=1), today + timedelta(days=5)
    return (
        files("vigil.sample")
        .joinpath("dispatch.txt")
        .read_text(encoding="utf-8")
        .format(
            serial=17,
            day=issued.day,
            month=issued.month,
            year=issued.year,
            start=f"{start:%d/%m/%Y}",
            end=f"{end:%d/%m/%Y}",
            deadline=f"{start:%d/%m/%Y}",
        )
    )


def _organisations(rows: list[dict[str, Any]], actor: Actor, now: datetime) -> dict[str, Organisation]:
    made: dict[str, Organisation] = {}
    for row in rows:
        organisation = Organisation(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            parent=made.get(row.get("parent", "")),
            audience_codes=row["audiences"],
            home=row.get("home", Home.HERE),
        )
        save_organisation(organisation=organisation, actor=actor, now=now)
        made[row["code"]] = organisation
    return made


def _people(
    rows: list[dict[str, Any]], organisations: dict[str, Organisation], actor: Actor, now: datetime
) -> dict[str, Person]:
    made = {}
    for row in rows:
        person = Person(**{**row, "organisation": organisations[row["organisation"]]})
        save_person(person=person, actor=actor, now=now)
        made[person.name] = person
    return made


def _contacts(
    rows: list[dict[str, Any]],
    organisations: dict[str, Organisation],
    people: dict[str, Person],
    actor: Actor,
    now: datetime,
) -> None:
    for row in rows:
        point = ContactPoint(
            organisation=organisations[row["organisation"]],
            person=people.get(row.get("person", "")),
            label=row["label"],
            purpose=row["purpose"],
            source="sample",
        )
        channels = [ChannelEntry(kind, value) for kind, value in row["channels"]]
        file_contact_point(contact_point=point, channels=channels, actor=actor, now=now)


def _estate(rows: dict[str, Any], organisations: dict[str, Organisation], actor: Actor, now: datetime) -> None:
    for row in rows["system"]:
        system = InformationSystem(
            organisation=organisations[row["organisation"]],
            name=row["name"],
            level=row["level"],
            important="important" in row,
            important_reason=row.get("important", ""),
            platforms=row["platforms"],
            addresses=row["addresses"],
        )
        save_system(system=system, actor=actor, now=now)
    for row in rows["edge"]:
        device = EdgeDevice(**{**row, "organisation": organisations[row["organisation"]]})
        save_edge_device(device=device, actor=actor, now=now)
    for row in rows["source"]:
        source = LogSource(**{**row, "organisation": organisations[row["organisation"]]})
        save_source(source=source, actor=actor, now=now)


def _directive(organisation: Organisation, originals: Path, actor: Actor, now: datetime) -> Directive:
    directive = receive_dispatch(
        data=sample_dispatch(now).encode(),
        filename="cong-van-mau.txt",
        organisation=organisation,
        originals=originals,
        actor=actor,
        now=now,
    )
    return confirm(directive=directive, version=directive.version, actor=actor, now=now)


def _watch(organisation: Organisation, originals: Path, actor: Actor, now: datetime) -> Watch:
    confirmed = _directive(organisation, originals, actor, now)
    today = now.astimezone(VIETNAM).date()
    watch = plan_watch(
        directive=confirmed,
        first_day=confirmed.window_start or today,
        last_day=confirmed.window_end or today + timedelta(days=3),
        actor=actor,
        now=now,
        window_origin="read",
    )
    return open_watch(watch=watch, actor=actor, now=now)

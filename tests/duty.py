"""A watch of five days with thirty people and one post, before it begins."""

from dataclasses import dataclass
from datetime import date, datetime

import pytest

from vigil.domain.directives.actions.watches import open_watch
from vigil.domain.directives.models import (
    Assignment,
    Directive,
    DirectiveState,
    Dispatch,
    Obligation,
    Watch,
    window_instants,
)
from vigil.domain.duty.actions.planning import draft, publish
from vigil.domain.duty.actions.posts import add_members, save_post
from vigil.domain.duty.models import Member, Post, Roster
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation, Person
from vigil.engines.roster import planning
from vigil.engines.roster.model import Model
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM

LEAD = Actor("user", "lead", "Trần Trưởng Ca")
NOW = datetime(2026, 4, 28, 9, tzinfo=VIETNAM)
FIRST, LAST = date(2026, 4, 30), date(2026, 5, 4)


@dataclass
class World:
    """What a test of duty stands on."""

    organisation: Organisation
    watch: Watch
    post: Post
    people: list[Person]
    duty: Assignment
    providers: Assignment


def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rosters are planned with a tenth of the usual steps: tests of actions and pages need a valid one, not the best.

    How good rosters are is tested in tests/unit/engines/roster, and of the whole program in the journey of a shift.
    """
    usual = planning.effort

    def effort(model: Model) -> int:
        return usual(model) // 10

    monkeypatch.setattr(planning, "effort", effort)


def at(day: int, hour: int, minute: int = 0, month: int = 0) -> datetime:
    """An instant of the window, in Viet Nam (days 28 to 30 are of April)."""
    return datetime(2026, month or (4 if day > 20 else 5), day, hour, minute, tzinfo=VIETNAM)


def organisation_named(name: str) -> Organisation:
    """A new organisation."""
    made = Organisation(name=name)
    save_organisation(organisation=made, actor=LEAD, now=NOW)
    return made


def people_of(organisation: Organisation, count: int) -> list[Person]:
    """Named people with a telephone; every third may lead."""
    people = []
    for number in range(1, count + 1):
        person = Person(
            organisation=organisation,
            name=f"Người Trực {number:02d}",
            mobile=f"09120000{number:02d}",
            email=f"nguoi{number}@donvi.example",
        )
        save_person(person=person, actor=LEAD, now=NOW)
        people.append(person)
    add_members(organisation=organisation, people=people, actor=LEAD, now=NOW)
    leads = [person.pk for person in people[::3]]
    Member.objects.filter(person__in=leads).update(may_lead=True)
    return people


def watch_of(organisation: Organisation, first: date = FIRST, last: date = LAST) -> Watch:
    """An open watch with obligations 1.a and 1.b."""
    starts_at, ends_at = window_instants(first, last)
    dispatch = Dispatch.objects.create(
        organisation=organisation, sha256=f"{first:%Y%m%d}".ljust(64, "0"), size_bytes=1, media_type="text/plain",
        received_at=NOW, text="x",
    )  # fmt: skip
    directive = Directive.objects.create(
        organisation=organisation, dispatch=dispatch, state=DirectiveState.CONFIRMED, subject="Trực lễ", created_at=NOW
    )
    watch = Watch.objects.create(
        organisation=organisation, directive=directive, title="Trực lễ", starts_at=starts_at, ends_at=ends_at
    )
    for position, (code, kind) in enumerate((("1.a", "duty"), ("1.b", "provider_commitment"))):
        obligation = Obligation.objects.create(directive=directive, code=code, kind=kind, position=position, text=code)
        Assignment.objects.create(watch=watch, obligation=obligation)
    return open_watch(watch=watch, actor=LEAD, now=NOW)


def new_world() -> World:
    """The world, with a post kept by two people a shift of eight hours, one of whom may lead."""
    organisation = organisation_named("Công ty Trực Thử")
    people = people_of(organisation, 30)
    post = Post(organisation=organisation, name="Phòng trực", on_site=2, leads=1)
    save_post(post=post, actor=LEAD, now=NOW)
    watch = watch_of(organisation)
    duty, providers = watch.assignments.order_by("obligation__position")
    return World(organisation, watch, post, people, duty, providers)


def published(world: World, now: datetime = NOW) -> Roster:
    """The world's roster, planned and published."""
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=now)
    return publish(roster=Roster.objects.get(watch=world.watch), version=None, actor=LEAD, now=now)

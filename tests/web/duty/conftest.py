"""What the tests of the duty pages stand on: organisations with a roster that runs, and the hour held still."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from tests.duty import LEAD, NOW, at, hurried, organisation_named, people_of, watch_of
from tests.web.rooms import client_of
from tests.worlds import kept

from vigil.domain.accounts.actions import link_person
from vigil.domain.accounts.models import Role, User
from vigil.domain.directives.models import Watch
from vigil.domain.duty.actions.handovers import draw_up
from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.planning import draft, publish
from vigil.domain.duty.actions.posts import add_leave, add_wish, save_post
from vigil.domain.duty.actions.presence import new_screen
from vigil.domain.duty.actions.providers import ask
from vigil.domain.duty.actions.swaps import propose
from vigil.domain.duty.models import DutyRow, KeyUse, Post, Roster
from vigil.domain.organisations.actions.tree import save_provider_link
from vigil.domain.organisations.models import Organisation, Person, ProviderLink
from vigil.kernel import clock

MORNING = at(30, 9)
FIRST, LAST = date(2026, 4, 30), date(2026, 5, 1)


@dataclass
class Room:
    """An organisation whose roster runs, the keys of what it has, and the secret addresses as they were shown."""

    organisation: Organisation
    watch: Watch
    post: Post
    people: list[Person]
    roster: Roster
    keys: dict[str, object] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def rows(self, person: Person | None = None) -> list[DutyRow]:
        """Rows in force, the earliest first."""
        found = self.roster.rows.filter(superseded_at=None).select_related("shift__post", "person", "roster__watch")
        return list((found.filter(person=person) if person else found).order_by("starts_at", "person__name"))

    def on_now(self) -> DutyRow:
        """Somebody who stands at the hour of the tests."""
        return next(row for row in self.rows() if row.starts_at < MORNING < row.ends_at)

    def later(self, *besides: Person) -> DutyRow:
        """A row that has not begun."""
        return next(row for row in self.rows() if row.starts_at > MORNING and row.person not in besides)


def duty_room(name: str, people: int = 8, last: date = LAST) -> Room:
    """An organisation with one post, a roster that is published, and one of everything."""
    organisation = organisation_named(name)
    members = people_of(organisation, people)
    for person in members:
        person.name = f"{person.name} {name}"
        person.save()
    post = Post(organisation=organisation, name=f"Phòng {name}", on_site=1, leads=0, place="Nhà A; tầng 2, phòng 3")
    save_post(post=post, actor=LEAD, now=NOW)
    watch = watch_of(organisation, FIRST, last)
    draft(watch=watch, posts=[post], actor=LEAD, now=NOW)
    roster = publish(roster=Roster.objects.get(watch=watch), version=None, actor=LEAD, now=NOW)
    return Room(organisation, watch, post, members, roster)


def full_room(name: str) -> Room:
    """A room with something behind every address of duty."""
    room = duty_room(name)
    told = {"actor": LEAD, "now": NOW}
    now_row, later = room.on_now(), room.later()
    other = next(row for row in room.rows() if row.starts_at > later.starts_at and row.person != later.person)
    swap = propose(row=later, to_person=other.person, other_row=other, reason="", **told)
    provider = organisation_named(f"Nhà cung cấp {name}")
    save_provider_link(
        link=ProviderLink(organisation=room.organisation, provider=provider, service="SOC"), **told
    )  # fmt: skip
    asked = ask(
        watch=room.watch, provider=provider, functions=["monitoring"], asked="", answer_by_at=None, **told
    )  # fmt: skip
    span = {"starts_at": at(29, 8), "ends_at": at(29, 9)}
    leave = add_leave(person=room.people[-1], reason="", **span, **told)
    wish = add_wish(person=room.people[-1], avoid=True, weight=1, **span, **told)
    screen, room.tokens["screen"] = new_screen(post=room.post, **told)
    make = {"organisation": room.organisation, **told}
    key, room.tokens["shifts"] = make_key(person=now_row.person, use=KeyUse.SHIFTS, **make)
    _, room.tokens["calendar"] = make_key(person=now_row.person, use=KeyUse.CALENDAR, **make)
    _, room.tokens["team"] = make_key(person=None, use=KeyUse.CALENDAR, **make)
    hand_over = draw_up(shift=now_row.shift, items=[], actor=LEAD, now=MORNING)
    room.keys = {
        "watch": room.watch.pk, "post": room.post.pk, "screen": screen.pk, "leave": leave.pk, "wish": wish.pk,
        "member": room.people[-1].duty.get().pk, "row": now_row.pk, "handover": hand_over.pk, "key": key.pk,
        "request": asked.pk, "swap": swap.pk, "later": later.pk, "shift": now_row.shift_id,
    }  # fmt: skip
    return room


def lead_of(room: Room, role: str = Role.WATCH_LEAD) -> Client:
    """Somebody signed in, in English, so that pages can be read here."""
    return client_of(room.organisation, role, "en")


def officer(room: Room, person: Person) -> Client:
    """A signed-in account that is linked to `person`."""
    client = client_of(room.organisation, Role.VIEWER, "en")
    user = User.objects.get(pk=client.session["_auth_user_id"])
    link_person(user=user, person=person, actor=LEAD, now=clock.now())
    return client


def words(answer: Any) -> str:
    """What a page says to a reader: its text, without the frame around it."""
    text = answer.content.decode()
    start = text.find("<main")
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text[max(0, start) :])).split())


def facts_of(roster: Roster) -> dict[object, tuple[object, ...]]:
    """What each row says of who stands where and when, superseded or not: nothing may change it once it is written."""
    kept = ("pk", "person_id", "shift_id", "kind", "starts_at", "ends_at", "origin", "reason", "made_at")
    return {row[0]: row for row in DutyRow.objects.filter(roster=roster).values_list(*kept)}


def unchanged(roster: Roster, before: dict[object, tuple[object, ...]]) -> bool:
    """Whether every row of `before` is still there and says the same."""
    now = facts_of(roster)
    return all(now.get(pk) == row for pk, row in before.items())


@pytest.fixture
def hour() -> Iterator[None]:
    """It is nine in the morning of the first day."""
    with clock.frozen_at(MORNING):
        yield


@pytest.fixture(scope="module")
def _kept_room(django_db_setup, django_db_blocker):
    def make() -> Room:
        with clock.frozen_at(MORNING), pytest.MonkeyPatch.context() as patch:
            hurried(patch)
            return duty_room("Ta")

    with kept(django_db_blocker, make) as made:
        yield made


@pytest.fixture
def room(_kept_room, db, hour) -> Room:
    """A plain room."""
    return deepcopy(_kept_room)

"""My shifts, signed in or by the link of a message: checking in, swaps, the calendar. The pages are the same."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import icalendar
import pytest
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD, NOW, at
from tests.web.duty.conftest import MORNING, Room, facts_of, lead_of, officer, words

from vigil.domain.accounts.models import User
from vigil.domain.duty.actions.changes import relieve
from vigil.domain.duty.actions.keys import make_key, revoke_key
from vigil.domain.duty.actions.posts import add_leave
from vigil.domain.duty.actions.presence import code_on, new_screen
from vigil.domain.duty.models import CheckIn, DutyKey, DutyRow, KeyUse, Swap
from vigil.domain.organisations.actions.people import person_left
from vigil.domain.organisations.models import Person
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
DOORS = pytest.mark.parametrize("door", ["my", "shift"])


@dataclass
class Own:
    """Somebody at their own pages, by one of the two doors."""

    client: Client
    door: str
    token: str = ""

    def url(self, part: str, *keys: object) -> str:
        return reverse(f"{self.door}_{part}", args=[self.token, *keys] if self.token else keys)

    def get(self, part: str, *keys: object) -> str:
        return words(self.client.get(self.url(part, *keys)))

    def post(self, part: str, *keys: object, **values: object) -> str:
        return words(self.client.post(self.url(part, *keys), values, follow=True))


def _at(room: Room, person: Person, door: str) -> Own:
    if door == "my":
        return Own(officer_of(room, person), door)
    _, token = make_key(organisation=room.organisation, person=person, use=KeyUse.SHIFTS, actor=LEAD, now=NOW)
    client = Client()
    client.cookies["vigil_language"] = "en"
    return Own(client, door, token)


def officer_of(room: Room, person: Person) -> Client:
    """As `officer`, for several people of one room."""
    User.objects.filter(username=f"viewer-{room.organisation.pk}").update(username=f"viewer-{User.objects.count()}")
    return officer(room, person)


@DOORS
def test_checked_in_with_the_code_the_place_is_proven_without_it_not_and_a_wrong_one_is_refused(room, door) -> None:
    row = room.on_now()
    screen, _ = new_screen(post=room.post, actor=LEAD, now=NOW)
    me = _at(room, row.person, door)
    page = me.get("duty")
    assert "Code on the screen" in page
    assert "05:45 – 14:00 Thursday 30/04" in page
    code, _ = code_on(screen, MORNING)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    stale, _ = code_on(screen, MORNING - timedelta(minutes=1))
    for told in (wrong, "x", "12345", "0" * 20, stale):
        page = me.post("check_in", row.pk, code=told)
        assert "This is not the code on the screen now; it changes every half minute." in page, told
    assert not CheckIn.objects.exists()
    assert "You are checked in: Place unproven." in me.post("check_in", row.pk)
    first = CheckIn.objects.get()
    assert (first.row, first.at, first.place) == (row, MORNING, "unproven")
    assert first.how == ("page" if door == "my" else "link")
    me.post("check_in", row.pk, code=" ")
    assert CheckIn.objects.count() == 1, "twice within a minute is once"
    page = me.post("check_in", row.pk, code=f"{code[:3]} {code[3:]}")
    assert "You are checked in: On site, proven." in page
    assert "next by 11:00" in page
    proven = CheckIn.objects.exclude(pk=first.pk).get()
    assert (proven.how, proven.place) == ("screen", "proven")
    before, _ = code_on(screen, MORNING - timedelta(seconds=30))
    with clock.frozen_at(MORNING + timedelta(minutes=2)):
        assert "This is not the code" in me.post("check_in", row.pk, code=before)
    assert f'value="{code}"' in me.client.get(me.url("duty"), {"code": f"{code}<b>9"}).content.decode()


@DOORS
def test_too_early_too_late_and_in_another_s_place_nobody_checks_in(room, door) -> None:
    row = room.later()
    me, them = _at(room, row.person, door), _at(room, room.on_now().person, door)
    early = "This shift is not now: one checks in from an hour before it until its end."
    for when, taken in (
        (at(30, 12, 44), False), (at(30, 12, 45), True), (at(30, 21, 59), True), (at(30, 22, 0), False)
    ):  # fmt: skip
        with clock.frozen_at(when):
            before = CheckIn.objects.count()
            page = me.post("check_in", row.pk)
            assert ("You are checked in" in page) is taken, when
            assert (early in page) is not taken, when
            assert CheckIn.objects.count() == before + taken
            assert them.client.post(them.url("check_in", row.pk)).status_code == 404
    assert set(CheckIn.objects.values_list("row", flat=True)) == {row.pk}
    with clock.frozen_at(at(30, 12, 44)):
        assert "I am here" not in me.get("duty")
    with clock.frozen_at(at(30, 22, 0)):
        assert "No shift to come" in me.get("duty")
        assert "No shift to come" not in _at(room, room.people[3], door).get("duty")


@DOORS
def test_who_was_relieved_checks_in_no_more_and_a_post_without_a_screen_asks_for_no_code(room, door) -> None:
    row = room.on_now()
    me = _at(room, row.person, door)
    assert "Code on the screen" not in me.get("duty")
    assert "This post has no screen" in me.post("check_in", row.pk, code="123456")
    relieve(row=row, person=room.people[7], version=None, actor=LEAD, now=MORNING, reason="ốm")
    assert me.client.post(me.url("check_in", row.pk)).status_code == 404
    (first,) = room.rows(row.person)
    assert "This shift is not now" in me.post("check_in", first.pk)
    comes = _at(room, room.people[7], door)
    (rest,) = room.rows(room.people[7])
    assert "You are checked in" in comes.post("check_in", rest.pk)
    with clock.frozen_at(MORNING + timedelta(hours=3)):
        shown = comes.client.get(comes.url("duty")).content.decode()
        assert "is-late" in shown, "the next was due at eleven"


@DOORS
def test_a_swap_is_asked_agreed_and_decided_by_the_lead(room, door) -> None:
    row, other = room.later(), room.rows()[5]
    me, them = _at(room, row.person, door), _at(room, other.person, door)
    page = me.get("swap", row.pk)
    assert other.person.name in page
    assert room.people[7].name in page, "who has no shift can take it without exchange"
    asked = me.post("swap", row.pk, **{"with": f"row:{other.pk}", "reason": "cưới em"})
    assert "Asked. When the other agrees, the lead decides." in asked
    assert f"You asked {other.person.name} for 13:45 30/04: Proposed" in asked
    swap = Swap.objects.get()
    assert (swap.row, swap.other_row, swap.to_person, swap.reason) == (row, other, other.person, "cưới em")
    again = me.post("swap", row.pk, **{"with": f"person:{room.people[7].pk}"})
    assert "For this shift a swap is asked for already." in again
    page = them.get("duty")
    assert f"{row.person.name} asks you to stand at Phòng Ta from 13:45 30/04." in page
    assert "For it, your shift from 13:45 01/05 is theirs." in page
    for verb in ("agree", "refuse"):
        answer = me.client.post(me.url("swap_answer", swap.pk, verb))
        assert answer.status_code == 404, "who asked does not answer"
    assert them.client.post(them.url("swap_answer", swap.pk, "withdraw")).status_code == 404
    before = facts_of(room.roster)
    assert "asks you to stand" not in them.post("swap_answer", swap.pk, "agree")
    assert "The other agrees" in me.get("duty")
    assert facts_of(room.roster) == before, "until the lead decides nothing moves"
    assert "This swap was decided already." in them.post("swap_answer", swap.pk, "agree")
    lead_of(room).post(reverse("swap_approve", args=[swap.pk]))
    assert {one.pk for one in room.rows(other.person)} != {other.pk}
    assert "13:45 – 22:00 Thursday 30/04" in them.get("duty")
    assert "13:45 – 22:00 Friday 01/05" in me.get("duty")
    assert "This swap was decided already." in me.post("swap_answer", swap.pk, "withdraw")


@DOORS
def test_a_swap_is_refused_or_taken_back_and_another_can_be_asked(room, door) -> None:
    row, other = room.later(), room.people[7]
    me, them = _at(room, row.person, door), _at(room, other, door)
    for who, verb, state in ((them, "refuse", "refused"), (me, "withdraw", "withdrawn")):
        me.post("swap", row.pk, **{"with": f"person:{other.pk}"})
        swap = Swap.objects.get(state="proposed")
        who.post("swap_answer", swap.pk, verb, reason="bận")
        swap.refresh_from_db()
        assert (swap.state, swap.decided_at) == (state, MORNING)
        assert "asks you to stand" not in them.get("duty")
        assert "You asked" not in me.get("duty")
    assert [one.pk for one in room.rows(row.person)] == [row.pk]


@DOORS
def test_what_cannot_be_swapped_is_refused_in_words_and_nothing_is_asked(room, door) -> None:
    row, now_row, away = room.later(), room.on_now(), room.people[7]
    add_leave(person=away, starts_at=row.starts_at, ends_at=row.ends_at, reason="", actor=LEAD, now=NOW)
    me, busy = _at(room, row.person, door), _at(room, now_row.person, door)
    person_left(person=room.people[5], actor=LEAD, now=NOW)
    for who, mine, wanted, why in (
        (me, row, f"person:{away.pk}", "on leave"),
        (me, row, f"person:{room.people[3].pk}", "stands at Phòng Ta at"),
        (me, row, f"person:{row.person_id}", "A swap needs two people."),
        (busy, now_row, f"person:{away.pk}", "This shift has begun; ask the lead for relief instead."),
        (me, row, f"row:{now_row.pk}", "This shift has begun; ask the lead for relief instead."),
        (me, row, f"person:{room.people[5].pk}", "does not stand duty here."),
    ):
        page = who.post("swap", mine.pk, **{"with": wanted, "reason": "x"})
        assert why in page, wanted
    for wanted in ("", "row:", "person:x", f"row:{away.pk}", f"ai:{away.pk}", "\x00"):
        assert "There is nothing here, or it is not yours to see." in me.post("swap", row.pk, **{"with": wanted})
    assert not Swap.objects.exists()
    assert room.people[5].name not in me.get("swap", row.pk)


@DOORS
def test_an_agreed_swap_falls_when_the_rules_say_no_by_then(room, door) -> None:
    row, other = room.later(), room.people[7]
    me, them = _at(room, row.person, door), _at(room, other, door)
    me.post("swap", row.pk, **{"with": f"person:{other.pk}"})
    swap = Swap.objects.get()
    them.post("swap_answer", swap.pk, "agree")
    add_leave(person=other, starts_at=at(30, 20), ends_at=at(30, 21), reason="", actor=LEAD, now=MORNING)
    before = facts_of(room.roster)
    page = words(lead_of(room).post(reverse("swap_approve", args=[swap.pk]), {"reason": "cứ đổi"}, follow=True))
    assert "Not possible:" in page
    assert "on leave" in page
    assert facts_of(room.roster) == before
    assert Swap.objects.get().state == "agreed"


def _read(address: str) -> dict[str, tuple[datetime, datetime]]:
    answer = Client().get(address)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    found = icalendar.Calendar.from_ical(answer.content)
    return {str(one["uid"]): (one.decoded("dtstart"), one.decoded("dtend")) for one in found.walk("VEVENT")}


@DOORS
def test_the_calendar_follows_the_roster_until_its_link_is_ended(room, door) -> None:
    row = room.later()
    me = _at(room, row.person, door)
    (address,) = re.findall(
        r"<code[^>]*>https?://[^/]+([^<]+)</code>", me.client.post(me.url("calendar")).content.decode()
    )
    assert _read(address) == {f"{row.pk}@vigil": (row.starts_at, row.ends_at)}
    lead = lead_of(room)
    free = room.people[7]
    lead.post(reverse("roster_change", args=[room.watch.pk]), {"row": row.pk, "person": free.pk})
    assert _read(address) == {}
    (made,) = room.rows(free)
    lead.post(reverse("roster_change", args=[room.watch.pk]), {"row": made.pk, "person": row.person_id})
    assert list(_read(address)) == [f"{DutyRow.objects.get(superseded_at=None, person=row.person).pk}@vigil"]
    key = DutyKey.objects.get(use=KeyUse.CALENDAR)
    revoke_key(key=key, actor=LEAD, now=MORNING)
    stranger = Client()
    stranger.cookies["vigil_language"] = "en"
    gone = stranger.get(address)
    assert gone.status_code == 404
    assert "This link opens nothing (any more). Ask your lead for a new one." in words(gone)


def test_a_key_to_shifts_that_is_ended_says_so_in_words(room) -> None:
    me = _at(room, room.on_now().person, "shift")
    assert room.on_now().person.name in me.client.get(me.url("duty")).content.decode()
    revoke_key(key=DutyKey.objects.get(), actor=LEAD, now=MORNING)
    for part, keys in (("duty", ()), ("swap", (room.later().pk,))):
        gone = me.client.get(me.url(part, *keys))
        assert gone.status_code == 404
        assert "Ask your lead for a new one." in words(gone)
    assert me.client.post(me.url("check_in", room.on_now().pk)).status_code == 404
    assert not CheckIn.objects.exists()

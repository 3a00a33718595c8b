"""Handing a post over through the pages: signed over the list as it stands, and nothing falls off it in between."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD, NOW, at
from tests.web.duty.conftest import Room, lead_of, officer, words

from vigil.domain.accounts.models import User
from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.swaps import propose, withdraw
from vigil.domain.duty.models import DutyRow, HandOver, KeyUse, Swap
from vigil.domain.journal.models import Entry
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
END = at(30, 13, 55)


def _asked(room: Room, row: DutyRow) -> Swap:
    """Something that is open: a swap that waits."""
    return propose(row=row, to_person=room.people[7], other_row=None, reason="", actor=LEAD, now=clock.now())


def _signed_in(room: Room, row: DutyRow) -> Client:
    User.objects.filter(username=f"viewer-{room.organisation.pk}").update(username=f"viewer-{User.objects.count()}")
    return officer(room, row.person)


def _fields(page: str) -> tuple[str, dict[str, str]]:
    """The digest over the list, and the field of each item's remark by what the item says."""
    (digest,) = re.findall(r'name="digest" value="(\w+)"', page)
    items = re.findall(r'<div class="list-group-item"><div>(.*?)</div><input[^>]*name="(remark-\w+)"', page, re.DOTALL)
    return digest, {re.sub(r"<[^>]*>", "", said).strip(): name for said, name in items}


@pytest.fixture
def turn(room):
    """Five minutes before two in the afternoon; one goes, one comes, and a swap waits."""
    with clock.frozen_at(END):
        room.out, room.into = room.rows()[1], room.rows()[2]
        room.waiting = _asked(room, room.rows()[3])
        room.give = reverse("my_handover", args=[room.out.shift_id])
        room.goes, room.comes = _signed_in(room, room.out), _signed_in(room, room.into)
        yield room


def test_given_and_taken_with_remarks_a_note_and_what_came_and_went_between(turn) -> None:
    page = turn.goes.get(turn.give)
    one, other = turn.rows()[3].person.name, turn.people[7].name
    assert f"A swap waits: {one} to {other}." in words(page)
    assert "Nobody answers yet for these obligations: 1.a, 1.b." in words(page)
    digest, remarks = _fields(page.content.decode())
    swap_said = next(said for said in remarks if said.startswith("A swap waits"))
    values = {"digest": digest, "note": "yên tĩnh\ncả ca", remarks[swap_said]: "trả lời trước 15h"}
    answer = turn.goes.post(turn.give, values, follow=True)
    assert "Signed. The next shift signs too; until then it stays on your list." in words(answer)
    given = HandOver.objects.get()
    assert (given.state, given.out_by, given.out_at, given.note) == (
        "given", turn.out.person, END, "yên tĩnh\ncả ca"
    )  # fmt: skip
    count = len(given.items)
    assert count == len(remarks)
    withdraw(swap=turn.waiting, actor=LEAD, now=END)
    newer = _asked(turn, turn.rows()[4])
    page = words(turn.comes.get(reverse("my_duty")))
    assert f"{turn.out.person.name} hands Phòng Ta over to you." in page
    take = reverse("my_takeover", args=[given.pk])
    shown = turn.comes.get(take)
    page = words(shown)
    assert "yên tĩnh cả ca" in page
    assert f"closed since {swap_said} trả lời trước 15h" in page, "what was closed stays on the list"
    came = f"A swap waits: {newer.row.person.name} to {other}."
    assert f"new since the signature {came}" in page
    (digest,) = re.findall(r'name="digest" value="(\w+)"', shown.content.decode())
    answer = turn.comes.post(take, {"digest": digest, "note": "đã đọc"}, follow=True)
    assert "Taken over. The post is yours." in words(answer)
    given.refresh_from_db()
    assert (given.state, given.in_by, given.in_note) == ("taken", turn.into.person, "đã đọc")
    news = [one["news"] for one in given.items]
    assert (len(news), news.count("gone"), news.count("new")) == (count + 1, 1, 1)
    for address in (reverse("handover", args=[given.pk]), take):
        page = words(lead_of(turn).get(address) if address != take else turn.comes.get(take))
        assert all(said in page for said in (came, swap_said, "trả lời trước 15h")), address
    page = words(turn.comes.get(reverse("handover", args=[given.pk])))
    assert "yên tĩnh cả ca" in page
    assert "đã đọc" in page
    assert f"{turn.out.person.name} → {turn.into.person.name}" in words(
        turn.comes.get(reverse("duty_now", args=[turn.watch.pk]))
    )
    told = [one.split(".")[-1] for one in Entry.objects.values_list("action", flat=True)]
    assert (told.count("handover_given"), told.count("handover_taken")) == (1, 1)


def test_nobody_signs_a_list_that_has_changed_since_they_saw_it(turn) -> None:
    changed = "The list has changed since you saw it. Look again, then sign."
    digest, _ = _fields(turn.goes.get(turn.give).content.decode())
    newer = _asked(turn, turn.rows()[4])
    for told in (digest, "", "x", "\x00"):
        page = words(turn.goes.post(turn.give, {"digest": told, "note": "xong"}, follow=True))
        assert changed in page
        assert newer.row.person.name in page, "and there it is"
    assert HandOver.objects.get().state == "drawn"
    digest, _ = _fields(turn.goes.get(turn.give).content.decode())
    turn.goes.post(turn.give, {"digest": digest})
    given = HandOver.objects.get()
    assert given.state == "given"
    page = words(turn.goes.post(turn.give, {"digest": digest}, follow=True))
    assert "This hand-over was signed meanwhile." in page
    take = reverse("my_takeover", args=[given.pk])
    (digest,) = re.findall(r'name="digest" value="(\w+)"', turn.comes.get(take).content.decode())
    withdraw(swap=newer, actor=LEAD, now=END)
    page = words(turn.comes.post(take, {"digest": digest}, follow=True))
    assert changed in page
    assert "closed since" in page
    assert HandOver.objects.get().state == "given"


def test_what_was_written_is_kept_when_the_list_has_changed(turn) -> None:
    digest, remarks = _fields(turn.goes.get(turn.give).content.decode())
    written = dict.fromkeys(remarks.values(), "") | {next(iter(remarks.values())): "gọi lại 15h"}
    newer = _asked(turn, turn.rows()[4])
    answer = turn.goes.post(turn.give, {"digest": digest, "note": "máy lạnh kêu to", **written})
    assert answer.status_code == 409
    page, shown = answer.content.decode(), words(answer)
    assert "máy lạnh kêu to</textarea>" in page
    assert 'value="gọi lại 15h"' in page
    assert shown.count("came while you wrote") == 1
    assert f"came while you wrote A swap waits: {newer.row.person.name}" in shown
    digest, remarks = _fields(page)
    turn.goes.post(turn.give, {"digest": digest, "note": "máy lạnh kêu to"}, follow=True)
    given = HandOver.objects.get()
    assert given.note == "máy lạnh kêu to", "what is shown can be signed at once"
    take = reverse("my_takeover", args=[given.pk])
    withdraw(swap=newer, actor=LEAD, now=END)
    answer = turn.comes.post(take, {"digest": "x", "note": "đã nghe"})
    assert (answer.status_code, "đã nghe</textarea>" in answer.content.decode()) == (409, True)
    assert "came while you wrote" not in words(answer)


def test_only_who_stands_gives_and_only_who_comes_next_takes(turn) -> None:
    digest, _ = _fields(turn.goes.get(turn.give).content.decode())
    third = _signed_in(turn, turn.rows()[3])
    for client in (turn.comes, third):
        assert client.get(turn.give).status_code == 404
        assert client.post(turn.give, {"digest": digest}).status_code == 404
    made = HandOver.objects.get()
    take = reverse("my_takeover", args=[made.pk])
    page = turn.comes.get(take)
    assert "Sign: taken over" not in words(page), "it is not given yet"
    (early,) = re.findall(r'name="digest" value="(\w+)"', page.content.decode())
    page = words(turn.comes.post(take, {"digest": early}, follow=True))
    assert "The outgoing side has not signed yet." in page
    turn.goes.post(turn.give, {"digest": digest})
    shown = turn.comes.get(take).content.decode()
    (digest,) = re.findall(r'name="digest" value="(\w+)"', shown)
    for client in (turn.goes, third):
        assert client.get(take).status_code == 404
        assert client.post(take, {"digest": digest}).status_code == 404
    assert HandOver.objects.get().state == "given"
    assert "hands Phòng Ta over to you" not in words(third.get(reverse("my_duty")))


def test_by_the_links_of_messages_too_and_before_the_shift_there_is_nothing_to_give(turn) -> None:
    tokens = {
        row.person: make_key(organisation=turn.organisation, person=row.person, use=KeyUse.SHIFTS, actor=LEAD, now=NOW)[
            1
        ]
        for row in (turn.out, turn.into)
    }
    client = Client()
    client.cookies["vigil_language"] = "en"
    give = reverse("shift_handover", args=[tokens[turn.out.person], turn.out.shift_id])
    with clock.frozen_at(at(30, 5, 30)):
        digest, _ = _fields(client.get(give).content.decode())
        page = words(client.post(give, {"digest": digest}, follow=True))
        assert "This shift has not begun: there is nothing to hand over yet." in page
    shown = client.get(give).content.decode()
    assert 'href="/watches/' not in shown[shown.index("<main") :], "a link opens no page behind the sign-in"
    client.post(give, {"digest": _fields(shown)[0], "note": "qua điện thoại"})
    given = HandOver.objects.get()
    take = reverse("shift_takeover", args=[tokens[turn.into.person], given.pk])
    shown = client.get(take)
    assert "qua điện thoại" in words(shown)
    (digest,) = re.findall(r'name="digest" value="(\w+)"', shown.content.decode())
    page = words(client.post(take, {"digest": digest}, follow=True))
    assert "Taken over. The post is yours." in page
    assert HandOver.objects.get().in_by == turn.into.person


def test_where_the_roster_ends_nobody_takes_over_and_the_page_says_so(room) -> None:
    with clock.frozen_at(at(1, 23, 55)):
        last = room.rows()[-1]
        client = _signed_in(room, last)
        give = reverse("my_handover", args=[last.shift_id])
        digest, _ = _fields(client.get(give).content.decode())
        client.post(give, {"digest": digest, "note": "hết đợt"})
        made = HandOver.objects.get()
        assert (made.state, made.shift_in) == ("given", None)
        page = words(lead_of(room).get(reverse("handover", args=[made.pk])))
        assert "hết đợt" in page
        assert "Not signed by the incoming side" in page

"""Posts and people through their pages: new, changed, retired; screens; leave and wishes, refused in words."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.duty import LEAD, NOW, at, organisation_named
from tests.web.duty.conftest import MORNING, facts_of, lead_of, unchanged, words
from tests.web.rooms import client_of

from vigil.domain.duty.actions.posts import save_post
from vigil.domain.duty.models import Leave, Member, Post, Screen, Wish
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Person

pytestmark = pytest.mark.django_db
POST = {"name": "Tổng đài", "place": "Nhà B", "phone": "024 3000 0001", "functions": ["support", "response"],
        "pattern": "own", "own_shifts": "ngày, 07:00, 19:00\nđêm, 19:00, 07:00", "wanted_skills": "Windows 1, mạng 2",
        "handover_min": 10, "on_site": 2, "leads": 1, "on_call": 1, "backup": 0, "check_in_every_min": 60,
        "grace_min": 5}  # fmt: skip


@pytest.fixture
def lead(room):
    return lead_of(room)


def _people(room) -> str:
    return reverse("duty_people", args=[room.watch.pk])


def test_a_post_is_added_changed_and_retired_and_the_roster_waits_until_it_is_planned_anew(room, lead) -> None:
    before = facts_of(room.roster)
    answer = lead.post(reverse("post_new", args=[room.watch.pk]), POST, follow=True)
    assert answer.redirect_chain == [(reverse("roster", args=[room.watch.pk]), 302)]
    post = Post.objects.get(name="Tổng đài")
    assert (post.organisation, post.functions, post.skills) == (
        room.organisation, ["support", "response"], {"windows": 1, "mạng": 2}
    )  # fmt: skip
    assert post.shifts == [
        {"name": "ngày", "start": "07:00", "end": "19:00"}, {"name": "đêm", "start": "19:00", "end": "07:00"}
    ]  # fmt: skip
    page = words(lead.get(_people(room)))
    assert "Tổng đài Support, Response · own · 2 on site, 1 leads · check-in every 60 min" in page
    edit = reverse("post_edit", args=[post.pk])
    shown = lead.get(edit).content.decode()
    assert "ngày, 07:00, 19:00\nđêm, 19:00, 07:00" in shown
    assert any(f'value="{one}"' in shown for one in ("windows 1, mạng 2", "mạng 2, windows 1"))
    answer = lead.post(edit, {**POST, "pattern": "12h", "on_site": 1, "wanted_skills": ""}, follow=True)
    assert answer.redirect_chain == [(_people(room), 302)]
    post.refresh_from_db()
    assert (post.pattern, post.on_site, post.skills) == ("12h", 1, {})
    page = words(lead.post(reverse("post_retire", args=[post.pk]), follow=True))
    assert "Taken out. Plan the roster anew so that it follows." in page
    post.refresh_from_db()
    assert post.retired_at == MORNING
    assert lead.get(edit).status_code == lead.post(reverse("post_retire", args=[post.pk])).status_code == 404
    assert "Tổng đài" not in words(lead.get(_people(room)))
    assert lead.post(reverse("post_new", args=[room.watch.pk]), POST).status_code == 302, "its name is free again"
    assert facts_of(room.roster) == before


def test_a_post_that_cannot_be_is_refused_beside_its_field_and_nothing_is_kept(room, lead) -> None:
    address, before = reverse("post_new", args=[room.watch.pk]), list(Post.objects.values())
    for more, why in (
        ({"name": ""}, "This field is required."),
        ({"name": room.post.name}, "There is a post of this name already."),
        ({"functions": []}, "This field is required."),
        ({"functions": ["ngủ"]}, "Select a valid choice."),
        ({"leads": 3}, "More may not lead than are on site."),
        ({"wanted_skills": "windows 3"}, "at most as many as are on site."),
        ({"wanted_skills": "windows"}, "A skill is written as: name, a blank, how many."),
        ({"own_shifts": ""}, "An own pattern needs at least one shift, at most 24."),
        ({"own_shifts": "ngày 07:00 19:00"}, "A shift is written as: name, 06:00, 14:00."),
        ({"own_shifts": "ngày, 07:00, 25:00"}, "A shift is written as: name, 06:00, 14:00."),
        ({"own_shifts": "a, 07:00, 19:00\nb, 18:00, 23:00"}, "The shifts of a day overlap"),
        ({"own_shifts": "a, 07:00, 07:00\nb, 08:00, 09:00"}, "A shift must last longer than nothing."),
        ({"on_site": -1}, "greater than or equal to 0"),
        ({"grace_min": 0}, "greater than or equal to 1"),
        ({"check_in_every_min": 2000}, "less than or equal to 1440"),
    ):
        answer = lead.post(address, {**POST, **more})
        assert answer.status_code == 422, more
        assert why in words(answer), more
    assert list(Post.objects.values()) == before


def test_who_was_on_call_where_the_post_asks_for_nobody_any_more_stays_to_be_seen_and_planned(room, lead) -> None:
    edit, here = reverse("post_edit", args=[room.post.pk]), reverse("roster", args=[room.watch.pk])
    values = {**POST, "name": room.post.name, "pattern": "8h", "on_site": 1, "leads": 0, "wanted_skills": ""}
    lead.post(edit, values)
    lead.post(reverse("roster_plan", args=[room.watch.pk]))
    on_call = [row for row in room.rows() if row.kind == "on_call"]
    assert on_call
    before = facts_of(room.roster)
    lead.post(edit, {**values, "on_call": 0})
    page = lead.get(here)
    assert page.status_code == 200
    assert on_call[-1].person.name in words(page)
    panel = lead.get(reverse("roster_panel", args=[room.watch.pk]), {"row": on_call[-1].pk})
    assert panel.status_code == 200
    taken = {"row": on_call[-1].pk}
    assert "Changed." in words(lead.post(reverse("roster_change", args=[room.watch.pk]), taken, follow=True))
    page = words(lead.post(reverse("roster_plan", args=[room.watch.pk]), follow=True))
    assert "Planned anew." in page
    still = [row for row in room.rows() if row.kind == "on_call" and row.shift.turn_starts_at > MORNING]
    assert still == [], "and nobody new is put there"
    assert unchanged(room.roster, before)


def test_a_post_of_an_organisation_without_a_watch_has_pages_as_well() -> None:
    organisation = organisation_named("Chưa có đợt")
    post = Post(organisation=organisation, name="Phòng", leads=0)
    save_post(post=post, actor=LEAD, now=NOW)
    lead = client_of(organisation, "watch_lead", "en")
    assert lead.get(reverse("post_edit", args=[post.pk])).status_code == 200
    made = lead.post(reverse("screen_new", args=[post.pk]))
    assert made.status_code == 200
    ended = lead.post(reverse("screen_end", args=[Screen.objects.get().pk]))
    assert ended.headers["Location"] == reverse("people")
    assert lead.post(reverse("post_retire", args=[post.pk])).headers["Location"] == reverse("people")
    post.refresh_from_db()
    assert post.retired_at is not None


def test_a_screen_s_address_is_shown_once_a_new_one_ends_the_old_and_ending_it_shuts_it(room, lead) -> None:
    address, opened = reverse("screen_new", args=[room.post.pk]), []
    for _ in range(2):
        made = lead.post(address)
        (url,) = set(re.findall(r"<code[^>]*>(http[^<]+)</code>", made.content.decode()))
        opened.append(url[url.index("/screen/") :])
    old, new = opened
    assert Client().get(old).status_code == 404
    page = words(Client().get(new))
    assert room.on_now().person.name in page
    assert re.search(r"\d{3} \d{3}", page)
    assert new not in lead.get(_people(room)).content.decode(), "it is shown once"
    assert "last shown 09:00 30 Apr 2026" in words(lead.get(_people(room)))
    screen = Screen.objects.get(revoked_at=None)
    answer = lead.post(reverse("screen_end", args=[screen.pk]), follow=True)
    assert answer.redirect_chain == [(_people(room), 302)]
    assert "Screen of" not in words(answer)
    assert Client().get(new).status_code == 404
    lead.post(address)
    lead.post(reverse("post_retire", args=[room.post.pk]))
    assert not Screen.objects.filter(revoked_at=None).exists(), "a post that is kept no longer has no screen"


def test_people_are_added_changed_and_taken_out_and_what_is_planned_stays(room, lead) -> None:
    newcomer = Person(organisation=room.organisation, name="Bà Mới Đến", mobile="0912000777")
    save_person(person=newcomer, actor=LEAD, now=NOW)
    page = words(lead.get(_people(room)))
    assert "8 people stand duty" in page
    assert "Add people Bà Mới Đến" in page
    add = reverse("duty_people_add", args=[room.watch.pk])
    assert "1 added." in words(lead.post(add, {"people": [newcomer.pk, room.people[0].pk]}, follow=True))
    member = Member.objects.get(person=newcomer)
    edit = reverse("member_edit", args=[member.pk])
    values = {"words": "Mạng, windows , mạng", "may_lead": "on", "standing_lead": "on", "joins_on": "2026-04-30",
              "leaves_on": "2026-05-01", "carried_nights": 3, "carried_holidays": 1, "carried_hours": 40}  # fmt: skip
    for more, why in (
        ({"leaves_on": "2026-04-29"}, "The last day comes before the first."),
        ({"joins_on": "30/02/2026"}, "Enter a valid date."),
        ({"joins_on": "0001-01-01"}, "No such day in the calendar of a duty."),
        ({"carried_nights": -1}, "greater than or equal to 0"),
        ({"words": "x" * 61}, "A skill is a short word; at most twenty."),
    ):
        answer = lead.post(edit, {**values, **more})
        assert (answer.status_code, why in words(answer)) == (422, True), more
    assert Member.objects.get(pk=member.pk).skills == []
    page = words(lead.post(edit, values, follow=True))
    assert "may lead answers for the roster 0912000777 · from 30/04 · until 01/05 mạng, windows" in page
    assert "3 nights, 1 holidays, 40 h" in page
    member.refresh_from_db()
    assert member.carried_at == MORNING
    row, before = room.later(), facts_of(room.roster)
    gone = row.person.duty.get()
    page = words(lead.post(reverse("member_retire", args=[gone.pk]), follow=True))
    assert "8 people stand duty" in page
    assert row.person.name in words(lead.get(reverse("roster", args=[room.watch.pk]))), "a lead changes it"
    assert facts_of(room.roster) == before
    assert lead.get(reverse("member_edit", args=[gone.pk])).status_code == 404
    change = lead.post(
        reverse("roster_change", args=[room.watch.pk]), {"row": room.rows()[-1].pk, "person": row.person_id}
    )
    assert change.status_code == 404, "nobody new is put there who stands no longer"
    assert "1 added." in words(lead.post(add, {"people": [row.person_id]}, follow=True))


def test_leave_and_wishes_are_kept_shown_and_taken_back_and_crooked_spans_refused(room, lead) -> None:
    row = room.later()
    member = row.person.duty.get()
    away, before = reverse("away_new", args=[member.pk]), facts_of(room.roster)
    span = {"starts_at": "2026-04-30T12:00", "ends_at": "2026-04-30T23:00", "kind": "leave", "reason": "cưới em"}
    for more, why in (
        ({"ends_at": "2026-04-30T12:00"}, "It must end after it begins."),
        ({"ends_at": "2026-04-30T11:59"}, "It must end after it begins."),
        ({"ends_at": "2026-04-30T11:59", "kind": "avoid"}, "It must end after it begins."),
        ({"starts_at": "2026-02-30T12:00"}, "Enter a valid date/time."),
        ({"starts_at": "hôm nay"}, "Enter a valid date/time."),
        ({"starts_at": ""}, "This field is required."),
        ({"ends_at": "9999-12-31T23:59"}, "No such day in the calendar of a duty."),
        ({"starts_at": "0001-01-01T00:00"}, "No such day in the calendar of a duty."),
        ({"kind": "nghỉ"}, "Select a valid choice."),
        ({"reason": "x" * 201}, "at most 200 characters"),
    ):
        answer = lead.post(away, {**span, **more})
        assert (answer.status_code, why in words(answer)) == (422, True), more
    assert not Leave.objects.exists()
    assert not Wish.objects.exists()
    for kind in ("leave", "avoid", "prefer"):
        answer = lead.post(away, {**span, "kind": kind}, follow=True)
        assert answer.redirect_chain == [(_people(room), 302)]
    page = words(answer)
    assert "12:00 30/04 – 23:00 30/04 take back rather not 12:00 30/04 – 23:00 30/04" in page
    assert "rather 12:00 30/04" in page
    leave = Leave.objects.get()
    assert (leave.starts_at, leave.ends_at, leave.reason) == (at(30, 12), at(30, 23), "cưới em")
    assert set(Wish.objects.values_list("avoid", flat=True)) == {True, False}
    assert facts_of(room.roster) == before, "who stands in the leave is not taken away: a lead mends it"
    board = words(lead.get(reverse("roster", args=[room.watch.pk])))
    assert "1 rule broken" in board
    assert f"{row.person.name}, afternoon at Phòng Ta on 30/04/2026: on leave." in board
    lead.post(reverse("leave_end", args=[leave.pk]))
    lead.post(reverse("leave_end", args=[leave.pk]))
    for wish in Wish.objects.all():
        lead.post(reverse("wish_end", args=[wish.pk]))
    assert "take back" not in words(lead.get(_people(room)))
    assert "rule broken" not in words(lead.get(reverse("roster", args=[room.watch.pk])))
    told = [one.split(".")[-1] for one in Entry.objects.values_list("action", flat=True)]
    assert (told.count("leave_withdrawn"), told.count("wish_withdrawn")) == (1, 2)
    assert Leave.objects.get().withdrawn_at == MORNING

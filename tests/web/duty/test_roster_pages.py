"""A roster begun from nothing, planned anew, published, by two leads at once; its strips and its picture."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse
from tests.duty import LEAD, NOW, at, organisation_named, watch_of
from tests.web.duty.conftest import FIRST, LAST, Room, duty_room, facts_of, lead_of, unchanged, words

from vigil.domain.accounts.models import Role
from vigil.domain.directives.models import Watch
from vigil.domain.duty.actions.changes import Change, make
from vigil.domain.duty.actions.planning import roster_for
from vigil.domain.duty.actions.posts import add_leave, save_post
from vigil.domain.duty.models import DutyRow, DutyShift, Member, Post, Roster
from vigil.domain.duty.queries import in_force
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Person
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def eve() -> Iterator[None]:
    """Two days before the watch begins."""
    with clock.frozen_at(NOW):
        yield


def _bare(name: str = "Mới", count: int = 6) -> tuple[Watch, list[Person]]:
    """An organisation with people, and a watch whose duty nobody has thought of yet."""
    organisation = organisation_named(name)
    people = [Person(organisation=organisation, name=f"Chị Mới {n}", mobile=f"091200010{n}") for n in range(count)]
    for person in people:
        save_person(person=person, actor=LEAD, now=NOW)
    return watch_of(organisation, FIRST, LAST), people


def _asked(people: list[Person], leads: list[Person] | None = None, **more: object) -> dict[str, object]:
    return {"name": "Phòng trực", "pattern": "8h", "on_site": 1, "people": [str(one.pk) for one in people],
            "leads": [str(one.pk) for one in leads or []], **more}  # fmt: skip


def _lead(watch: Watch, role: str = Role.WATCH_LEAD):
    return lead_of(Room(watch.organisation, watch, Post(), [], Roster()), role)


def test_from_nothing_to_a_planned_roster_that_counts_once_it_is_published(eve) -> None:
    watch, people = _bare()
    lead, here = _lead(watch), reverse("roster", args=[watch.pk])
    page = words(lead.get(here))
    assert all(person.name in page for person in people)
    assert "Plan the roster" in page
    answer = lead.post(reverse("roster_begin", args=[watch.pk]), _asked(people[:5], people[:3]), follow=True)
    page = words(answer)
    assert answer.redirect_chain == [(here, 302)]
    assert "The roster is drafted" in page
    assert "Draft: it does not count yet" in page
    assert "No hole" in page
    roster = Roster.objects.get(watch=watch)
    assert (roster.shifts.count(), roster.rows.filter(superseded_at=None).count()) == (7, 7)
    assert set(Member.objects.values_list("person", flat=True)) == {one.pk for one in people[:5]}
    assert set(Member.objects.filter(may_lead=True).values_list("person", flat=True)) == {one.pk for one in people[:3]}
    post = Post.objects.get()
    assert (post.name, post.pattern, post.on_site, post.leads) == ("Phòng trực", "8h", 1, 1)
    assert set(roster.rows.values_list("person", flat=True)) <= {one.pk for one in people[:3]}, "each shift has a lead"
    assert not in_force().exists()
    assert "No roster is published" in words(lead.get(reverse("duty_now", args=[watch.pk])))
    page = words(lead.post(reverse("roster_publish", args=[watch.pk]), {"version": roster.version}, follow=True))
    assert "The roster is published: proofs, calendars and reminders follow it." in page
    assert "Published 09:00 28 Apr 2026" in page
    assert in_force().count() == 7
    told = set(Entry.objects.values_list("action", flat=True))
    assert {"leads_named", "members_added", "roster_planned", "roster_published"} <= {
        one.split(".")[-1] for one in told
    }
    page = words(lead.post(reverse("roster_publish", args=[watch.pk]), follow=True))
    assert "This roster is published already." in page


def test_what_cannot_begin_is_said_in_words_and_nothing_of_it_is_kept(eve) -> None:
    watch, people = _bare()
    stranger = _bare("Người lạ", 1)[1]
    lead = _lead(watch)
    wrong = [
        (_asked([]), "This field is required."),
        (_asked(people, on_site=0), "greater than or equal to 1"),
        (_asked(people, on_site=51), "less than or equal to 50"),
        (_asked(people, on_site="hai"), "Enter a whole number."),
        (_asked(people, name=""), "This field is required."),
        (_asked(people, name="x" * 201), "at most 200 characters"),
        (_asked(people, pattern="own"), "own is not one of the available choices."),
        (_asked(stranger), "is not one of the available choices."),
        (_asked(people, stranger), "is not one of the available choices."),
        ({}, "This field is required."),
    ]
    for values, why in wrong:
        answer = lead.post(reverse("roster_begin", args=[watch.pk]), values)
        assert answer.status_code == 422, values
        assert why in words(answer), values
    kept = lead.post(reverse("roster_begin", args=[watch.pk]), _asked(people[1:3], people[2:3], on_site=0))
    ticked = re.findall(r'name="(people|leads)" value="([^"]+)"[^>]* checked', kept.content.decode())
    assert sorted(ticked) == sorted(
        [*(("people", str(one.pk)) for one in people[1:3]), ("leads", str(people[2].pk))]
    ), "what was ticked is not asked for again"
    assert not Post.objects.exists()
    assert not Member.objects.exists()
    assert not DutyShift.objects.exists()


def test_no_lead_ticked_asks_for_none_and_who_does_not_stand_leads_nothing(eve) -> None:
    for name, leads in (("Không", []), ("Vắng", [5])):
        watch, people = _bare(name)
        _lead(watch).post(
            reverse("roster_begin", args=[watch.pk]), _asked(people[:5], [people[n] for n in leads])
        )  # fmt: skip
        assert Post.objects.get(organisation=watch.organisation).leads == 0
        page = words(_lead(watch, Role.ADMINISTRATOR).get(reverse("roster", args=[watch.pk])))
        assert "No hole" in page


def test_who_is_not_ticked_does_not_stand_though_they_did_in_an_earlier_watch(eve) -> None:
    room = duty_room("Cũ", 6)
    newcomer = Person(organisation=room.organisation, name="Chị Mới", mobile="0912000999")
    save_person(person=newcomer, actor=LEAD, now=NOW)
    for day, still in ((2, False), (1, True)):  # the second time the earlier watch still runs, and has a night to come
        with clock.frozen_at(at(day, 9)), transaction.atomic():
            watch = watch_of(room.organisation, date(2026, 5, 5), date(2026, 5, 6))
            lead = lead_of(room)
            offered = lead.get(reverse("roster", args=[watch.pk])).content.decode()
            ticked = set(re.findall(r'name="people" value="([^"]+)"[^>]* checked', offered))
            assert ticked == {str(one.pk) for one in room.people}, "who stood before is proposed, a newcomer is not"
            late = room.rows()[-1].person
            stand = [*(one for one in room.people if one != late), newcomer]
            lead.post(reverse("roster_begin", args=[watch.pk]), _asked(stand, name="Phòng khác"))
            members = set(Member.objects.filter(retired_at=None).values_list("person", flat=True))
            assert members == {one.pk for one in stand} | ({late.pk} if still else set())
            planned = set(DutyRow.objects.filter(roster__watch=watch).values_list("person", flat=True))
            assert planned
            assert still or late.pk not in planned
            assert room.rows(late), "what stands in the earlier roster stays"
            transaction.set_rollback(True)


def test_two_leads_begin_at_once_and_the_second_finds_the_first_s(eve) -> None:
    watch, people = _bare()
    one, two = _lead(watch), _lead(watch, Role.ADMINISTRATOR)
    one.post(reverse("roster_begin", args=[watch.pk]), _asked(people))
    before = facts_of(Roster.objects.get(watch=watch))
    page = words(two.post(reverse("roster_begin", args=[watch.pk]), _asked(people, name="Phòng hai"), follow=True))
    assert "Somebody has begun this roster meanwhile. Here it is." in page
    assert Post.objects.get().name == "Phòng trực"
    assert facts_of(Roster.objects.get(watch=watch)) == before


def test_nobody_and_no_post_are_said_and_an_empty_roster_is_not_published(eve) -> None:
    watch, _ = _bare(count=0)
    lead, plan = _lead(watch), reverse("roster_plan", args=[watch.pk])
    assert "Nobody is known here yet" in words(lead.get(reverse("roster", args=[watch.pk])))
    assert lead.get(reverse("roster_picture", args=[watch.pk])).status_code == 404
    assert lead.post(reverse("roster_publish", args=[watch.pk])).status_code == 404
    assert "Choose at least one post of the organisation." in words(lead.post(plan, follow=True))
    save_post(post=Post(organisation=watch.organisation, name="Phòng", leads=0), actor=LEAD, now=NOW)
    assert "Nobody can stand yet: say first who stands duty." in words(lead.post(plan, follow=True))
    roster_for(watch)
    page = words(lead.post(reverse("roster_publish", args=[watch.pk]), headers=HTMX))
    assert "There is nobody in this roster yet." in page
    assert Roster.objects.get(watch=watch).published_at is None


def test_planned_anew_under_other_rules_and_what_was_set_by_hand_stays(room) -> None:
    lead, plan, before = lead_of(room), reverse("roster_plan", args=[room.watch.pk]), facts_of(room.roster)
    row, free = room.later(), room.people[7]
    (set_by_hand,) = make(
        roster=room.roster, change=Change((row,), ((row.shift, free, row.kind),)), version=None, actor=LEAD,
        now=clock.now(),
    )  # fmt: skip
    version = Roster.objects.get(pk=room.roster.pk).version
    for field, value, label in (
        ("rest_h", "-1", "Rest between two shifts (hours)"),
        ("rest_h", "nhiều", "Rest between two shifts (hours)"),
        ("max_nights", "0", "Nights running, at most"),
        ("max_shifts_7d", "22", "Shifts in seven days, at most"),
        ("max_hours_7d", "1000", "Hours in seven days, at most"),
    ):
        page = words(lead.post(plan, {field: value, "version": version}, headers=HTMX))
        assert f"Not saved: {label}" in page, (field, value)
    roster = Roster.objects.get(pk=room.roster.pk)
    assert (roster.version, roster.rules["rest_h"]) == (version, 11)
    rules = {"rest_h": "12", "max_nights": "2", "max_shifts_7d": "", "max_hours_7d": "40.5", "version": version}
    page = words(lead.post(plan, rules, headers=HTMX))
    assert "Planned anew." in page
    roster.refresh_from_db()
    assert roster.rules == {"rest_h": 12, "max_nights": 2, "max_shifts_7d": None, "max_hours_7d": 40.5}
    assert roster.version == version + 1
    set_by_hand.refresh_from_db()
    assert set_by_hand.superseded_at is None
    assert unchanged(roster, before)
    assert 'value="40.5"' in lead.get(reverse("roster", args=[room.watch.pk])).content.decode()


def test_another_pattern_drops_the_shifts_to_come_and_the_old_rows_stay_on_record(room) -> None:
    lead, before = lead_of(room), facts_of(room.roster)
    post = {"name": room.post.name, "functions": ["monitoring"], "pattern": "12h", "handover_min": 15, "on_site": 1,
            "leads": 0, "on_call": 0, "backup": 0, "check_in_every_min": 120, "grace_min": 10}  # fmt: skip
    address = f"{reverse('post_edit', args=[room.post.pk])}?watch={room.watch.pk}"
    answer = lead.post(address, post, follow=True)
    assert answer.redirect_chain == [(reverse("roster", args=[room.watch.pk]), 302)]
    assert "Kept. Plan the roster anew so that it follows." in words(answer)
    assert len(room.rows()) == len(before), "until then nothing moves"
    lead.post(reverse("roster_plan", args=[room.watch.pk]))
    assert unchanged(room.roster, before)
    kept = room.roster.shifts.filter(dropped_at=None, rows__in=before)
    assert set(kept.values_list("turn_starts_at", flat=True)) == {at(30, 0), at(30, 6)}, "those that had begun"
    gone = DutyRow.objects.filter(pk__in=before, shift__dropped_at__isnull=False)
    assert gone.count() == gone.filter(superseded_at=clock.now()).count() == 5


def test_two_leads_change_one_roster_and_the_second_is_told_and_nothing_is_lost(room) -> None:
    one, two = lead_of(room), lead_of(room, Role.ADMINISTRATOR)
    page = two.get(reverse("roster", args=[room.watch.pk])).content.decode()
    (seen,) = set(re.findall(r'name="version" value="(\d+)"', page))
    first, second = [row for row in room.rows() if row.starts_at > clock.now()][:2]
    change = reverse("roster_change", args=[room.watch.pk])
    assert "Changed." in words(one.post(change, {"row": first.pk, "version": seen}, headers=HTMX))
    before, version = facts_of(room.roster), Roster.objects.get(pk=room.roster.pk).version
    late = {"row": second.pk, "version": seen}
    attempts = [
        (change, late),
        (reverse("roster_relieve", args=[room.watch.pk]),
         {"row": room.on_now().pk, "person": room.people[7].pk, "reason": "ốm", "version": seen}),
        (reverse("roster_plan", args=[room.watch.pk]), {"version": seen, "rest_h": "1"}),
        (reverse("roster_publish", args=[room.watch.pk]), {"version": seen}),
        (change, {**late, "version": "không"}),
        (change, {**late, "version": "9" * 40}),
    ]  # fmt: skip
    why = "Somebody has changed the roster since you looked. Look again, then decide."
    for address, values in attempts:
        assert why in words(two.post(address, values, follow=True)), address
        fresh = two.post(address, values, headers=HTMX)
        assert why in words(fresh)
        assert f'name="version" value="{version}"' in fresh.content.decode(), "from here the next try counts"
    assert facts_of(room.roster) == before
    assert Roster.objects.get(pk=room.roster.pk).version == version
    assert "Changed." in words(two.post(change, {**late, "version": version}, headers=HTMX))
    left = {row.pk for row in room.rows()}
    assert not left & {first.pk, second.pk}, "both changes hold"


def test_a_closed_watch_is_looked_at_and_no_longer_changed(room) -> None:
    lead, row, before = lead_of(room), room.later(), facts_of(room.roster)
    Watch.objects.filter(pk=room.watch.pk).update(state="closed")
    page = lead.get(reverse("roster", args=[room.watch.pk]))
    assert row.person.name in words(page)
    assert "Plan anew" not in words(page)
    for name, values in (
        ("roster_change", {"row": row.pk}), ("roster_plan", {}), ("roster_publish", {}),
        ("roster_relieve", {"row": room.on_now().pk, "person": room.people[7].pk, "reason": "x"}),
    ):  # fmt: skip
        answer = lead.post(reverse(name, args=[room.watch.pk]), values, follow=True)
        assert "This watch is closed." in words(answer), name
    assert facts_of(room.roster) == before


def _strip(page: str, label: str) -> str:
    (found,) = re.findall(rf'<th scope="row" class="strip-name">{label}</th>(.*?)</tr>', page, re.DOTALL)
    return found


def test_too_few_are_drawn_thin_nobody_is_a_hole_and_what_no_post_keeps_is_said(eve) -> None:
    room = duty_room("Dải", 10)
    Post.objects.filter(pk=room.post.pk).update(on_site=2, functions=["monitoring", "support"])
    lead, here = lead_of(room), reverse("roster", args=[room.watch.pk])
    lead.post(reverse("roster_plan", args=[room.watch.pk]))
    page = lead.get(here).content.decode()
    assert 'class="thin"' not in page
    assert 'class="hole"' not in _strip(page, "Monitoring")
    assert "no hole" in _strip(page, "Monitoring")
    for label in ("Response", "Remediation"):
        assert "no post keeps it" in _strip(page, label)
        assert "is-unkept" in _strip(page, label)
    one, two = [row for row in room.rows() if row.shift.turn_starts_at == at(30, 14)]
    change = reverse("roster_change", args=[room.watch.pk])
    lead.post(change, {"row": one.pk})
    strip = _strip(lead.get(here).content.decode(), "Support")
    assert re.findall(r'class="(thin|hole)" x="([\d.]+)" y="0" width="([\d.]+)"', strip) == [
        ("thin", "291.67", "161.46")
    ], "from 14:00 of the first of two days until 21:45, when the next two come; in thousandths"
    assert "465 min too few" in strip
    assert "min open" not in strip
    lead.post(change, {"row": two.pk})
    strip = _strip(lead.get(here).content.decode(), "Support")
    bars = re.findall(r'class="(thin|hole)" x="([\d.]+)" y="0" width="([\d.]+)"', strip)
    assert [kind for kind, _, _ in bars] == ["hole"], "what is a hole is not thin besides"
    assert bars[0][1:] == ("291.67", "161.46")
    assert "min open" in strip
    assert "too few" not in strip
    lead.post(change, {"shift": one.shift_id, "person": one.person_id})
    strip = _strip(lead.get(here).content.decode(), "Support")
    assert re.findall(r'class="(thin|hole)"', strip) == ["thin"]


def test_without_a_lead_a_shift_is_thin_and_its_place_says_what_is_missing(eve) -> None:
    room = duty_room("Trưởng", 8)
    Post.objects.filter(pk=room.post.pk).update(leads=1)
    lead, here = lead_of(room), reverse("roster", args=[room.watch.pk])
    page = lead.get(here)
    strip = _strip(page.content.decode(), "Monitoring")
    assert 'class="thin"' in strip
    assert 'class="hole"' not in strip
    assert "a lead" in words(page)
    assert "Why places stay open" in words(page)


def test_the_picture_shows_the_plan_with_its_people(room) -> None:
    add_leave(person=room.people[7], starts_at=at(30, 0), ends_at=at(2, 0), reason="", actor=LEAD, now=NOW)
    answer = lead_of(room).get(reverse("roster_picture", args=[room.watch.pk]))
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert text.startswith("<svg")
    assert all(person.name in text for person in room.people)
    assert " style=" not in text

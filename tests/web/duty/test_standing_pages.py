"""Who stands now, at three in the morning, on the page, on the wall and on paper; attested by telephone; keys ended."""

import re
from datetime import datetime, timedelta

import pypdfium2
import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.duty import LEAD, NOW, at
from tests.web.duty.conftest import MORNING, facts_of, full_room, lead_of, officer, words

from vigil.domain.accounts.models import Role
from vigil.domain.duty.actions.changes import Change, make
from vigil.domain.duty.actions.presence import check_in
from vigil.domain.duty.models import CheckIn, DutyKey, How, MissedCheckIn
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
NIGHT = at(1, 3)


def _cells(page: str, where: str) -> list[str]:
    """The cells of duty: of the wall, or the cards of the page."""
    starts = {"wall": '<div class="wall-duty">', "now": '<div class="row row-cards">'}[where]
    text = page[page.index(starts) + len(starts) :].split("<details")[0]
    cells = re.split(r"<section " if where == "wall" else r'<div class="col-sm-6 col-xl-3">', text)[1:5]
    return [" ".join(re.sub(r"<[^>]*>", " ", f"<{cell}").split()) for cell in cells]


@pytest.fixture
def night(room):
    """Three in the morning of the second day; the fourth person should be there since 21:45."""
    with clock.frozen_at(NIGHT):
        yield room


def test_at_three_in_the_morning_the_wall_says_who_is_there_who_is_silent_and_who_comes(night) -> None:
    row, lead = night.on_now(), lead_of(night)
    stands = next(one for one in night.rows() if one.starts_at < NIGHT < one.ends_at)
    assert stands != row
    wall, now = (reverse(name, args=[night.watch.pk]) for name in ("wall", "duty_now"))
    name, comes = stands.person.name, night.people[4].name

    def seen(where: str, address: str) -> str:
        cells = _cells(lead.get(address).content.decode(), where)
        assert len({cell.split(" ", 1)[1] for cell in cells}) == 1, "one post keeps all four"
        return cells[0]

    assert seen("wall", wall) == f"Monitoring NOBODY {name} ✗ {stands.person.mobile} 05:45: {comes}"
    assert f"{name} not checked in {stands.person.mobile} Phòng Ta · until 06:00 From 05:45 01/05: {comes}" in seen(
        "now", now
    )
    told = {"row": stands, "actor": LEAD}
    check_in(how=How.PAGE, now=at(30, 22), **told)
    assert f"NOBODY {name} ✗" in seen("wall", wall), "silent since ten, and every two hours is asked"
    assert "silent since 22:00" in seen("now", now)
    check_in(how=How.PAGE, now=at(1, 2), **told)
    assert f"on site {name} ? place unproven" in seen("wall", wall)
    assert "02:00 Place unproven" in seen("now", now)
    check_in(how=How.CALL, by="Trần Trưởng Ca", now=at(1, 2, 30), **told)
    assert f"on site {name} ✓ attested" in seen("wall", wall)
    assert "02:30 Attested: Trần Trưởng Ca" in seen("now", now)
    viewer = lead_of(night, Role.VIEWER)
    for address in (wall, now):
        text = viewer.get(address).content.decode()
        assert name in text
        assert stands.person.mobile not in text, "numbers are for who may read people"


def test_a_hole_stands_on_the_wall_until_it_is_over(night) -> None:
    stands = next(one for one in night.rows() if one.starts_at < NIGHT < one.ends_at)
    lead, wall = lead_of(night), reverse("wall", args=[night.watch.pk])
    assert "HOLE" not in words(lead.get(wall))
    coming = night.rows(night.people[4])[0]
    make(roster=night.roster, change=Change((coming,)), version=None, actor=LEAD, now=NIGHT)
    page = words(lead.get(wall))
    assert "HOLE: Monitoring 06:00 01/05 – 13:45 01/05" in page
    now = words(lead.get(reverse("duty_now", args=[night.watch.pk])))
    assert "Remediation: 06:00 01/05 – 13:45 01/05" in now
    make(roster=night.roster, change=Change((stands,)), version=None, actor=LEAD, now=NIGHT)
    page = lead.get(wall)
    assert _cells(page.content.decode(), "wall")[0].startswith("Monitoring NOBODY 13:45:")
    assert stands.person.name not in words(page)
    with clock.frozen_at(at(1, 14)):
        assert "HOLE" not in words(lead.get(wall))


def test_attested_by_telephone_with_a_name_and_how_one_knows_and_never_ahead(night) -> None:
    stands = next(one for one in night.rows() if one.starts_at < NIGHT < one.ends_at)
    missed = MissedCheckIn.objects.create(row=stands, due_at=stands.starts_at, decided_at=at(30, 22))
    lead, attest = lead_of(night), reverse("duty_attest", args=[stands.pk])
    assert "Attest by telephone" in words(lead.get(reverse("duty_now", args=[night.watch.pk])))
    for note in ("", "  ", "\x00"):
        assert "Say how you know." in words(lead.post(attest, {"note": note}, follow=True))
    coming = reverse("duty_attest", args=[night.rows(night.people[4])[0].pk])
    for more in ({}, {"from_start": "1"}):
        page = words(lead.post(coming, {"note": "sẽ đến", **more}, follow=True))
        assert "The instant is not within the part of the shift that is over." in page
    assert not CheckIn.objects.exists()
    page = words(lead.post(attest, {"note": "gọi số bàn, nghe tiếng"}, follow=True))
    assert "Attested, with your name under it." in page
    made = CheckIn.objects.get()
    assert (made.row, made.at, made.place, made.note) == (stands, NIGHT, "attested", "gọi số bàn, nghe tiếng")
    assert made.attested_by == f"{Role.WATCH_LEAD}-{night.organisation.pk}"
    missed.refresh_from_db()
    assert missed.made_up_at == NIGHT
    lead.post(attest, {"note": "anh ấy ở đó từ đầu ca", "from_start": "1"})
    assert set(CheckIn.objects.values_list("at", flat=True)) == {NIGHT, stands.starts_at}
    over = night.rows()[0]
    lead.post(reverse("duty_attest", args=[over.pk]), {"note": "theo sổ"})
    assert CheckIn.objects.get(row=over).at == at(30, 5, 59), "of a shift that is over: its last minute"
    with clock.frozen_at(at(1, 4)):
        client = officer(night, stands.person)
        assert "Attest by telephone" not in words(client.get(reverse("duty_now", args=[night.watch.pk])))
        assert client.post(attest, {"note": "tôi ở đây"}).status_code == 403, "nobody attests themselves"


def test_the_telephone_tree_on_paper_names_who_stands_who_leads_and_who_comes(room) -> None:
    room.people[0].duty.update(standing_lead=True)
    lead = lead_of(room)
    answer = lead.get(reverse("duty_tree", args=[room.watch.pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    with pypdfium2.PdfDocument(answer.content) as pdf:
        pages = [page.get_textpage().get_text_range() for page in pdf]
    text = " ".join(" ".join(pages).split())
    order = [text.index(part) for part in ("1. On duty now", "2. Who answers for the roster", "3. Who may lead",
                                           "4. Next shifts", "5. Everybody who stands duty")]  # fmt: skip
    assert order == sorted(order)
    first, second, third, fourth, fifth = (
        text[start:end] for start, end in zip(order, [*order[1:], None], strict=True)
    )  # fmt: skip
    assert room.on_now().person.name in first
    assert room.on_now().person.mobile in first
    assert room.later().person.name not in first
    assert room.people[0].name in second
    assert room.people[3].name in third
    assert room.people[0].name not in third
    assert room.later().person.name in fourth
    assert all(person.name in fifth and person.mobile in fifth for person in room.people)
    assert "as of 09:00 30/04/2026" in text


def test_the_team_s_calendar_holds_everybody_and_each_secret_address_can_be_ended(room) -> None:
    lead, now = lead_of(room), reverse("duty_now", args=[room.watch.pk])
    made = lead.post(reverse("team_calendar", args=[room.watch.pk])).content.decode()
    (address,) = re.findall(r"<code[^>]*>https?://[^/]+([^<]+)</code>", made)
    events = Client().get(address).content.decode().replace("\r\n ", "")
    assert events.count("BEGIN:VEVENT") == len(room.rows())
    assert all(row.person.name in events for row in room.rows())
    with clock.frozen_at(at(30, 9, 10)):
        Client().get(address)
    page = words(lead.get(now))
    assert "The whole team · A calendar to subscribe to: read only 09:00 30 Apr 2026 · last read" in page
    assert address.split("/")[2].removesuffix(".ics") not in lead.get(now).content.decode()
    key = DutyKey.objects.get()
    answer = lead.post(reverse("duty_key_revoke", args=[key.pk]), follow=True)
    assert answer.redirect_chain == [(now, 302)]
    assert "Secret addresses in use" not in words(answer)
    assert Client().get(address).status_code == 404
    lead.post(reverse("duty_key_revoke", args=[key.pk]))
    key.refresh_from_db()
    assert key.revoked_at == MORNING


def test_the_post_s_screen_shows_who_stands_and_who_comes_and_says_when_it_was_drawn(hour) -> None:
    room = full_room("Ta")
    screen, token = Client(), room.tokens["screen"]
    screen.cookies["vigil_language"] = "en"
    row = room.on_now()
    whole = screen.get(reverse("screen", args=[token]))
    assert f"{row.person.name} not checked in until 14:00" in words(whole)
    assert f"13:45 {room.later().person.name}" in words(whole)
    assert f'data-served-at="{int(MORNING.timestamp() * 1000)}"' in whole.content.decode()
    check_in(row=row, how=How.PAGE, actor=LEAD, now=MORNING)
    part = screen.get(reverse("screen", args=[token]), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert f"{row.person.name} 09:00 Place unproven" in words(part)
    code = re.search(r'class="code">(\d{3}) (\d{3})<', part.content.decode())
    with clock.frozen_at(at(30, 9, 1)):
        later = re.search(
            r'class="code">(\d{3}) (\d{3})<', screen.get(reverse("screen", args=[token])).content.decode()
        )
    assert code.groups() != later.groups()


def test_now_says_when_nothing_counts_and_lists_what_was_handed_over(room) -> None:
    lead, now = lead_of(room), reverse("duty_now", args=[room.watch.pk])
    before = facts_of(room.roster)
    assert "No roster is published" not in words(lead.get(now))
    part = lead.get(now, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="duty-now"')
    room.roster.published_at = None
    room.roster.save()
    page = words(lead.get(now))
    assert "No roster is published: nobody is on duty as far as Vigil knows." in page
    assert room.on_now().person.name not in page.split("Attest by telephone")[0]
    assert "wall-duty" not in lead.get(reverse("wall", args=[room.watch.pk])).content.decode()
    assert facts_of(room.roster) == before
    assert NOW < MORNING


def test_a_wall_that_is_looked_at_stays_signed_in_and_writes_its_session_now_and_then(room) -> None:
    client, wall = lead_of(room), reverse("wall", args=[room.watch.pk])

    def writes() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(wall, headers={"HX-Request": "true"}).status_code == 200
        return sum("django_session" in row["sql"] and row["sql"].startswith("UPDATE") for row in seen)

    def expires() -> datetime:
        return Session.objects.get().expire_date

    with clock.frozen_at(MORNING):
        assert [writes() for _ in range(3)] == [1, 0, 0]
        soon = timezone.now() + timedelta(hours=1)  # sessions end by the machine's own clock
        Session.objects.update(expire_date=soon)
    with clock.frozen_at(MORNING + timedelta(minutes=5)):
        assert writes() == 1
        assert expires() > soon

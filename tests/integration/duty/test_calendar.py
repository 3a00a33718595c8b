"""The feed in a real calendar server: Radicale takes it whole, finds events in it by time, and loses none of it."""

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from django.urls import reverse
from tests.duty import LEAD
from tests.web.duty.conftest import MORNING, Room, full_room

from vigil.domain.duty.actions.changes import Change, make
from vigil.domain.duty.actions.keys import revoke_key
from vigil.domain.duty.models import DutyKey
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
_QUERY = """<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">
<c:time-range start="{start}" end="{end}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"""


@dataclass
class Radicale:
    """A CalDAV server (RFC 4791) on loopback that holds one person's calendars."""

    port: int
    process: subprocess.Popen

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """The status and text of the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": "Basic bmd1b2k6eA==", **{name.replace("_", "-"): headers[name] for name in headers}}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        status, text = answer.status, answer.read().decode()
        line.close()
        return status, text

    def put(self, name: str, calendar: bytes) -> None:
        """A whole calendar in the place of what was there."""
        status, text = self.ask("PUT", f"/nguoi/{name}/", calendar, Content_Type="text/calendar; charset=utf-8")
        assert status in (201, 204), text

    def find(self, name: str, start: datetime, end: datetime) -> dict[str, icalendar.Event]:
        """Events that happen in part between the two instants, by UID."""
        query = _QUERY.format(
            start=f"{start.astimezone(UTC):%Y%m%dT%H%M%SZ}", end=f"{end.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        )
        status, text = self.ask("REPORT", f"/nguoi/{name}/", query.encode(), Content_Type="application/xml", Depth="1")
        assert status == 207, text
        return {str(one["uid"]): one for one in _events(_unescaped(text))}


def _unescaped(text: str) -> str:
    found = re.findall(r"<[\w:]*calendar-data>(.*?)</[\w:]*calendar-data>", text, re.DOTALL)
    joined = "".join(found).replace("&#13;", "\r")
    return joined.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def _events(text: str) -> list[icalendar.Event]:
    return [event for one in icalendar.Calendar.from_ical(text, multiple=True) for event in one.walk("VEVENT")]


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = tmp_path / "radicale.conf"
    settings.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[rights]\ntype = owner_only\n"
        f"[storage]\nfilesystem_folder = {tmp_path / 'collections'}\n[logging]\nlevel = warning\n"
    )
    with (tmp_path / "radicale.log").open("w") as log:
        command = [sys.executable, "-m", "radicale", "--config", str(settings)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    server = Radicale(port, process)
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError):
            if server.ask("OPTIONS", "/")[0] == 200:
                break
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "radicale.log").read_text()
        time.sleep(0.1)
    yield server
    process.terminate()
    process.wait(10)


@pytest.fixture
def room(db, settings) -> Iterator[Room]:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with clock.frozen_at(MORNING):
        yield full_room("Ta")


def _feed(client, token: str) -> bytes:
    answer = client.get(reverse("calendar_feed", args=[token]))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    return answer.content


def test_a_calendar_server_takes_the_team_s_feed_and_finds_each_shift_at_its_hours(radicale, client, room) -> None:
    rows = room.rows()
    radicale.put("doi", _feed(client, room.tokens["team"]))
    kept = radicale.find("doi", MORNING - timedelta(days=60), MORNING + timedelta(days=60))
    assert set(kept) == {f"{row.pk}@vigil" for row in rows}
    for row in rows:
        event = kept[f"{row.pk}@vigil"]
        assert (event.start, event.end) == (row.starts_at, row.ends_at)
        assert str(event["location"]) == "Nhà A; tầng 2, phòng 3"
        assert str(event["summary"]).startswith(row.person.name)
    now = radicale.find("doi", MORNING, MORNING + timedelta(minutes=1))
    assert set(now) == {f"{row.pk}@vigil" for row in rows if row.starts_at <= MORNING < row.ends_at}


def test_when_the_roster_changes_only_what_changed_is_another_event(radicale, client, room) -> None:
    moved = room.later()
    busy = {row.person_id for row in room.rows() if row.starts_at < moved.ends_at and row.ends_at > moved.starts_at}
    person = next(one for one in room.people if one.pk not in busy)
    radicale.put("doi", _feed(client, room.tokens["team"]))
    ever = (MORNING - timedelta(days=60), MORNING + timedelta(days=60))
    before = radicale.find("doi", *ever)
    change = Change((moved,), ((moved.shift, person, moved.kind),))
    make(roster=room.roster, change=change, version=None, reason="đổi", actor=LEAD, now=MORNING)
    radicale.put("doi", _feed(client, room.tokens["team"]))
    after = radicale.find("doi", *ever)
    assert set(before) - set(after) == {f"{moved.pk}@vigil"}
    assert len(set(after) - set(before)) == 1
    (new,) = (after[uid] for uid in set(after) - set(before))
    assert str(new["summary"]).startswith(person.name)
    assert new.start == moved.starts_at


def test_a_person_s_feed_holds_their_own_shifts_and_a_revoked_one_holds_nothing(radicale, client, room) -> None:
    own = room.on_now().person
    radicale.put("rieng", _feed(client, room.tokens["calendar"]))
    kept = radicale.find("rieng", MORNING - timedelta(days=60), MORNING + timedelta(days=60))
    assert set(kept) == {f"{row.pk}@vigil" for row in room.rows(own)}
    assert not any(own.name in str(event["summary"]) for event in kept.values())
    revoke_key(key=DutyKey.objects.get(person=own, use="calendar"), actor=LEAD, now=MORNING)
    answer = client.get(reverse("calendar_feed", args=[room.tokens["calendar"]]))
    assert answer.status_code in (404, 410)
    assert b"BEGIN:VEVENT" not in answer.content

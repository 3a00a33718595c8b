"""The change cursor misses nothing: not what bulk work wrote, not what commits late, not what was removed."""

import threading

import pytest
from django.db import connection, transaction

from tests.api.conftest import caller_with
from tests.web.rooms import ACTOR, organisation
from vigil.domain.changes.models import Change
from vigil.domain.changes.queries import up_to_date
from vigil.domain.estate.actions import remove_edge_device, save_edge_device, save_system
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import Person
from vigil.kernel import clock


def _system(owner, name: str) -> InformationSystem:
    made = InformationSystem(organisation=owner, name=name)
    save_system(system=made, actor=ACTOR, now=clock.now())
    return made


def _follow(caller, path: str, cursor: str, limit: int = 3) -> tuple[list[dict], list[str], str]:
    items, removed = [], []
    while True:
        page = caller.get(path, changed_after=cursor, limit=limit).json()
        items, removed, cursor = items + page["items"], removed + page["removed"], page["next_cursor"]
        if not page["more"]:
            return items, removed, cursor


@pytest.mark.django_db
def test_a_copy_kept_by_changes_is_the_same_as_the_list() -> None:
    owner = organisation("Nhà-Ta")
    caller = caller_with("administrator", owner)
    systems = [_system(owner, f"Cổng {n}") for n in range(8)]
    items, _, cursor = _follow(caller, "/systems", "start")
    assert [item["id"] for item in items] == [str(system.pk) for system in systems]
    assert _follow(caller, "/systems", cursor)[0] == []
    systems[2].level = 4
    save_system(system=systems[2], actor=ACTOR, now=clock.now())
    InformationSystem.objects.filter(pk=systems[5].pk).update(notes="do một tiến trình")
    _system(owner, "Cổng mới")
    items, _, cursor = _follow(caller, "/systems", cursor)
    assert [item["name"] for item in items] == ["Cổng 2", "Cổng 5", "Cổng mới"]


@pytest.mark.django_db
def test_a_first_page_says_where_changes_begin() -> None:
    owner = organisation("Nhà-Ta")
    caller = caller_with("administrator", owner)
    for n in range(5):
        _system(owner, f"Cổng {n}")
    first = caller.get("/systems", limit=2).json()
    _system(owner, "Giữa chừng")
    seen, cursor = [item["name"] for item in first["items"]], first["next_cursor"]
    while cursor:
        page = caller.get("/systems", limit=2, cursor=cursor).json()
        seen, cursor = seen + [item["name"] for item in page["items"]], page["next_cursor"]
        assert page["change_cursor"] is None
    assert seen == [*(f"Cổng {n}" for n in range(5)), "Giữa chừng"]
    assert [i["name"] for i in _follow(caller, "/systems", first["change_cursor"])[0]] == ["Giữa chừng"]


@pytest.mark.django_db
def test_what_was_removed_is_told_to_those_who_could_see_it() -> None:
    owner, other = organisation("Nhà-Ta"), organisation("Nhà-Họ")
    ours, theirs = caller_with("administrator", owner), caller_with("administrator", other)
    device = EdgeDevice(organisation=owner, kind="firewall", name="FW")
    save_edge_device(device=device, actor=ACTOR, now=clock.now())
    key, cursor = str(device.pk), _follow(ours, "/edge-devices", "start")[2]
    remove_edge_device(device=device, actor=ACTOR, now=clock.now())
    assert _follow(ours, "/edge-devices", cursor)[1] == [key]
    assert _follow(theirs, "/edge-devices", "start")[1] == []


@pytest.mark.django_db
def test_a_changed_part_changes_the_whole() -> None:
    from tests.web.rooms import furnished

    room = furnished("Nhà-Ta")
    caller = caller_with("administrator", room.organisation)
    cursor = _follow(caller, "/contact-points", "start")[2]
    from vigil.domain.organisations.models import ContactChannel

    ContactChannel.objects.filter(pk=room.keys["channel"]).update(value="khac@donvi.example")
    assert [i["id"] for i in _follow(caller, "/contact-points", cursor)[0]] == [str(room.keys["contact"])]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", ["", "x", "azox", "Yzox" * 20, "c:1", "Yzoteg", "ﬁ", "Yzo5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
@pytest.mark.parametrize("name", ["cursor", "changed_after"])
@pytest.mark.parametrize("path", ["/systems", "/journal"])
def test_a_cursor_that_was_not_given_is_refused(name, wrong, path) -> None:
    answer = caller_with("administrator", organisation("Nhà-Ta")).get(path, **{name: wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.cursor")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time")
def test_who_began_earlier_and_commits_later_is_not_missed() -> None:
    owner = organisation("Nhà-Ta")
    wrote, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            save_person(person=Person(organisation=owner, name="Chậm"), actor=ACTOR, now=clock.now())
            wrote.set()
            may_commit.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert wrote.wait(20)
    save_person(person=Person(organisation=owner, name="Nhanh"), actor=ACTOR, now=clock.now())
    caller = caller_with("administrator", owner)
    items, _, cursor = _follow(caller, "/people", "start")
    assert [item["name"] for item in items] == ["Nhanh"]
    may_commit.set()
    thread.join(20)
    assert [item["name"] for item in _follow(caller, "/people", cursor)[0]] == ["Chậm"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time")
def test_a_follower_among_many_writers_sees_every_last_state() -> None:
    owner = organisation("Nhà-Ta")
    caller = caller_with("administrator", owner)
    systems = [_system(owner, f"Cổng {n}") for n in range(10)]
    done = threading.Event()

    def write(n: int) -> None:
        for turn in range(20):
            InformationSystem.objects.filter(pk=systems[(n + turn) % 10].pk).update(notes=f"{n}.{turn}")
            _system(owner, f"Mới {n}.{turn}")
        connection.close()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    copy, cursor = {}, "start"
    while not done.is_set():
        if not any(writer.is_alive() for writer in writers):
            done.set()
        items, _, cursor = _follow(caller, "/systems", cursor, limit=7)
        copy.update({item["id"]: item["notes"] for item in items})
    assert copy == {str(s.pk): s.notes for s in InformationSystem.objects.all()}
    assert len(copy) == 90


@pytest.mark.django_db
def test_each_thing_has_one_place_and_numbers_never_come_twice() -> None:
    owner = organisation("Nhà-Ta")
    system = _system(owner, "Cổng")
    seen = set()
    for n in range(5):
        InformationSystem.objects.filter(pk=system.pk).update(notes=str(n))
        last = up_to_date()
        place = Change.objects.get(kind="system", key=system.pk).sequence
        assert place is not None and place <= last
        assert place not in seen
        seen.add(place)

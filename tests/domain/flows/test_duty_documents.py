"""The plan with its duty table, and the letter to a provider as it was drafted."""

from dataclasses import replace
from datetime import datetime

import pytest
from tests.duty import NOW, at, new_world, organisation_named, published
from tests.unit.adapters.documents.writing.test_read_back import differences

from vigil.adapters.documents import extract
from vigil.adapters.documents.writing import Item, Signatory, lines_of, write_docx, write_pdf
from vigil.domain.duty.actions.changes import relieve
from vigil.domain.duty.actions.planning import draft
from vigil.domain.duty.actions.posts import save_post
from vigil.domain.duty.actions.providers import Promise, ask, record_answer
from vigil.domain.duty.models import DutyRow, Kind
from vigil.domain.flows.documents import plan_of, request_to_provider
from vigil.domain.organisations.actions.tree import save_provider_link
from vigil.domain.organisations.models import ProviderLink
from vigil.engines.dispatch import read
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM

LEAD = Actor("user", "lead", "Trần Trưởng Ca")


@pytest.fixture
def world(db):
    made = new_world()
    made.post.place, made.post.phone = "Tầng 3, nhà A", "024 7300 0000"
    save_post(post=made.post, actor=LEAD, now=NOW)
    return made


def _words(items: tuple[Item, ...]) -> str:
    return "\n".join(line.text for line in lines_of(items))


def _obligations(data: bytes) -> dict[str, str]:
    return {one["id"]: one["text"].rstrip(" ./;") for one in read(extract(data).text).to_json()["obligations"]}


def _asked(world, **changes):
    provider = organisation_named("Công ty Hỗ trợ Mẫu")
    link = ProviderLink(organisation=world.organisation, provider=provider, service="tường lửa")
    save_provider_link(link=link, actor=LEAD, now=NOW)
    said = {
        "functions": ["remediation", "support"],
        "asked": "1. Cử hai kỹ sư trực từ xa;\n\n- Có mặt trong vòng hai giờ khi được gọi.",
        "answer_by_at": datetime(2026, 4, 29, 17, tzinfo=VIETNAM),
    } | changes
    return link, ask(watch=world.watch, provider=provider, actor=LEAD, now=NOW, **said)


def test_without_a_published_roster_a_plan_speaks_of_none(world) -> None:
    draft(watch=world.watch, posts=[world.post], actor=LEAD, now=NOW)
    plan = plan_of(world.watch, NOW)
    assert len(plan.annexes) == 2
    assert "Phòng trực" not in _words(plan.items)


def test_a_plan_holds_posts_and_a_line_for_every_shift(world) -> None:
    roster = published(world)
    plan = plan_of(world.watch, NOW)
    words = _words(plan.items)
    assert "Phòng trực (Tầng 3, nhà A; điện thoại 024 7300 0000): giám sát, hỗ trợ, ứng cứu và khắc phục" in words
    assert "Phụ lục III" in words
    table = plan.annexes[2]
    assert table.title == "Lịch trực"
    shifts = list(roster.shifts.filter(dropped_at=None).order_by("turn_starts_at"))
    assert len(table.rows) == len(shifts) > 14
    for row, shift in zip(table.rows, shifts, strict=True):
        start, end = (when.astimezone(VIETNAM) for when in (shift.turn_starts_at, shift.ends_at))
        assert row[0] == f"{start:%H:%M}-{end:%H:%M} {start:%d/%m/%Y}".replace("-00:00", "-24:00")
        standing = shift.rows.filter(superseded_at=None)
        assert row[2] == standing.get(leads=True).person.name
        assert row[3] == standing.get(leads=False).person.name
        assert row[4] == "024 7300 0000"


def test_without_a_number_of_the_post_the_table_gives_the_lead_s(world) -> None:
    world.post.phone = ""
    save_post(post=world.post, actor=LEAD, now=NOW)
    roster = published(world)
    first = roster.shifts.order_by("turn_starts_at").first()
    table = plan_of(world.watch, NOW).annexes[2]
    assert table.rows[0][4] == first.rows.get(leads=True).person.mobile


def test_the_table_says_who_came_in_between_who_is_not_on_site_and_where_nobody_is(world) -> None:
    _, request = _asked(world)
    roster = published(world)
    promise = Promise("Lê Hỗ Trợ", "0987 000 111", "", Kind.ON_CALL, at(30, 8), at(30, 20))
    record_answer(request=request, by="Giám đốc", answer="", promises=[promise], actor=LEAD, now=NOW)
    row = DutyRow.objects.filter(shift__turn_starts_at=at(30, 6), leads=False, superseded_at=None, kind="on_site").get()
    free = next(p for p in world.people if not DutyRow.objects.filter(person=p, ends_at__lt=at(2, 0)).exists())
    relieve(row=row, person=free, version=None, actor=LEAD, now=at(30, 9), reason="Ốm")
    last = roster.shifts.filter(post=world.post, dropped_at=None).order_by("turn_starts_at").last()
    last.rows.update(superseded_at=NOW)
    rows = plan_of(world.watch, at(30, 10)).annexes[2].rows
    morning = next(row for row in rows if row[0] == "06:00-14:00 30/04/2026")
    assert f"{row.person.name} (05:45-09:00)" in morning[3]
    assert f"{free.name} (09:00-14:00)" in morning[3]
    assert ("08:00-20:00 30/04/2026", "Công ty Hỗ trợ Mẫu", "—", "Lê Hỗ Trợ (trực từ xa)", "0987 000 111") in rows
    assert rows[-1][2:4] == ("—", "chưa có người")


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_plan_with_a_duty_table_is_read_back_to_the_same_fields(world, write) -> None:
    demands = {"1.a": "Bố trí người trực 24/7 tại chỗ.", "1.b": "Đề nghị đơn vị cung cấp dịch vụ cam kết nhân lực."}
    for obligation in world.watch.directive.obligations.all():
        obligation.text = demands[obligation.code]
        obligation.save()
    world.watch.organisation.address = "Số 1 đường Mẫu, Hà Nội"
    world.watch.title = "Trực bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ Mẫu"
    signs = Signatory("GIÁM ĐỐC", name="Nguyễn Mẫu Minh")
    bare = _obligations(write(replace(plan_of(world.watch, NOW), signatory=signs)))
    published(world)
    plan = replace(plan_of(world.watch, NOW), signatory=signs)
    data = write(plan)
    assert set(differences(plan, data)) <= {"obligations"}, "aims, time and dashes are no demands"
    posts = {f"IV.{n}": item.text.rstrip(".") for n, item in enumerate(plan.items[3].children, 1)}
    organising = {code.replace("IV.", "V."): words for code, words in bare.items() if code.startswith("IV.")}
    tasks = {code: words for code, words in bare.items() if code.startswith("III.")}
    assert len(organising) == 3
    assert len(tasks) == 2
    assert _obligations(data) == {**tasks, **posts, **organising}, "the table adds no demand, and loses none"


def test_a_letter_asks_a_provider_what_was_drafted_until_when(world) -> None:
    link, _ = _asked(world)
    words = _words(request_to_provider(link, world.watch, NOW).items)
    assert "sẵn sàng hỗ trợ và khắc phục đối với tường lửa" in words
    assert "\nCử hai kỹ sư trực từ xa.\nCó mặt trong vòng hai giờ khi được gọi.\n" in words
    assert words.endswith("về Công ty Trực Thử trước 17:00 29/04/2026.")


def test_a_draft_for_another_provider_is_not_this_letter_s(world) -> None:
    _asked(world)
    other = ProviderLink(organisation=world.organisation, provider=organisation_named("Công ty Khác"), service="x")
    save_provider_link(link=other, actor=LEAD, now=NOW)
    words = _words(request_to_provider(other, world.watch, NOW).items)
    assert "hai kỹ sư" not in words
    assert "trước ngày 30/04/2026" in words


def test_a_long_demand_is_cut_into_no_more_clauses_than_can_be_numbered(world) -> None:
    link, _ = _asked(world, asked="\n".join(f"Việc {n}" for n in range(400)), answer_by_at=None)
    words = _words(request_to_provider(link, world.watch, NOW).items)
    assert "Việc 0." in words
    assert "Việc 399." in words
    assert "trước ngày 30/04/2026" in words

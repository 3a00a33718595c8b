"""The plan of a watch: occasion and time, each obligation with who answers for it and by when, how it is organised.

Once the roster is published, the plan names the posts and holds the duty table.
"""

from datetime import datetime

from vigil.adapters.documents.writing import Annex, DocumentKind, Item, Level, OfficialDocument
from vigil.domain.directives.models import Assignment, Watch
from vigil.domain.estate.models import InformationSystem
from vigil.domain.flows.documents import parts
from vigil.domain.flows.documents.duty import duty_table, posts_kept, published_roster


def plan_of(watch: Watch, now: datetime) -> OfficialDocument:
    """A plan (kế hoạch) for a watch. Source: NĐ 30/2020/NĐ-CP phụ lục III (mẫu kế hoạch)."""
    organisation, directive = watch.organisation, watch.directive
    asked = list(
        watch.assignments.filter(applies=True, dropped_at=None)
        .select_related("obligation", "person")
        .order_by("obligation__position")
    )
    roster = published_roster(watch)
    sections = (
        ("Mục đích, yêu cầu", _aims(watch)),
        ("Thời gian thực hiện", (Item(Level.CLAUSE, f"Trực {parts.window_words(watch)} ({watch.day_count} ngày)."),)),
        ("Nhiệm vụ cụ thể", tuple(_task(assignment) for assignment in asked) or _none()),
        *((("Bố trí lực lượng trực", posts_kept(roster, "Phụ lục III")),) if roster else ()),
        ("Tổ chức thực hiện", _organising()),
    )
    return OfficialDocument(
        kind=DocumentKind.PLAN,
        symbol=f"KH-{parts.abbreviation(organisation)}",
        subject=parts.occasion(watch),
        grounds=(f"Căn cứ {parts.cited(directive)}",),
        lead=(f"{parts.bare(organisation.name)} ban hành kế hoạch thực hiện như sau:",),
        items=tuple(Item(Level.SECTION, title, items) for title, items in sections),
        recipients=_recipients(directive.issuer),
        annexes=(parts.contacts_annex(organisation), _systems(watch), *((duty_table(roster),) if roster else ())),
        exercise=parts.is_exercise(directive),
        **parts.letterhead_of(organisation, now),
    )


def _aims(watch: Watch) -> tuple[Item, ...]:
    return (
        Item(Level.CLAUSE, f"Thực hiện đầy đủ, đúng hạn các yêu cầu tại {parts.cited(watch.directive)}."),
        Item(Level.CLAUSE, "Mỗi yêu cầu có người chịu trách nhiệm, thời hạn và bằng chứng thực hiện."),
    )


def _task(assignment: Assignment) -> Item:
    obligation, person = assignment.obligation, assignment.person
    who = parts.person_words(person) if person else "chưa phân công"
    at = parts.due(assignment)
    details = [
        Item(Level.DASH, f"Trong văn bản: {parts.item_words(obligation)};"),
        Item(Level.DASH, f"Người chịu trách nhiệm: {who};"),
        Item(Level.DASH, f"Thời hạn: {parts.due_words(at, 'trong suốt thời gian trực')}."),
    ]
    return Item(Level.CLAUSE, f"{obligation.text.rstrip(' .;:')}.", tuple(details))


def _none() -> tuple[Item, ...]:
    return (Item(Level.CLAUSE, "Không có yêu cầu nào của văn bản áp dụng cho đơn vị."),)


def _organising() -> tuple[Item, ...]:
    return (
        Item(Level.CLAUSE, "Người được phân công chủ động thực hiện, báo cáo ngay khi có vướng mắc hoặc sự cố."),
        Item(Level.CLAUSE, "Đầu mối liên hệ tại Phụ lục I trực liên tục trong suốt thời gian trên."),
        Item(Level.CLAUSE, "Kết thúc đợt trực, tổng hợp kết quả, báo cáo cơ quan yêu cầu."),
    )


def _recipients(issuer: str) -> tuple[str, ...]:
    return (*((f"{issuer} (để b/c)",) if issuer else ()), "Các đơn vị trực thuộc (để t/h)")


def _systems(watch: Watch) -> Annex:
    systems = InformationSystem.objects.filter(
        organisation=watch.organisation, important=True, retired_at=None
    ).order_by("name")
    rows = tuple((s.name, str(s.level) if s.level else "—", s.important_reason) for s in systems)
    return Annex(
        "Hệ thống thông tin quan trọng",
        ("Tên hệ thống", "Cấp độ", "Lý do"),
        rows or (("Chưa có hệ thống nào được xác định là quan trọng", "—", "—"),),
    )

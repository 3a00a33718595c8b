"""The report of a watch: what is proven of each obligation, on what basis, from which facts, and what is open.

Met is counted apart for each basis, and the bases are never added up. "Cannot tell" is its own line and never "met".
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext, override

from vigil.adapters.documents.writing import Annex, DocumentKind, Item, Level, OfficialDocument
from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.flows.documents import parts
from vigil.domain.journal.queries import last_head
from vigil.domain.readiness.provers import all_open_items
from vigil.domain.readiness.queries import Board, Row, board_of
from vigil.kernel.clock import VIETNAM
from vigil.kernel.phrases import Phrase
from vigil.kernel.proofs import Basis, Verdict

MOST_OPEN = 99


def report_of(watch: Watch, now: datetime) -> OfficialDocument:
    """A report (báo cáo) on a watch as of `now`; of a closed watch, as of its closing.

    Source: NĐ 30/2020/NĐ-CP phụ lục III (mẫu báo cáo); addressed to whoever issued the directive.
    """
    organisation, directive, board = watch.organisation, watch.directive, board_of(watch, now)
    with override("vi"):
        sections = (
            ("Kết quả thực hiện", tuple(_result(row) for row in board.rows) or _nothing()),
            ("Tổng hợp", _counts(board)),
            ("Tồn tại", _open(watch, now)),
            ("Kiến nghị, đề xuất", _next_steps(board.rows)),
        )
    at = watch.closed_at or now
    return OfficialDocument(
        kind=DocumentKind.REPORT,
        symbol=f"BC-{parts.abbreviation(organisation)}",
        subject=f"Kết quả {parts.occasion(watch)}",
        addressees=(directive.issuer,) if directive.issuer else (),
        lead=(
            f"Thực hiện {parts.cited(directive)}, {parts.bare(organisation.name)} báo cáo kết quả trực "
            f"{parts.window_words(watch)}; số liệu tính đến {parts.instant(at)}, đợt trực {_state(watch)}.",
        ),
        items=tuple(Item(Level.SECTION, title, items) for title, items in sections),
        annexes=(_people(board), parts.contacts_annex(organisation), _journal()),
        exercise=parts.is_exercise(directive),
        **parts.letterhead_of(organisation, now),
    )


def _state(watch: Watch) -> str:
    return {
        WatchState.PLANNED: "chưa bắt đầu",
        WatchState.OPEN: "chưa kết thúc",
        WatchState.CLOSED: "đã kết thúc",
    }[WatchState(watch.state)]


def _result(row: Row) -> Item:
    """One obligation: verdict and basis, its words, what it rests on, since when."""
    obligation = row.assignment.obligation
    basis = f" ({gettext(row.basis.label).lower()})" if row.measured_at else " (chưa có số liệu)"
    lines = [
        f"Yêu cầu: {obligation.text.rstrip(' .;')};",
        f"Nhận định: {_plain(row.sentence)};",
        *(f"{_holds(fact.get('holds'))}: {_plain(fact['statement'])};" for fact in row.facts),
        f"Thời điểm đo: {parts.instant(row.measured_at)}.",
    ]
    if row.verdict == Verdict.CANNOT_TELL and row.measured_at:
        basis = ""  # it rests on nothing
    item = parts.item_words(obligation)
    title = f"{item[:1].upper()}{item[1:]}: {gettext(row.verdict.label)}{basis}"
    return Item(Level.CLAUSE, title, tuple(Item(Level.DASH, line) for line in lines), heading=True)


def _holds(value: object) -> str:
    return {True: "Đạt", False: "Chưa đạt"}.get(value, "Ghi nhận") if isinstance(value, bool) else "Ghi nhận"


def _plain(words: Phrase) -> str:
    return words.said(gettext).rstrip(" .;")


def _counts(board: Board) -> tuple[Item, ...]:
    rows = [Item(Level.CLAUSE, f"Số yêu cầu áp dụng cho đơn vị: {len(board.rows)}.")]
    for verdict in Verdict:
        found = board.count(verdict)
        by = "; ".join(f"{gettext(basis.label).lower()}: {board.count(verdict, basis)}" for basis in Basis)
        counted = found and verdict != Verdict.CANNOT_TELL
        shown = f"{gettext(verdict.label)}: {found}" + (f" (trong đó {by})." if counted else ".")
        rows.append(Item(Level.CLAUSE, shown))
    rows.append(
        Item(
            Level.CLAUSE,
            f"Không áp dụng: {len(board.not_applying)}; được văn bản sau thay thế: {len(board.dropped)}.",
        )
    )
    return tuple(rows)


def _open(watch: Watch, now: datetime) -> tuple[Item, ...]:
    if watch.state == WatchState.CLOSED:
        note = watch.closing_note.strip() or "không có"
        return (Item(Level.CLAUSE, f"Ghi chú khi kết thúc đợt trực: {note}."),)
    found = all_open_items(watch.organisation_id, now)
    items = [Item(Level.CLAUSE, f"{_plain(i.statement)} (từ {parts.instant(i.since)}).") for i in found[:MOST_OPEN]]
    return tuple(items) or (Item(Level.CLAUSE, "Không còn việc nào chưa hoàn thành."),)


def _next_steps(rows: Sequence[Row]) -> tuple[Item, ...]:
    steps = [
        Item(Level.CLAUSE, f"{_plain(row.next_step)} ({parts.item_words(row.assignment.obligation)}).")
        for row in rows
        if row.next_step is not None and row.verdict != Verdict.MET
    ]
    return tuple(steps) or (Item(Level.CLAUSE, "Không có."),)


def _nothing() -> tuple[Item, ...]:
    return (Item(Level.CLAUSE, "Không có yêu cầu nào của văn bản áp dụng cho đơn vị."),)


def _people(board: Board) -> Annex:
    rows = tuple(
        (
            parts.item_words(row.assignment.obligation),
            parts.person_words(row.assignment.person) if row.assignment.person else "chưa phân công",
            parts.due_words(parts.due(row.assignment), "—"),
        )
        for row in board.rows
    )
    return Annex("Người chịu trách nhiệm", ("Mục", "Người chịu trách nhiệm", "Thời hạn"), rows or (("—",) * 3,))


def _journal() -> Annex:
    """The signed head of the journal: whoever holds this page can later show that nothing before it was changed."""
    head = last_head()
    row = (
        (str(head.sequence), head.hash, f"{head.at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}")
        if head
        else ("—", "chưa có đầu nhật ký được ký", "—")
    )
    return Annex("Đầu sổ nhật ký điện tử", ("Số thứ tự", "Giá trị băm SHA-256", "Thời điểm ký"), (row,))

"""What the composed documents say: everything that is known, nothing that is not; read back like any dispatch."""

from datetime import timedelta

import pytest

from vigil.adapters.documents import extract
from vigil.adapters.documents.writing import DocumentKind, Item, lines_of, write_docx, write_pdf
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.actions.watches import close_watch, open_watch, plan_watch
from vigil.domain.directives.models import Watch
from vigil.domain.flows.documents import dispatch_of, plan_of, report_of, request_to_provider, written
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.tree import save_provider_link
from vigil.domain.organisations.models import ProviderLink
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import provers_by_kind
from vigil.engines.dispatch import read
from vigil.kernel.errors import NotFound

TEXT = """BỘ MẪU
Số: 12/BM-TT
Hà Nội, ngày 26 tháng 4 năm 2022
V/v trực bảo đảm an toàn thông tin trong dịp nghỉ lễ Mẫu
{mark}
Kính gửi: Các doanh nghiệp viễn thông.
Để bảo đảm an toàn thông tin trong dịp nghỉ lễ Mẫu từ ngày 30/4/2022 đến hết ngày 03/5/2022, Bộ Mẫu đề nghị các đơn vị
thực hiện:
1. Đối với hệ thống thông tin quan trọng:
a) Trực 24/7 tại chỗ.
b) Đề nghị đơn vị cung cấp dịch vụ an toàn thông tin cam kết nhân lực.
2. Cử đầu mối tiếp nhận thông tin.
Khi cần hỗ trợ, đề nghị liên hệ Trung tâm Trực ban, điện thoại: 024.7300.0000.
Trân trọng./.

Nơi nhận:
- Như trên;
- Lưu: VT, CATT.
KT. BỘ TRƯỞNG
THỨ TRƯỞNG

Nguyễn Mẫu Minh"""


def _watch(organisation, originals, lead, now, mark: str = "") -> Watch:
    directive = receive_dispatch(
        data=TEXT.format(mark=mark).encode(), filename="cv.txt", organisation=organisation, originals=originals,
        actor=lead, now=now,
    )  # fmt: skip
    directive = confirm(directive=directive, version=1, actor=lead, now=now)
    watch = plan_watch(
        directive=directive, first_day=directive.window_start, last_day=directive.window_end, actor=lead, now=now
    )
    return open_watch(watch=watch, actor=lead, now=now)


@pytest.fixture
def watch(isp, originals, lead, now) -> Watch:
    return _watch(isp, originals, lead, now)


@pytest.fixture
def link(isp, organisation_of, lead, now) -> ProviderLink:
    made = ProviderLink(organisation=isp, provider=organisation_of("Công ty An ninh mạng Mẫu"), service="giám sát 24/7")
    save_provider_link(link=made, actor=lead, now=now)
    return made


def _words(items: tuple[Item, ...]) -> str:
    return "\n".join(f"{line.label} {line.text}" for line in lines_of(items))


def test_a_plan_names_every_demand_and_says_who_answers_or_that_nobody_does(watch, now) -> None:
    plan = plan_of(watch, now)
    assert plan.kind is DocumentKind.PLAN
    words = _words(plan.items)
    for assignment in watch.assignments.filter(applies=True):
        assert assignment.obligation.text.rstrip(" .;") in words
    assert "chưa phân công" in words
    assert "từ 00:00 ngày 30/04/2022 đến 24:00 ngày 03/05/2022 (4 ngày)" in words
    assert plan.grounds == (
        "Căn cứ Công văn số 12/BM-TT ngày 26/04/2022 của Bộ Mẫu về việc trực bảo đảm an toàn thông tin "
        "trong dịp nghỉ lễ Mẫu",
    )
    assert plan.number is None
    assert plan.issued_on is None


def test_a_request_quotes_the_demand_and_asks_before_the_first_day(watch, link, now) -> None:
    request = request_to_provider(link, watch, now)
    assert request.addressees == ("Công ty An ninh mạng Mẫu",)
    assert "cam kết nhân lực" in request.lead[0]
    assert "trước ngày 30/04/2022" in _words(request.items)


def test_a_provider_of_somebody_else_is_not_asked(watch, organisation_of, lead, now) -> None:
    other = organisation_of("Ngân hàng khác", "bank")
    made = ProviderLink(organisation=other, provider=other, service="x")
    save_provider_link(link=made, actor=lead, now=now)
    with pytest.raises(NotFound):
        request_to_provider(made, watch, now)


def test_a_report_counts_bases_apart_and_never_calls_the_unmeasured_met(watch, lead, now) -> None:
    words = _words(report_of(watch, now).items)
    assert words.count("Không thể xác định (chưa có số liệu)") + words.count("(chưa có số liệu)") > 0
    assert "Đạt: 0." in words
    prove_watch(watch=watch, provers=provers_by_kind(), actor=lead, now=now)
    report = report_of(watch, now + timedelta(minutes=1))
    words = _words(report.items)
    assert report.addressees == ("Bộ Mẫu",)
    assert "(trong đó " in words
    assert "Tồn tại".upper() in words
    assert [annex.title for annex in report.annexes][-1] == "Đầu sổ nhật ký điện tử"


def test_a_report_of_a_closed_watch_stays_as_it_was(watch, lead, now) -> None:
    prove_watch(watch=watch, provers=provers_by_kind(), actor=lead, now=now)
    closed = close_watch(watch=watch, note="Đã bàn giao", open_items=[], actor=lead, now=now + timedelta(minutes=1))
    early, late = report_of(closed, now + timedelta(hours=1)), report_of(closed, now + timedelta(days=30))
    assert early.items == late.items
    assert early.lead == late.lead
    assert "Đã bàn giao" in _words(early.items)


@pytest.mark.parametrize("write", [write_docx, write_pdf])
def test_a_directive_written_out_reads_as_the_directive(watch, now, write) -> None:
    directive = watch.directive
    found = read(extract(write(dispatch_of(directive, now))).text).to_json()
    demands = [(o.code, o.text.rstrip(" .;/")) for o in directive.obligations.filter(derived=False)]
    assert [(o["id"], o["text"].rstrip(" .;/")) for o in found["obligations"]] == demands
    for name in ("number", "subject", "issuer", "kind"):
        assert found[name] == getattr(directive, name)
    assert found["date"] == "2022-04-26"
    assert found["window"]["start"] == "2022-04-30"
    assert found["signatory"] == {"authority": "KT. BỘ TRƯỞNG", "title": "THỨ TRƯỞNG", "name": "Nguyễn Mẫu Minh"}
    assert found["recipients_noi_nhan"] == ["Như trên", "Lưu: VT, CATT"]
    assert found["contacts"] == directive.contacts != []
    text = extract(write(dispatch_of(directive, now))).text
    assert text.count("Trân trọng./.") == 1
    assert "thực hiện: 1." not in text


def test_what_an_exercise_leads_to_is_marked_as_an_exercise(isp, originals, lead, now) -> None:
    watch = _watch(isp, originals, lead, now, mark="DIỄN TẬP")
    for document in (plan_of(watch, now), report_of(watch, now), dispatch_of(watch.directive, now)):
        assert document.exercise


@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_the_journal_says_which_file_was_written(watch, lead, now, form) -> None:
    made = written(
        document=plan_of(watch, now), what="plan", form=form, subject=f"directives.watch:{watch.pk}",
        organisation=watch.organisation_id, actor=lead, now=now,
    )  # fmt: skip
    entry = Entry.objects.get(action="documents.written")
    assert entry.facts == {"kind": "plan", "form": form, "sha256": made.sha256, "exercise": False}
    assert made.filename.isascii()


@pytest.mark.parametrize("what, form", [("plan", "exe"), ("poem", "pdf")])
def test_another_form_is_not_there(watch, lead, now, what, form) -> None:
    with pytest.raises(NotFound):
        written(
            document=plan_of(watch, now), what=what, form=form, subject="", organisation=watch.organisation_id,
            actor=lead, now=now,
        )  # fmt: skip
    assert not Entry.objects.filter(action="documents.written").exists()
